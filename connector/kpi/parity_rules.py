"""Why the helpdesk's own figure is not ours: small rules in order; the first that holds explains.

A rule is a condition over a difference `d` (ours, theirs, kind, clock, flags of our row, `at_event`
and `calendar` as ours would be by another clock) and the facts `f` of its ticket (parity.sql).
"""

from __future__ import annotations

from typing import Final

import msgspec

from connector.kpi.flags import MARKS, Flag

TOLERANCE_S: Final = 60
"""Helpdesks show whole minutes, cut or rounded: times less than a minute apart are equal."""


class Rule(msgspec.Struct, frozen=True):
    """One class of differences: its name, what it says, for which kinds of figures, and when."""

    id: str
    words: str
    kinds: tuple[str, ...]
    condition: str

    @property
    def sql(self) -> str:
        """Return when the rule explains a difference, as SQL."""
        kinds = ", ".join(f"'{kind}'" for kind in self.kinds)
        return f"d.kind in ({kinds}) and ({self.condition})"


UNEXPLAINED: Final = "unexplained"
REPLIES: Final = ("reply", "replies")
TIMES: Final = ("reply", "resolution", "wait")
ALL: Final = (*TIMES, "replies", "reopens", "stations")

EARLIER: Final = "(d.ours is null or d.theirs <> d.ours)"
MORE: Final = "(d.theirs > d.ours or d.kind = 'reply')"

RULES: Final = (
    Rule(
        "partial_history",
        "the events that were read begin after the ticket: ours has no value",
        ALL,
        f"d.flags & {Flag.PARTIAL_HISTORY.value} > 0",
    ),
    Rule(
        "read_before",
        "the helpdesk's figures were read before the newest events of the ticket",
        ALL,
        "f.is_behind",
    ),
    Rule(
        "deleted",
        "the ticket is or was deleted: ours counts that time in no status",
        ALL,
        "f.status = 'deleted' or f.deletions > 0",
    ),
    Rule(
        "merged",
        "the ticket was merged into another one: the helpdesk counts its closing",
        ALL,
        f"f.marks & {MARKS[Flag.MERGED].value} > 0",
    ),
    Rule(
        "messaging",
        "messages of a chat or a call are kept elsewhere: ours has no replies of them",
        REPLIES,
        f"f.marks & {MARKS[Flag.MESSAGING].value} > 0",
    ),
    Rule(
        "reopened",
        "the ticket is open again: ours has no resolution until it is solved again",
        ("resolution",),
        "f.is_unsolved and d.ours is null",
    ),
    Rule(
        "not_live",
        "the helpdesk's times are not live: they appear with the event that ends them",
        ("wait",),
        "f.is_unsolved and (d.theirs is null or d.theirs < d.ours)",
    ),
    Rule(
        "no_figure",
        "the helpdesk shows no figure for a ticket that has one by its events",
        ALL,
        "d.theirs is null",
    ),
    Rule(
        "requester_is_staff",
        "comments of the requester, who is staff, count as replies at the helpdesk",
        REPLIES,
        f"f.by_requester > 0 and {MORE}",
    ),
    Rule(
        "bot_reply",
        "comments of accounts configured as bots count as replies at the helpdesk",
        REPLIES,
        f"f.by_bot > 0 and {MORE}",
    ),
    Rule(
        "same_second",
        "a comment of staff in the second of creation: ours takes it for part of the opening",
        REPLIES,
        f"f.at_once > 0 and {EARLIER}",
    ),
    Rule(
        "opening_counted",
        "the helpdesk counts the opening comment of a ticket that staff created",
        ("replies",),
        "f.is_opened_by_staff and d.theirs = d.ours + 1",
    ),
    Rule(
        "other_author",
        "public comments of people whose role changed, or whom the helpdesk no longer knows",
        REPLIES,
        "f.by_others > 0",
    ),
    Rule(
        "schedule_at_event",
        "the schedule changed: the helpdesk counts all of it by the one in force at the event",
        ("reply", "resolution"),
        f"d.clock = 'business' and abs(d.at_event - d.theirs) < {TOLERANCE_S}",
    ),
    Rule(
        "no_schedule",
        "the helpdesk has no business hours: ours has no value",
        TIMES,
        f"d.flags & {Flag.NO_SCHEDULE.value} > 0",
    ),
    Rule(
        "all_hours",
        "the ticket had no schedule: the helpdesk counts all hours, ours the default schedule's",
        TIMES,
        f"d.clock = 'business' and abs(d.calendar - d.theirs) < {TOLERANCE_S}",
    ),
    Rule(
        "default_schedule",
        "the ticket had no schedule for part of its life: ours counts the default one there",
        TIMES,
        f"d.clock = 'business' and d.flags & {Flag.DEFAULT_SCHEDULE.value} > 0",
    ),
    Rule(
        "hours_edited",
        "business hours were edited during the ticket's life: ours keeps the old ones for the past",
        TIMES,
        "d.clock = 'business' and f.is_edited",
    ),
    Rule(
        "schedule_switched",
        "the ticket switched schedules: ours counts each stretch by its own, and once it is over",
        TIMES,
        "f.switches > 1 and (d.clock = 'business' or f.is_unsolved)",
    ),
    Rule(
        "cut_minutes",
        "the helpdesk cuts each stretch to whole minutes before it adds them up",
        TIMES,
        f"d.ours - d.theirs between 0 and {TOLERANCE_S} * f.stretches",
    ),
)
"""In this order: what makes a figure incomparable comes before what makes it larger or smaller."""


def chosen() -> str:
    """Return the SQL that names the first rule that holds for a difference."""
    cases = " ".join(f"when {rule.sql} then '{rule.id}'" for rule in RULES)
    return f"case {cases} else '{UNEXPLAINED}' end"


def words_of(rule_id: str) -> str:
    """Return what a rule says."""
    return next((rule.words for rule in RULES if rule.id == rule_id), "no rule explains it")
