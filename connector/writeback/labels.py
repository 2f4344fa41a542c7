"""What a ticket should show about the goals it counts for; pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

import msgspec

from connector.config.mapping import GoalTable
from connector.model.goal import GoalReport
from connector.model.kpi import MeasureDefinition
from connector.model.page import FieldSpec
from connector.writeback.note import Membership, write_note
from connector.writeback.ownership import Names
from connector.writeback.words import (
    OUTCOMES_TO_ACT_ON,
    WORDS_TO_ACT_ON,
    Language,
    TicketOutcome,
    Word,
    language,
)

URGENCY = tuple(TicketOutcome)
SEVERITY = tuple(Word)
STATUSES = (Word.ON_TRACK, Word.AT_RISK, Word.OFF_TRACK, Word.NO_DATA)
STILL_TO_DO = frozenset({TicketOutcome.DUE_SOON, TicketOutcome.PENDING})


class TicketLabels(msgspec.Struct, frozen=True, kw_only=True):
    """What one ticket should show; `tags` are those of single goals, not the option tags."""

    status: Word | None = None
    outcome: TicketOutcome | None = None
    status_option: str | None = None
    outcome_option: str | None = None
    note: str | None = None
    tags: frozenset[str] = frozenset()


def labels(
    memberships: Sequence[Membership], *, names: Names, tongue: Language, is_solved: bool = False
) -> TicketLabels:
    """Return what a ticket should show for the goals it counts for.

    On a solved ticket nothing is left to do: only how it ended is shown as an outcome.
    """
    shown = [_settled(m) if is_solved else m for m in memberships]
    shown = sorted((m for m in shown if m.word or m.outcome), key=_rank)
    status = min((m.word for m in shown if m.word), key=SEVERITY.index, default=None)
    outcome = most_urgent(shown)
    return TicketLabels(
        status=status,
        outcome=outcome,
        status_option=names.status(status) if status else None,
        outcome_option=names.outcome(outcome) if outcome else None,
        note=write_note(shown, tongue),
        tags=frozenset(
            tag for m in shown if m.tag for tag in _goal_tags(m, names, is_solved=is_solved)
        ),
    )


def most_urgent(memberships: Sequence[Membership]) -> TicketOutcome | None:
    """Return the most urgent outcome: what is still to do, else how it ended, worst first."""
    outcomes = (TicketOutcome(m.outcome) for m in memberships if m.outcome)
    return min(outcomes, key=URGENCY.index, default=None)


def may_show(goal: GoalTable, definition: MeasureDefinition, *, people: bool = False) -> bool:
    """Tell whether a goal may appear on tickets.

    Not when its KPI settles only after a lag, since the ticket may be closed by then, and not for a
    person's goal unless the admin said so.
    """
    return not definition.lag_s and (people or goal.level != "person")


def membership(
    goal: GoalTable,
    report: GoalReport,
    *,
    settles_by: str = "",
    outcome: str | None = None,
    due_at: datetime | None = None,
) -> Membership:
    """Put together what a ticket needs to know of one goal; the last two are the ticket's own."""
    return Membership(
        goal=report.id,
        title=report.title,
        state=report.status,
        as_of=report.as_of,
        outcome=outcome,
        due_at=due_at,
        settles_by=settles_by,
        timezone=goal.period.timezone,
        show=goal.show.status,
        tag=goal.show.tag,
        level=goal.level,
    )


def field_specs(prefix: str, code: str, *, stores_labels: bool = False) -> tuple[FieldSpec, ...]:
    """Return the three ticket fields of ours, in one of the shipped languages.

    Where a helpdesk keeps nothing but the words that people read, those are the values too.
    """
    names, tongue = Names(prefix), language(code)
    stored = option_labels(prefix, code)
    options = {
        "status": [names.status(word) for word in STATUSES],
        "outcome": [names.outcome(outcome) for outcome in TicketOutcome],
        "note": [],
    }
    return tuple(
        FieldSpec(
            role=role,
            kind="dropdown" if choices else "text",
            title=tongue.titles[role],
            description=tongue.descriptions[role].format(ignore=names.ignore),
            options={(stored[one] if stores_labels else one): stored[one] for one in choices},
        )
        for role, choices in options.items()
    )


def option_labels(prefix: str, code: str) -> Mapping[str, str]:
    """Return the words that people read for each option of our drop-downs, by its value."""
    names, tongue = Names(prefix), language(code)
    statuses = {names.status(word): tongue.words[word] for word in STATUSES}
    return statuses | {names.outcome(one): tongue.outcomes[one] for one in TicketOutcome}


def _settled(membership: Membership) -> Membership:
    if membership.outcome not in STILL_TO_DO:
        return membership
    return msgspec.structs.replace(membership, outcome=None, due_at=None)


def _rank(membership: Membership) -> tuple[int, int, str]:
    outcome, word = membership.outcome, membership.word
    return (
        SEVERITY.index(word) if word else len(SEVERITY),
        URGENCY.index(TicketOutcome(outcome)) if outcome else len(URGENCY),
        membership.goal,
    )


def _goal_tags(membership: Membership, names: Names, *, is_solved: bool) -> list[str]:
    tags = []
    word = membership.word
    if word in WORDS_TO_ACT_ON and not is_solved:
        tags.append(names.goal(membership.goal, word))
    if membership.outcome in OUTCOMES_TO_ACT_ON:
        tags.append(names.goal(membership.goal, TicketOutcome(membership.outcome)))
    return tags
