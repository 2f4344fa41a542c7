"""One practice account as its routes see it: the world, who may enter, limits, faults and jobs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from connector.practice.access import Access, Gate
from connector.practice.acts import Acts
from connector.practice.consent import Consent
from connector.practice.faults import Faults
from connector.practice.grants import Grants
from connector.practice.jobs import Jobs
from connector.practice.limits import ACCOUNT, Limits, RateLimiter
from connector.practice.refusal import Refusal, not_found
from connector.practice.routing import Answer, Call, Route, find
from connector.practice.sla_routes import StepFeed
from connector.practice.world import World

ADMIN_EMAIL = "goals@practice.example"
AGENT_EMAIL = "agent@practice.example"
USUAL = Access()
TOKEN = USUAL.token


class Helpdesk:
    """The account that answers requests; `url` is what its links begin with."""

    def __init__(
        self,
        world: World,
        routes: Sequence[Route],
        *,
        limits: Limits,
        access: Access = USUAL,
        job_polls: int = 1,
    ) -> None:
        """Put an account around a world."""
        self.world = world
        self.acts = Acts(world)
        self.faults = Faults()
        self.jobs = Jobs(job_polls)
        self.limiter = RateLimiter(limits)
        self.grants = Grants(access, ADMIN_EMAIL, world.now)
        self.gate = Gate(access, world.directory, ADMIN_EMAIL, self.grants)
        self._consent = Consent(access, world.directory, ADMIN_EMAIL, self.grants)
        self.steps = StepFeed(world)
        self.batch_ignores_tags = False
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
                self.world.clock.settle()
                user = self.gate.who(auth, method)
                headers = self.limiter.admit((ACCOUNT,))
                found = find(self._routes, method, path)
                if found is None:
                    raise not_found()
                route, parts = found
                headers |= self.limiter.admit(route.limits, " ".join((str(user.id), *parts)))
                answer = route.answer(Call(self, method, path, query, body, user, parts, auth))
                answer.headers = headers | answer.headers
                return answer
        except Refusal as refusal:
            return Answer(refusal.body, refusal.status, headers=dict(refusal.headers))

    def grant(self, method: str, body: Mapping[str, object]) -> Answer:
        """Answer one request for an OAuth token."""
        if method != "POST":
            raise not_found()
        with self.world.lock:
            return self.grants.grant(body)

    def consent(self, query: Mapping[str, str]) -> Answer:
        """Answer the browser of somebody who is asked for access."""
        with self.world.lock:
            return self._consent.answer(query)
