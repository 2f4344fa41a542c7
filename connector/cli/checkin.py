"""`connector checkin`: what the owner of a goal says of it, kept beside the computed status."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from connector.cli.output import console, many, minute, print_json, print_line, print_table
from connector.cli.workspace import Workspace
from connector.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from rich.console import Console

    from connector.config.mapping import GoalTable, Mappings, ObjectiveTable
    from connector.model.goal import CheckIn
    from connector.store.goal_history import GoalHistory

MOST_SURE = 10
SHOWN = 10
"""How many check-ins are listed."""


def command(
    context: typer.Context,
    goal: Annotated[str, typer.Argument(help="The goal or objective.")],
    *,
    confidence: Annotated[
        int | None,
        typer.Option("--confidence", help="How sure you are that it is reached: 0 to 10."),
    ] = None,
    note: Annotated[str, typer.Option("--note", help="What is going on.")] = "",
    evidence: Annotated[
        str, typer.Option("--evidence", help="What shows that it is done; for goals without KPI.")
    ] = "",
    by: Annotated[str, typer.Option("--by", help="Who says so; by default its owner.")] = "",
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
) -> None:
    """Say how sure you are of a goal, and why; with nothing to say, show what was said."""
    from connector.model.goal import CheckIn
    from connector.store.goal_history import GoalHistory

    workspace: Workspace = context.obj
    history = GoalHistory(workspace.state)
    table = known_goal(goal, workspace.mappings, history)
    said = CheckIn(
        goal=goal,
        at=workspace.now(),
        by=by.strip() or table.owner or "",
        confidence=_sure(confidence),
        note=note.strip(),
        evidence=evidence.strip(),
    )
    if said.confidence is not None or said.note or said.evidence:
        history.check_in(said)
        _tell(said, history, as_json=as_json)
    elif by or note or evidence:
        raise UsageError("say something: --confidence 0 to 10, --note or --evidence")
    else:
        _list(goal, history.checkins(goal), as_json=as_json)


def _sure(confidence: int | None) -> int | None:
    if confidence is not None and not 0 <= confidence <= MOST_SURE:
        raise UsageError(
            f"--confidence {confidence} is out of range: 0 says that it will not be reached,"
            f" {MOST_SURE} that it surely will"
        )
    return confidence


def known_goal(goal: str, mappings: Mappings, history: GoalHistory) -> GoalTable | ObjectiveTable:
    """Return what is written of a goal; one made for a person or a group goes by its template."""
    from connector.config.table import nearest
    from connector.goals.pyramid import template_of

    written: Mapping[str, GoalTable | ObjectiveTable] = {**mappings.objectives, **mappings.goals}
    if goal in written:
        return written[goal]
    template = template_of(goal, mappings.goals)
    made = [one for one in history.last_days() if template_of(one, mappings.goals) is not None]
    siblings = [one for one in made if template_of(one, mappings.goals) == template]
    if template is not None and (goal in siblings or not siblings):
        return mappings.goals[template]
    hint = nearest(goal, (*written, *made), "there are") or "`connector goals` lists them"
    raise UsageError(f'no goal or objective is called "{goal}"; {hint}')


def _tell(said: CheckIn, history: GoalHistory, *, as_json: bool) -> None:
    from connector.goals.confidence import disagreement

    if as_json:
        print_json(said)
        return
    out = console()
    sure = "" if said.confidence is None else f"confidence {said.confidence} of {MOST_SURE}"
    rest = (said.note, f"evidence: {said.evidence}" if said.evidence else "")
    told = "; ".join(filter(None, (sure, *rest)))
    print_line(f"{said.goal}: kept for {said.by or 'nobody named'}: {told}", out=out)
    last = history.last_days().get(said.goal)
    if last is not None and (contradicts := disagreement(last.status, said)):
        print_line(contradicts, out=out, style="yellow")


def _list(goal: str, said: Sequence[CheckIn], *, as_json: bool) -> None:
    if as_json:
        print_json(said)
    elif said:
        _print(goal, said, out=console())
    else:
        console().print("Nothing said yet: add --confidence 0 to 10, --note or --evidence.")


def _print(goal: str, said: Sequence[CheckIn], *, out: Console) -> None:
    rows = [
        (
            minute(one.at),
            one.by,
            "–" if one.confidence is None else one.confidence,
            "; ".join(filter(None, (one.note, one.evidence and f"evidence: {one.evidence}"))),
        )
        for one in said[-SHOWN:]
    ]
    print_table(f"Check-ins of {goal}", ("at (UTC)", "by", ">confidence", "said"), rows, out=out)
    if len(said) > SHOWN:
        print_line(f"{many(len(said) - SHOWN, 'older one')}: see --json", out=out, style="dim")
