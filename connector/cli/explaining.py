"""A KPI, explained on paper: definition, inputs, the tickets behind it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from connector.cli.flags import in_words
from connector.cli.kpis import said_interval, said_measure, said_value
from connector.cli.measures import said_n, said_setting
from connector.cli.output import (
    clean,
    many,
    print_facts,
    print_line,
    print_table,
    when,
)
from connector.cli.timeline import said_number
from connector.cli.versions import said_frozen
from connector.config.phrases import in_words as where_in_words
from connector.config.quantity import format_quantity
from connector.model.kpi import Family

if TYPE_CHECKING:
    from rich.console import Console

    from connector.kpi.card import KpiCard
    from connector.kpi.imported import ImportedSource
    from connector.model.kpi import KpiValue

DAY_S = 86_400


def print_card(card: KpiCard, *, out: Console) -> None:
    """Print a KPI's value, what it means, whom it counts, how fresh it is, and what weighs most."""
    value = card.value
    out.print(clean(f"KPI {value.id}: {said_measure(value)}"), style="bold")
    counts = "nothing yet" if value.value is None else said_value(value, value.value)
    least = f"; a goal is judged from {card.minimum_n} on" if card.minimum_n else ""
    facts: list[tuple[str, object]] = [
        ("value", counts),
        ("95 %", said_interval(value)),
        ("n", f"{said_n(card.definition, value.n)}{_hits(card)}{least}"),
        ("period", f"{when(value.period.start)} to {when(value.period.end)}"),
        ("final", said_frozen(value.versions, value.unit, value.clock)),
        ("mind", in_words(value.flags)),
    ]
    print_facts(facts, out=out)
    _print_group("What it means", _meaning(card), out=out)
    _print_group("Who counts", _population(card), out=out)
    _print_group("How fresh it is", _freshness(card), out=out)
    definition = card.definition
    rows = [
        (
            one.helpdesk,
            one.id,
            said_number(one.value, definition.unit, definition.family, clock=value.clock),
            when(one.at),
        )
        for one in card.heaviest
    ]
    if rows:
        columns = ("helpdesk", "ticket", ">value", "dated")
        print_table("Tickets that weigh most", columns, rows, out=out)
        first = card.heaviest[0]
        told = (
            f"`connector explain ticket {first.helpdesk} {first.id}` tells the first one's story."
        )
        print_line(told, out=out, style="dim")


def _print_group(title: str, facts: list[tuple[str, object]], *, out: Console) -> None:
    out.print(clean(title), style="bold")
    print_facts(facts, out=out)


def _meaning(card: KpiCard) -> list[tuple[str, object]]:
    definition = card.definition
    return [
        ("measure", f"{definition.title}. {definition.definition}"),
        ("starts", definition.starts),
        ("stops", definition.stops),
        ("clock", _clock(card)),
        ("dated by", STAMPS.get(definition.stamp, definition.stamp)),
        ("aggregate", _aggregate(card)),
        ("better", _better(card)),
        ("variant", card.variant or "the product's own"),
        ("settings", _settings(card)),
        ("source", definition.source),
        *(("imported", said_source(one)) for one in card.imported),
    ]


def _better(card: KpiCard) -> str:
    if card.value.aggregate == "within":
        return "higher"
    better = card.definition.direction
    return "no side is better by itself" if better == "neutral" else better


def said_source(one: ImportedSource) -> str:
    """Say what was imported, from where, and as of when."""
    origin = f" from {one.origin}" if one.origin else ""
    rows = f"{many(one.rows, 'row')} of {', '.join(one.files)}"
    return f"{one.source}{origin}: {one.definition}; {rows}, as of {when(one.as_of)}"


def _clock(card: KpiCard) -> str:
    if card.definition.family != Family.TIME:
        return ""
    if card.value.clock != "business":
        return "calendar: all hours count"
    modes = {
        "split": "each stretch under the schedule then in force (split)",
        "at_event": "all of it under the schedule in force at the event (at_event)",
    }
    return f"business hours, {modes[card.schedule]}"


def _aggregate(card: KpiCard) -> str:
    aggregate = card.value.aggregate
    if aggregate == "within":
        unit, clock = card.definition.unit, card.value.clock
        return f"share within {format_quantity(card.limit, unit, clock=clock)}"
    return {"rate": "share of all, pooled", "ratio": "one total by the other"}.get(
        aggregate, aggregate
    )


def _settings(card: KpiCard) -> str:
    return "; ".join(
        f"{name} {said_setting(card.definition.settings[name], value)}"
        f" ({'set here' if name in card.is_set else 'the usual'})"
        for name, value in card.settings.items()
    )


def _population(card: KpiCard) -> list[tuple[str, object]]:
    value = card.value
    if card.definition.family == Family.IMPORTED:
        return [
            ("counts", said_n(card.definition, value.n)),
            ("", "what was imported for the period"),
        ]
    credited = {
        "assignee": "the ticket's assignee now",
        "assignee_at_event": "the assignee when it happened",
        "replies": "all who replied, by their share of the replies",
    }
    groups = {"now": "the ticket's group now", "event": "the group when it happened"}
    largest = sorted(card.excluded.items(), key=lambda one: -one[1])
    never = ", ".join(f"{count:,} {why}" for why, count in largest)
    return [
        ("where", said_where(value)),
        ("counts", said_n(card.definition, value.n)),
        ("", said_left_out(value)),
        ("never counts", never),
        ("credit", credited[card.credit]),
        ("group", groups[card.group_as_of]),
    ]


def _freshness(card: KpiCard) -> list[tuple[str, object]]:
    value = card.value
    final = "" if card.settles_at is None else when(card.settles_at)
    is_open = card.settles_at is not None and value.as_of < card.settles_at
    return [
        ("data up to", when(value.as_of)),
        ("provisional", f"until {final}" if is_open else f"no: it settled on {final}"),
        ("settles", _settles(card.definition.lag_s)),
        ("frozen", f"on {when(value.frozen)}" if value.frozen else ""),
        ("versions", _versions(card)),
    ]


def _versions(card: KpiCard) -> str:
    """Say what later data made of a value that had been final."""
    value = card.value
    return "; ".join(
        f"{one.version}: {said_value(value, one.value)}"
        + (f" ({one.reason})" if one.reason else "")
        for one in value.versions
    )


def _hits(card: KpiCard) -> str:
    value = card.value
    return (
        ""
        if value.k is None or value.aggregate == "ratio"
        else f", {value.k:,} of them count as yes"
    )


def said_where(value: KpiValue) -> str:
    """Say which tickets a KPI counts."""
    return where_in_words(value.where)


def said_left_out(value: KpiValue) -> str:
    """Say how many tickets a KPI leaves out, and why."""
    reasons = ", ".join(f"{count:,} {why}" for why, count in value.left_out.items())
    return f"{sum(value.left_out.values()):,} left out: {reasons}" if reasons else ""


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
    "P": "the period that the value is for",
}
"""What the period stamp codes of the catalogue stand for."""
