"""What `scripts/bench` measures, by name; a module is imported when its area is measured.

python -m bench.areas AREA SIZE FOLDER OUT    one area, in a process of its own
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from typing import Literal, NamedTuple

import msgspec

from bench.documents import Rows
from bench.timing import Figure

Size = Literal["small", "usual", "long"]
SMALL: Size = "small"
USUAL: Size = "usual"
LONG: Size = "long"
Sizes = Mapping[str, int | tuple[int, ...]]


class Part(NamedTuple):
    """A module with `figures(folder, **sizes)`, and the sizes; `long` is what takes too long.

    The module may have `tables(figures)` too, which returns more tables by name.
    """

    module: str
    usual: Sizes
    small: Sizes
    long: Sizes | None = None

    def sizes(self, size: Size) -> Sizes | None:
        """Return what to measure with, None where this size is not measured."""
        return {SMALL: self.small, USUAL: self.usual, LONG: self.long}[size]


AREAS: Mapping[str, tuple[Part, ...]] = {
    "kpi": (
        Part(
            "bench.remeasured",
            usual={"tickets": 1_000_000, "rounds": 1},
            small={"tickets": 500, "rounds": 1},
        ),
        Part(
            "bench.grouped",
            usual={"tickets": 2_000_000, "rounds": 2},
            small={"tickets": 600, "rounds": 1},
            long={"tickets": 10_000_000, "rounds": 2},
        ),
    ),
    "goals": (
        Part(
            "bench.goals",
            usual={"tickets": 300_000, "rounds": 2, "days": 50, "each": 20},
            small={"tickets": 120, "rounds": 2, "days": 2, "each": 1},
            long={"tickets": 1_000_000, "rounds": 1, "days": 50, "each": 20},
        ),
    ),
    "plan": (
        Part(
            "bench.planning",
            usual={"tickets": 1_000_000, "unsolved": 20_000, "rounds": 2},
            small={"tickets": 500, "unsolved": 50, "rounds": 1},
            long={"tickets": 1_000_000, "unsolved": 50_000, "rounds": 1},
        ),
        Part("bench.writing", usual={"tickets": 300, "new": 450}, small={"tickets": 20, "new": 5}),
    ),
    "sync": (
        Part(
            "bench.reading.compared",
            usual={"tickets": 100_000, "large": 1_000_000, "rounds": 1, "paced": 40_000},
            small={"tickets": 300, "large": 500, "rounds": 1, "paced": 300},
            long={"tickets": 0, "large": 1_000_000, "rounds": 1, "grown": 3_000_000},
        ),
    ),
    "peers": (
        Part(
            "bench.peers.compared",
            usual={"tickets": 20_000, "rounds": 2},
            small={"tickets": 500, "rounds": 1, "own": 500, "patient": 200, "plain": 200},
            long={"tickets": 100_000, "rounds": 1},
        ),
    ),
    "idle": (
        Part(
            "bench.idle",
            usual={"tickets": 1_000_000, "rounds": 5},
            small={"tickets": 500, "rounds": 1},
        ),
    ),
    "changed": (
        Part(
            "bench.changed",
            usual={"smaller": 100_000, "larger": 1_000_000, "rounds": 3},
            small={"smaller": 500, "larger": 1_500, "rounds": 1, "changed": 20},
            long={"smaller": 1_000_000, "larger": 3_000_000, "rounds": 3},
        ),
    ),
    "stages": (
        Part(
            "bench.flow",
            usual={"tickets": 20_000, "rounds": 1},
            small={"tickets": 300, "rounds": 1, "changed": 20},
        ),
    ),
}


def measure(area: str, size: Size, folder: Path) -> list[Figure]:
    """Measure one area."""
    found: list[Figure] = []
    for part in AREAS[area]:
        sizes = part.sizes(size)
        if sizes is not None:
            found += import_module(part.module).figures(folder, **sizes)
    return found


def more_tables(area: str, figures: list[Figure]) -> dict[str, Rows]:
    """Return the tables of its own that an area makes of its figures."""
    found: dict[str, Rows] = {}
    for part in AREAS[area]:
        make = getattr(import_module(part.module), "tables", None)
        found |= make(figures) if make else {}
    return found


def main() -> None:
    """Measure one area, and write its figures."""
    area, size, folder, out = sys.argv[1:]
    chosen = msgspec.convert(size, Size)
    Path(out).write_bytes(msgspec.json.encode(measure(area, chosen, Path(folder))))


if __name__ == "__main__":
    main()
