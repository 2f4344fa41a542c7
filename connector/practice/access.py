"""Who may enter, and with what: API tokens, one fixed bearer, an OAuth client's expiring tokens."""

from __future__ import annotations

import base64
import binascii
import hmac
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import count
from typing import Any

from connector.practice.directory import Directory, User
from connector.practice.refusal import Refusal, forbidden
from connector.practice.routing import Answer

SHORTEST_S, LONGEST_S = 300, 172_800
"""A token may be asked to live longer than the one and shorter than the other."""
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
    after `uses` requests (None: any number).
    """

    token: str = "practice-token"  # noqa: S105  # a made-up secret of a made-up helpdesk
    client_id: str = "goal_connector"
    client_secret: str = "practice-secret"  # noqa: S105  # another
    lifetime_s: int | None = 1_800
    uses: int | None = None


@dataclass(slots=True)
class Bearer:
    """A token that was given out, and what is left of it."""

    scopes: frozenset[str]
    ends_at: float
    left: float


class Gate:
    """Gives out tokens and looks at those that come back."""

    def __init__(
        self, access: Access, directory: Directory, owner: str, now: Callable[[], float]
    ) -> None:
        """Let the OAuth client act as `owner`, an e-mail address of the directory."""
        self._access = access
        self._directory = directory
        self._owner = owner
        self._now = now
        self._numbers = count(1)
        self._given: dict[str, Bearer] = {}

    def grant(self, body: Mapping[str, Any]) -> Answer:
        """Answer a request for an access token by client credentials."""
        if body.get("grant_type") != "client_credentials":
            raise _refused(400, "unsupported_grant_type", "The grant type is not supported.")
        is_secret = _same(str(body.get("client_secret")), self._access.client_secret)
        if body.get("client_id") != self._access.client_id or not is_secret:
            raise _refused(401, "invalid_client", "Client authentication failed.")
        scope = str(body.get("scope") or "read write")
        lifetime_s = self._lifetime_s(body.get("expires_in"))
        token = f"practice-bearer-{next(self._numbers)}"
        self._given[token] = Bearer(
            scopes=frozenset(scope.split()),
            ends_at=float("inf") if lifetime_s is None else self._now() + lifetime_s,
            left=float("inf") if self._access.uses is None else self._access.uses,
        )
        answer = {"access_token": token, "token_type": "bearer", "scope": scope}
        return Answer({**answer, "expires_in": lifetime_s})

    def revoke(self) -> int:
        """End every token that was given out; say how many."""
        ended = len(self._given)
        self._given.clear()
        return ended

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

    def _lifetime_s(self, asked: object) -> int | None:
        most = self._access.lifetime_s
        if asked is None:
            return most
        if not isinstance(asked, int) or not SHORTEST_S < asked < LONGEST_S:
            raise _refused(400, "invalid_request", "expires_in is out of range.")
        return asked if most is None else min(asked, most)

    def _by_bearer(self, token: str, method: str) -> User | None:
        owner = self._directory.user_by_email(self._owner)
        if _same(token, self._access.token):
            return owner
        bearer = self._given.get(token)
        if bearer is None or bearer.left < 1 or self._now() >= bearer.ends_at:
            return None
        bearer.left -= 1
        if ("read" if method == "GET" else "write") not in bearer.scopes:
            raise forbidden()
        return owner

    def _by_token(self, value: str) -> User | None:
        try:
            name, _, token = base64.b64decode(value).decode().partition(":")
        except (binascii.Error, UnicodeDecodeError):
            return None
        email, _, kind = name.rpartition("/")
        if kind != "token" or not _same(token, self._access.token):
            return None
        user = self._directory.user_by_email(email)
        return user if user is not None and user.role != "end-user" else None


def _same(given: str, known: str) -> bool:
    return hmac.compare_digest(given.encode(), known.encode())


def _refused(status: int, name: str, description: str) -> Refusal:
    return Refusal(status, {"error": name, "error_description": description})
