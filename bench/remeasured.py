"""Measuring again what changed in a large store, against measuring all of it."""

from __future__ import annotations

import json
import shutil
import sys
from datetime import UTC, datetime
from pathlib import Path

import duckdb

from bench.kpis import KPIS
from bench.stores import fill
from bench.timing import Cost, Figure, alone, cost, peak_mb, ratio, wall_ratio
from connector.kpi.forms import forms_for
from connector.kpi.measure import measure
from connector.store.schema import SCHEMA_VERSION

NOW = datetime(2026, 2, 1, tzinfo=UTC)
CHANGED = 1_000
ORDERS = {"recently changed": "updated_at desc", "random": "hash(ticket_id + {turn})"}
BOUNDS = {"recently changed": 0.01, "random": 0.03}
MEMORY_MB = 400


def figures(folder: Path, tickets: int, rounds: int) -> list[Figure]:
    """Measure all, then what changed, in turns; each in a fresh process, as runs are."""
    path = folder / f"store-{SCHEMA_VERSION}-{tickets}.duckdb"
    if not path.exists():
        partial = path.with_suffix(".partial")
        partial.unlink(missing_ok=True)
        fill(partial, tickets)
        shutil.move(partial, path)
    found: dict[str, list[Cost]] = {}
    peaks: dict[str, float] = {}
    for turn in range(rounds):
        for what in ("all", *ORDERS):
            told = alone("bench.remeasured", path, what, turn)
            found.setdefault(what, []).append(Cost(told["wall_s"], told["cpu_s"]))
            peaks[what] = max(told["peak_mb"], peaks.get(what, 0))
    return [
        *(_share(what, tickets, found) for what in ORDERS),
        *(
            Figure(
                name=f"{CHANGED:,} {what} tickets of {tickets:,}: memory",
                value=peaks[what],
                bound=MEMORY_MB,
                unit="MB",
                notes={"measuring all": peaks["all"]},
            )
            for what in ORDERS
        ),
    ]


def _share(what: str, tickets: int, found: dict[str, list[Cost]]) -> Figure:
    return Figure(
        name=f"{CHANGED:,} {what} tickets of {tickets:,}: measuring them / measuring all",
        value=ratio(found, what, "all"),
        bound=BOUNDS[what],
        unit="share",
        rounds={name: found[name] for name in (what, "all")},
        notes={"wall": wall_ratio(found, what, "all")},
    )


def main() -> None:
    """Measure once, and tell what it cost."""
    path, what, turn = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])
    config: dict[str, str | bool | int | float | list[str]] = {
        "threads": 2,
        "memory_limit": "512MB",
        "preserve_insertion_order": False,
    }
    with duckdb.connect(path, config=config) as con:
        everything = what == "all"
        if not everything:
            order = ORDERS[what].format(turn=turn)
            con.execute(
                f"insert into changed select ticket_id from tickets order by {order} limit ?",
                [CHANGED],
            )
        forms = forms_for(KPIS.values())
        taken = cost(lambda: measure(con, now=NOW, forms=forms, everything=everything))
    told = {"wall_s": taken.wall_s, "cpu_s": taken.cpu_s, "peak_mb": peak_mb()}
    sys.stdout.write(json.dumps(told) + "\n")


if __name__ == "__main__":
    main()
