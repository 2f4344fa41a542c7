"""What was measured: `docs/performance.json`, and the tables made of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from functools import partial
from pathlib import Path

import msgspec

from bench import documents
from bench.areas import AREAS, LONG, Size, more_tables
from bench.documents import Rows
from bench.timing import ROOT, Figure

RESULTS = ROOT / "docs" / "performance.json"
DOCUMENT = ROOT / "docs" / "performance.md"
HEADS = ["figure", "measured", "bound", "kept"]


class Measured(msgspec.Struct, frozen=True, kw_only=True):
    """The figures of one area in one size, when and on what they were measured."""

    at: datetime
    took_s: float
    machine: dict[str, str | float]
    figures: list[Figure]


class Results(msgspec.Struct, frozen=True):
    """All that was measured, by area; what only the long run measures stands apart."""

    usual: dict[str, Measured] = {}
    long: dict[str, Measured] = {}

    def put(self, area: str, size: Size, measured: Measured) -> None:
        """Take the figures of an area in the place of its earlier ones."""
        (self.long if size == LONG else self.usual)[area] = measured

    def figures(self, area: str) -> list[Figure]:
        """Return the figures of an area, those of the long run last."""
        parts = (self.usual.get(area), self.long.get(area))
        return [figure for part in parts if part for figure in part.figures]


def load(path: Path) -> Results:
    """Return what was measured so far."""
    if not path.exists():
        return Results()
    return msgspec.json.decode(path.read_bytes(), type=Results)


def save(path: Path, results: Results) -> None:
    """Write everything; a figure says whether it keeps its bound."""
    document = msgspec.to_builtins(results)
    for size in ("usual", "long"):
        for area, measured in getattr(results, size).items():
            told = document[size][area]["figures"]
            for figure, plain in zip(measured.figures, told, strict=True):
                plain["kept"] = figure.is_kept
    path.write_bytes(msgspec.json.format(msgspec.json.encode(document), indent=2) + b"\n")


def tables(results: Results) -> dict[str, Callable[[], Rows]]:
    """Return the tables of the document, by name: one an area, and those that areas add."""
    found: dict[str, Callable[[], Rows]] = {"machine": partial(_machine, results)}
    for area in AREAS:
        figures = results.figures(area)
        if figures:
            found[area] = partial(rows, figures)
            for name, more in more_tables(area, figures).items():
                found[name] = partial(_given, more)
    return found


def renewed(text: str, results: Results) -> str:
    """Return the document with every table of what was measured."""
    return documents.renewed(text, tables(results))


def rows(figures: list[Figure]) -> Rows:
    """Return figures as a table."""
    return [HEADS, *([one.name, said(one), bound_said(one), kept_said(one)] for one in figures)]


def said(figure: Figure, number: float | None = None) -> str:
    """Return the value of a figure, or another number, with its unit."""
    value = figure.value if number is None else number
    match figure.unit:
        case "share":
            return f"{value:.2%}"
        case "x":
            return f"{value:.2f}"
        case "s":
            return f"{value:.2f} s"
        case "MB":
            return f"{value:,.0f} MB"
        case "/s":
            return f"{value:,.0f}/s"
        case unit:
            return f"{value:,.0f} {unit}"


def bound_said(figure: Figure) -> str:
    """Return the bound of a figure."""
    if figure.bound is None:
        return ""
    return f"at {'least' if figure.at_least else 'most'} {said(figure, figure.bound)}"


def kept_said(figure: Figure) -> str:
    """Return whether a figure keeps its bound, nothing where it has none."""
    if figure.bound is None:
        return ""
    return "yes" if figure.is_kept else "**no**"


def _given(table: Rows) -> Rows:
    return table


def _machine(results: Results) -> Rows:
    """Return when each area was measured, and on what."""
    heads = ["area", "measured", "took", "load before", "machine"]
    found: Mapping[str, Mapping[str, Measured]] = {"": results.usual, ", long": results.long}
    return [
        heads,
        *(
            [f"{area}{what}", f"{one.at:%Y-%m-%d %H:%M}", f"{one.took_s:,.0f} s", *_where(one)]
            for what, areas in found.items()
            for area, one in sorted(areas.items())
        ),
    ]


def _where(one: Measured) -> list[str]:
    told = one.machine
    cores = f"{float(told['cores']):.0f} cores"
    words = f"{cores}, {told['processor']}, {told['memory_gb']} GB, {told['system']}"
    return [f"{told['load']}", f"{words}, Python {told['python']}, DuckDB {told['duckdb']}"]
