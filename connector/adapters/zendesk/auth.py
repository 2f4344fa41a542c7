"""Credentials as providers: asked before every request, and once more after a 401.

Quirks of OAuth clients worth knowing before you change anything:
- a token lives 30 minutes by default, less than a first sync; clients made before 2026-04-30 give
  tokens that never end unless asked otherwise, so we always ask for a lifetime;
- an expired, a revoked and a malformed token get the same 401, so the only way to tell is to renew;
- the grant may answer with a refresh token too; asking anew is simpler and always allowed.
"""

from __future__ import annotations

import time
from base64 import b64encode
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import TypeVar

import msgspec
import requests
from pydantic import SecretStr
from requests import PreparedRequest
from requests.auth import AuthBase

from connector.adapters.http import decode, open_session, translated_errors
from connector.adapters.zendesk.settings import KIND
from connector.adapters.zendesk.wire import TokenAnswer
from connector.errors import AuthenticationError, FatalError

SCOPE = "read write"
LIFETIME_S = 1_800
MARGIN_S = 60.0
LARGEST_ANSWER = 64 * 1024
T = TypeVar("T")
_TOKEN = msgspec.json.Decoder(TokenAnswer)


class Credentials(AuthBase):
    """What signs a request; `advice` and `doubt` are for an admin, `sent` counts own requests."""

    advice = ""  # what to know about credentials that work
    doubt = ""  # what may be wrong when renewed credentials are refused as well
    sent = 0

    def __call__(self, request: PreparedRequest) -> PreparedRequest:
        """Sign one request."""
        if header := self.header():
            request.headers["Authorization"] = header
        return request

    def header(self) -> str:
        """Return the value of the Authorization header, or nothing for no such header."""
        return ""

    def renew(self) -> bool:
        """Get fresh credentials after a 401; False when there is no way to."""
        return False

    def close(self) -> None:
        """Release what the credentials hold; calling twice is harmless."""


class AccessToken(Credentials):
    """An OAuth access token that somebody made by hand."""

    def __init__(self, secret: SecretStr) -> None:
        """Keep the token."""
        self._secret = secret

    def header(self) -> str:
        """Return the value of the Authorization header."""
        return f"Bearer {self._secret.get_secret_value()}"


class ApiToken(Credentials):
    """An API token of one user, which Zendesk is about to end."""

    advice = "API tokens stop working on 2027-04-30; change to an OAuth client before then"

    def __init__(self, email: str, secret: SecretStr) -> None:
        """Keep the user's address and the token."""
        self._email = email
        self._secret = secret

    def header(self) -> str:
        """Return the value of the Authorization header."""
        pair = f"{self._email}/token:{self._secret.get_secret_value()}"
        return "Basic " + b64encode(pair.encode()).decode()


class ClientCredentials(Credentials):
    """An OAuth client: fetches its tokens itself, ahead of their end, and keeps them in memory."""

    doubt = (
        "a fresh token is refused too: "
        "see whether the user who made the OAuth client is still an active admin"
    )

    def __init__(
        self,
        url: str,
        client_id: str,
        client_secret: SecretStr,
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Prepare the line for tokens; nothing is sent before the first request needs one."""
        # signed by nobody; without an `auth` of our own a .netrc file would sign the token call
        self._session = open_session(KIND, url, auth=Credentials(), most=LARGEST_ANSWER)
        self._client_id = client_id
        self._client_secret = client_secret
        self._clock = clock
        self._token: SecretStr | None = None
        self._renew_at = float("inf")

    @property
    def sent(self) -> int:  # type: ignore[override]
        """Return how many tokens were asked for."""
        return self._session.sent

    def header(self) -> str:
        """Return the value of the Authorization header, with a new token if it is time for one."""
        token = self._token
        if token is None or self._clock() >= self._renew_at:
            token = self._fetch()
        return f"Bearer {token.get_secret_value()}"

    def renew(self) -> bool:
        """Get a new token after a 401; False when it was the token call that was refused."""
        if self._token is None:
            return False
        self._fetch()
        return True

    def close(self) -> None:
        """Forget the token and release the connection."""
        self._token = None
        self._session.close()

    def _fetch(self) -> SecretStr:
        self._token = None
        asked_at = self._clock()
        with _refusals():
            answer = self._granted()
        self._token = SecretStr(answer.access_token)
        lifetime_s = float("inf") if answer.expires_in is None else answer.expires_in
        self._renew_at = asked_at + max(lifetime_s - MARGIN_S, lifetime_s / 2)
        return self._token

    def _granted(self) -> TokenAnswer:
        """Ask for a token in the way of this kind of credentials."""
        grant = {
            "grant_type": "client_credentials",
            "client_id": self._client_id,
            "client_secret": self._client_secret.get_secret_value(),
            "scope": SCOPE,
            "expires_in": LIFETIME_S,
        }
        return self._post(grant, _TOKEN)

    def _post(self, grant: Mapping[str, object], decoder: msgspec.json.Decoder[T]) -> T:
        with translated_errors(KIND):
            answer = self._session.post(f"{self._session.url}/oauth/tokens", json=grant)
            return decode(KIND, answer, decoder)


@contextmanager
def _refusals() -> Iterator[None]:
    """Say what to look at when no token is given.

    Only a 401 keeps its status: callers take 403 or 404 for an answer to what they asked.
    """
    try:
        yield
    except FatalError as error:
        status = error.status or 0
        if status == requests.codes.unauthorized:
            raise AuthenticationError(
                f"{KIND} refuses the OAuth client: client_id or client_secret is wrong; see both in"
                " [helpdesk.options], and the environment variable or file client_secret names",
                status=status,
            ) from error
        if requests.codes.bad_request <= status < requests.codes.server_error:
            raise AuthenticationError(
                f"{error}; see url, client_id and client_secret in [helpdesk.options], and whether"
                " the OAuth client is confidential and may read and write"
            ) from error
        raise
