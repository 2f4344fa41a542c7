"""Access that a person grants in a browser: the authorization-code grant, with PKCE.

Quirks worth knowing before you change anything:
- a code is good once and for two minutes, and only with the redirect address that asked for it;
- that address must be registered with the OAuth client to the letter; plain http is allowed to
  127.0.0.1 and localhost alone;
- the grant is of whoever is signed in in that browser, which easily is the wrong person: so the
  token is kept only once it is known to be an admin's, and given back otherwise.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from base64 import urlsafe_b64encode
from collections.abc import Callable, Mapping
from contextlib import suppress
from urllib.parse import quote, urlencode

import requests
from pydantic import SecretStr

from connector.adapters.http import translated_errors
from connector.adapters.zendesk.auth import LIFETIME_S, SCOPE, ClientCredentials
from connector.adapters.zendesk.client import ZendeskClient
from connector.adapters.zendesk.rotation import (
    ANSWER,
    REFRESH_LIFETIME_S,
    RefreshAnswer,
    TokenFile,
)
from connector.adapters.zendesk.settings import KIND, ZendeskSettings
from connector.adapters.zendesk.wire import WireUser
from connector.config.secrets import FileSecret
from connector.errors import AdapterError, AuthenticationError, ProtocolError
from connector.model.page import Identity

RANDOM_BYTES = 48
_ERROR_NAME = re.compile(r"[a-z_]{1,40}\Z")


class ZendeskPermission:
    """One attempt to be granted access: an address to open, and what its answer is good for."""

    def __init__(
        self,
        settings: ZendeskSettings,
        redirect_url: str,
        *,
        random: Callable[[int], str] = secrets.token_urlsafe,
    ) -> None:
        """Prepare to ask, and see that the answer could be kept; nothing is sent."""
        assert settings.client_id is not None
        assert settings.client_secret is not None
        assert isinstance(settings.refresh_token, FileSecret)
        self._settings = settings
        self._redirect_url = redirect_url
        self._state = random(RANDOM_BYTES)
        self._verifier = random(RANDOM_BYTES)
        self._file = TokenFile(settings.refresh_token.path)
        self._client = (settings.url, settings.client_id, settings.client_secret)
        self._file.prove()

    @property
    def url(self) -> str:
        """Return the address at which the person decides."""
        url, client_id, _ = self._client
        asked = {
            "response_type": "code",
            "client_id": client_id,
            "redirect_uri": self._redirect_url,
            "scope": SCOPE,
            "state": self._state,
            "code_challenge": challenge(self._verifier),
            "code_challenge_method": "S256",
        }
        return f"{url}/oauth/authorizations/new?{urlencode(asked, quote_via=quote)}"

    def redeem(self, answer: Mapping[str, str]) -> Identity:
        """Take what the browser came back with, keep the grant, and say whose it is."""
        code = self._code(answer)
        with self._file.held():
            self._file.make_room()
            exchange = _Exchange(*self._client, grant=self._grant(code))
            try:
                tokens = exchange.tokens()
            finally:
                exchange.close()
            who = self._owner(tokens)
            self._file.save(tokens.refresh_token)
        return who

    def _code(self, answer: Mapping[str, str]) -> str:
        """Return the code; refuse an answer to another question, and one that says no."""
        error, state = answer.get("error"), answer.get("state")
        is_ours = hmac.compare_digest((state or "").encode(), self._state.encode())
        if not is_ours and (state is not None or error is None):
            raise AuthenticationError(
                "the answer does not belong to this question (its state is another); nothing was"
                " kept: run the command again and use the address it shows, once"
            )
        if error == "access_denied":
            raise AuthenticationError(
                "access was denied in the browser; nothing was kept: run the command again and"
                " allow access, signed in as the user who shall act for the connector"
            )
        if error is not None or not answer.get("code"):
            name = error if error and _ERROR_NAME.match(error) else "no code"
            raise AuthenticationError(
                f"{KIND} did not grant access ({name}); see whether the OAuth client may read and"
                f" write and has the redirect URL {self._redirect_url}"
            )
        return answer["code"]

    def _grant(self, code: str) -> Mapping[str, object]:
        _, client_id, client_secret = self._client
        return {
            "grant_type": "authorization_code",
            "code": code,
            "code_verifier": self._verifier,
            "redirect_uri": self._redirect_url,
            "client_id": client_id,
            "client_secret": client_secret.get_secret_value(),
            "scope": SCOPE,
            "expires_in": LIFETIME_S,
            "refresh_token_expires_in": REFRESH_LIFETIME_S,
        }

    def _owner(self, tokens: RefreshAnswer) -> Identity:
        """Return whose tokens these are; give them back when they are of no use."""
        token = SecretStr(tokens.access_token)
        client = ZendeskClient(ZendeskSettings(url=self._settings.url, access_token=token))
        try:
            user = client.ask(lambda zenpy: zenpy.users.me(), WireUser)
            if user.id is not None and user.role == "admin":
                return Identity(id=str(user.id), name=user.name or "", role=user.role)
            _give_back(client)
        finally:
            client.close()
        raise AuthenticationError(
            f"access was granted by {user.name or 'somebody'}, who is {user.role or 'nothing'}, and"
            " the incremental exports need an admin; nothing was kept: sign in as one, and run the"
            " command again"
        )


class _Exchange(ClientCredentials):
    """An OAuth client that fetches its tokens for a code, once."""

    def __init__(
        self, url: str, client_id: str, client_secret: SecretStr, *, grant: Mapping[str, object]
    ) -> None:
        super().__init__(url, client_id, client_secret)
        self._grant = grant
        self._answer: RefreshAnswer | None = None

    def tokens(self) -> RefreshAnswer:
        """Return the tokens; a refusal is told in words that say what to look at."""
        self._fetch()
        if self._answer is None or not self._answer.refresh_token:
            raise ProtocolError(
                f"{KIND} gave no refresh token; use the OAuth client without one, as its maker"
            )
        return self._answer

    def _granted(self) -> RefreshAnswer:
        try:
            answer = self._answer = self._post(self._grant, ANSWER)
        except ProtocolError as error:
            if error.status != requests.codes.bad_request:
                raise
            raise AuthenticationError(
                f"{KIND} refuses the code ({error}): it is good once and for two minutes, and only"
                " with the redirect URL it was asked for; run the command again"
            ) from error
        return answer


def challenge(verifier: str) -> str:
    """Return what is shown of a secret at first, so that only its owner can redeem the code."""
    return urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()


def _give_back(client: ZendeskClient) -> None:
    """End tokens that are not kept; where that fails they end by themselves."""
    with suppress(AdapterError), translated_errors(KIND):
        client.session.delete(f"{client.session.url}/api/v2/oauth/tokens/current")
