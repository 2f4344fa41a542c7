"""How results look: one JSON document, or tables a person likes to read.

Results go to standard output, progress and logs to standard error. Whatever a helpdesk said is
printed as plain text without control characters, never as markup.
"""

from __future__ import annotations

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


def console(*, stderr: bool = False) -> Console:
    """Return a console for results or, with `stderr`, for progress; `NO_COLOR` is honoured."""
    from rich.console import Console

    stream = sys.stderr if stderr else sys.stdout
    width = None if stream.isatty() else 120
    return Console(stderr=stderr, highlight=False, width=width)


def print_json(document: object) -> None:
    """Print one JSON document and nothing else."""
    import msgspec

    text = msgspec.json.format(msgspec.json.encode(document), indent=2)
    sys.stdout.write(text.decode() + "\n")


def clean(value: object) -> Text:
    """Return foreign text without control characters, safe for a terminal."""
    from rich.text import Text

    text = "" if value is None else str(value)
    return Text("".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in text))


def status_text(status: str) -> Text:
    """Return a status as symbol and word."""
    from rich.text import Text

    symbol, style = STATUS_STYLES.get(status, ("○", "dim"))
    return Text(f"{symbol} {status.replace('_', ' ')}", style=style)


def print_table(
    title: str, columns: Sequence[str], rows: Iterable[Sequence[object]], *, out: Console
) -> None:
    """Print a table; columns whose name starts with `>` are right-aligned."""
    from rich import box
    from rich.table import Table
    from rich.text import Text

    table = Table(title=title or None, title_justify="left", title_style="bold", box=box.SIMPLE)
    for column in columns:
        table.add_column(column.lstrip(">"), justify="right" if column[0] == ">" else "left")
    for row in rows:
        table.add_row(*(cell if isinstance(cell, Text) else clean(cell) for cell in row))
    out.print(table)


def when(instant: datetime | None) -> str:
    """Return an instant for people: day and minute, in UTC."""
    return "–" if instant is None else instant.strftime("%Y-%m-%d %H:%M UTC")


def age(now: datetime, then: datetime | None) -> str:
    """Return how long ago something was, in the largest sensible unit."""
    if then is None:
        return "never"
    seconds = max(0, int((now - then).total_seconds()))
    for size, unit in ((86_400, "d"), (3_600, "h"), (60, "min")):
        if seconds >= size:
            return f"{seconds // size} {unit} ago"
    return f"{seconds} s ago"
