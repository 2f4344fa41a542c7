"""Where the CPU time of whole runs goes: a first sync, one that finds nothing, one with changes."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from bench.documents import Rows
from bench.practising import ENVIRON, Desk, helpdesk, lay_out
from bench.stages import ORDER, Taken, taken
from bench.timing import Cost, Figure

CHANGED = 1_000
RUNS = ("a first sync", "nothing new", "{changed} changed tickets")
SHOWN_S = 0.005
STATUSES = ("open", "new")
"""What the changed tickets become, one after the other; each is a state they were not in."""


def figures(folder: Path, tickets: int, rounds: int, *, changed: int = CHANGED) -> list[Figure]:
    """Measure runs of a folder that reads a helpdesk with so many tickets; no bounds."""
    found: dict[str, list[Taken]] = {name.format(changed=f"{changed:,}"): [] for name in RUNS}
    first, idle, busy = found.values()
    with helpdesk(tickets) as desk:
        desk.create(changed)
        for _ in range(rounds):
            with TemporaryDirectory(dir=folder) as home:
                place = Path(home) / "goals"
                lay_out(place, desk.url)
                _run(place, "setup", "--apply")
                first.append(_run(place, "sync"))
                _settle(place, desk)
                idle.append(_run(place, "sync"))
                desk.change(changed, STATUSES[(len(first) - 1) % len(STATUSES)])
                busy.append(_run(place, "sync"))
                _run(place, "undo", "--all", "--apply")
                desk.wait()
    return [_figure(name, runs, tickets + changed) for name, runs in found.items()]


def tables(figures: Sequence[Figure]) -> dict[str, Rows]:
    """Return the CPU seconds of each stage, a column a run."""
    heads = ["stage", *(next(iter(figure.rounds), "") for figure in figures)]
    stages = [
        [stage, *(f"{figure.notes[stage]:.2f} s" for figure in figures)]
        for stage in ORDER
        if any(figure.notes[stage] >= SHOWN_S for figure in figures)
    ]
    total = ["**all**", *(f"**{figure.value:.2f} s**" for figure in figures)]
    return {"where time goes": [heads, *stages, total]} if figures else {}


def _figure(name: str, runs: Sequence[Taken], tickets: int) -> Figure:
    """Return the CPU seconds of a run, its stages as notes."""
    return Figure(
        name=f"{name}, {tickets:,} tickets: CPU",
        value=median(run.cpu_s for run in runs),
        unit="s",
        rounds={name: [Cost(run.wall_s, run.cpu_s) for run in runs]},
        notes={stage: median(run.stages[stage] for run in runs) for stage in ORDER},
    )


def _settle(place: Path, desk: Desk) -> None:
    """Sync until what we wrote has been read back."""
    for _ in range(2):
        desk.wait()
        _run(place, "sync")


def _run(place: Path, *arguments: str) -> Taken:
    ran = taken(arguments, place, environ=ENVIRON)
    if ran.code:
        raise SystemExit(f"connector {' '.join(arguments)} ended with {ran.code}: {ran.output}")
    return ran
