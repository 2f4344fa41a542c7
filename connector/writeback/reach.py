"""What our writes can do to a ticket, and whether a condition of a rule can hold after one; pure.

A write of ours is an update by our account, over the API, of a ticket that is new, open or just
solved. It changes our fields and tags, and nothing else: no comment, no status, no assignee. What
it does not touch is unknown, and may be so on some ticket.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cached_property
from itertools import product

from connector.model.page import TicketField
from connector.model.rules import (
    BY_API,
    CHANGED,
    STAFF,
    Action,
    Comparison,
    Condition,
    Meaning,
    Rule,
    Topic,
    field_topic,
)
from connector.model.ticket import Status
from connector.writeback.ownership import Names
from connector.writeback.words import TicketOutcome, Word

WRITTEN = frozenset({Status.NEW, Status.OPEN, Status.SOLVED})
"""The statuses of tickets that are written."""

Labels = tuple[str | None, ...]
"""The status and the outcome that a ticket shows after a write; None where it shows none."""

CHANGES = frozenset({Comparison.CHANGED, Comparison.CHANGED_TO, Comparison.CHANGED_FROM})
EVENTS = frozenset({Topic.MOMENT, Topic.USER, Topic.CHANNEL, Topic.COMMENT})
"""What is the same for every write of ours."""
_SENT = frozenset({CHANGED, STAFF, BY_API})
_ORDER = tuple(Status)


class Reach:
    """What an update of ours brings about, with what rules that it sets off change besides.

    `effects` maps the topics that change to the values they may take; an empty set is any value.
    """

    def __init__(
        self,
        *,
        user: str,
        names: Names,
        fields: Iterable[TicketField],
        goals: Iterable[str],
        effects: Mapping[str, frozenset[str]] | None = None,
    ) -> None:
        """Take our account's id, the tags we use, our fields as they are, and the goals' ids."""
        self.user = user
        self.names = names
        self.fields = tuple(fields)
        self.goals = frozenset(goals)
        topics = {field.role: field_topic(field.id) for field in self.fields}
        self.dropdowns = tuple(topics.get(role, "") for role in ("status", "outcome"))
        self.topics = frozenset(topics.values())
        self.effects = dict(effects or {topic: frozenset() for topic in self.topics})

    @cached_property
    def options(self) -> tuple[tuple[str, ...], ...]:
        """Return the option values of the status and of the outcome."""
        return (
            tuple(map(self.names.status, Word)),
            tuple(map(self.names.outcome, TicketOutcome)),
        )

    @cached_property
    def states(self) -> tuple[Labels, ...]:
        """Return every pair of status and outcome that a write may leave on a ticket."""
        return tuple(product(*((None, *options) for options in self.options)))

    def after(self, actions: Iterable[Action]) -> Reach:
        """Return the reach of an update to which rules have added theirs."""
        effects = dict(self.effects)
        for topic, values in (effect for action in actions for effect in action.effects):
            known = effects.get(topic, frozenset(values))
            effects[topic] = known | set(values) if known and values else frozenset()
        return Reach(
            user=self.user,
            names=self.names,
            fields=self.fields,
            goals=self.goals,
            effects=effects,
        )

    def is_ours(self, tag: str) -> bool:
        """Tell whether we add and remove a tag."""
        return tag in self._vocabulary or tag.startswith(f"{self.names.prefix}_")

    def asks_for_ours(self, condition: Condition) -> bool:
        """Tell whether a condition names one of our fields or tags."""
        what = condition.meaning
        if what.topic == Topic.TAGS:
            return any(map(self.is_ours, what.values))
        return what.topic in self.topics

    def holding(self, rule: Rule) -> tuple[Labels, ...]:
        """Return what tickets may show after writes that let a rule act; nothing if none does."""
        return tuple(
            labels
            for labels in self.states
            if all(self.can_hold(one, labels) for one in rule.all_of)
            and (not rule.any_of or any(self.can_hold(one, labels) for one in rule.any_of))
        )

    def can_hold(self, condition: Condition, labels: Labels) -> bool:
        """Tell whether a condition can hold right after a write that leaves these labels."""
        what = condition.meaning
        if what.topic in self.dropdowns and what.topic:
            place = self.dropdowns.index(what.topic)
            return _shows(what, labels[place], self.options[place])
        if what.topic in EVENTS:
            return self._sent(what)
        if what.topic == Topic.TAGS:
            return self._tags(what, labels)
        is_status = what.topic in {Topic.STATUS, Topic.STATUS_HOURS}
        return self._status(what) if is_status else self._elsewhere(what)

    @cached_property
    def _vocabulary(self) -> frozenset[str]:
        return self.names.vocabulary(self.goals)

    def _sent(self, what: Meaning) -> bool:
        """Judge who made the update, how it came, what it is, and the comment that it lacks."""
        is_so = what.topic != Topic.COMMENT and not (_SENT | {self.user}).isdisjoint(what.values)
        if what.comparison in {Comparison.IS, Comparison.PRESENT}:
            return is_so
        return not (what.comparison == Comparison.IS_NOT and is_so)

    def _tags(self, what: Meaning, labels: Labels) -> bool:
        if what.comparison == Comparison.IS:
            options = {value for options in self.options for value in options}
            elsewhere = set(what.values) - options - {self.names.ignore}
            return bool(elsewhere) or not set(labels).isdisjoint(what.values)
        return what.comparison != Comparison.IS_NOT or set(labels).isdisjoint(what.values)

    def _status(self, what: Meaning) -> bool:
        if what.comparison in CHANGES:
            return self._elsewhere(what)
        now = {*WRITTEN, *self.effects.get(Topic.STATUS, ())}
        return any(_compares(what, status) for status in now)

    def _elsewhere(self, what: Meaning) -> bool:
        """Judge what our write does not touch: it has not changed, unless a rule changed it."""
        if what.comparison not in CHANGES:
            return True
        values = self.effects.get(what.topic)
        if what.comparison != Comparison.CHANGED_TO or not what.values:
            return values is not None
        if values is None:  # the option of a drop-down may come as a tag
            return not self.effects.get(Topic.TAGS, frozenset()).isdisjoint(what.values)
        return not values or not values.isdisjoint(what.values)


def _shows(what: Meaning, value: str | None, options: tuple[str, ...]) -> bool:
    """Judge a drop-down of ours; a value that is no option of ours may be one all the same."""
    is_so = value in what.values or any(one not in options for one in what.values)
    is_set = value is not None
    answers = {
        Comparison.IS: is_so,
        Comparison.CHANGED_TO: is_so if what.values else not is_set,
        Comparison.IS_NOT: value not in what.values,
        Comparison.CHANGED_FROM: value not in what.values if what.values else is_set,
        Comparison.PRESENT: is_set,
        Comparison.ABSENT: not is_set,
    }
    return answers.get(what.comparison, True)


def _compares(what: Meaning, status: str) -> bool:
    if what.comparison in {Comparison.IS, Comparison.IS_NOT}:
        return (status in what.values) == (what.comparison == Comparison.IS)
    if what.comparison not in {Comparison.LESS, Comparison.GREATER}:
        return True
    bounds = [_ORDER.index(Status(one)) for one in what.values if one in _ORDER]
    place = _ORDER.index(Status(status)) if status in _ORDER else 0
    is_less = what.comparison == Comparison.LESS
    return not bounds or any(place < bound if is_less else place > bound for bound in bounds)
