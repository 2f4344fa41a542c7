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
) -> None:
    """Write config.toml and a first mapping; nothing is ever overwritten."""
    from connector.cli.output import clean, console

    workspace: Workspace = context.obj
    project = write_project(folder, template, today=workspace.now().date(), url=url)
    out = console()
    for path in project.files:
        out.print(clean(f"wrote {path}"))
    out.print("\nNext:")
    for number, step in enumerate(project.next_steps, 1):
        out.print(clean(f"  {number}. {step}"), soft_wrap=True)


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
    config = _templates().joinpath("config.toml").read_text(encoding="utf-8")
    if url:
        config = config.replace(PLACEHOLDER_URL, url)
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
        _write(path, text)
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


def _templates() -> Traversable:
    return files("connector.config").joinpath("templates")


def _sources() -> dict[str, Traversable]:
    found = _templates().joinpath("mappings").iterdir()
    return {source.name.removesuffix(".toml"): source for source in found}


def _write(path: Path, text: str) -> None:
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
