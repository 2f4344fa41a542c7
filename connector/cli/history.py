"""`connector history`: what became of a goal, day by day and change by change."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Annotated

import typer

from connector.cli.goals import VIEWER
from connector.cli.instants import past
from connector.cli.output import (
    clean,
    console,
    day,
    many,
    print_json,
    print_line,
    status_text,
    when,
)
from connector.cli.workspace import Workspace

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from rich.console import Console
    from rich.text import Text

    from connector.goals.changes import StatusChange
    from connector.model.goal import CheckIn, MilestoneReport
    from connector.pipeline.goal_past import GoalPast, PastVersion
    from connector.store.goal_history import Closing

    Said = Callable[[float], str]

HEIGHT = 12
"""Rows of the chart."""
WIDEST = 140
"""A chart is never wider than this, however wide the terminal is."""


def command(
    context: typer.Context,
    goal: Annotated[str, typer.Argument(help="The goal.")],
    *,
    since: Annotated[
        str | None, typer.Option("--since", metavar="DATE", help="Leave out what was before it.")
    ] = None,
    viewer: VIEWER = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
) -> None:
    """Show a goal over time: a chart, and what changed, was said, was reached and was learned."""
    from connector.pipeline.goal_past import goal_past

    workspace: Workspace = context.obj
    first = past(since, workspace.now())
    found = goal_past(
        workspace.job(), goal, viewer=viewer, since=None if first is None else first.date()
    )
    if as_json:
        print_json(found)
    else:
        print_past(found, out=console())


def print_past(found: GoalPast, *, out: Console) -> None:
    """Print what became of a goal."""
    from connector.config.quantity import format_quantity

    def said(number: float) -> str:
        return format_quantity(number, found.unit, clock=found.clock)

    _print_now(found, said, out=out)
    _print_chart(found, said, out=out)
    _print_part("Changes of status", map(_change, found.changes), out=out)
    _print_part("Versions", map(_version, found.versions), out=out)
    _print_part("Check-ins", map(_checkin, found.checkins), out=out)
    _print_part("Milestones reached", map(_milestone, found.milestones), out=out)
    zone = "UTC" if found.goal is None else found.goal.timezone
    ended = (said_closing(one, said, zone) for one in found.closings)
    _print_part("Periods that ended", ended, out=out)


def said_closing(one: Closing, said: Said, zone: str = "UTC") -> Text:
    """Say how a period of a goal ended, what was learned, and where the rest goes.

    Its first and last day are those of the goal's zone.
    """
    value = "" if one.value is None else f"final value {said(one.value)}"
    grade = "" if one.grade is None else f"grade {one.grade:.2f}"
    lesson = f"lesson: {one.lesson}" if one.lesson else "no lesson yet: `connector close`"
    carried = f"carried over to: {one.carry_over}" if one.carry_over else ""
    told = "; ".join(filter(None, (value, grade, lesson, carried)))
    return (
        clean(f"{day(one.start, zone)} to {day(one.end - timedelta(seconds=1), zone)}  ")
        + status_text(one.status)
        + clean(f": {told}")
    )


def _print_now(found: GoalPast, said: Said, *, out: Console) -> None:
    out.print(clean(f"{found.title} ({found.id})"), style="bold")
    goal = found.goal
    if goal is None:
        print_line("No longer in a mapping; this is what was kept of it.", out=out)
        return
    value = "" if goal.value is None else f", {said(goal.value)}"
    print_line(
        clean(f"{when(goal.as_of)}: ") + status_text(goal.status) + clean(f"{value}: {goal.why}"),
        out=out,
    )


def _print_chart(found: GoalPast, said: Said, *, out: Console) -> None:
    from connector.cli.chart import ChartDay, chart, legend

    days = [
        ChartDay(one.day, one.status, one.value, one.target, one.baseline, one.version)
        for one in found.days
    ]
    out.print()
    width, is_anti = min(out.width, WIDEST), found.is_anti_goal
    lines = list(chart(days, said, width=width, height=HEIGHT))
    if lines:
        lines += legend(days, said, "limit" if is_anti else "target", width=width)
    for line in lines:
        line.rstrip()
        out.print(line, soft_wrap=True)
    if not lines:
        print_line(_nothing(found), out=out)
    out.print()


def _nothing(found: GoalPast) -> str:
    """Say why there is no drawing."""
    if found.kind == "development":
        return "A goal without a KPI has no values to draw."
    return f"Nothing to draw: {many(len(found.days), 'day')} so far, without a value."


def _print_part(title: str, lines: Iterable[Text], *, out: Console) -> None:
    """Print a part of the history; one that has nothing is left out."""
    told = list(lines)
    if told:
        out.print(clean(title), style="bold")
        for line in told:
            print_line(line, out=out)
        out.print()


def _change(one: StatusChange) -> Text:
    before = one.before.replace("_", " ")
    return clean(f"{one.day}  ") + status_text(one.status) + clean(f" (was {before}): {one.why}")


def _version(one: PastVersion) -> Text:
    if not one.changes:
        return clean(f"{day(one.valid_from)}  version {one.version}: as it was first seen")
    told = "; ".join(f"{c.name} from {c.before} to {c.after}" for c in one.changes)
    return clean(f"{day(one.valid_from)}  version {one.version}: {told}")


def _checkin(one: CheckIn) -> Text:
    sure = "" if one.confidence is None else f"confidence {one.confidence} of 10"
    evidence = f"evidence: {one.evidence}" if one.evidence else ""
    told = "; ".join(filter(None, (sure, one.note, evidence)))
    return clean(f"{day(one.at)}  {one.by or 'nobody named'}: {told}")


def _milestone(one: MilestoneReport) -> Text:
    timing = f", {one.timing.replace('_', ' ')}" if one.timing else ""
    return clean(f"{one.reached_on or one.day}  {one.name}{timing}: {one.why}")
