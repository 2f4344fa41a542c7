"""The control of the practice helpdesk: move its clock, let life go on, order acts and faults."""

from __future__ import annotations

import hmac
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from connector.practice.clock import iso
from connector.practice.life import live
from connector.practice.refusal import Refusal, bad_request, not_found
from connector.practice.routing import Answer
from connector.practice.saved import save_world

if TYPE_CHECKING:
    from connector.practice.helpdesk import Helpdesk

CONTROL_TOKEN = "practice-control"  # noqa: S105  # a made-up secret of a made-up helpdesk
ACTS = (
    "create",
    "comment",
    "update",
    "set_status",
    "add_tags",
    "remove_tags",
    "set_field",
    "assign",
    "close",
    "delete",
    "restore",
    "merge",
    "rate",
    "system_update",
    "deactivate_field",
    "create_by",
    "open_side_conversation",
    "suspend",
    "recover",
    "archive",
    "set_support_type",
    "add_status",
    "add_form",
    "add_customer",
    "answer_survey",
    "add_rule",
    "add_policy",
)
"""Acts that may be ordered; their parameters are those of the methods of `Acts`."""

SWITCHES = (
    "job_polls",
    "lose_jobs",
    "release_jobs",
    "failing",
    "batch_ignores_tags",
    "surveys",
)


class Control:
    """Behind `/practice/control`, for whoever has the control token."""

    def __init__(self, desk: Helpdesk, token: str) -> None:
        """Take control of one helpdesk."""
        self._desk = desk
        self._token = token
        self.state: Path | None = None
        self._calls: dict[tuple[str, str], Callable[[Mapping[str, Any]], dict[str, Any]]] = {
            ("GET", "status"): self._status,
            ("POST", "advance"): self._advance,
            ("POST", "live"): self._live,
            ("POST", "act"): self._act,
            ("POST", "fail_next"): self._fail_next,
            ("POST", "revoke"): self._revoke,
            ("POST", "switch"): self._switch,
            ("POST", "save"): self._save,
        }

    def answer(self, method: str, path: str, body: Mapping[str, Any], auth: str) -> Answer:
        """Answer one request: status, advance, live, act, fail_next, revoke, switch or save."""
        token = auth.removeprefix("Bearer ")
        if not hmac.compare_digest(token.encode(), self._token.encode()):
            raise Refusal(401, {"error": "the control token is missing or wrong"})
        call = self._calls.get((method, path))
        if call is None:
            raise not_found()
        try:
            with self._desk.world.lock:
                return Answer(call(body))
        except (TypeError, ValueError, KeyError) as error:
            raise bad_request(f"{type(error).__name__}: {error}") from error

    def live(self, seconds: float) -> dict[str, int]:
        """Let helpdesk life go on for a while and say what happened, by kind."""
        return live(self._desk.acts, seconds)

    def _status(self, _: Mapping[str, Any]) -> dict[str, Any]:
        world = self._desk.world
        by_status: dict[str, int] = {}
        for ticket in world.tickets.values():
            by_status[ticket.status] = by_status.get(ticket.status, 0) + 1
        return {
            "now": iso(world.now()),
            "tickets": by_status,
            "audits": len(world.feed),
            "requests": self._desk.served,
            "faults": self._desk.faults.happened[-100:],
            "fired": [] if world.reactions is None else world.reactions.counts(),
        }

    def _advance(self, body: Mapping[str, Any]) -> dict[str, Any]:
        return {"now": iso(self._desk.world.clock.advance(float(body["seconds"])))}

    def _live(self, body: Mapping[str, Any]) -> dict[str, Any]:
        happened = self.live(float(body["seconds"]))
        return {"now": iso(self._desk.world.now()), "happened": happened}

    def _act(self, body: Mapping[str, Any]) -> dict[str, Any]:
        name = str(body["act"])
        if name not in ACTS:
            raise bad_request(f"unknown act {name}; known: {', '.join(ACTS)}")
        result = getattr(self._desk.acts, name)(*body.get("args", ()), **body.get("options", {}))
        return {"now": iso(self._desk.world.now()), "id": getattr(result, "id", None)}

    def _fail_next(self, body: Mapping[str, Any]) -> dict[str, Any]:
        count = int(body.get("count", 1))
        self._desk.faults.fail_next(
            str(body["path"]),
            str(body["fault"]),
            count,
            method=str(body.get("method", "")),
            after=int(body.get("after", 0)),
            seconds=float(body.get("seconds", 2.0)),
        )
        return {"ordered": count}

    def _revoke(self, _: Mapping[str, Any]) -> dict[str, Any]:
        return {"revoked": self._desk.grants.revoke()}

    def _save(self, _: Mapping[str, Any]) -> dict[str, Any]:
        if self.state is None:
            raise bad_request("the practice helpdesk was started without a file for its state")
        save_world(self._desk.world, self.state)
        return {"saved": self.state.name}

    def _switch(self, body: Mapping[str, Any]) -> dict[str, Any]:
        """Set switches: how jobs end, which tickets fail, what batches ignore, which survey."""
        jobs = self._desk.jobs
        for name, value in body.items():
            if name == "job_polls":
                jobs.polls = int(value)
            elif name == "lose_jobs":
                jobs.lose = int(value)
            elif name == "release_jobs":
                jobs.release()
            elif name == "failing":
                jobs.failing = {int(number): str(why) for number, why in value.items()}
            elif name == "batch_ignores_tags":
                self._desk.batch_ignores_tags = bool(value)
            elif name == "surveys":
                self._desk.world.has_surveys = bool(value)
            else:
                raise bad_request(f"unknown switch {name}; known: {', '.join(SWITCHES)}")
        return {"set": sorted(body)}
