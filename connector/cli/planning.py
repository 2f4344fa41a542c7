"""A plan as a readable diff: grouped by goal and state, with examples and what it costs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from connector.cli.output import clean, many, print_line, print_table

if TYPE_CHECKING:
    from rich.console import Console

    from connector.model.page import TicketField
    from connector.writeback.plan import Plan, PlannedChange

EXAMPLES = 3
CAUSES = {
    "status": "the goal's status changed",
    "outcome": "something is due, missed or settled",
    "solved": "how it ended",
    "removed": "it counts for the goal no longer",
    "inherited": "labels came with a follow-up",
    "corrected": "a person changed a value of ours",
    "held": "waits for --approve",
}
"""Why a ticket is written, in words."""


def print_plan(plan: Plan, fields: Sequence[TicketField], *, out: Console) -> None:
    """Print what would be written to one helpdesk, why, on which tickets, and at what cost."""
    from connector.writeback.plan import summary

    if plan.stopped:
        out.print(clean(f"{plan.helpdesk}: {plan.stopped}"))
        return
    if plan.is_empty and not plan.held:
        out.print(clean(f"{plan.helpdesk}: nothing to write"))
        return
    rows = [
        (
            row.goal,
            row.state.replace("_", " "),
            CAUSES.get(row.cause, row.cause),
            f"{row.tickets:,}",
            ", ".join(row.examples[:EXAMPLES]),
        )
        for row in summary(plan)
    ]
    title = f"Plan for {plan.helpdesk}"
    print_table(title, ("goal", "state", "why", ">tickets", "for example"), rows, out=out)
    for held in plan.held:
        line = f"{held.key} is {held.share:.0%} of the open tickets: more than max_share"
        print_line(f"held back: {line}; let it pass with --approve {held.key}", out=out)
    for change in _examples(plan):
        _print_change(change, fields, out=out)
    print_line(_cost(plan), out=out)


def _examples(plan: Plan) -> list[PlannedChange]:
    """Return changes that differ in why they are made, the most urgent of each kind first."""
    found: dict[frozenset[object], PlannedChange] = {}
    for change in plan.changes:
        found.setdefault(frozenset(change.reasons), change)
    return list(found.values())[:EXAMPLES]


def _cost(plan: Plan) -> str:
    """Say how many tickets and requests a plan costs, and what it leaves alone."""
    skipped = [f"{count:,} {why}" for why, count in plan.skipped.items() if count]
    if plan.resting:
        skipped.append(f"{len(plan.resting):,} written too often of late")
    if plan.kept:
        skipped.append(
            f"{len(plan.kept):,} with values that a person changed twice, or a rule takes back"
        )
    more = len(plan.changes) - len(_examples(plan))
    return (
        (f"and {more:,} more; " if more > 0 else "")
        + f"{many(len(plan.changes), 'ticket')} in all,"
        + f" about {many(plan.requests, 'request')}{_time(plan)}"
        + (f"; left alone: {', '.join(skipped)}" if skipped else "")
    )


def _time(plan: Plan) -> str:
    """Say how long writing takes under the limits that the helpdesk announced."""
    if plan.minutes is None:
        return ""
    minutes = "less than a minute" if plan.minutes < 1 else f"about {plan.minutes:,.0f} min"
    return f" and {minutes} at our share of the limits"


def _print_change(planned: PlannedChange, fields: Sequence[TicketField], *, out: Console) -> None:
    change = planned.change
    out.print(clean(f"ticket {change.ticket_id}"), style="bold")
    by_id = {field.id: field for field in fields}
    for field_id, after in change.fields.items():
        title = by_id[field_id].title if field_id in by_id else field_id
        labels = by_id[field_id].options if field_id in by_id else {}
        before = planned.intent.fields_before.get(field_id)
        _print_sides(title, _said(before, labels), _said(after, labels), out=out)
    for tag in change.remove_tags:
        _print_sides("tag", tag, "", out=out)
    for tag in change.add_tags:
        _print_sides("tag", "", tag, out=out)


def _print_sides(what: str, before: str, after: str, *, out: Console) -> None:
    if before:
        print_line(f"- {what}: {before}", out=out, indent=2, style="red")
    if after:
        print_line(f"+ {what}: {after}", out=out, indent=2, style="green")


def _said(value: str | None, labels: Mapping[str, str]) -> str:
    return " / ".join(labels.get(value or "", value or "").splitlines())
