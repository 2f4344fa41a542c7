"""A ticket, explained: the goals it counts for, its measures, and the events behind them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import msgspec

from connector.cli.flags import in_words
from connector.cli.output import (
    NARROW,
    clean,
    minute,
    print_facts,
    print_line,
    print_table,
    status_text,
)
from connector.cli.timeline import at_zone, print_timeline, said_number
from connector.config.quantity import format_quantity
from connector.errors import StoreError
from connector.kpi.explain import DATE, TicketMeasure, TicketStory, explain_ticket
from connector.kpi.sections import SECTIONS
from connector.kpi.standing import standings
from connector.model.kpi import Family
from connector.model.ticket import UNSOLVED
from connector.pipeline.judging import judge_all
from connector.pipeline.views import Views, ticket_view, views

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection
    from rich.console import Console

    from connector.cli.workspace import Workspace
    from connector.config.settings import HelpdeskTable
    from connector.pipeline.job import Job


UNKNOWN = "part of the history is missing"
UTC_ZONE = ZoneInfo("UTC")


class TicketGoal(msgspec.Struct, frozen=True, kw_only=True):
    """A goal that a ticket counts for; `outcome` and `due_at` are the ticket's own."""

    goal: str
    title: str
    status: str
    outcome: str | None
    due_at: datetime | None


class Explained(msgspec.Struct, frozen=True, kw_only=True):
    """A ticket's story, the goals it counts for, and what we believe to have put on it."""

    ticket: TicketStory
    goals: tuple[TicketGoal, ...]
    shows: dict[str, str]
    tags: tuple[str, ...]


def ticket_story(workspace: Workspace, helpdesk: str, ticket: str) -> Explained:
    """Explain one ticket from the published set and the journal, without asking the helpdesk."""
    job = workspace.job()
    with views(job) as seen:
        con = seen.over(frozenset({helpdesk}))
        if con is None:
            raise StoreError(f"{helpdesk} has not been read yet; run `connector sync` first")
        with ticket_view(job, _table(job, helpdesk), ticket) as alone:
            own = job.mappings.measures
            story = explain_ticket(alone.con, helpdesk, ticket, segments=alone.segments, own=own)
        goals = tuple(_goals(job, seen, con, story))
    believed = workspace.state.believed(helpdesk).get(ticket)
    fields = {field.id: field for field in workspace.state.fields(helpdesk)}
    shows = {
        fields[key].title: fields[key].options.get(value, value)
        for key, value in (believed.fields if believed else {}).items()
        if value and key in fields
    }
    tags = tuple(sorted(believed.tags)) if believed else ()
    return Explained(ticket=story, goals=goals, shows=shows, tags=tags)


def _table(job: Job, name: str) -> HelpdeskTable:
    return next(one for one in job.settings.helpdesk if one.name == name)


def _goals(
    job: Job, seen: Views, con: DuckDBPyConnection, story: TicketStory
) -> Iterator[TicketGoal]:
    helpdesk = _table(job, story.helpdesk)
    as_of = seen.as_of(frozenset({story.helpdesk}))
    judged = judge_all(job, seen, [])
    mappings = judged.job.mappings_of(helpdesk)
    for report in judged.shown()[0]:
        goal = mappings.goals.get(report.id)
        if goal is None or not goal.kpi:
            continue
        for standing in standings(con, mappings.kpis[goal.kpi], goal.ticket, now=as_of):
            if standing.id == story.id:
                yield TicketGoal(
                    goal=report.id,
                    title=report.title,
                    status=report.status,
                    outcome=standing.state,
                    due_at=standing.due_at,
                )


def print_story(explained: Explained, *, out: Console) -> None:
    """Print a ticket's goals, what it shows, its measures and its timeline."""
    story = explained.ticket
    out.print(clean(f"{story.helpdesk} ticket {story.id}"), style="bold")
    shared = _shared_flags(story.measures)
    facts: list[tuple[str, Any]] = [
        ("status", story.status),
        ("created", f"{minute(story.created_at)} UTC"),
        *((title, " / ".join(text.splitlines())) for title, text in explained.shows.items()),
        ("our tags", ", ".join(explained.tags)),
        ("mind", in_words(shared)),
    ]
    print_facts(facts, out=out)
    _print_goals(explained.goals, story, out=out)
    _print_measures(story, shared, out=out)
    print_timeline(story, out=out)


def _print_goals(goals: Sequence[TicketGoal], story: TicketStory, *, out: Console) -> None:
    if not goals:
        why = "it is neither open nor solved within seven days, or no KPI covers it"
        print_line(f"It counts for no goal now: {why}.", out=out)
        out.print()
        return
    rows = [
        (
            goal.title,
            status_text(goal.status),
            (goal.outcome or "–").replace("_", " "),
            minute(goal.due_at),
        )
        for goal in goals
    ]
    columns = ("goal", "status of the goal", "this ticket", "due (UTC)")
    print_table(f"Goals that ticket {story.id} counts for", columns, rows, out=out)


def _print_measures(story: TicketStory, shared: frozenset[str], *, out: Console) -> None:
    """Print what the ticket has a value of, by chapter; then what it has none of yet, and why."""
    is_open = story.status in UNSOLVED
    for section in (*SECTIONS, ""):
        found = [one for one in story.measures if one.section == section]
        pairs = _side_by_side(one for one in found if _has_something(one, is_open=is_open))
        is_wide = out.width >= NARROW
        rows = [
            _measure_row(pair, story, shared, is_open=is_open, is_wide=is_wide) for pair in pairs
        ]
        has_hours = any(business is not None for _, business in pairs)
        if rows:
            columns = ["measure", ">value", ">business", "dated", "events"]
            kept = [i for i, name in enumerate(columns) if has_hours or name != columns[2]]
            shown = [[row[i] for i in kept] for row in rows]
            print_table(section or "Measures", [columns[i] for i in kept], shown, out=out)
    _print_lacking(story.measures, out=out, is_open=is_open)


Pair = tuple[TicketMeasure, TicketMeasure | None]
"""A measure by all hours and, where it has that clock, by business hours."""


def _side_by_side(measures: Iterable[TicketMeasure]) -> list[Pair]:
    """Put the two clocks of a measure beside each other; what spans time is one row."""
    found: dict[tuple[object, ...], dict[str, TicketMeasure]] = {}
    seen: Counter[tuple[object, ...]] = Counter()
    for one in measures:
        at = None if one.family in SPANS else one.at
        key = (one.measure, at)
        nth = 0 if one.family in SPANS else seen[(*key, one.clock)]
        seen[(*key, one.clock)] += 1
        both = found.setdefault((*key, nth), {})
        both[one.clock] = _joined(both[one.clock], one) if one.clock in both else one
    return [(next(iter(by.values())), by.get("business")) for by in found.values()]


def _joined(first: TicketMeasure, last: TicketMeasure) -> TicketMeasure:
    """Return one row for several spans: from the first to the end of the last."""
    return msgspec.structs.replace(first, until=last.until)


def _measure_row(
    pair: Pair, story: TicketStory, shared: frozenset[str], *, is_open: bool, is_wide: bool
) -> tuple[object, ...]:
    one, business = pair
    style = "%Y-%m-%d %H:%M" if is_wide else "%d %b %H:%M"
    zone = ZoneInfo(story.timezone)
    own = {flag for each in pair if each for flag in each.flags if flag not in shared}
    events = map(str, _events(one, story))
    made = ", ".join((*events, *(flag.replace("_", " ") for flag in sorted(own))))
    name = f"  {one.title}" if one.variant else one.title
    value, dated = _value(one), at_zone(one.at, zone, style)
    by_hours = "" if business is None else _value(business)
    if one.family == Family.DAYS:  # how many days is told by all tickets of a day together
        return (name, "counts", by_hours, dated, made)
    if one.family in SPANS:
        until = at_zone(one.until, zone, style) or "now"
        return (name, "counts", by_hours, f"{dated} to {until}", made)
    if one.value is None and is_open:
        dated = _running(one, zone)
    return (name, value, by_hours, dated, made)


def _events(one: TicketMeasure, story: TicketStory) -> list[int]:
    """Return the numbers of the events that made a value; of one of several, only its own."""
    moved = [
        (nth, row.at.replace(microsecond=0), mark.does)
        for nth, row in enumerate(story.timeline, start=1)
        for mark in row.marks
        if mark.measure == one.measure and row.kind != DATE
    ]
    if one.family not in SPANS and sum(does in {"stops", "counts"} for *_, does in moved) > 1:
        begun = [nth for nth, at, does in moved if does == "starts" and one.at and at < one.at]
        return [*begun[-1:], *(nth for nth, at, _ in moved if at == one.at)]
    return list(dict.fromkeys(nth for nth, *_ in moved))


SPANS = frozenset({Family.SNAPSHOT, Family.AGE, Family.DAYS})
"""Families of which a ticket may have many rows that are better told as one."""


def _value(one: TicketMeasure) -> str:
    counts_up = one.family in {Family.TIME, Family.NUMBER}
    number = one.so_far or None if one.value is None and counts_up else one.value
    if number is None:
        return ""
    return said_number(number, one.unit, one.family, clock=one.clock)


def _has_something(one: TicketMeasure, *, is_open: bool) -> bool:
    """Tell whether a measure has a value, or a clock that has begun."""
    return one.value is not None or bool(is_open and _running(one))


def _print_lacking(measures: Sequence[TicketMeasure], *, out: Console, is_open: bool) -> None:
    """Say which measures the ticket has no value of, in one sentence a reason."""
    valued = {one.measure for one in measures if _has_something(one, is_open=is_open)}
    reasons: dict[str, list[str]] = {}
    for one in measures:
        if one.measure not in valued and not one.variant:
            lacks = "partial_history" in one.flags
            names = reasons.setdefault(UNKNOWN if lacks else one.not_yet or "no value", [])
            names += [one.title] if one.title not in names else []
    if reasons:
        out.print("Without a value", style="bold")
        for reason, names in sorted(reasons.items()):
            print_line(f"{reason}: {', '.join(names)}", out=out, style="dim")
        out.print()


def _running(measure: TicketMeasure, zone: ZoneInfo = UTC_ZONE) -> str:
    """Say in words how a clock without a value stands: running, or paused with some time used."""
    if measure.family == Family.NUMBER and measure.unit != "s":
        return "so far" if measure.so_far else ""
    used = format_quantity(measure.so_far or 0, "s", clock=measure.clock)
    if measure.is_running:
        due = f", due {at_zone(measure.until, zone)}" if measure.until else ""
        told = f"{used} and " if measure.so_far else ""
        return f"running: {told}since {at_zone(measure.since, zone)}{due}"
    return f"paused at {used}" if measure.value is None and measure.so_far else ""


def _shared_flags(measures: Sequence[TicketMeasure]) -> frozenset[str]:
    """Return the flags that every measure has: they are said once."""
    sets = [frozenset(measure.flags) for measure in measures]
    return frozenset.intersection(*sets) if sets else frozenset()
