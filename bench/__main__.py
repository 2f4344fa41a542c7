"""`scripts/bench`: figures that were promised, measured; results as JSON and as a table."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from bench import goals, grouped, remeasured
from bench.timing import Figure, machine

LARGE = {"tickets": 1_000_000, "published": 10_000_000, "rounds": 3, "days": 50, "each": 20}
SMALL = {"tickets": 3_000, "published": 20_000, "rounds": 1, "days": 2, "each": 1}


def _kpi(folder: Path, sizes: dict[str, int]) -> list[Figure]:
    return [
        *remeasured.figures(folder, sizes["tickets"], sizes["rounds"]),
        *grouped.figures(folder, sizes["published"], sizes["rounds"]),
    ]


def _goals(folder: Path, sizes: dict[str, int]) -> list[Figure]:
    return goals.figures(
        folder, sizes["tickets"], sizes["rounds"], days=sizes["days"], each=sizes["each"]
    )


AREAS: dict[str, Callable[[Path, dict[str, int]], list[Figure]]] = {"kpi": _kpi, "goals": _goals}


def main() -> int:
    """Measure the areas asked for; exit 1 when a figure is past its bound."""
    parser = argparse.ArgumentParser(prog="scripts/bench", description=__doc__)
    parser.add_argument("areas", nargs="*", metavar="AREA", help=f"of {', '.join(AREAS)}")
    parser.add_argument("--small", action="store_true", help="a minute; bounds do not hold")
    parser.add_argument("--folder", type=Path, default=Path("var/bench"), help="stores are kept")
    for size in LARGE:
        parser.add_argument(f"--{size}", type=int)
    chosen = parser.parse_args()
    if unknown := set(chosen.areas) - AREAS.keys():
        parser.error(f"there is no area {', '.join(sorted(unknown))}")
    sizes = dict(SMALL if chosen.small else LARGE)
    sizes |= {name: size for name in LARGE if (size := getattr(chosen, name))}
    folder = chosen.folder.resolve()
    folder.mkdir(parents=True, exist_ok=True)
    found = [figure for area in chosen.areas or AREAS for figure in AREAS[area](folder, sizes)]
    _write(folder / "results.json", sizes, found)
    about = "; ".join(f"{name}: {value}" for name, value in machine().items())
    sys.stdout.write(f"{table(found)}\n\n{about}\n")
    return 0 if chosen.small or all(figure.is_kept for figure in found) else 1


def table(found: list[Figure]) -> str:
    """Return the figures as a Markdown table."""
    lines = ["| figure | measured | at most | kept |", "|---|---|---|---|"]
    lines += [
        f"| {one.name} | {_said(one, one.value)} | {_said(one, one.bound)}"
        f" | {'yes' if one.is_kept else 'no'} |"
        for one in found
    ]
    return "\n".join(lines)


def _said(figure: Figure, number: float) -> str:
    if figure.unit == "share":
        return f"{number:.2%}"
    return f"{number:,.0f} MB" if figure.unit == "MB" else f"{number:.2f}"


def _write(path: Path, sizes: dict[str, int], found: list[Figure]) -> None:
    document = {
        "at": datetime.now(tz=UTC),
        "machine": machine(),
        "sizes": sizes,
        "figures": [{**msgspec.to_builtins(one), "kept": one.is_kept} for one in found],
    }
    path.write_bytes(msgspec.json.format(msgspec.json.encode(document), indent=2) + b"\n")


if __name__ == "__main__":
    sys.exit(main())
