"""A plan as a readable diff: grouped by goal and state, with examples and what it costs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from connector.cli.output import clean, print_table

if TYPE_CHECKING:
    from rich.console import Console

    from connector.model.change import TicketChange
    from connector.model.page import TicketField
    from connector.writeback.plan import Plan, PlannedChange

EXAMPLES = 3


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
            row.cause,
            f"{row.tickets:,}",
            ", ".join(row.examples),
        )
        for row in summary(plan)
    ]
    title = f"Plan for {plan.helpdesk}"
    print_table(title, ("goal", "state", "why", ">tickets", "for example"), rows, out=out)
    for change in plan.changes[:EXAMPLES]:
        _print_change(change, fields, out=out)
    left = ", ".join(f"{count:,} {why}" for why, count in plan.skipped.items() if count)
    out.print(
        clean(
            f"  {len(plan.changes):,} tickets in {plan.batches:,} batches,"
            f" about {plan.requests:,} requests" + (f"; left alone: {left}" if left else "")
        )
    )


def _print_change(planned: PlannedChange, fields: Sequence[TicketField], *, out: Console) -> None:
    change = planned.change
    out.print(clean(f"  ticket {change.ticket_id}"), style="bold")
    by_id = {field.id: field for field in fields}
    for field_id, after in change.fields.items():
        title = by_id[field_id].title if field_id in by_id else field_id
        labels = by_id[field_id].options if field_id in by_id else {}
        before = planned.intent.fields_before.get(field_id)
        if _said(before, labels):
            out.print(clean(f"    - {title}: {_said(before, labels)}"), style="red")
        if _said(after, labels):
            out.print(clean(f"    + {title}: {_said(after, labels)}"), style="green")
    _print_tags(change, out=out)


def _print_tags(change: TicketChange, *, out: Console) -> None:
    for tag in change.remove_tags:
        out.print(clean(f"    - tag {tag}"), style="red")
    for tag in change.add_tags:
        out.print(clean(f"    + tag {tag}"), style="green")


def _said(value: str | None, labels: Mapping[str, str]) -> str:
    return " / ".join(labels.get(value or "", value or "").splitlines())
