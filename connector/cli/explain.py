"""`connector explain`: why a goal, a KPI or a ticket is as it is."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from connector.cli.output import console, print_json
from connector.cli.workspace import Workspace
from connector.errors import UsageError

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
        _explain_ticket(workspace, *ids, as_json=as_json)
    else:
        _explain_number(workspace, subject, ids[0], as_json=as_json)


def _explain_number(workspace: Workspace, subject: Subject, key: str, *, as_json: bool) -> None:
    from connector.cli.explaining import print_card, print_goal
    from connector.pipeline.explaining import explained

    _require_known(workspace, subject, key)
    goal, card = explained(workspace.job(), subject.value, key)
    if as_json:
        print_json({"goal": goal, "kpi": card} if goal else card)
        return
    out = console()
    if goal is not None:
        print_goal(goal, workspace.mappings.goals[key], card, out=out)
    print_card(card, out=out)


def _require_known(workspace: Workspace, subject: Subject, key: str) -> None:
    from connector.config.table import nearest

    known = workspace.mappings.goals if subject is Subject.GOAL else workspace.mappings.kpis
    if key not in known:
        hint = nearest(key, known, "there are") or f"`connector {subject}s` lists them"
        raise UsageError(f'no {subject} is called "{key}"; {hint}')


def _explain_ticket(workspace: Workspace, helpdesk: str, ticket: str, *, as_json: bool) -> None:
    from connector.cli.story import print_story, ticket_story

    workspace.helpdesks([helpdesk])
    story = ticket_story(workspace, helpdesk, ticket)
    if as_json:
        print_json(story)
    else:
        print_story(story, out=console())
