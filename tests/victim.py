"""A process that runs a command and may be killed, forked from one that has all imports done."""

from __future__ import annotations

import multiprocessing
import os
import sys
import time
from datetime import UTC, datetime
from multiprocessing.process import BaseProcess
from pathlib import Path

from typer.main import get_command

import connector.cli.main
from connector.cli.workspace import Workspace

HURRY = 0.005
"""How much of every wait is really waited."""

FORKS = multiprocessing.get_context("forkserver")
FORKS.set_forkserver_preload(
    [
        "tests.victim",
        "connector.adapters.registry",
        "connector.adapters.zendesk.adapter",
        "connector.cli.logs",
        "connector.cli.planning",
        "connector.cli.progress",
        "connector.cli.terminal",
        "connector.pipeline.run",
        "connector.store.pages",
        "encodings.utf_8_sig",
        "numpy.ma",
        "rich.console",
        "rich.table",
    ]
)


def run(folder: Path, environ: dict[str, str], now: float, command: tuple[str, ...]) -> None:
    """Run a command in this process, at the helpdesk's time; output goes to files."""
    os.environ.update(environ)
    for stream, name in ((sys.stdout, "out"), (sys.stderr, "err")):
        file = os.open(folder / name, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        os.dup2(file, stream.fileno())

    class Hasty(Workspace):
        @staticmethod
        def now() -> datetime:
            return datetime.fromtimestamp(now, tz=UTC)

        @staticmethod
        def sleep(seconds: float) -> None:
            time.sleep(seconds * HURRY)

    get_command(connector.cli.main.app)(
        ["--config", str(folder / "config.toml"), *command], obj=Hasty
    )


def started(
    folder: Path,
    environ: dict[str, str],
    now: float,
    command: tuple[str, ...] = ("sync", "--json"),
) -> BaseProcess:
    """Start such a process."""
    process = FORKS.Process(target=run, args=(folder, environ, now, command), daemon=True)
    process.start()
    return process
