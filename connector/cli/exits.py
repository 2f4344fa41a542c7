"""Exit codes and error messages: what a person or a scheduler sees when something is wrong."""

from __future__ import annotations

import functools
import os
import sys
import traceback
from collections.abc import Callable
from enum import IntEnum
from pathlib import Path
from types import TracebackType
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
            sys.stdout.flush()
        except ConnectorError as error:
            explain(error)
            code = exit_code_of(error)
        except KeyboardInterrupt:
            sys.stderr.write("\nInterrupted. Nothing is lost: the next run goes on from here.\n")
            code = ExitCode.INTERRUPTED
        except BrokenPipeError:
            _silence_stdout()
            code = ExitCode.DONE
        except OSError as error:
            _explain_system(error)
            code = ExitCode.FAILED
        if code is not ExitCode.DONE:
            raise typer.Exit(int(code))

    return wrapper


def explain(error: ConnectorError) -> None:
    """Say on standard error what is wrong, one line a problem."""
    _trace(error)
    from rich.text import Text

    from connector.cli.output import clean, console

    out = console(stderr=True)
    if not isinstance(error, ConfigError):
        out.print(Text("error: ", style="bold red") + clean(error), soft_wrap=True)
        return
    count = len(error.problems)
    out.print(Text(f"{count} problem{'s' if count > 1 else ''} to fix", style="bold red"))
    for problem in error.problems:
        out.print(Text("  • ") + clean(problem), soft_wrap=True)


def report_bug(
    kind: type[BaseException], error: BaseException, trace: TracebackType | None
) -> None:
    """Say that the connector itself failed, and where; the trace is for `--debug` alone.

    The message of the error is left out too: it may quote what a helpdesk said.
    """
    if is_debugging() or not issubclass(kind, Exception):
        sys.__excepthook__(kind, error, trace)
        return
    frames = traceback.extract_tb(trace)
    place = f" in {Path(frames[-1].filename).name}:{frames[-1].lineno}" if frames else ""
    sys.stderr.write(
        f"internal error: {kind.__name__}{place}. This is a mistake of the connector, not yours:"
        " run again with --debug and report what it shows.\n"
    )


def is_debugging() -> bool:
    """Tell whether `--debug` was given."""
    return bool(os.environ.get("CONNECTOR_DEBUG"))


def _trace(error: Exception) -> None:
    if is_debugging():
        sys.stderr.write("".join(traceback.format_exception(error)))


def _explain_system(error: OSError) -> None:
    """Say what the system refused: a full disk, a missing right."""
    _trace(error)
    what = f"{error.filename}: " if error.filename else ""
    reason = error.strerror or type(error).__name__
    sys.stderr.write(f"error: {what}{reason}; check disk space and rights, and run again\n")
    _silence_stdout()


def _silence_stdout() -> None:
    """Point standard output at nothing, so that the interpreter's last flush cannot fail."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
