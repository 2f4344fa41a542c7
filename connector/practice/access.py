"""Who may enter, and with what: API tokens, one fixed bearer, tokens that were granted."""

from __future__ import annotations

import base64
import binascii
import hmac
from dataclasses import dataclass
from typing import TYPE_CHECKING

from connector.practice.directory import Directory, User
from connector.practice.refusal import Refusal, forbidden

if TYPE_CHECKING:
    from connector.practice.grants import Bearer, Grants

UNKNOWN = Refusal(
    401, {"error": "Couldn't authenticate you"}, {"WWW-Authenticate": 'Basic realm="Web Password"'}
)
BAD_BEARER = Refusal(
    401,
    {
        "error": "invalid_token",
        "error_description": "The access token provided is expired, revoked, malformed or invalid "
        "for other reasons.",
    },
)


@dataclass(frozen=True, slots=True)
class Access:
    """What opens the helpdesk: the API token of its staff, and an OAuth client of its admin.

    The client's tokens end after `lifetime_s` seconds of the practice clock (None: never) and
    after `uses` requests (None: any number). Codes go to its `redirect_urls`; where none are
    named, to any address on loopback.
    """

    token: str = "practice-token"  # noqa: S105  # a made-up secret of a made-up helpdesk
    client_id: str = "goal_connector"
    client_secret: str = "practice-secret"  # noqa: S105  # another
    lifetime_s: int | None = 1_800
    uses: int | None = None
    redirect_urls: tuple[str, ...] = ()


class Gate:
    """Looks at the credentials of every request."""

    def __init__(self, access: Access, directory: Directory, owner: str, grants: Grants) -> None:
        """Let the fixed token act as `owner`, an e-mail address of the directory."""
        self._access = access
        self._directory = directory
        self._owner = owner
        self._grants = grants

    def who(self, auth: str, method: str) -> User:
        """Return whose credentials these are, or refuse; a use of a token is counted."""
        scheme, _, value = auth.partition(" ")
        if scheme.lower() == "bearer":
            user, refusal = self._by_bearer(value.strip(), method), BAD_BEARER
        else:
            user, refusal = self._by_token(value) if scheme.lower() == "basic" else None, UNKNOWN
        if user is None or not user.active:
            raise Refusal(refusal.status, refusal.body, refusal.headers)
        return user

    def bearer(self, auth: str) -> Bearer | None:
        """Return the granted token that a request came with, if it came with one."""
        scheme, _, token = auth.partition(" ")
        return self._grants.find(token.strip()) if scheme.lower() == "bearer" else None

    def _by_bearer(self, token: str, method: str) -> User | None:
        if same(token, self._access.token):
            return self._directory.user_by_email(self._owner)
        bearer = self._grants.find(token)
        if bearer is None or not self._grants.is_good(bearer):
            return None
        self._grants.use(bearer)
        if ("read" if method == "GET" else "write") not in bearer.scope.split():
            raise forbidden()
        return self._directory.user_by_email(bearer.email)

    def _by_token(self, value: str) -> User | None:
        try:
            name, _, token = base64.b64decode(value).decode().partition(":")
        except (binascii.Error, UnicodeDecodeError):
            return None
        email, _, kind = name.rpartition("/")
        if kind != "token" or not same(token, self._access.token):
            return None
        user = self._directory.user_by_email(email)
        return user if user is not None and user.role != "end-user" else None


def same(given: str, known: str) -> bool:
    """Compare secrets in a time that does not tell how much of them is right."""
    return hmac.compare_digest(given.encode(), known.encode())
