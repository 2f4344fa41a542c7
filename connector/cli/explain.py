"""`connector explain`: why a goal, a KPI or a ticket is as it is."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from connector.cli.goals import VIEWER
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
    viewer: VIEWER = None,
) -> None:
    """Say why: the definition, the inputs, the tickets behind it, and the rule that decided."""
    if len(ids) != IDS[subject]:
        raise UsageError(
            "write `explain goal ID`, `explain kpi ID` or `explain ticket HELPDESK ID`"
        )
    workspace: Workspace = context.obj
    if subject is Subject.TICKET:
        _explain_ticket(workspace, *ids, as_json=as_json)
    elif subject is Subject.KPI:
        _explain_kpi(workspace, ids[0], as_json=as_json)
    else:
        _explain_goal(workspace, ids[0], viewer, as_json=as_json)


def _explain_kpi(workspace: Workspace, key: str, *, as_json: bool) -> None:
    from connector.cli.explaining import print_card
    from connector.config.table import nearest
    from connector.pipeline.explaining import explained_kpi

    known = workspace.mappings.kpis
    if key not in known:
        hint = nearest(key, known, "there are") or "`connector kpis` lists them"
        raise UsageError(f'no kpi is called "{key}"; {hint}')
    found = explained_kpi(workspace.job(), key)
    if as_json:
        print_json(found.card)
    elif found.card is not None:
        print_card(found.card, out=console())


def _explain_goal(workspace: Workspace, key: str, viewer: str | None, *, as_json: bool) -> None:
    from connector.cli.explaining import print_card
    from connector.cli.goal_card import print_goal
    from connector.pipeline.explaining import explained_goal

    found = explained_goal(workspace.job(), key, viewer)
    if as_json:
        print_json({"goal": found.report, "kpi": found.card, "culprits": found.culprits})
        return
    out = console()
    print_goal(found, out=out)
    if found.card is not None:
        print_card(found.card, out=out)


def _explain_ticket(workspace: Workspace, helpdesk: str, ticket: str, *, as_json: bool) -> None:
    from connector.cli.story import print_story, ticket_story

    workspace.helpdesks([helpdesk])
    story = ticket_story(workspace, helpdesk, ticket)
    if as_json:
        print_json(story)
    else:
        print_story(story, out=console())
