"""CPU seconds and rows scanned by stage, inside the process that runs a command.

Functions that begin a stage are wrapped as soon as their module is imported, by whatever code
imports it; a stage inside another takes its time away from that one. Nothing is imported here that
the command would not import, so that the stage `imports` is that of the command.
"""

from __future__ import annotations

import builtins
import functools
import importlib
import inspect
import json
import sys
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import Any

IMPORTS, REST = "imports", "all else"
STAGES = {
    "config, mappings": (
        "connector.config.settings:load_settings",
        "connector.config.mapping:load_mappings",
        "connector.kpi.catalogue:definitions",
    ),
    "opening": (
        "connector.store.store:Store.open",
        "connector.store.store:Store.close",
        "connector.store.state:State.open",
        "connector.pipeline.views:attach",
    ),
    "requests": ("requests.sessions:Session.request",),
    "decoding": ("connector.adapters.retrying:RetryingAdapter.read",),
    "storing": ("connector.store.store:Store.save", "connector.sync.pull:fill_gaps"),
    "measuring": ("connector.pipeline.account:measure", "connector.pipeline.account:is_due"),
    "publishing": ("connector.pipeline.account:publish",),
    "evaluating KPIs": ("connector.pipeline.judging:value_alone",),
    "judging goals": ("connector.pipeline.run:judge_all",),
    "planning": ("connector.pipeline.writing:planned",),
    "writing": ("connector.pipeline.writing:apply", "connector.pipeline.writing:settle"),
}
"""What begins each stage, in the order of a run: the name by which its caller knows it."""

Clock = Callable[[], float]


class Spans:
    """Where CPU time goes: each second belongs to the innermost stage that is under way."""

    def __init__(self, clock: Clock = time.process_time, own: Clock = time.thread_time) -> None:
        """Begin with everything so far as imports; `own` is the clock of other threads."""
        self.cpu_s: defaultdict[str, float] = defaultdict(float)
        self.rows: Counter[str] = Counter()
        self._clock, self._own = clock, own
        self._main = threading.get_ident()
        self._elsewhere = 0.0
        self._stack = [REST, IMPORTS]
        self._mark = 0.0

    @property
    def stage(self) -> str:
        """Return the innermost stage that is under way."""
        return self._stack[-1]

    def enter(self, stage: str) -> None:
        """Begin a stage inside the one under way."""
        self._settle()
        self._stack.append(stage)

    def leave(self) -> None:
        """End the innermost stage."""
        self._settle()
        self._stack.pop()

    def timed(self, stage: str, work: Callable[..., Any]) -> Callable[..., Any]:
        """Return a function that does the same, as a stage."""

        @functools.wraps(work)
        def wrapped(*given: Any, **named: Any) -> Any:
            if threading.get_ident() != self._main:
                return self._apart(stage, lambda: work(*given, **named))
            self.enter(stage)
            try:
                return work(*given, **named)
            finally:
                self.leave()

        return wrapped

    def _apart(self, stage: str, work: Callable[[], Any]) -> Any:
        """Do something in a thread beside the main one, whose clock tells its own time alone."""
        before = self._own()
        try:
            return work()
        finally:
            taken = self._own() - before
            self.cpu_s[stage] += taken
            self._elsewhere += taken

    def _settle(self) -> None:
        now = self._clock() - self._elsewhere
        self.cpu_s[self.stage] += now - self._mark
        self._mark = now


class Wrapping:
    """Wraps what begins a stage as soon as its module is there."""

    def __init__(self, spans: Spans, *, scans: bool) -> None:
        """Watch imports from now on; `scans` has DuckDB count rows, which costs time of its own."""
        self._spans, self._scans = spans, scans
        self._undo: list[Callable[[], None]] = []
        self._waiting = [(stage, target) for stage in STAGES for target in STAGES[stage]]
        self._plain, self._by_name = builtins.__import__, importlib.import_module
        builtins.__import__ = self._import
        importlib.import_module = self._import_named

    def _import(self, name: str, *given: Any, **named: Any) -> Any:
        if name in sys.modules:
            return self._plain(name, *given, **named)
        return self._timed(lambda: self._plain(name, *given, **named))

    def _import_named(self, name: str, package: str | None = None) -> Any:
        return self._timed(lambda: self._by_name(name, package))

    def _timed(self, load: Callable[[], Any]) -> Any:
        is_outermost = self._spans.stage != IMPORTS
        if not is_outermost:
            return load()
        self._spans.enter(IMPORTS)
        try:
            return load()
        finally:
            self.wrap()
            self._spans.leave()

    def wrap(self) -> None:
        """Wrap what has been imported since the last time."""
        left = []
        for stage, target in self._waiting:
            if target.partition(":")[0] not in sys.modules:
                left.append((stage, target))
                continue
            owner, name = place(target)
            raw = inspect.getattr_static(owner, name)
            self._undo.append(functools.partial(setattr, owner, name, raw))
            if isinstance(raw, classmethod):
                setattr(owner, name, classmethod(self._spans.timed(stage, raw.__func__)))
            else:
                setattr(owner, name, self._spans.timed(stage, raw))
        self._waiting = left
        if self._scans and "duckdb" in sys.modules:
            from bench.scans import count_scans

            count_scans(self._spans)
            self._scans = False

    def unwrap(self) -> None:
        """Let everything be as it was."""
        builtins.__import__, importlib.import_module = self._plain, self._by_name
        for undo in self._undo:
            undo()


def place(target: str) -> tuple[Any, str]:
    """Return what holds a function, and the function's name there; its module is imported."""
    module, _, path = target.partition(":")
    *owners, name = path.split(".")
    owner: Any = sys.modules[module]
    for part in owners:
        owner = getattr(owner, part)
    return owner, name


def _peak_mb() -> float:
    """Return the most memory that this process held; `bench.timing` would be an import more."""
    lines = Path("/proc/self/status").read_text("utf-8").splitlines()
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith("VmHWM:"))


def main() -> None:
    """Run `connector` with the arguments after the first two; write what each stage took."""
    out, scans, *arguments = sys.argv[1:]
    spans = Spans()
    wrapping = Wrapping(spans, scans=scans == "scans")
    from connector.cli.main import run

    wrapping.wrap()
    spans.leave()
    sys.argv = ["connector", *arguments]
    try:
        run()
    finally:
        spans.leave()
        told = {"cpu_s": spans.cpu_s, "rows": spans.rows, "peak_mb": _peak_mb()}
        Path(out).write_text(json.dumps(told), "utf-8")


if __name__ == "__main__":
    main()
