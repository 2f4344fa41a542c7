"""`connector explain`: why a goal, a KPI or a ticket is as it is."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any

import typer

from connector.cli.goals import print_goals
from connector.cli.kpis import print_kpis
from connector.cli.output import console, print_json, print_table, when
from connector.cli.workspace import Workspace
from connector.errors import StoreError, UsageError

if TYPE_CHECKING:
    from rich.console import Console

    from connector.kpi.explain import KpiCard, TicketStory

IDS = {"goal": 1, "kpi": 1, "ticket": 2}


class Subject(StrEnum):
    """What can be explained."""

    GOAL = "goal"
    KPI = "kpi"
    TICKET = "ticket"


def command(
    context: typer.Context,
    subject: Annotated[Subject, typer.Argument(help="What to explain.")],
    ids: Annotated[list[str], typer.Argument(help="A goal, a KPI, or HELPDESK TICKET.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
) -> None:
    """Say why: the definition, the inputs, the tickets behind it, and the rule that decided."""
    if len(ids) != IDS[subject]:
        raise UsageError(
            "write `explain goal ID`, `explain kpi ID` or `explain ticket HELPDESK ID`"
        )
    workspace: Workspace = context.obj
    if subject is Subject.TICKET:
        story = _story(workspace, *ids)
        if as_json:
            print_json(story)
        else:
            _print_story(story, out=console())
    else:
        _explain_many(workspace, subject, ids[0], as_json=as_json)


def _explain_many(workspace: Workspace, subject: Subject, key: str, *, as_json: bool) -> None:
    from connector.pipeline.judging import explained

    known = workspace.mappings.goals if subject is Subject.GOAL else workspace.mappings.kpis
    if key not in known:
        from difflib import get_close_matches

        near = get_close_matches(key, known, n=1)
        hint = f"did you mean {near[0]}?" if near else f"there are {', '.join(known)}"
        raise UsageError(f"no {subject} is called {key}; {hint}")
    goal, card = explained(workspace.job(), subject.value, key)
    if as_json:
        print_json({"goal": goal, "kpi": card} if goal else card)
        return
    out = console()
    if goal is not None:
        print_goals([goal], out=out)
        out.print()
    print_card(card, out=out)


def print_card(card: KpiCard, *, out: Console) -> None:
    """Print a KPI's definition, its value and the tickets that weigh most."""
    definition, value = card.definition, card.value
    facts: list[tuple[str, Any]] = [
        ("measure", f"{definition.id}: {definition.title}"),
        ("means", definition.definition),
        ("starts", definition.starts),
        ("stops", definition.stops),
        ("clock", value.clock),
        ("leaves out", definition.excludes),
        ("counted", ", ".join(f"{k}: {v}" for k, v in value.where.items()) or "all tickets"),
        ("period", f"{when(value.period.start)} to {when(value.period.end)}"),
        ("dated by", definition.stamp),
        ("settles", f"{definition.lag_s // 86_400} days after the period"),
        ("source", definition.source),
        ("data up to", when(value.as_of)),
    ]
    print_table("", ("", ""), [fact for fact in facts if fact[1]], out=out)
    print_kpis([value], out=out)
    rows = [
        (w.helpdesk, w.id, _number(w.value, definition.unit), when(w.at)) for w in card.heaviest
    ]
    columns = ("helpdesk", "ticket", ">value", "dated")
    print_table("Tickets that weigh most", columns, rows, out=out)


def _story(workspace: Workspace, helpdesk: str, ticket: str) -> TicketStory:
    from connector.kpi.explain import explain_ticket
    from connector.store.published import attach

    workspace.helpdesks([helpdesk])
    sets = workspace.published([helpdesk])
    if not sets:
        raise StoreError("nothing has been read yet; run `connector sync` first")
    with attach(sets) as con:
        return explain_ticket(con, helpdesk, ticket)


def _print_story(story: TicketStory, *, out: Console) -> None:
    title = f"{story.helpdesk} ticket {story.id}, {story.status}, created {when(story.created_at)}"
    rows = [
        (
            measure.title,
            measure.clock,
            _number(measure.value, measure.unit),
            when(measure.at),
            ", ".join((*measure.flags, *(f"#{event}" for event in measure.because))),
        )
        for measure in story.measures
    ]
    print_table(title, ("measure", "clock", ">value", "dated", "because of"), rows, out=out)
    timeline = [
        (
            f"#{row.id}",
            when(row.at),
            row.kind,
            row.who,
            _said(row.is_public, row.previous, row.value),
        )
        for row in story.timeline
    ]
    print_table("Timeline", ("event", "when", "what", "who", ""), timeline, out=out)


def _said(is_public: bool | None, previous: str | None, value: str | None) -> str:
    if is_public is not None:
        return "public" if is_public else "internal"
    return f"{previous} → {value}" if previous else (value or "")


def _number(value: float | None, unit: str) -> str:
    from connector.config.quantity import format_quantity

    return "–" if value is None else format_quantity(value, unit)
