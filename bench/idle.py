"""A sync that finds nothing new, against the least it could cost; `connector --help` too.

Both are whole processes that take turns, by the CPU time of the process. The store was read to its
end from the page server of `bench.serving`, over TLS. What the sync writes is looked for in all
that is local: names, sizes, times, inodes and contents of files before and after. Of the lock file
alone the time moves (`connector/store/looks.py`).
"""

from __future__ import annotations

import hashlib
import os
import sys
from collections.abc import Callable
from pathlib import Path
from statistics import median

from bench.children import Ran, ran
from bench.idle_folder import NAME, address, laid_out
from bench.serving.started import TOKEN, Served, serving
from bench.timing import ROOT, Cost, Figure, ratio

SERVED = 1_000
"""The tickets of the helpdesk do not matter: the cursor stands behind the last."""
SETTLING = 4
"""So many runs at most until nothing is left to do."""
BOUND = 1.5
REFERENCE_MB = 134
"""What the least was measured to hold elsewhere; told beside ours, and no bound."""
BY_HAND = "bench.idle_by_hand"
CONNECTOR = ("-c", "from connector.cli.main import run; run()")


class NotIdleError(RuntimeError):
    """The store did not come to rest."""


def figures(folder: Path, tickets: int, rounds: int) -> list[Figure]:
    """Measure idle runs over so many tickets, and the overview of commands."""
    home = laid_out(folder.resolve(), tickets, "rest")  # whose helpdesk nobody ever changes
    with serving(SERVED) as served:
        address(home, served.url)
        environ = {**os.environ, **served.environ, "BENCH_TOKEN": TOKEN, "PYTHONPATH": str(ROOT)}
        ways: dict[str, Callable[[], Ran]] = {
            "ours": lambda: _python(home, environ, *CONNECTOR, "sync"),
            "by hand": lambda: _python(
                home, environ, "-m", "bench.idle_by_hand", str(_store(home))
            ),
        }
        _settle(home, ways["ours"])
        before = _files(home)
        served.forget()
        found = _in_turns(rounds, ways)
        differing = [name for name, seen in _files(home).items() if seen != before.get(name)]
        requests = _requests(served) / (rounds + 1)
    return [*_idle(tickets, found, requests, len(differing)), *_help(home, rounds)]


def _idle(
    tickets: int, found: dict[str, list[Ran]], requests: float, differing: int
) -> list[Figure]:
    name = f"a sync that finds nothing new in {tickets:,} tickets"
    costs = {way: [Cost(one.wall_s, one.cpu_s) for one in runs] for way, runs in found.items()}
    memory = {way: max(one.peak_mb for one in runs) for way, runs in found.items()}
    return [
        Figure(
            name=f"{name}: CPU / libraries, opening the store and 12 KPIs by hand",
            value=ratio(costs, "ours", "by hand"),
            bound=BOUND,
            unit="x",
            rounds=costs,
            notes={way: median(one.cpu_s for one in runs) for way, runs in found.items()},
        ),
        Figure(name=f"{name}: requests", value=requests, bound=1, unit="requests"),
        Figure(name=f"{name}: files that differ", value=differing, bound=0, unit="files"),
        Figure(
            name=f"{name}: memory",
            value=memory["ours"],
            unit="MB",
            notes={"by hand": memory["by hand"], "measured elsewhere": REFERENCE_MB},
        ),
    ]


def _help(home: Path, rounds: int) -> list[Figure]:
    environ = dict(os.environ)
    ways: dict[str, Callable[[], Ran]] = {
        "ours": lambda: _python(home, environ, *CONNECTOR, "--help"),
        "imports": lambda: _python(home, environ, "-c", "import typer, rich"),
    }
    found = _in_turns(3 * rounds, ways)
    costs = {way: [Cost(one.wall_s, one.cpu_s) for one in runs] for way, runs in found.items()}
    return [
        Figure(
            name="`connector --help`: CPU / import typer, rich",
            value=ratio(costs, "ours", "imports"),
            bound=BOUND,
            unit="x",
            rounds=costs,
        )
    ]


def _in_turns(rounds: int, ways: dict[str, Callable[[], Ran]]) -> dict[str, list[Ran]]:
    """Run the ways in turns, after one round that is not counted."""
    found: dict[str, list[Ran]] = {name: [] for name in ways}
    for number in range(rounds + 1):
        for name, work in ways.items():
            taken = work()
            if number:
                found[name].append(taken)
    return found


def _settle(home: Path, sync: Callable[[], Ran]) -> None:
    """Sync until a run writes nothing."""
    for _ in range(SETTLING):
        before = _files(home)
        sync()
        if _files(home) == before:
            return
    raise NotIdleError(f"{home}: each of {SETTLING} runs wrote something")


def _python(home: Path, environ: dict[str, str], *arguments: str) -> Ran:
    return ran([sys.executable, *arguments], folder=home, environ=environ)


def _requests(served: Served) -> int:
    return sum(served.counts().values())


def _store(home: Path) -> Path:
    return home / "var" / NAME / "store.duckdb"


def _files(home: Path) -> dict[str, tuple[object, ...]]:
    """Return what tells each local file from what it was, of the lock all but its time."""
    return {str(path): _seen(path) for path in (home / "var").rglob("*") if path.is_file()}


def _seen(path: Path) -> tuple[object, ...]:
    told = path.stat()
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    time = None if path.name == f"{NAME}.lock" else told.st_mtime_ns
    return told.st_size, time, told.st_ino, digest
