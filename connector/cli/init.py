"""`connector init`: a new folder with a configuration and a first mapping."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from connector.cli.workspace import Workspace
from connector.errors import UsageError

if TYPE_CHECKING:
    from importlib.resources.abc import Traversable

    from rich.console import Console

    from connector.cli.drafting import Drafted

DEFAULT_TEMPLATE = "starter"
PLACEHOLDER_URL = "https://YOUR-SUBDOMAIN.zendesk.com"
GITIGNORE = "# what the connector keeps on this machine\nvar/\n"
_VARIABLE = re.compile(r'env = "(\w+)"')
_PERIOD = re.compile(r"start = \d{4}-\d\d-\d\d, end = \d{4}-\d\d-\d\d")


@dataclass(frozen=True, slots=True)
class Project:
    """What `init` wrote, and what a person does next."""

    files: tuple[Path, ...]
    next_steps: tuple[str, ...]


def command(
    context: typer.Context,
    folder: Annotated[Path, typer.Argument(metavar="[DIR]", help="Where to write it.")] = Path(),
    template: Annotated[
        str, typer.Option("--template", help="Which mapping to start with.")
    ] = DEFAULT_TEMPLATE,
    url: Annotated[
        str | None, typer.Option("--url", help="Address of the helpdesk, to put into the file.")
    ] = None,
    from_helpdesk: Annotated[
        bool,
        typer.Option("--from-helpdesk", help="Draft a mapping from what the helpdesk itself has."),
    ] = False,
) -> None:
    """Write config.toml and a first mapping; nothing is ever overwritten."""
    from connector.cli.output import clean, console

    workspace: Workspace = context.obj
    if from_helpdesk:
        _draft(workspace, folder, url)
        return
    project = write_project(folder, template, today=workspace.now().date(), url=url)
    out = console()
    for path in project.files:
        out.print(clean(f"wrote {path}"))
    out.print("\nNext:")
    for number, step in enumerate(project.next_steps, 1):
        out.print(clean(f"  {number}. {step}"), soft_wrap=True)


def _draft(workspace: Workspace, folder: Path, url: str | None) -> None:
    """Ask the helpdesk of a folder what it has, and write mappings from that."""
    from connector.cli.drafting import draft_mappings
    from connector.cli.output import console, print_line

    out = console()
    if folder != Path():
        workspace = type(workspace)(folder / "config.toml", workspace.environ)
    if not workspace.config.exists():
        for path in write_config(workspace.config.parent, url):
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


def write_config(folder: Path, url: str | None) -> tuple[Path, ...]:
    """Write `config.toml` alone, for a helpdesk at an address."""
    if url is None:
        raise UsageError(
            f"{folder / 'config.toml'} does not exist: give the helpdesk's address with --url, or"
            " run `connector init` first"
        )
    wanted = {folder / "config.toml": _config(url)}
    if not (folder / ".gitignore").exists():
        wanted[folder / ".gitignore"] = GITIGNORE
    for path, text in wanted.items():
        write_file(path, text)
    return tuple(wanted)


def templates() -> dict[str, str]:
    """Return the mapping templates: name to its first line, which says what it is for."""
    return {
        name: source.read_text(encoding="utf-8").partition("\n")[0].lstrip("# ")
        for name, source in sorted(_sources().items())
    }


def write_project(
    folder: Path, template: str = DEFAULT_TEMPLATE, *, today: date, url: str | None = None
) -> Project:
    """Write `config.toml` and a mapping for the current quarter; nothing is ever overwritten."""
    mapping = render_template(template, today)
    config = _config(url)
    wanted = {
        folder / "config.toml": config,
        folder / "mappings" / f"{template}.toml": mapping,
    }
    for path in wanted:
        if path.exists():
            raise UsageError(f"{path} exists already; remove it, or name another folder")
    ignore = folder / ".gitignore"
    if not ignore.exists():
        wanted[ignore] = GITIGNORE
    for path, text in wanted.items():
        write_file(path, text)
    return Project(tuple(wanted), _next_steps(folder, url, _VARIABLE.findall(config)))


def render_template(name: str, today: date) -> str:
    """Return a mapping template with its periods set to the quarter that `today` is in."""
    sources = _sources()
    if name not in sources:
        raise UsageError(f"there is no template {name}; choose one of {', '.join(sorted(sources))}")
    return with_period(sources[name].read_text(encoding="utf-8"), *quarter(today))


def with_period(mapping: str, start: date, end: date) -> str:
    """Return the text of a mapping with every period set to these days."""
    return _PERIOD.sub(f"start = {start}, end = {end}", mapping)


def quarter(today: date) -> tuple[date, date]:
    """Return the first day of a day's quarter, and of the next one."""
    month = today.month - (today.month - 1) % 3
    start = date(today.year, month, 1)
    return start, date(today.year + month // 10, (month + 2) % 12 + 1, 1)


def _config(url: str | None) -> str:
    config = _templates().joinpath("config.toml").read_text(encoding="utf-8")
    return config.replace(PLACEHOLDER_URL, url) if url else config


def _templates() -> Traversable:
    return files("connector.config").joinpath("templates")


def _sources() -> dict[str, Traversable]:
    found = _templates().joinpath("mappings").iterdir()
    return {source.name.removesuffix(".toml"): source for source in found}


def write_file(path: Path, text: str) -> None:
    """Write a new file; one that is there is an error."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("x", encoding="utf-8", newline="\n") as file:
            file.write(text)
    except OSError as cause:
        raise UsageError(f"{path} cannot be written: {cause.strerror}") from cause


def _next_steps(folder: Path, url: str | None, variables: Sequence[str]) -> tuple[str, ...]:
    go = () if folder.resolve() == Path.cwd() else (f"cd {folder}",)
    edit = "edit config.toml" if url else "edit config.toml: the address of your helpdesk"
    return (
        *go,
        f"{edit}, and how to sign in",
        *(f"export {name}=..." for name in variables),
        "connector check              # proves config, mappings and credentials",
        "connector setup              # shows the ticket fields it would create; --apply does it",
        "connector sync --dry-run     # reads, measures, judges, and shows what it would write",
    )
