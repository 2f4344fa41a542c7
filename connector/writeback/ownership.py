"""Which tags are ours: a closed vocabulary made of the prefix, known goal ids and known words."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache
from types import MappingProxyType

import msgspec

from connector.writeback.words import (
    OUTCOMES_TO_ACT_ON,
    WORDS_TO_ACT_ON,
    TicketOutcome,
    Word,
)

RESERVED_IDS = frozenset({"status", "outcome", "any"})
"""Goal ids nobody may use: they name the drop-downs, and what is approved for all goals."""


_ENDINGS = tuple(f"__{state.value}" for state in (*WORDS_TO_ACT_ON, *OUTCOMES_TO_ACT_ON))


class Names(msgspec.Struct, frozen=True):
    """The tags and option values of one prefix."""

    prefix: str = "goal_"

    @property
    def ignore(self) -> str:
        """Return the tag that keeps us off a ticket."""
        return f"{self.prefix}ignore"

    def status(self, word: Word) -> str:
        """Return the option value of a status: goal_status__at_risk."""
        return f"{self.prefix}status__{word.value}"

    def outcome(self, outcome: TicketOutcome) -> str:
        """Return the option value of an outcome: goal_outcome__due_soon."""
        return f"{self.prefix}outcome__{outcome.value}"

    def goal(self, goal_id: str, state: Word | TicketOutcome) -> str:
        """Return the tag of one goal's state: goal__faster_first_reply__at_risk."""
        return f"{self.prefix}_{goal_id}__{state.value}"

    def options(self) -> frozenset[str]:
        """Return all option values."""
        return _options(self)

    def goal_statuses(self, goal_id: str) -> frozenset[str]:
        """Return the tags that may tell a goal's status."""
        return _goal_statuses(self, goal_id)

    def goal_outcomes(self, goal_id: str) -> frozenset[str]:
        """Return the tags that may tell how a ticket stands with a goal."""
        return _goal_outcomes(self, goal_id)

    def goal_tags(self, goal_id: str) -> frozenset[str]:
        """Return all tags that one goal may have."""
        return _goal_tags(self, goal_id)

    def statuses(self) -> Mapping[str, Word]:
        """Return the statuses by their option values."""
        return _statuses(self)

    def outcomes(self) -> Mapping[str, TicketOutcome]:
        """Return the outcomes by their option values."""
        return _outcomes(self)

    def is_made_for_one(self, tag: str, families: Iterable[str]) -> bool:
        """Tell whether a tag is that of a goal made for one of many, whoever that is or was.

        `families` are what the ids of such goals begin with.
        """
        known = tuple(f"{self.prefix}_{family}" for family in families)
        return tag.startswith(known) and tag.endswith(_ENDINGS)

    def vocabulary(self, goal_ids: Iterable[str]) -> frozenset[str]:
        """Return every tag that is ours to add and remove."""
        return self.options().union(*(self.goal_tags(goal_id) for goal_id in goal_ids))


@cache
def _options(names: Names) -> frozenset[str]:
    return frozenset({*names.statuses(), *names.outcomes()})


@cache
def _statuses(names: Names) -> Mapping[str, Word]:
    return MappingProxyType({names.status(word): word for word in Word})


@cache
def _outcomes(names: Names) -> Mapping[str, TicketOutcome]:
    return MappingProxyType({names.outcome(outcome): outcome for outcome in TicketOutcome})


@cache
def _goal_tags(names: Names, goal_id: str) -> frozenset[str]:
    return names.goal_statuses(goal_id) | names.goal_outcomes(goal_id)


@cache
def _goal_statuses(names: Names, goal_id: str) -> frozenset[str]:
    return frozenset(names.goal(goal_id, word) for word in WORDS_TO_ACT_ON)


@cache
def _goal_outcomes(names: Names, goal_id: str) -> frozenset[str]:
    return frozenset(names.goal(goal_id, outcome) for outcome in OUTCOMES_TO_ACT_ON)
