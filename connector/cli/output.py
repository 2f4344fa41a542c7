"""How results look: one JSON document, or tables a person likes to read.

Results go to standard output, progress and logs to standard error. Whatever a helpdesk said is
printed as plain text without control characters, never as markup.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import Console
    from rich.text import Text

STATUS_STYLES = {
    "on_track": ("●", "green"),
    "achieved": ("✔", "green"),
    "safe": ("●", "green"),
    "at_risk": ("▲", "yellow"),
    "warning": ("▲", "yellow"),
    "off_track": ("■", "red"),
    "missed": ("✘", "red"),
    "violated": ("■", "red"),
}
"""Symbol and colour of each state; status is never carried by colour alone."""

ASKED = frozenset({"COLUMNS", "FORCE_COLOR", "TTY_COMPATIBLE", "TTY_INTERACTIVE"})
"""Variables by which somebody says how lines are to look, whatever they are written to."""

NARROW = 100
"""Below this many columns a table leaves out what can be looked up elsewhere."""


def console(*, stderr: bool = False) -> Console:
    """Return a console for results or, with `stderr`, for progress; `NO_COLOR` is honoured."""
    from connector.cli.terminal import terminal

    return terminal(sys.stderr if stderr else sys.stdout, stderr=stderr)


def lines_out(*, stderr: bool = False) -> Console | None:
    """Return a console, or None for a pipe, which takes plain lines without one.

    Making a console costs as much as reading a page, and a job that is scheduled prints a line.
    """
    stream = sys.stderr if stderr else sys.stdout
    is_plain = not stream.isatty() and not ASKED.intersection(os.environ)
    return None if is_plain else console(stderr=stderr)


def print_json(document: object) -> None:
    """Print one JSON document and nothing else."""
    import msgspec

    text = msgspec.json.format(msgspec.json.encode(document), indent=2)
    sys.stdout.write(text.decode() + "\n")


def clean(value: object) -> Text:
    """Return foreign text without control characters, safe for a terminal."""
    from rich.text import Text

    return Text(printable(value))


def printable(value: object) -> str:
    """Return foreign text without control characters."""
    text = "" if value is None else str(value)
    return "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in text)


def status_text(status: str) -> Text:
    """Return a status as symbol and word."""
    from rich.text import Text

    symbol, style = STATUS_STYLES.get(status, ("○", "dim"))
    return Text(f"{symbol} {status.replace('_', ' ')}", style=style)


def print_table(
    title: str, columns: Sequence[str], rows: Iterable[Sequence[object]], *, out: Console
) -> None:
    """Print a table; columns whose name starts with `>` are numbers: right-aligned, in one piece.

    Other columns give way when the terminal is narrow; nothing is ever cut off.
    """
    from rich import box
    from rich.table import Table

    table = Table(
        box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False, padding=(0, 1, 0, 0), header_style=""
    )
    for column in columns:
        is_number = column.startswith(">")
        table.add_column(
            column.lstrip(">"),
            justify="right" if is_number else "left",
            no_wrap=is_number,
            overflow="fold",
        )
    for row in rows:
        table.add_row(*map(_cell, row))
    if title:
        out.print(clean(title), style="bold")
    out.print(table)
    out.print()


def print_facts(facts: Iterable[tuple[str, object]], *, out: Console) -> None:
    """Print names and what they stand for, one a line; what is empty is left out."""
    from rich.table import Table

    grid = Table.grid(padding=(0, 2))
    grid.add_column(style="dim", no_wrap=True)
    grid.add_column(overflow="fold")
    for name, value in facts:
        if value:
            grid.add_row(name, _cell(value))
    out.print(grid)
    out.print()


def say_stopped(problems: Sequence[str]) -> None:
    """Say on standard error which goals and KPIs a mistake in a mapping leaves out."""
    for problem in problems:
        print_line(problem, out=console(stderr=True), style="red")


def print_line(text: object, *, out: Console | None, indent: int = 0, style: str = "") -> None:
    """Print a sentence, wrapped and indented on a terminal, on one line for a pipe."""
    if out is None:
        sys.stdout.write(f"{' ' * indent}{printable(text).rstrip()}\n")
        return
    from connector.cli.terminal import is_sized

    words, margin = _cell(text), " " * indent
    lines = words.wrap(out, out.width - indent, overflow="fold") if is_sized(out) else [words]
    for line in lines:
        line.rstrip()
        out.print(margin, line, sep="", style=style, soft_wrap=True)


def _cell(value: object) -> Text:
    from rich.text import Text

    return value if isinstance(value, Text) else clean(value)


def when(instant: datetime | None) -> str:
    """Return an instant for people: day and minute, in UTC."""
    return "–" if instant is None else instant.strftime("%Y-%m-%d %H:%M UTC")


def minute(instant: datetime | None) -> str:
    """Return an instant for a column whose title says that it is UTC."""
    return "–" if instant is None else instant.strftime("%Y-%m-%d %H:%M")


def day(instant: datetime, zone: str = "UTC") -> str:
    """Return the day of an instant in a zone."""
    from zoneinfo import ZoneInfo

    return instant.astimezone(ZoneInfo(zone)).strftime("%Y-%m-%d")


def many(count: int, noun: str) -> str:
    """Return a number with its noun."""
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"


def age(now: datetime, then: datetime | None) -> str:
    """Return how long ago something was, in the largest sensible unit."""
    if then is None:
        return "never"
    seconds = max(0, int((now - then).total_seconds()))
    for size, unit in ((86_400, "d"), (3_600, "h"), (60, "min")):
        if seconds >= size:
            return f"{seconds // size} {unit} ago"
    return f"{seconds} s ago"
