"""Progress on standard error: bars on a terminal, nothing elsewhere."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from connector.cli.output import lines_out

if TYPE_CHECKING:
    from rich.console import Console
    from rich.progress import Progress as Bars
    from rich.progress import TaskID

    from connector.pipeline.job import Progress

SPEED_OVER_S = 300.0


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
            # what was there before is no part of the speed: a first sync may be resumed
            self._tasks[name] = self._bars.add_task(name, total=total, completed=done, left="")
        total = max(total, done) if total is not None else None
        left = "" if total is None else "left:"
        self._bars.update(self._tasks[name], completed=done, total=total, left=left)


@contextmanager
def watched() -> Iterator[Progress | None]:
    """Show progress while the block runs, if standard error is a terminal."""
    out = lines_out(stderr=True)
    if out is None or not out.is_terminal:
        yield None
        return
    with bars_on(out) as bars:
        yield TerminalProgress(bars)


def bars_on(out: Console, clock: Callable[[], float] = time.monotonic) -> Bars:
    """Return bars that show how far each stream is, the time it took, and the time it will take.

    Pages come in bursts, as the helpdesk's limits allow, so speed is averaged over minutes.
    """
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeElapsedColumn,
        TimeRemainingColumn,
    )

    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TextColumn("{task.fields[left]}"),
        TimeRemainingColumn(),
        console=out,
        transient=True,
        get_time=clock,
        speed_estimate_period=SPEED_OVER_S,
    )
