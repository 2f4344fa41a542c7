"""Triggers that react to every change of a ticket, and automations that run every hour."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from connector.practice.conditions import Moment, holds
from connector.practice.directory import SYSTEM_ID
from connector.practice.feed import Audit
from connector.practice.refusal import Refusal
from connector.practice.rulebook import (
    TAG_ACTIONS,
    TELLING,
    VALUE_ACTIONS,
    Rule,
    changed,
    new_rule,
)
from connector.practice.rules import plan_update
from connector.practice.world import Change, Comment, Ticket, Via, World

MOST_TICKETS = 1000
"""An automation touches no more tickets than this in one hour."""
AT_REST = frozenset({"closed", "deleted"})
API_USER, OTHERS = "api_user", "others"


class Reactions:
    """The rules of an account, and how often each fired because of whom.

    `fired` counts by the rule's title and the cause: the API user, or others. `notified` counts
    the messages that rules would have sent.
    """

    def __init__(self, world: World, api_user_id: int) -> None:
        """Begin without rules, and watch a world and its clock."""
        self.rules: dict[int, Rule] = {}
        self._taken: list[int] = []
        self.fired: Counter[tuple[str, str]] = Counter()
        self.notified: Counter[str] = Counter()
        self._world = world
        self._api_user_id = api_user_id
        self._is_busy = False
        world.watchers.append(self.react)
        world.clock.every_hour(self.run_automations)

    def add(self, kind: str, body: Mapping[str, Any]) -> Rule:
        """Add a trigger or automation from a body as the wire has it, or refuse."""
        rule = new_rule(kind, body, self._taken, self._world.now())
        self._taken.append(rule.id)
        self.rules[rule.id] = rule
        return rule

    def change(self, rule: Rule, body: Mapping[str, Any]) -> Rule:
        """Change a rule as a body wants it, or refuse; it is for what happens from now on."""
        self.rules[rule.id] = changed(rule, body, self._world.now())
        return self.rules[rule.id]

    def remove(self, rule: Rule) -> None:
        """Delete a rule; what it did stays done."""
        del self.rules[rule.id]

    def restore(self, rules: Iterable[Rule]) -> None:
        """Take up rules as they were."""
        self.rules = {rule.id: rule for rule in rules}
        self._taken = list(self.rules)

    def of_kind(self, kind: str) -> list[Rule]:
        """Return the rules of one kind in their order."""
        found = (rule for rule in self.rules.values() if rule.kind == kind)
        return sorted(found, key=lambda rule: (rule.position, rule.id))

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
