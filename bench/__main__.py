"""`scripts/bench`: what was promised of speed and memory, measured area by area.

Each area is measured in a process of its own, and what it found is kept as soon as it is there:
usually in `docs/performance.json`, of which the tables of `docs/performance.md` are made anew.
"""

from __future__ import annotations

import argparse
import os
import signal
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import msgspec

from bench.areas import AREAS, LONG, SMALL, USUAL, Size
from bench.documents import markdown
from bench.report import DOCUMENT, RESULTS, Measured, load, renewed, rows, save
from bench.timing import ROOT, Figure, machine

PATIENCE_S = {SMALL: 300.0, USUAL: 900.0, LONG: None}
"""How long an area may take; what hangs must not keep the others from being measured."""


def main() -> int:
    """Measure the areas asked for; exit 1 when one fails or a figure is past its bound."""
    chosen = _parser().parse_args()
    size: Size = SMALL if chosen.small else LONG if chosen.long else USUAL
    chosen.folder.mkdir(parents=True, exist_ok=True)
    areas = chosen.areas or [area for area in AREAS if _is_measured(area, size)]
    report = chosen.folder / "results.json" if chosen.small else RESULTS
    broken = [area for area in areas if not _measured(area, size, chosen.folder, report)]
    if broken:
        _tell(f"failed, or past a bound: {', '.join(broken)}")
    return 1 if broken else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="scripts/bench", description=__doc__)
    parser.add_argument("areas", nargs="*", metavar="AREA", type=_area, help=", ".join(AREAS))
    sizes = parser.add_mutually_exclusive_group()
    sizes.add_argument("--small", action="store_true", help="that it runs; bounds do not count")
    sizes.add_argument("--long", action="store_true", help="only what takes too long otherwise")
    parser.add_argument(
        "--folder", type=Path, default=ROOT / "var" / "bench", help="stores are kept there"
    )
    return parser


def _area(name: str) -> str:
    if name not in AREAS:
        raise argparse.ArgumentTypeError(f"there is no area {name}; there are {', '.join(AREAS)}")
    return name


def _is_measured(area: str, size: Size) -> bool:
    return any(part.sizes(size) is not None for part in AREAS[area])


def _measured(area: str, size: Size, folder: Path, report: Path) -> bool:
    """Measure an area and keep what it found; tell whether all is well."""
    about, started = machine(), time.monotonic()
    _tell(f"{area} ...")
    found = _figures(area, size, folder)
    if found is None:
        return False
    took_s = time.monotonic() - started
    results = load(report)
    at = datetime.now(tz=UTC)
    results.put(area, size, Measured(at=at, took_s=took_s, machine=about, figures=found))
    save(report, results)
    if size != SMALL:
        DOCUMENT.write_text(renewed(DOCUMENT.read_text("utf-8"), load(report)), "utf-8")
    sys.stdout.write(f"{markdown(rows(found))}\n\n")
    sys.stdout.flush()
    past = [one.name for one in found if not one.is_kept]
    _tell(f"{area}: {len(found)} figures, {len(past)} past their bounds, {took_s:,.0f} s")
    return size == SMALL or not past


def _figures(area: str, size: Size, folder: Path) -> list[Figure] | None:
    """Return what a process of its own measured, None when it failed; it says why itself."""
    with TemporaryDirectory() as scratch:
        out = Path(scratch) / "figures.json"
        command = [sys.executable, "-m", "bench.areas", area, size, str(folder.resolve()), str(out)]
        with subprocess.Popen(command, cwd=ROOT, start_new_session=True) as child:
            try:
                code = child.wait(PATIENCE_S[size])
            except (subprocess.TimeoutExpired, KeyboardInterrupt) as error:
                os.killpg(child.pid, signal.SIGTERM)  # with the servers that it started
                if isinstance(error, KeyboardInterrupt):
                    raise
                code = None
        if code == 0:
            return msgspec.json.decode(out.read_bytes(), type=list[Figure])
    _tell(f"{area}: {'took too long' if code is None else f'failed with {code}'}")
    return None


def _tell(text: str) -> None:
    sys.stderr.write(f"{datetime.now(tz=UTC):%H:%M:%S} {text}\n")
    sys.stderr.flush()


if __name__ == "__main__":
    sys.exit(main())
