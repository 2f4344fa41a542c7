"""The console that results are printed on; imported only when something is printed."""

from __future__ import annotations

import os
from typing import IO, TextIO

from rich.console import Console

PIPE_WIDTH = 120


class Terminal(Console):
    """A console that leaves it to the command to end when the reader of a pipe goes away."""

    def on_broken_pipe(self) -> None:
        """Raise what the write raised, instead of ending the process as a failure."""
        raise  # noqa: PLE0704  # called while the error is being handled


def terminal(stream: TextIO, *, stderr: bool) -> Terminal:
    """Return a console as wide as the terminal or as COLUMNS says; a pipe gets 120 columns."""
    width = None if _is_sized(stream) else PIPE_WIDTH
    return Terminal(stderr=stderr, highlight=False, width=width)


def is_sized(console: Console) -> bool:
    """Tell whether somebody said how wide lines may be; else sentences are not broken."""
    return _is_sized(console.file)


def _is_sized(stream: IO[str]) -> bool:
    return stream.isatty() or os.environ.get("COLUMNS", "").isdigit()
