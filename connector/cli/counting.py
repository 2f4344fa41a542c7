"""What each KPI counts and leaves out, in one sentence of plain words with numbers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

import msgspec

from connector.cli.explaining import STAMPS
from connector.cli.kpis import said_interval, said_value
from connector.cli.measures import thing_counted
from connector.cli.output import console, day, many, print_line
from connector.config.measure_settings import setting_values
from connector.config.phrases import in_words
from connector.config.quantity import format_quantity
from connector.kpi.forms import definition_of
from connector.model.kpi import Family

if TYPE_CHECKING:
    from rich.console import Console

    from connector.cli.workspace import Workspace
    from connector.config.mapping import KpiTable
    from connector.model.kpi import KpiValue, MeasureDefinition
    from connector.pipeline.job import Job

AGGREGATES = {
    "mean": "mean ",
    "median": "median ",
    "p75": "75th percentile of the ",
    "p90": "90th percentile of the ",
    "p95": "95th percentile of the ",
}
CREDIT = {
    "assignee_at_event": "credited to whom it was assigned to when it happened",
    "replies": "credited to all who replied, by their share of the replies",
}
LEFT_OUT_ALIKE = frozenset({"ticket", "target"})
"""What is left out one by one; where n counts something else, whole tickets are."""

SPANNING = frozenset({Family.SNAPSHOT, Family.AGE})
"""Families that are asked for at an instant, and not over a stretch of time."""


def say_what_counts(workspace: Workspace, *, out: Console) -> None:
    """Say of each KPI what it counts and leaves out, where something was read already."""
    from connector.pipeline.evaluating import kpi_values
    from connector.pipeline.views import views

    job, stopped = workspace.job(), list[str]()
    with views(job) as seen:
        values = kpi_values(job, seen, stopped=stopped)
        unfiltered = {value.id: value for value in kpi_values(_without_filters(job), seen)}
    out.print()
    if not values and not stopped:
        print_line("After `connector sync`, check also says what each KPI counts.", out=out)
        return
    if values:
        period = values[0].period
        head = f"What each KPI counts, {day(period.start)} to {day(period.end)}:"
        out.print(head, style="bold")
    for value in values:
        kpi = job.mappings.kpis[value.id]
        said = said_kpi(kpi, definition_of(kpi, job.definitions))
        counted = said_tickets(value, definition_of(kpi, job.definitions))
        others = said_filter(kpi, value, unfiltered.get(value.id))
        print_line(
            f"{value.id}: {said}: {_said_result(value)}; {counted}{others}", out=out, indent=2
        )
    for problem in stopped:
        print_line(problem, out=console(stderr=True), style="red")


def said_kpi(kpi: KpiTable, definition: MeasureDefinition) -> str:
    """Say what a KPI is: aggregate, measure, clock, settings, whose tickets, which tickets."""
    first, rest = definition.title[:1], definition.title[1:]
    name = f"{first if rest[:1].isupper() else first.lower()}{rest}"
    wanted = kpi.aggregate or definition.aggregates[0]
    if wanted == "within" and kpi.limit is not None:
        limit = format_quantity(kpi.limit.number, kpi.limit.unit, clock=kpi.clock)
        name = f"share with a {name} of at most {limit}"
    parts = [f"{AGGREGATES.get(wanted, '')}{name}", *_said_hours(kpi, definition)]
    parts += [f"with {words}" for words in _said_settings(kpi, definition)]
    parts += [CREDIT[kpi.credit]] if kpi.credit in CREDIT else []
    parts += ["by the group at the time"] if kpi.group_as_of == "event" else []
    scope = in_words(kpi.where) if kpi.where else ""
    if definition.family == Family.IMPORTED:
        return ", ".join(parts)
    return ", ".join(parts) + (f", of tickets with {scope}" if scope else ", of all tickets")


def said_tickets(value: KpiValue, definition: MeasureDefinition) -> str:
    """Say how many tickets a KPI counts of those that it looks at, and why it leaves out others."""
    total, thing = _looked_at(value), thing_counted(definition)
    is_part = total > value.n and thing in LEFT_OUT_ALIKE
    of = f"{value.n:,} of {many(total, thing)}" if is_part else many(value.n, thing)
    dated = STAMPS.get(definition.stamp, "")
    when = f" dated by {dated}" if dated and definition.family not in SPANNING else ""
    reasons = ", ".join(f"{count:,} {why}" for why, count in value.left_out.items())
    others = sum(value.left_out.values())
    number = f"{others:,}" if thing in LEFT_OUT_ALIKE else many(others, "ticket")
    left_out = f"; leaves out {number}: {reasons}" if reasons else ""
    return f"counts {of}{when}{left_out}"


def said_filter(kpi: KpiTable, value: KpiValue, unfiltered: KpiValue | None) -> str:
    """Say how many tickets more there were without the filter of a KPI."""
    is_shared = kpi.credit == "replies" and "assignee" in kpi.where
    if not kpi.where or unfiltered is None or is_shared:
        return ""
    others = _looked_at(unfiltered) - _looked_at(value)
    return (
        f"; the filter leaves out {others:,} more" if others > 0 else "; the filter leaves out none"
    )


def _looked_at(value: KpiValue) -> int:
    return value.n + sum(value.left_out.values())


def _said_hours(kpi: KpiTable, definition: MeasureDefinition) -> Iterator[str]:
    if kpi.clock != "business" or definition.family != Family.TIME:
        return
    at_event = "by the schedule in force at the event"
    split = "each stretch by the schedule then in force"
    yield f"in business hours ({at_event if kpi.schedule == 'at_event' else split})"


def _said_settings(kpi: KpiTable, definition: MeasureDefinition) -> Iterator[str]:
    """Say every setting of a measure, also those that were left as they are."""
    for key, value in setting_values(definition, kpi.settings).items():
        kind, name = definition.settings[key].kind, key.replace("_", " ")
        if value in {"", ()} or (kind == "yes_no" and not value):
            continue
        if isinstance(value, tuple):
            yield f"{name} {' or '.join(value)}"
        elif isinstance(value, str):
            yield f"{name} {value}"
        elif kind == "yes_no":
            yield name
        else:
            yield f"{name} {format_quantity(value, 's' if kind == 'duration' else 'count')}"


def _said_result(value: KpiValue) -> str:
    if value.value is None:
        return "nothing yet"
    interval = said_interval(value)
    return said_value(value, value.value) + (f" (95 %: {interval})" if interval else "")


def _without_filters(job: Job) -> Job:
    """Return the job with the KPIs that have a filter, each without it."""
    bare = {
        id_: kpi.model_copy(update={"where": {}})
        for id_, kpi in job.mappings.kpis.items()
        if kpi.where
    }
    return replace(job, mappings=msgspec.structs.replace(job.mappings, kpis=bare))
