"""Tokens of the practice helpdesk: given for a client's secret, a code or a refresh token."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import count
from typing import Any

from connector.practice.access import Access, same
from connector.practice.refusal import Refusal
from connector.practice.routing import Answer

SHORTEST_S, LONGEST_S = 300, 172_800
"""A token may be asked to live longer than the one and shorter than the other."""
REFRESH_S = (604_800, 2_592_000, 7_776_000)
"""How long a refresh token lives: at least, unless asked otherwise, and always less than."""
CODE_S = 120


@dataclass(slots=True)
class Bearer:
    """A token that was given out, for whom, and what is left of it."""

    id: int
    token: str
    email: str
    scope: str
    made_at: float
    ends_at: float
    left: float
    used_at: float | None = None
    refresh: str = ""
    refresh_ends_at: float = 0.0


@dataclass(frozen=True, slots=True)
class Code:
    """What somebody agreed to, until a token is fetched for it."""

    email: str
    scope: str
    redirect_url: str
    challenge: str
    ends_at: float


class Grants:
    """Gives out tokens, and knows those that are good; `owner` is who made the OAuth client."""

    def __init__(self, access: Access, owner: str, now: Callable[[], float]) -> None:
        """Begin without any."""
        self._access = access
        self._owner = owner
        self._now = now
        self._numbers = count(1)
        self._codes: dict[str, Code] = {}
        self._given: dict[str, Bearer] = {}

    def agree(self, email: str, query: Mapping[str, str]) -> str:
        """Note what a person agreed to, and return the code for it."""
        code = f"practice-code-{next(self._numbers)}"
        self._codes[code] = Code(
            email=email or self._owner,
            scope=query.get("scope") or "read write",
            redirect_url=query["redirect_uri"],
            challenge=query.get("code_challenge", ""),
            ends_at=self._now() + CODE_S,
        )
        return code

    def grant(self, body: Mapping[str, Any]) -> Answer:
        """Answer a request for an access token."""
        ways: Mapping[object, Callable[[Mapping[str, Any]], Answer]] = {
            "client_credentials": self._by_client,
            "authorization_code": self._by_code,
            "refresh_token": self._by_refresh,
        }
        way = ways.get(body.get("grant_type"))
        if way is None:
            raise refused(400, "unsupported_grant_type", "The grant type is not supported.")
        return way(body)

    def find(self, token: str) -> Bearer | None:
        """Return what is known of a token; whether it is still good is another question."""
        return self._given.get(token)

    def is_good(self, bearer: Bearer) -> bool:
        """Tell whether a token may be used once more."""
        return bearer.left >= 1 and self._now() < bearer.ends_at

    def use(self, bearer: Bearer) -> None:
        """Count a use of a token."""
        bearer.left -= 1
        bearer.used_at = self._now()

    def end(self, bearer: Bearer) -> None:
        """End a token and the refresh token that came with it."""
        self._given.pop(bearer.token, None)

    def revoke(self) -> int:
        """End every token that was given out; say how many."""
        ended = len(self._given)
        self._given.clear()
        return ended

    def _by_client(self, body: Mapping[str, Any]) -> Answer:
        self._need_client(body)
        bearer = self._new(body, self._owner, str(body.get("scope") or "read write"))
        return self._answer(bearer, body)

    def _by_code(self, body: Mapping[str, Any]) -> Answer:
        code = self._codes.get(str(body.get("code")))
        verifier = body.get("code_verifier")
        is_proved = code is not None and bool(code.challenge) and verifier is not None
        self._need_client(body, is_proved=is_proved)
        self._codes.pop(str(body.get("code")), None)  # whatever comes of it: one try
        is_good = (
            code is not None
            and self._now() < code.ends_at
            and same(str(body.get("redirect_uri")), code.redirect_url)
            and (not code.challenge or same(_challenge(str(verifier)), code.challenge))
        )
        if code is None or not is_good:
            raise _invalid()
        lifetime_s = self._refresh_lifetime_s(body)
        bearer = self._new(body, code.email, str(body.get("scope") or code.scope))
        return self._answer(bearer, body, lifetime_s=lifetime_s)

    def _by_refresh(self, body: Mapping[str, Any]) -> Answer:
        self._need_client(body)
        given = str(body.get("refresh_token") or "")
        old = next((b for b in self._given.values() if b.refresh and same(b.refresh, given)), None)
        if old is None or self._now() >= old.refresh_ends_at:
            raise _invalid()
        lifetime_s = self._refresh_lifetime_s(body)
        bearer = self._new(body, old.email, str(body.get("scope") or old.scope))
        self.end(old)
        return self._answer(bearer, body, lifetime_s=lifetime_s)

    def _need_client(self, body: Mapping[str, Any], *, is_proved: bool = False) -> None:
        """Refuse all but the client, known by its secret or, with a code, by the proof of it."""
        secret = body.get("client_secret")
        knows = is_proved if secret is None else same(str(secret), self._access.client_secret)
        if body.get("client_id") != self._access.client_id or not knows:
            raise refused(401, "invalid_client", "Client authentication failed.")

    def _new(self, body: Mapping[str, Any], email: str, scope: str) -> Bearer:
        lifetime_s = self._lifetime_s(body.get("expires_in"))
        number = next(self._numbers)
        bearer = Bearer(
            id=number,
            token=f"practice-bearer-{number}",
            email=email,
            scope=scope,
            made_at=self._now(),
            ends_at=float("inf") if lifetime_s is None else self._now() + lifetime_s,
            left=float("inf") if self._access.uses is None else self._access.uses,
        )
        self._given[bearer.token] = bearer
        return bearer

    def _answer(
        self, bearer: Bearer, body: Mapping[str, Any], *, lifetime_s: int | None = None
    ) -> Answer:
        answer: dict[str, Any] = {
            "access_token": bearer.token,
            "token_type": "bearer",
            "scope": bearer.scope,
            "expires_in": self._lifetime_s(body.get("expires_in")),
        }
        if lifetime_s is not None:
            bearer.refresh = f"practice-refresh-{bearer.id}"
            bearer.refresh_ends_at = self._now() + lifetime_s
            answer |= {"refresh_token": bearer.refresh, "refresh_token_expires_in": lifetime_s}
        return Answer(answer)

    def _lifetime_s(self, asked: object) -> int | None:
        most = self._access.lifetime_s
        if asked is None:
            return most
        if not isinstance(asked, int) or not SHORTEST_S < asked < LONGEST_S:
            raise refused(400, "invalid_request", "expires_in is out of range.")
        return asked if most is None else min(asked, most)

    @staticmethod
    def _refresh_lifetime_s(body: Mapping[str, Any]) -> int:
        least, usual, most = REFRESH_S
        asked = body.get("refresh_token_expires_in", usual)
        if not isinstance(asked, int) or not least <= asked < most:
            raise refused(400, "invalid_request", "refresh_token_expires_in is out of range.")
        return asked


def refused(status: int, name: str, description: str) -> Refusal:
    """Return a refusal the way OAuth words it."""
    return Refusal(status, {"error": name, "error_description": description})


def _challenge(verifier: str) -> str:
    digest = hashlib.sha256(verifier.encode()).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


def _invalid() -> Refusal:
    return refused(400, "invalid_grant", "The provided grant is invalid, expired, or revoked.")
