"""`connector daemon`: runs `sync` at the configured interval until told to stop."""

from __future__ import annotations

import signal
import sys
import time
from collections.abc import Callable
from types import FrameType
from typing import Never

import typer

from connector.cli.exits import explain
from connector.cli.output import lines_out
from connector.cli.sync import print_report
from connector.cli.workspace import Workspace
from connector.errors import ConnectorError


def command(context: typer.Context) -> None:
    """Run `sync` at the configured interval until told to stop; a failing run does not end it.

    Files that changed are read again before each run. SIGTERM ends it at once with exit code 0:
    nothing is lost, the next run goes on from there.
    """
    workspace: Workspace = context.obj
    every_s = workspace.settings.run.every_s
    workspace.mappings  # noqa: B018  # a mistake that is there from the start ends it
    signal.signal(signal.SIGTERM, _stop)
    repeat(lambda: turn(workspace.reopened()), every_s, clock=time.monotonic, sleep=time.sleep)


def repeat(
    once: Callable[[], None],
    every_s: float,
    *,
    clock: Callable[[], float],
    sleep: Callable[[float], None],
) -> Never:
    """Call `once` at an interval from start to start; a long one delays the next, no more."""
    while True:
        began = clock()
        once()
        sleep(max(0.0, began + every_s - clock()))


def turn(workspace: Workspace) -> None:
    """Run once and say how it went; what fails is said too, and is over with it."""
    from connector.pipeline.run import RunRequest, run

    try:
        print_report(run(workspace.job(), RunRequest()).report, out=lines_out())
    except ConnectorError as error:
        explain(error)
    finally:
        workspace.close()
    sys.stdout.flush()


def _stop(number: int, frame: FrameType | None) -> Never:
    del number, frame
    raise SystemExit(0)
