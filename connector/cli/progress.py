"""Progress on standard error: bars on a terminal, nothing elsewhere."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from connector.cli.output import console

if TYPE_CHECKING:
    from rich.progress import Progress as Bars
    from rich.progress import TaskID

    from connector.pipeline.job import Progress


class TerminalProgress:
    """One bar for each stream that is read, and one for writing."""

    def __init__(self, bars: Bars) -> None:
        self._bars = bars
        self._tasks: dict[str, TaskID] = {}

    def step(self, helpdesk: str, what: str) -> None:
        """Show what is done now."""
        self._update(f"{helpdesk}: {what}", 0, None)

    def reading(self, helpdesk: str, stream: str, done: int, expected: int | None) -> None:
        """Show how far a stream is."""
        self._update(f"{helpdesk}: {stream}", done, expected)

    def writing(self, helpdesk: str, done: int, total: int) -> None:
        """Show how far writing is."""
        self._update(f"{helpdesk}: tickets written", done, total)

    def _update(self, name: str, done: int, total: int | None) -> None:
        if name not in self._tasks:
            for other in self._tasks.values():
                self._bars.stop_task(other)
            self._tasks[name] = self._bars.add_task(name, total=total)
        total = max(total, done) if total is not None else None
        self._bars.update(self._tasks[name], completed=done, total=total)


@contextmanager
def watched() -> Iterator[Progress | None]:
    """Show progress while the block runs, if standard error is a terminal."""
    out = console(stderr=True)
    if not out.is_terminal:
        yield None
        return
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, TimeElapsedColumn(), console=out, transient=True) as bars:
        yield TerminalProgress(bars)
