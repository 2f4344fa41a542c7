"""Reading all tickets: others' programs and ours, in turns, from one page server over TLS.

Each is a process of its own. What it costs for 100,000 tickets is its start-up, taken from a run
over 100 tickets, and what it costs beyond that, scaled by tickets: all but the start-up of these
programs grows with the tickets. The slowest read fewer: dlt a half, airbyte-cdk a fifth.

zenpy touches every ticket and stores nothing; tap-zendesk and airbyte-cdk print every ticket, and
nobody stores it; dlt, the floor and ours have them in a DuckDB file at the end, one row a ticket.
All read the same pages, of tickets with their metric sets, 3.7 KB each.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from statistics import median
from types import MappingProxyType

import msgspec

from bench.children import ProgramError
from bench.documents import Rows
from bench.peers.commands import OWN, PATIENT_TAP, PEERS, PLAIN_DLT, Peer
from bench.peers.environments import NotInstallableError, programs, version
from bench.peers.scenes import Run, Scenes
from bench.timing import Figure

SCALE = 100_000
FEW = 100
"""Tickets of a run that is nearly all start-up."""
PARTS: Mapping[str, int] = MappingProxyType({"dlt": 2, "airbyte-cdk": 5})
"""Who reads only a half or a fifth of the tickets."""
BOUNDS: Mapping[str, float] = MappingProxyType({"zenpy": 10.0, "dlt": 20.0})
"""How many times our CPU each has to take at least."""
SINGLE: Mapping[str, tuple[str, Peer]] = MappingProxyType(
    {
        "tap-zendesk": ("tap-zendesk, its own command", PATIENT_TAP),
        "dlt": ("dlt without hints", PLAIN_DLT),
    }
)
"""What is run once, and how that is said."""


class Way(msgspec.Struct, frozen=True):
    """Somebody who reads: small runs, and runs that count, both in order."""

    starts: list[Run]
    reads: list[Run]

    @property
    def beyond(self) -> int:
        """Return how many tickets a run that counts has beyond a small one."""
        return self.reads[0].expected - self.starts[0].expected

    @property
    def start_s(self) -> float:
        """Return the CPU seconds of its start-up."""
        return median(run.cost.cpu_s for run in self.starts)

    @property
    def cpu_s(self) -> float:
        """Return the CPU seconds for 100,000 tickets, start-up included."""
        more = median(run.cost.cpu_s for run in self.reads) - self.start_s
        return self.start_s + more * SCALE / self.beyond

    def tickets_a_second(self, *, awake: bool = False) -> float:
        """Return how fast it reads once it has begun, also without the seconds it would sleep.

        The quickest runs count, because the clock on the wall shows what else the machine did.
        """
        first, later = (
            min((run.got.ran if awake else run.cost).wall_s for run in runs)
            for runs in (self.starts, self.reads)
        )
        return self.beyond / (later - first) if later > first else self.beyond / later

    def figure(self, name: str) -> Figure:
        """Return its CPU time, and all else that is known of it."""
        reads = self.reads
        return Figure(
            name=f"{name}: CPU for 100,000 tickets",
            value=self.cpu_s,
            unit="s",
            rounds={
                "start-up": [run.cost for run in self.starts],
                "read": [run.cost for run in reads],
            },
            notes={
                "start_s": self.start_s,
                "tickets_a_second": self.tickets_a_second(),
                "tickets_a_second_awake": self.tickets_a_second(awake=True),
                "peak_mb": max(run.got.ran.peak_mb for run in reads),
                "requests": max(run.requests for run in reads),
                "tickets": min(run.got.tickets for run in reads),
                "of": reads[0].expected,
            },
        )


def figures(
    folder: Path,
    tickets: int = 20_000,
    rounds: int = 2,
    *,
    own: int = SCALE,
    patient: int = 500,
    plain: int = 1_000,
) -> list[Figure]:
    """Compare CPU time; who cannot be installed, or does not get every ticket, is named.

    Our own code reads `own` tickets beside each peer that reads `tickets`. Once only, `patient` are
    read by the tap with its sleeps, while all others run, and `plain` by dlt without hints.
    """
    places, found = _installed(folder / "peers")
    sizes = {name: _hundreds(tickets // PARTS.get(name, 1)) for name in places}
    with ExitStack() as stack:
        scenes = Scenes(stack)
        waiting = stack.enter_context(ThreadPoolExecutor(1))
        apart = Scenes(stack)
        slow = _once(apart, waiting, places, {"tap-zendesk": patient})
        compared = _Compared(scenes, own, places, sizes)
        for _ in range(rounds):
            compared.go_round()
        quick = _once(apart, waiting, places, {"dlt": plain})
        singles = {name: told.result() for name, told in (slow | quick).items()}
    return [
        *found,
        *compared.figures(),
        *(_told(SINGLE[name][0], run) for name, run in singles.items()),
    ]


class _Compared:
    """Runs everybody in turns: small first, and ours beside every peer."""

    def __init__(
        self, scenes: Scenes, own: int, places: Mapping[str, Path], sizes: Mapping[str, int]
    ) -> None:
        self._scenes, self._own, self._places, self._sizes = scenes, own, places, sizes
        self._broken: list[Figure] = []
        running = [name for name in (*OWN, *places) if self._runs(name)]
        self._ways = {name: Way([], []) for name in running}
        self._beside = {name: Way([], []) for name in running if name in places}

    def _runs(self, name: str) -> bool:
        """Run somebody without counting it: files come from the disk once."""
        try:
            self._run(name, FEW)
        except ProgramError as error:
            if name in OWN:
                raise
            self._broken.append(_lacking(f"{name} does not run here ({error})", 0, 1, "peers"))
            return False
        return True

    def go_round(self) -> None:
        """Run everybody once."""
        for name, way in self._ways.items():
            way.starts.append(self._run(name, FEW))
        self._ways["floor"].reads.append(self._run("floor", self._own))
        for name, beside in self._beside.items():
            ours = self._run("ours", self._own)
            self._ways["ours"].reads.append(ours)
            beside.reads.append(ours)
            self._ways[name].reads.append(self._run(name, self._sizes[name]))

    def figures(self) -> list[Figure]:
        """Return what everybody took, who did not get all, and each peer against ours."""
        ways = self._ways
        for way in self._beside.values():
            way.starts.extend(ways["ours"].starts)
        return [
            *self._broken,
            *(way.figure(name) for name, way in ways.items()),
            *filter(None, (missing(name, way) for name, way in ways.items())),
            *(compared_with(name, ways[name], ours) for name, ours in self._beside.items()),
        ]

    def _run(self, name: str, tickets: int) -> Run:
        if name in OWN:
            return self._scenes[tickets].run(OWN[name], Path(sys.executable).parent)
        return self._scenes[tickets].run(PEERS[name], self._places[name])


def _once(
    scenes: Scenes, waiting: Executor, places: Mapping[str, Path], sizes: Mapping[str, int]
) -> dict[str, Future[Run]]:
    """Begin what is run once."""
    return {
        name: waiting.submit(scenes[_hundreds(tickets)].run, SINGLE[name][1], places[name])
        for name, tickets in sizes.items()
        if name in places
    }


def tables(figures: list[Figure]) -> dict[str, Rows]:
    """Return a table of everybody, and one of what was run once."""
    heads = [
        "100,000 tickets",
        "tickets/s",
        "CPU s",
        "of it start-up",
        "peak MB",
        "requests",
        "got",
    ]
    rows = [_row(figure) for figure in figures if "start_s" in figure.notes]
    single = ["once", "wall", "CPU", "peak MB", "requests", "got"]
    once = [_single_row(figure) for figure in figures if "wall_s" in figure.notes]
    tables = {"peers in numbers": [heads, *rows], "peers once": [single, *once]}
    return {name: table for name, table in tables.items() if len(table) > 1}


def _row(figure: Figure) -> list[str]:
    told = figure.notes
    name = figure.name.partition(":")[0]
    pace, awake = told["tickets_a_second"], told["tickets_a_second_awake"]
    return [
        f"{name} {version(PEERS[name].package)}" if name in PEERS else name,
        f"{pace:,.0f}" + (f" ({awake:,.0f} if it did not sleep)" if awake > 2 * pace else ""),
        f"{figure.value:,.1f}",
        f"{told['start_s']:.1f}",
        f"{told['peak_mb']:,.0f}",
        f"{told['requests']:,.0f}",
        f"{told['tickets']:,.0f} of {told['of']:,.0f}",
    ]


def _single_row(figure: Figure) -> list[str]:
    told = figure.notes
    return [
        figure.name.partition(":")[0],
        f"{told['wall_s']:,.0f} s",
        f"{figure.value:,.1f} s",
        f"{told['peak_mb']:,.0f}",
        f"{told['requests']:,.0f}",
        f"{told['tickets']:,.0f} of {told['of']:,.0f}",
    ]


def _installed(folder: Path) -> tuple[dict[str, Path], list[Figure]]:
    """Return where each peer's programs are, and a figure for each that cannot be had."""
    found: dict[str, Path] = {}
    missing: list[Figure] = []
    for name, peer in PEERS.items():
        try:
            found[name] = programs(peer.package, folder)
        except NotInstallableError as error:
            missing.append(_lacking(f"{name} cannot be installed here ({error})", 0, 1, "peers"))
    return found, missing


def _lacking(name: str, value: float, bound: float, unit: str) -> Figure:
    return Figure(name=name, value=value, bound=bound, at_least=True, unit=unit)


def _hundreds(tickets: int) -> int:
    """Return a number of tickets that the page server can have."""
    return max(tickets // FEW, 2) * FEW


def missing(name: str, way: Way) -> Figure | None:
    """Return a figure about tickets that somebody did not get; None if all were there."""
    short = [run for run in (*way.starts, *way.reads) if run.got.tickets != run.expected]
    if not short:
        return None
    worst = min(short, key=lambda run: run.got.tickets / run.expected)
    return _lacking(f"{name}: tickets got", worst.got.tickets, worst.expected, "tickets")


def compared_with(name: str, way: Way, ours: Way) -> Figure:
    """Return how many times our CPU time somebody takes."""
    return Figure(
        name=f"CPU for 100,000 tickets: {name} / ours",
        value=way.cpu_s / ours.cpu_s,
        bound=BOUNDS.get(name),
        at_least=True,
        unit="x",
    )


def _told(name: str, run: Run) -> Figure:
    return Figure(
        name=f"{name}: CPU for {run.expected:,} tickets, once",
        value=run.cost.cpu_s,
        unit="s",
        notes={
            "wall_s": run.cost.wall_s,
            "peak_mb": run.got.ran.peak_mb,
            "requests": run.requests,
            "tickets": run.got.tickets,
            "of": run.expected,
        },
    )
