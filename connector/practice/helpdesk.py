"""One practice account as its routes see it: the world, who may enter, limits, faults and jobs."""

from __future__ import annotations

import base64
import binascii
import hmac
from collections.abc import Mapping, Sequence

from connector.practice.acts import Acts
from connector.practice.directory import User
from connector.practice.faults import Faults
from connector.practice.jobs import Jobs
from connector.practice.limits import ACCOUNT, Limits, RateLimiter
from connector.practice.refusal import Refusal, not_found
from connector.practice.routing import Answer, Call, Route, find
from connector.practice.world import World

ADMIN_EMAIL = "goals@practice.example"
AGENT_EMAIL = "agent@practice.example"
TOKEN = "practice-token"  # noqa: S105  # a made-up secret of a made-up helpdesk
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


class Helpdesk:
    """The account that answers requests; `url` is what its links begin with."""

    def __init__(
        self,
        world: World,
        routes: Sequence[Route],
        *,
        limits: Limits,
        token: str = TOKEN,
        job_polls: int = 1,
    ) -> None:
        """Put an account around a world."""
        self.world = world
        self.acts = Acts(world)
        self.faults = Faults()
        self.jobs = Jobs(job_polls)
        self.limiter = RateLimiter(limits)
        self.token = token
        self.bearers = {token: ADMIN_EMAIL}
        self.url = ""
        self.served = 0
        self._routes = routes

    def answer(
        self,
        method: str,
        path: str,
        query: Mapping[str, str],
        body: Mapping[str, object],
        auth: str,
    ) -> Answer:
        """Answer one request below `/api/v2`; refusals are answers too."""
        path = path.removesuffix(".json")
        try:
            with self.world.lock:
                self.served += 1
                user = self._who(auth)
                headers = self.limiter.admit((ACCOUNT,))
                found = find(self._routes, method, path)
                if found is None:
                    raise not_found()
                route, parts = found
                headers |= self.limiter.admit(route.limits, parts[0] if parts else "")
                answer = route.answer(Call(self, method, path, query, body, user, parts))
                answer.headers = headers | answer.headers
                return answer
        except Refusal as refusal:
            return Answer(refusal.body, refusal.status, headers=dict(refusal.headers))

    def _who(self, auth: str) -> User:
        scheme, _, value = auth.partition(" ")
        if scheme.lower() == "bearer":
            user = self.world.directory.user_by_email(self.bearers.get(value.strip(), ""))
            refusal = BAD_BEARER
        else:
            user = self._by_token(value) if scheme.lower() == "basic" else None
            refusal = UNKNOWN
        if user is None or not user.active:
            raise Refusal(refusal.status, refusal.body, refusal.headers)
        return user

    def _by_token(self, value: str) -> User | None:
        try:
            name, _, token = base64.b64decode(value).decode().partition(":")
        except (binascii.Error, UnicodeDecodeError):
            return None
        email, _, kind = name.rpartition("/")
        if kind != "token" or not hmac.compare_digest(token.encode(), self.token.encode()):
            return None
        user = self.world.directory.user_by_email(email)
        return user if user is not None and user.role != "end-user" else None
