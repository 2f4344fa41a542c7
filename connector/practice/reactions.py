"""Triggers that react to every change of a ticket, and automations that run every hour."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from connector.practice.conditions import (
    HOURS,
    Condition,
    Moment,
    condition_document,
    conditions_of,
    holds,
)
from connector.practice.directory import SYSTEM_ID
from connector.practice.refusal import Refusal, invalid
from connector.practice.rules import plan_update
from connector.practice.world import Audit, Change, Comment, Ticket, Via, World

RULE_BASE = 28_700_000_000_000
MOST_TICKETS = 1000
"""An automation touches no more tickets than this in one hour."""
AT_REST = frozenset({"closed", "deleted"})
TAG_ACTIONS = {"set_tags": "tags", "current_tags": "additional_tags", "remove_tags": "remove_tags"}
VALUE_ACTIONS = frozenset(
    {"priority", "status", "type", "group_id", "assignee_id", "custom_status_id"}
)
TELLING = frozenset({"notification_user", "notification_group", "notification_target"})
API_USER, OTHERS = "api_user", "others"


@dataclass(slots=True)
class Rule:
    """A trigger or an automation."""

    id: int
    kind: str
    title: str
    every: tuple[Condition, ...]
    some: tuple[Condition, ...]
    actions: tuple[tuple[str, Any], ...]
    position: int
    created_at: int
    active: bool = True


class Reactions:
    """The rules of an account, and how often each fired because of whom.

    `fired` counts by the rule's title and the cause: the API user, or others. `notified` counts
    the messages that rules would have sent.
    """

    def __init__(self, world: World, api_user_id: int) -> None:
        """Begin without rules, and watch a world and its clock."""
        self.rules: dict[int, Rule] = {}
        self.fired: Counter[tuple[str, str]] = Counter()
        self.notified: Counter[str] = Counter()
        self._world = world
        self._api_user_id = api_user_id
        self._is_busy = False
        world.watchers.append(self.react)
        world.clock.every_hour(self.run_automations)

    def add(self, kind: str, body: Mapping[str, Any]) -> Rule:
        """Add a trigger or automation from a body as the wire has it, or refuse."""
        conditions = body.get("conditions") or body
        place = len(self.rules) + 1
        every, some = (conditions_of(conditions.get(name)) for name in ("all", "any"))
        if kind == "trigger" and any(one.field in HOURS for one in (*every, *some)):
            raise invalid("conditions", "hours are for automations")
        actions = tuple((one["field"], one["value"]) for one in body["actions"])
        for name, _ in actions:
            known = {*TAG_ACTIONS, *VALUE_ACTIONS, *TELLING}
            if name not in known and not name.startswith("custom_fields_"):
                raise invalid("actions", f"the practice helpdesk does not know {name}")
        rule = Rule(RULE_BASE + 4 * place, kind, str(body["title"]), every, some, actions, place,
                    self._world.now(), bool(body.get("active", True)))  # fmt: skip
        self.rules[rule.id] = rule
        return rule

    def of_kind(self, kind: str) -> list[Rule]:
        """Return the rules of one kind in their order."""
        return [rule for rule in self.rules.values() if rule.kind == kind]

    def react(self, ticket: Ticket, audit: Audit) -> None:
        """Let every trigger fire once at most; a change lets the others look again."""
        if self._is_busy:
            return
        self._is_busy = True
        try:
            self._run_triggers(ticket, audit, self._cause(audit))
        finally:
            self._is_busy = False

    def run_automations(self) -> None:
        """Run every automation over the tickets that are not closed, as each hour does."""
        world = self._world
        with world.lock:
            for rule in self.of_kind("automation"):
                if not rule.active:
                    continue
                moment = Moment(world)
                alive = (t for t in world.tickets.values() if t.status not in AT_REST)
                found = [t for t in alive if holds(t, moment, rule.every, rule.some)]
                for ticket in found[:MOST_TICKETS]:
                    self._automate(rule, ticket)

    def counts(self) -> list[dict[str, Any]]:
        """Return how often each rule fired because of whom."""
        return [
            {"rule": title, "cause": cause, "fired": count}
            for (title, cause), count in sorted(self.fired.items())
        ]

    def _automate(self, rule: Rule, ticket: Ticket) -> None:
        feed = self._world.feed
        history = (feed[place] for place in reversed(ticket.audits))
        last = next((audit for audit in history if audit.via.channel != "rule"), None)
        cause = OTHERS if last is None else self._cause(last)
        self._is_busy = True
        try:
            audit = self._fire(rule, ticket, cause)
            if audit is not None:
                self._run_triggers(ticket, audit, cause)
        finally:
            self._is_busy = False

    def _run_triggers(self, ticket: Ticket, audit: Audit, cause: str) -> None:
        moment = Moment.of(self._world, audit)
        waiting = [rule for rule in self.of_kind("trigger") if rule.active]
        place = 0
        while place < len(waiting) and ticket.status not in AT_REST:
            if not holds(ticket, moment, waiting[place].every, waiting[place].some):
                place += 1
                continue
            made = self._fire(waiting.pop(place), ticket, cause)
            if made is not None:
                moment.read(made)
                place = 0

    def _fire(self, rule: Rule, ticket: Ticket, cause: str) -> Audit | None:
        self.fired[rule.title, cause] += 1
        body = self._body(rule)
        try:
            changes: list[Change | Comment] = plan_update(self._world, ticket, body, SYSTEM_ID)
        except Refusal:
            return None
        via = Via("rule", "Rule", rule.kind, rule.id, rule.title)
        return self._world.record(ticket, SYSTEM_ID, changes, via)

    def _body(self, rule: Rule) -> dict[str, Any]:
        body: dict[str, Any] = {}
        for name, value in rule.actions:
            if name in TELLING:
                self.notified[rule.title] += 1
            elif name in TAG_ACTIONS:
                body[TAG_ACTIONS[name]] = value
            elif name in VALUE_ACTIONS:
                body[name] = int(value) if name.endswith("_id") and value else value or None
            else:
                number = int(name.rpartition("_")[2])
                body.setdefault("custom_fields", []).append({"id": number, "value": value})
        return body

    def _cause(self, audit: Audit) -> str:
        is_ours = audit.via.channel == "api" and audit.author_id == self._api_user_id
        return API_USER if is_ours else OTHERS


def rule_document(rule: Rule, url: str, at: Any) -> dict[str, Any]:
    """Return a rule as the wire has it; only triggers have a category and a description."""
    document = {
        "id": rule.id,
        "url": f"{url}/api/v2/{rule.kind}s/{rule.id}.json",
        "title": rule.title,
        "raw_title": rule.title,
        "active": rule.active,
        "default": False,
        "position": rule.position,
        "conditions": {
            "all": [condition_document(one) for one in rule.every],
            "any": [condition_document(one) for one in rule.some],
        },
        "actions": [{"field": name, "value": value} for name, value in rule.actions],
        "created_at": at,
        "updated_at": at,
    }
    if rule.kind == "trigger":
        document |= {"description": None, "category_id": str(RULE_BASE)}
    return document
