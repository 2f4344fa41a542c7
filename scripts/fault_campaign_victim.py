"""A process that syncs and kills itself at a chosen step of the run or write of the journal."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import cached_property
from multiprocessing.process import BaseProcess
from pathlib import Path
from sqlite3 import Connection
from typing import Any

from typer.main import get_command

import connector.cli.main
from connector.cli.workspace import Workspace
from connector.config.mapping import Mappings
from connector.pipeline.job import Job, Progress, Silence
from connector.store.journal import Intent
from connector.store.state import State
from tests.victim import FORKS

STEPS = ("reading", "measuring", "publishing", "planning", "writing")
WRITES = ("intent", "receipt", "outcomes")
PLACES = ("before", "within", "after")
JOURNAL = tuple(f"{write} {place}" for write in WRITES for place in PLACES)
"""Around each write to the journal: before it, before it is committed, and after."""


def die() -> None:
    """End as a power loss would."""
    os.kill(os.getpid(), signal.SIGKILL)


class Mortal(State):
    """A journal whose process dies at one of its writes."""

    point = ""
    _write = ""

    @contextmanager
    def transaction(self) -> Iterator[Connection]:
        with super().transaction() as connection:
            yield connection
            self._reach("within")

    def record_intent(
        self,
        run: str,
        helpdesk: str,
        intents: Sequence[Intent],
        *,
        at: datetime,
        is_undo: bool = False,
    ) -> int:
        with self._writing("intent"):
            return super().record_intent(run, helpdesk, intents, at=at, is_undo=is_undo)

    def record_receipt(self, batch: int, job: str | None, *, at: datetime) -> None:
        with self._writing("receipt"):
            super().record_receipt(batch, job, at=at)

    def record_outcomes(self, batch: int, *results: Any, **options: Any) -> None:
        with self._writing("outcomes"):
            super().record_outcomes(batch, *results, **options)

    @contextmanager
    def _writing(self, write: str) -> Iterator[None]:
        self._write = write
        self._reach("before")
        yield
        self._reach("after")
        self._write = ""

    def _reach(self, place: str) -> None:
        if self._write and self.point == f"{self._write} {place}":
            die()


class Steps(Silence):
    """Progress that ends the process when a step begins."""

    def __init__(self, point: str) -> None:
        self._point = point

    def step(self, helpdesk: str, what: str) -> None:
        super().step(helpdesk, what)
        if what == self._point:
            die()


def sync(folder: Path, environ: dict[str, str], now: float, point: str) -> None:
    """Run `connector sync` in this process, at the helpdesk's time; output goes to files."""
    os.environ.update(environ)
    for stream, name in ((sys.stdout, "out"), (sys.stderr, "err")):
        file = os.open(folder / name, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        os.dup2(file, stream.fileno())

    class Doomed(Workspace):
        @staticmethod
        def now() -> datetime:
            return datetime.fromtimestamp(now, tz=UTC)

        @staticmethod
        def sleep(seconds: float) -> None:
            """Wait for nothing."""

        @cached_property
        def state(self) -> State:
            state = Mortal.open(self.root / "state.sqlite")
            state.point = point
            return state

        def job(self, progress: Progress | None = None, mappings: Mappings | None = None) -> Job:
            del progress
            return super().job(Steps(point), mappings)

    get_command(connector.cli.main.app)(
        ["--config", str(folder / "config.toml"), "sync"], obj=Doomed
    )


def started(folder: Path, environ: dict[str, str], now: float, point: str = "") -> BaseProcess:
    """Start such a process; without a point it lives."""
    process = FORKS.Process(target=sync, args=(folder, environ, now, point), daemon=True)
    process.start()
    return process
