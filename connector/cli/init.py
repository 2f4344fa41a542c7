"""`connector init`: a new folder with a configuration and first mappings, or more mappings."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal

import typer
from typer.core import TyperCommand

from connector.cli.first_config import DEFAULT_KIND, render_config
from connector.cli.templates import (
    ALIASES,
    described,
    render_template,
    template_named,
    templates,
)
from connector.cli.workspace import Workspace
from connector.errors import UsageError

if TYPE_CHECKING:
    from rich.console import Console

    from connector.cli.drafting import Drafted

DEFAULT_TEMPLATE = "starter"
WHICH: Final = ""
"""What `--template` without a name asks: which ones there are."""
OPTION: Final = "--template"
GITIGNORE = "# what the connector keeps on this machine\nvar/\n"
KIND = Annotated[
    str, typer.Option("--kind", help="Which helpdesk: zendesk, redmine, roundup or rt.")
]
_VARIABLE = re.compile(r'env = "(\w+)"')


@dataclass(frozen=True, slots=True)
class Project:
    """What `init` wrote, and what a person does next."""

    files: tuple[Path, ...]
    next_steps: tuple[str, ...]


class CommandClass(TyperCommand):
    """Reads `--template` without a name as the question which templates there are."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Give the option an empty name where none follows."""
        following = [*args[1:], "-"]
        pairs = zip(args, following, strict=False)
        return super().parse_args(ctx, [part for pair in pairs for part in _with_name(*pair)])


def _with_name(argument: str, following: str) -> tuple[str, ...]:
    lacks_name = argument == OPTION and following.startswith("-")
    return (argument, WHICH) if lacks_name else (argument,)


def command(
    context: typer.Context,
    folder: Annotated[Path, typer.Argument(metavar="[DIR]", help="Where to write it.")] = Path(),
    *,
    template: Annotated[
        list[str] | None,
        typer.Option(
            OPTION,
            help="Which mapping to start with; may be given again. Without a name: list them.",
        ),
    ] = None,
    level: Annotated[
        Literal["company", "department", "team", "person"] | None,
        typer.Option("--level", help="Only what this level needs of the template."),
    ] = None,
    url: Annotated[
        str | None, typer.Option("--url", help="Address of the helpdesk, to put into the file.")
    ] = None,
    kind: KIND = DEFAULT_KIND,
    from_helpdesk: Annotated[
        bool,
        typer.Option("--from-helpdesk", help="Draft a mapping from what the helpdesk itself has."),
    ] = False,
) -> None:
    """Write config.toml and first mappings, or more of them; nothing is ever overwritten."""
    from connector.cli.output import console

    workspace: Workspace = context.obj
    out = console()
    names = tuple(template or ())
    if WHICH in names:
        _list_templates(out=out)
        return
    if any(name not in {*templates(), *ALIASES} for name in names):
        _list_templates(out=console(stderr=True))
    if from_helpdesk:
        _draft(workspace, folder, kind, url)
        return
    today = workspace.now().date()
    project = write_project(folder, names, today=today, level=level, kind=kind, url=url)
    _say_project(project, out=out)


def _list_templates(*, out: Console) -> None:
    from connector.cli.output import print_line

    for line in ("Templates, and the levels that each can be cut to:", *described()):
        print_line(line, out=out)


def _say_project(project: Project, *, out: Console) -> None:
    from connector.cli.output import clean

    for path in project.files:
        out.print(clean(f"wrote {path}"))
    out.print("\nNext:")
    for number, step in enumerate(project.next_steps, 1):
        out.print(clean(f"  {number}. {step}"), soft_wrap=True)


def _draft(workspace: Workspace, folder: Path, kind: str, url: str | None) -> None:
    """Ask the helpdesk of a folder what it has, and write mappings from that."""
    from connector.cli.drafting import draft_mappings
    from connector.cli.output import console, print_line

    out = console()
    if folder != Path():
        workspace = type(workspace)(folder / "config.toml", workspace.environ)
    if not workspace.config.exists():
        for path in write_config(workspace.config.parent, kind, url):
            print_line(f"wrote {path}", out=out)
    try:
        for drafted in draft_mappings(workspace):
            _say_drafted(drafted, out=out)
    finally:
        workspace.close()
    print_line("Next: read it, then run `connector check`.", out=out)


def _say_drafted(drafted: Drafted, *, out: Console) -> None:
    from connector.cli.output import many, print_line

    goals = f"{many(drafted.goals, 'goal')} with what was measured as targets"
    if drafted.suggested:
        goals += f", {many(drafted.suggested, 'goal')} as comments, since no target is made up"
    print_line(f"wrote {drafted.path}: {many(drafted.kpis, 'KPI')}, {goals}", out=out)
    facts = drafted.facts
    rest = len(facts.groups) - len(facts.main_groups)
    groups = (
        f"{', '.join(facts.main_groups) or 'none'}{f' (and {rest} without a KPI)' if rest else ''}"
    )
    known = {
        "groups": groups,
        "forms": ", ".join(facts.forms),
        "brands": ", ".join(facts.brands),
        "fields": ", ".join(one.title for one in facts.fields),
        "hours": ", ".join(one.name for one in facts.schedules) or "none, so all hours count",
    }
    for name, listed in known.items():
        if listed:
            print_line(f"{name}: {listed}", out=out, indent=2)


def write_config(folder: Path, kind: str, url: str | None) -> tuple[Path, ...]:
    """Write `config.toml` alone, for a helpdesk at an address."""
    if url is None:
        raise UsageError(
            f"{folder / 'config.toml'} does not exist: give the helpdesk's address with --url, or"
            " run `connector init` first"
        )
    wanted = {folder / "config.toml": render_config(kind, url)}
    if not (folder / ".gitignore").exists():
        wanted[folder / ".gitignore"] = GITIGNORE
    for path, text in wanted.items():
        write_file(path, text)
    return tuple(wanted)


def write_project(
    folder: Path,
    names: Sequence[str] = (),
    *,
    today: date,
    level: str | None = None,
    kind: str = DEFAULT_KIND,
    url: str | None = None,
) -> Project:
    """Write `config.toml` and mappings for the current quarter; nothing is ever overwritten.

    Named templates are added to a folder that has a configuration already.
    """
    is_added = bool(names) and url is None and (folder / "config.toml").exists()
    config = render_config(kind, url)
    wanted = {} if is_added else {folder / "config.toml": config}
    for name in names or (DEFAULT_TEMPLATE,):
        path = folder / "mappings" / f"{template_named(name).name}.toml"
        wanted[path] = render_template(name, today, level)
    for path in wanted:
        if path.exists():
            raise UsageError(f"{path} exists already; remove it, or name another folder")
    ignore = folder / ".gitignore"
    if not ignore.exists():
        wanted[ignore] = GITIGNORE
    for path, text in wanted.items():
        write_file(path, text)
    if is_added:
        return Project(tuple(wanted), _steps_of_added(folder))
    return Project(tuple(wanted), _next_steps(folder, url, _VARIABLE.findall(config)))


def write_file(path: Path, text: str) -> None:
    """Write a new file; one that is there is an error."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("x", encoding="utf-8", newline="\n") as file:
            file.write(text)
    except OSError as cause:
        raise UsageError(f"{path} cannot be written: {cause.strerror}") from cause


def _go(folder: Path) -> tuple[str, ...]:
    return () if folder.resolve() == Path.cwd() else (f"cd {folder}",)


def _steps_of_added(folder: Path) -> tuple[str, ...]:
    return (
        *_go(folder),
        "put your own numbers, days and names into the new files",
        "connector check              # proves that they fit, and what they name exists",
        "connector lint               # what a coach would say of them",
        "connector sync --dry-run     # reads, measures, judges, and shows what it would write",
    )


def _next_steps(folder: Path, url: str | None, variables: Sequence[str]) -> tuple[str, ...]:
    edit = "edit config.toml" if url else "edit config.toml: the address of your helpdesk"
    return (
        *_go(folder),
        f"{edit}, and how to sign in",
        *(f"export {name}=..." for name in variables),
        "connector check              # proves config, mappings and credentials",
        "connector setup              # shows our ticket fields; --apply makes them, or says how",
        "connector sync --dry-run     # reads, measures, judges, and shows what it would write",
    )
