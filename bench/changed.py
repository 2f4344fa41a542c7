"""A sync that finds some changed tickets, above one that finds nothing, in stores of several sizes.

Rows scanned tell most: they do not depend on what else the machine does. CPU seconds are medians of
rounds in which every store has its turn.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

import duckdb
import msgspec

from bench.changing import Changing, changing
from bench.documents import Rows
from bench.idle_folder import NAME, address, laid_out
from bench.stages import ORDER, Taken, taken
from bench.timing import ROOT, Cost, Figure

CHANGED = 1_000
IDLE = "nothing"
STARTING = ("imports", "config, mappings")
BOUND = "recent"
SPREADS = (BOUND, "random")
GROWTH = 1.3
"""What a store ten times, or three times, as large may add to the CPU of the same change."""
WITHIN_S = 1.0
BEGIN = "update cursors set cursor = null where stream = 'ratings'"
"""A page of ratings is asked for with the first change, and begins with what a cursor is."""
ABOVE = "{changed:,} changed tickets ({spread}), {tickets:,} tickets: {what} above a run without"
GROWN = "{changed:,} changed tickets ({spread}), {what} above a run without: {large:,} / {small:,}"


class Measured(msgspec.Struct):
    """A store and its helpdesk, the runs by what had changed, and what such a run scanned."""

    tickets: int
    home: Path
    helpdesk: Changing
    runs: dict[str, list[Taken]]
    rows: dict[str, dict[str, int]]

    def above_s(self, what: str) -> dict[str, float]:
        """Return the CPU seconds of a run above one that found nothing, by stage."""
        return {
            stage: median(ran.stages[stage] for ran in self.runs[what])
            - median(ran.stages[stage] for ran in self.runs[IDLE])
            for stage in ORDER
        }

    def cpu_s(self, what: str) -> float:
        """Return these seconds together, without those of starting, which are much the same."""
        return sum(taken for stage, taken in self.above_s(what).items() if stage not in STARTING)

    def scanned(self, what: str) -> int:
        """Return the rows that a run scanned above one that found nothing."""
        return sum(self.rows[what].values()) - sum(self.rows[IDLE].values())


def figures(
    folder: Path, smaller: int, larger: int, rounds: int, *, changed: int = CHANGED
) -> list[Figure]:
    """Measure runs with and without changes, in turns over two stores of so many tickets."""
    with ExitStack() as stack:
        scratch = Path(stack.enter_context(TemporaryDirectory(dir=folder)))
        small, large = (
            _store(folder, scratch, stack.enter_context(changing()), size)
            for size in (smaller, larger)
        )
        for spread in SPREADS:  # one after the other: parts of sets are put together
            _rounds((small, large), spread, rounds, changed)
            if spread == BOUND:
                arrivals = [_arrival(large, count) for count in (1, changed)]
        for one in (small, large):
            one.rows[IDLE] = _ran(one, IDLE, changed, seed=0, scans=True).rows
    return [
        *(_above(one, spread, changed) for spread in SPREADS for one in (small, large)),
        *(figure for spread in SPREADS for figure in _grown(small, large, spread, changed)),
        *arrivals,
    ]


def tables(found: Sequence[Figure]) -> dict[str, Rows]:
    """Return CPU seconds and rows scanned by stage, above a run that finds nothing."""
    told = [one for one in found if one.unit == "s" and "CPU above" in one.name]
    head = ["stage", *(one.name.partition(":")[0] for one in told)]
    cells = [
        [
            stage,
            *(
                f"{one.notes.get(stage, 0):.3f} s, {one.notes.get(_rows(stage), 0):,.0f} rows"
                for one in told
            ),
        ]
        for stage in ORDER
    ]
    return {"changed tickets": [head, *cells]}


def _store(folder: Path, scratch: Path, helpdesk: Changing, tickets: int) -> Measured:
    """Return a copy of a folder that has been read to its end, measured and published."""
    home = laid_out(folder, tickets)
    address(home, helpdesk.url)
    if not (home / "var" / NAME / "published" / "CURRENT").exists():
        _sync(home, helpdesk.environ)
    copy = scratch / str(tickets)
    shutil.copytree(home, copy)
    with duckdb.connect(copy / "var" / NAME / "store.duckdb") as con:
        con.execute(BEGIN)
    one = Measured(tickets, copy, helpdesk, {what: [] for what in (IDLE, *SPREADS)}, {})
    for _ in range(2):  # what is done once a day, and what the copy makes of the first run
        _sync(copy, helpdesk.environ)
    return one


def _rounds(stores: Sequence[Measured], spread: str, rounds: int, changed: int) -> None:
    """Let tickets change in each store in turn, with a run that finds nothing after each."""
    for turn in range(rounds):
        for one in stores:
            one.runs[spread].append(_ran(one, spread, changed, seed=turn))
            one.runs[IDLE].append(_ran(one, IDLE, changed, seed=turn))
    for one in stores:
        one.rows[spread] = _ran(one, spread, changed, seed=rounds, scans=True).rows


def _ran(one: Measured, what: str, changed: int, *, seed: int, scans: bool = False) -> Taken:
    """Let tickets change, and sync."""
    if what != IDLE:
        store = one.home / "var" / NAME / "store.duckdb"
        one.helpdesk.server.let_change(store, changed, what, seed)
    return _sync(one.home, one.helpdesk.environ, scans=scans)


def _sync(home: Path, environ: Mapping[str, str], *, scans: bool = False) -> Taken:
    ran = taken(["sync"], home, scans=scans, environ=environ)
    if ran.code:
        raise SystemExit(f"connector sync ended with {ran.code}: {ran.output}")
    return ran


def _above(one: Measured, spread: str, changed: int) -> Figure:
    """Return the CPU seconds above a run that finds nothing; seconds and rows by stage as notes."""
    runs, idle = one.runs[spread], one.runs[IDLE]
    notes = one.above_s(spread)
    rows = {
        _rows(stage): float(one.rows[spread].get(stage, 0) - one.rows[IDLE].get(stage, 0))
        for stage in ORDER
    }
    return Figure(
        name=ABOVE.format(changed=changed, spread=spread, tickets=one.tickets, what="CPU"),
        value=one.cpu_s(spread),
        unit="s",
        rounds={
            name: [Cost(ran.wall_s, ran.cpu_s) for ran in some]
            for name, some in ((spread, runs), (IDLE, idle))
        },
        notes={
            **notes,
            **rows,
            "idle": median(ran.cpu_s for ran in idle),
            "MB": max(ran.peak_mb for ran in runs),
        },
    )


def _grown(small: Measured, large: Measured, spread: str, changed: int) -> list[Figure]:
    """Return by how much a larger store makes the same change dearer; bounds for recent ones."""
    words = {
        "changed": changed,
        "spread": spread,
        "small": small.tickets,
        "large": large.tickets,
    }
    return [
        Figure(
            name=GROWN.format(what="CPU", **words),
            value=large.cpu_s(spread) / small.cpu_s(spread),
            bound=GROWTH if spread == BOUND else None,
            unit="x",
        ),
        Figure(
            name=GROWN.format(what="rows scanned", **words),
            value=large.scanned(spread) / small.scanned(spread),
            unit="x",
            notes={"small": small.scanned(spread), "large": large.scanned(spread)},
        ),
    ]


def _arrival(one: Measured, changed: int) -> Figure:
    """Return how long after the page with changed tickets the KPIs tell of them."""
    store = one.home / "var" / NAME / "store.duckdb"
    told = []
    for turn in range(3):
        one.helpdesk.server.let_change(store, changed, BOUND, seed=200 + turn)
        told.append(_arrived(one.home, one.helpdesk.environ))
    middle = sorted(told, key=_waited_s)[1]
    return Figure(
        name=f"{changed:,} changed of {one.tickets:,} tickets: from their page to 12 KPI values",
        value=_waited_s(middle),
        bound=WITHIN_S,
        unit="s",
        notes=middle,
    )


def _waited_s(told: Mapping[str, float]) -> float:
    return told["published_s"] + told["valued_s"]


def _arrived(home: Path, environ: Mapping[str, str]) -> dict[str, float]:
    out = home / "arrival.json"
    command = [sys.executable, "-m", "bench.arrival", out.name, "var", NAME]
    paths = {"PYTHONPATH": str(ROOT), "PATH": "/usr/bin:/bin", "HOME": str(home)}
    subprocess.run(
        command, check=True, cwd=home, env={**environ, **paths}, stdout=subprocess.DEVNULL
    )
    told: dict[str, float] = msgspec.json.decode(out.read_bytes())
    return told


def _rows(stage: str) -> str:
    return f"{stage}: rows"
