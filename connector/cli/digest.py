"""`connector digest`: what is worth telling of goals, written for people, for mail or chat."""

from __future__ import annotations

import sys
from datetime import timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from connector.cli.exits import ExitCode
from connector.cli.goals import VIEWER
from connector.cli.instants import past
from connector.cli.output import console, print_json, say_stopped
from connector.cli.workspace import Workspace
from connector.errors import UsageError

if TYPE_CHECKING:
    from datetime import datetime

    from connector.goals.digest import Digest

DAYS = 7
"""How far back a digest looks unless it is told."""


class Format(StrEnum):
    """How a digest is written."""

    TEXT = "text"
    MARKDOWN = "markdown"
    HTML = "html"


class Level(StrEnum):
    """Whose goals a digest is about."""

    COMPANY = "company"
    DEPARTMENT = "department"
    TEAM = "team"
    PERSON = "person"


def command(
    context: typer.Context,
    *,
    goal: Annotated[
        list[str] | None,
        typer.Option("--goal", help="Only this goal or objective and what serves it; repeatable."),
    ] = None,
    level: Annotated[Level | None, typer.Option("--level", help="Only goals of it.")] = None,
    viewer: VIEWER = None,
    since: Annotated[
        str | None, typer.Option("--since", metavar="DATE", help="From which day on.")
    ] = None,
    days: Annotated[
        int | None, typer.Option("--days", help=f"How many days back; {DAYS} unless told.")
    ] = None,
    form: Annotated[Format, typer.Option("--format", help="How it is written.")] = Format.TEXT,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
) -> ExitCode:
    """Tell what changed, what is at risk, small wins and what to do next, with the reasons."""
    from connector.pipeline.digesting import DigestRequest, digest

    workspace: Workspace = context.obj
    stopped: list[str] = []
    request = DigestRequest(
        since=_start(since, days, workspace.now()),
        goals=tuple(goal or ()),
        level=None if level is None else level.value,
        viewer=viewer,
    )
    found = digest(workspace.job(), request, stopped)
    if as_json:
        print_json(found)
    else:
        _write(found, form)
    say_stopped(stopped)
    return ExitCode.PARTIAL if stopped else ExitCode.DONE


def _start(since: str | None, days: int | None, now: datetime) -> datetime:
    """Return from when on something is news."""
    if since is not None and days is not None:
        raise UsageError("give --since or --days, not both")
    if days is not None and not 0 < days <= now.toordinal() - 1:
        raise UsageError(f"--days {days} is out of range: write 1 or more")
    return past(since, now) or now - timedelta(days=days or DAYS)


def _write(found: Digest, form: Format) -> None:
    from connector.cli.digest_html import html_page
    from connector.cli.digest_text import markdown, print_text

    if form is Format.TEXT:
        print_text(found, out=console())
    else:
        sys.stdout.write(markdown(found) if form is Format.MARKDOWN else html_page(found))
