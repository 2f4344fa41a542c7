"""Exit codes and error messages: what a person or a scheduler sees when something is wrong."""

from __future__ import annotations

import functools
import os
import sys
from collections.abc import Callable
from enum import IntEnum
from typing import ParamSpec

import typer

from connector.errors import ConfigError, ConnectorError, LockedError, UsageError


class ExitCode(IntEnum):
    """What the exit code of every command means."""

    DONE = 0
    FAILED = 1  # a helpdesk or the store failed
    CONFIG = 2  # a mistake in a file or on the command line
    PARTIAL = 3  # done, but some tickets could not be written or a brake stopped the writing
    LOCKED = 4  # another run holds the lock
    INTERRUPTED = 130


P = ParamSpec("P")


def exit_code_of(error: ConnectorError) -> ExitCode:
    """Return the exit code that tells a scheduler who has to act."""
    if isinstance(error, ConfigError | UsageError):
        return ExitCode.CONFIG
    if isinstance(error, LockedError):
        return ExitCode.LOCKED
    return ExitCode.FAILED


def reported(command: Callable[P, ExitCode | None]) -> Callable[P, None]:
    """Turn a command's errors into one clear message and the right exit code.

    With `--debug` (which sets CONNECTOR_DEBUG) the stack trace is shown as well.
    """

    @functools.wraps(command)
    def wrapper(*args: P.args, **kwargs: P.kwargs) -> None:
        try:
            code = command(*args, **kwargs) or ExitCode.DONE
        except ConnectorError as error:
            _explain(error)
            code = exit_code_of(error)
        except KeyboardInterrupt:
            sys.stderr.write("\nInterrupted. Nothing is lost: the next run goes on from here.\n")
            code = ExitCode.INTERRUPTED
        except BrokenPipeError:
            _silence_stdout()
            code = ExitCode.DONE
        if code is not ExitCode.DONE:
            raise typer.Exit(int(code))

    return wrapper


def _explain(error: ConnectorError) -> None:
    if os.environ.get("CONNECTOR_DEBUG"):
        sys.excepthook(type(error), error, error.__traceback__)
    from rich.console import Console
    from rich.text import Text

    console = Console(stderr=True, highlight=False, soft_wrap=True)
    if not isinstance(error, ConfigError):
        console.print(Text("error: ", style="bold red") + Text(str(error)))
        return
    count = len(error.problems)
    console.print(Text(f"{count} problem{'s' if count > 1 else ''} to fix", style="bold red"))
    for problem in error.problems:
        console.print(Text("  • ") + Text(str(problem)))


def _silence_stdout() -> None:
    """Point standard output at nothing, so that the interpreter's last flush cannot fail."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
