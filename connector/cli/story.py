"""A ticket, explained: the goals it counts for, its measures, and the events behind them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

import msgspec

from connector.cli.flags import in_words
from connector.cli.output import clean, minute, print_facts, print_line, print_table, status_text
from connector.config.entry import TicketRuleTable
from connector.config.quantity import format_quantity
from connector.errors import StoreError
from connector.kpi.explain import TicketMeasure, TicketStory, TimelineRow, explain_ticket
from connector.kpi.standing import standings
from connector.model.ticket import UNSOLVED
from connector.pipeline.judging import goal_reports
from connector.pipeline.views import Views, ticket_view, views

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection
    from rich.console import Console

    from connector.cli.workspace import Workspace
    from connector.config.settings import HelpdeskTable
    from connector.pipeline.job import Job


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
            story = explain_ticket(alone, helpdesk, ticket)
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
    mappings = job.mappings_of(helpdesk)
    as_of = seen.as_of(frozenset({story.helpdesk}))
    for report in goal_reports(job, seen, []):
        goal = mappings.goals.get(report.id)
        if goal is None:
            continue
        rule = goal.ticket if isinstance(goal.ticket, TicketRuleTable) else None
        for standing in standings(con, mappings.kpis[goal.kpi], rule, now=as_of):
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
    is_open = story.status in UNSOLVED
    rows = [_measure_row(measure, shared, is_open=is_open) for measure in story.measures]
    columns = ("measure", "clock", ">value", "dated (UTC)", "because of")
    print_table("Measures", columns, rows, out=out)
    timeline = [
        (f"#{row.id}", minute(row.at), row.kind, row.who, _said(row)) for row in story.timeline
    ]
    if timeline:
        print_table("Timeline", ("event", "when (UTC)", "what", "who", "detail"), timeline, out=out)


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


def _measure_row(
    measure: TicketMeasure, shared: frozenset[str], *, is_open: bool
) -> tuple[object, ...]:
    own = [flag for flag in measure.flags if flag not in shared]
    events = [f"#{event}" for event in measure.because]
    running = _running(measure) if is_open else ""
    value = running or format_quantity(measure.value, measure.unit, clock=measure.clock)
    reasons = ", ".join((*events, *(flag.replace("_", " ") for flag in own)))
    return (measure.title, measure.clock, value, minute(measure.at), reasons)


def _running(measure: TicketMeasure) -> str:
    """Say in words how a clock without a value stands: running, or paused with some time used."""
    used = format_quantity(measure.so_far or 0, "s", clock=measure.clock)
    if measure.is_running:
        due = f", due {minute(measure.until)}" if measure.until else ""
        told = f"{used} and " if measure.so_far else ""
        return f"running: {told}since {minute(measure.since)}{due}"
    return f"paused at {used}" if measure.value is None and measure.so_far else ""


def _shared_flags(measures: Sequence[TicketMeasure]) -> frozenset[str]:
    """Return the flags that every measure has: they are said once."""
    sets = [frozenset(measure.flags) for measure in measures]
    return frozenset.intersection(*sets) if sets else frozenset()


def _said(row: TimelineRow) -> str:
    if row.is_public is not None:
        return "public" if row.is_public else "internal"
    return f"{row.previous} → {row.value}" if row.previous else (row.value or "")
