"""A goal and a KPI, explained on paper: definition, inputs, the tickets behind it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from connector.cli.flags import in_words
from connector.cli.kpis import said_interval, said_measure, said_value
from connector.cli.output import clean, print_facts, print_table, status_text, when
from connector.cli.versions import said_frozen
from connector.config.phrases import in_words as where_in_words
from connector.config.quantity import format_quantity

if TYPE_CHECKING:
    from rich.console import Console

    from connector.config.mapping import GoalTable
    from connector.kpi.card import KpiCard
    from connector.model.goal import GoalReport
    from connector.model.kpi import KpiValue

DAY_S = 86_400


def print_goal(report: GoalReport, goal: GoalTable, clock: str, *, out: Console) -> None:
    """Print how a goal stands, which rule decided, and what the admin wrote about it."""

    def shown(number: float | None) -> str:
        return format_quantity(number, report.unit, clock=clock)

    out.print(clean(f"{report.title} ({report.kind.replace('_', ' ')})"), style="bold")
    facts: list[tuple[str, object]] = [
        ("status", status_text(report.status)),
        ("because", report.why),
        ("value", f"{shown(report.value)} over {report.n:,} tickets"),
        ("limit" if report.kind == "anti_goal" else "target", shown(report.target)),
        ("baseline", _baseline(shown(report.baseline), goal)),
        ("grade", "" if report.grade is None else f"{report.grade:.2f} of 1"),
        ("period", f"{when(report.period.start)} to {when(report.period.end)}"),
        ("final", said_frozen(report.versions, report.unit, clock)),
        ("level", report.level),
        ("owner", goal.owner),
        ("why", goal.why),
        ("effect", goal.business_effect),
        ("mind", in_words(report.flags)),
    ]
    print_facts(facts, out=out)


def print_card(card: KpiCard, *, out: Console) -> None:
    """Print a KPI's definition, its value and the tickets that weigh most."""
    definition, value = card.definition, card.value
    out.print(clean(f"KPI {value.id}: {said_measure(value)}"), style="bold")
    counts = "nothing yet" if value.value is None else said_value(value, value.value)
    facts: list[tuple[str, object]] = [
        ("value", counts),
        ("95 %", said_interval(value)),
        ("counts", f"{value.n:,} tickets: {said_where(value)}"),
        ("", said_left_out(value)),
        ("period", f"{when(value.period.start)} to {when(value.period.end)}"),
        ("final", said_frozen(value.versions, value.unit, value.clock)),
        ("data up to", when(value.as_of)),
        ("means", definition.definition),
        ("starts", definition.starts),
        ("stops", definition.stops),
        ("dated by", STAMPS.get(definition.stamp, definition.stamp)),
        ("never counts", definition.excludes),
        ("settles", _settles(definition.lag_s)),
        ("source", definition.source),
        ("mind", in_words(value.flags)),
    ]
    print_facts(facts, out=out)
    rows = [
        (w.helpdesk, w.id, format_quantity(w.value, definition.unit, clock=value.clock), when(w.at))
        for w in card.heaviest
    ]
    if rows:
        columns = ("helpdesk", "ticket", ">value", "dated")
        print_table("Tickets that weigh most", columns, rows, out=out)


def said_where(value: KpiValue) -> str:
    """Say which tickets a KPI counts."""
    return where_in_words(value.where)


def said_left_out(value: KpiValue) -> str:
    """Say how many tickets a KPI leaves out, and why."""
    reasons = ", ".join(f"{count:,} {why}" for why, count in value.left_out.items())
    return f"{sum(value.left_out.values()):,} left out: {reasons}" if reasons else ""


def _baseline(shown: str, goal: GoalTable) -> str:
    return f"{shown} (measured before the period)" if goal.baseline == "from_history" else shown


def _settles(lag_s: int) -> str:
    if not lag_s:
        return ""
    return f"{lag_s // DAY_S} days after the period; until then the value is provisional"


STAMPS = {
    "C": "the creation of the ticket",
    "R": "the reply",
    "S": "the last solve",
    "F": "the first solve",
    "E": "each event",
    "V": "the rating",
    "O": "the offer of a survey",
    "X": "the instant it is asked for",
    "A": "the outcome of the SLA",
}
"""What the period stamp codes of the catalogue stand for."""
