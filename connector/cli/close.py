"""`connector close`: what was learned in a period that is over, and where the rest goes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from connector.cli.checkin import known_goal
from connector.cli.output import clean, console, print_json, print_line, when
from connector.cli.workspace import Workspace
from connector.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from rich.console import Console
    from rich.text import Text

    from connector.config.mapping import GoalTable, Mappings, ObjectiveTable
    from connector.model.goal import GoalReport, ObjectiveReport
    from connector.pipeline.job import Job
    from connector.store.goal_history import Closing, GoalHistory


def command(
    context: typer.Context,
    goal: Annotated[str, typer.Argument(help="The goal or objective.")],
    *,
    lesson: Annotated[str, typer.Option("--lesson", help="What was learned.")] = "",
    carry_over: Annotated[
        str,
        typer.Option(
            "--carry-over", help="Where the rest goes: the id of a goal, or several words."
        ),
    ] = "",
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
) -> None:
    """Say what was learned in the last period of a goal that is over; show how it ended."""
    from connector.store.goal_history import GoalHistory

    workspace: Workspace = context.obj
    history = GoalHistory(workspace.state)
    last = _last_end(goal, history, workspace)
    carried = _carried(carry_over.strip(), goal, workspace.mappings)
    is_persons = _is_persons(goal, workspace)
    if lesson.strip() or carried:
        history.learn(goal, last.end, lesson=lesson.strip() or None, carry_over=carried or None)
        last = history.closings(goal)[-1]
    elif lesson or carry_over:
        raise UsageError("say something: --lesson or --carry-over")
    elif is_persons:
        raise UsageError(
            f"{goal} is the goal of a person; `connector history {goal} --viewer NAME` shows how it"
            " ended to those who may see it"
        )
    if as_json and not is_persons:
        print_json(last)
    elif as_json:
        print_json({"goal": goal, "lesson": last.lesson, "carry_over": last.carry_over})
    else:
        report = workspace.state.last_evaluations().get(goal)
        told = said_end(last, report, workspace.mappings)
        print_line(clean(f"{goal}: kept") if is_persons else told, out=console())


def _last_end(goal: str, history: GoalHistory, workspace: Workspace) -> Closing:
    """Return how the last period ended; refuse where none is over."""
    ended = history.closings(goal)
    if ended:
        return ended[-1]
    table = known_goal(goal, workspace.mappings, history)
    end = _end(table)
    if end is None:
        raise UsageError(f"{goal} has no period, so it never ends; close the goals that serve it")
    if workspace.now() < end:
        raise UsageError(
            f"the period of {goal} is not over: it ends at {when(end)}; until then say how it goes"
            f" with `connector checkin {goal} --note TEXT`"
        )
    raise UsageError(
        f"the period of {goal} is over since {when(end)}, but how it ended is not kept yet: the"
        " first `connector sync` after its value is final does that"
    )


def _end(table: GoalTable | ObjectiveTable) -> datetime | None:
    return None if table.period is None else table.period.instants()[1]


def _is_persons(goal: str, workspace: Workspace) -> bool:
    """Tell whether a goal is a person's, so that how it ended is not for everybody."""
    from connector.goals.visibility import PERSON

    judged = workspace.state.last_evaluations().get(goal)
    table = workspace.mappings.goals.get(goal)
    return PERSON in {judged and judged.level, table and table.level}


def _carried(text: str, goal: str, mappings: Mappings) -> str:
    """Return where the rest goes: one word is the id of a goal or objective, more are free text."""
    from connector.config.table import nearest
    from connector.goals.pyramid import template_of

    known = {**mappings.objectives, **mappings.goals}
    if not text or text in known or len(text.split()) > 1 or template_of(text, mappings.goals):
        return text
    hint = nearest(text, known.keys() - {goal}, "there are") or "`connector goals` lists them"
    raise UsageError(
        f'no goal or objective is called "{text}"; {hint}; several words are taken as they are'
    )


def print_ended(job: Job, reports: Iterable[GoalReport | ObjectiveReport], *, out: Console) -> None:
    """Print, of goals that have ended, how the last period of each did, and what was learned."""
    from connector.store.goal_history import GoalHistory

    history = GoalHistory(job.state)
    ended = {goal for goal, _ in history.ends()}
    for report in reports:
        if report.id in ended:
            told = said_end(history.closings(report.id)[-1], report, job.mappings)
            print_line(clean(f"{report.id}: ") + told, out=out)


def said_end(
    last: Closing, report: GoalReport | ObjectiveReport | None, mappings: Mappings
) -> Text:
    """Say how a period ended, its value with the unit that the goal is told in."""
    from connector.cli.history import said_closing
    from connector.config.quantity import format_quantity

    unit, kpi = getattr(report, "unit", ""), getattr(report, "kpi", "")
    table = mappings.kpis.get(kpi)
    clock = "calendar" if table is None else table.clock
    zone = getattr(report, "timezone", "UTC")
    return said_closing(last, lambda number: format_quantity(number, unit, clock=clock), zone)
