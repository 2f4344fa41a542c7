"""Planning what to write, over many tickets of which few are open, against reading them by hand."""

from __future__ import annotations

import gc
import json
import shutil
import sys
from collections.abc import Callable
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from bench.plan_set import DESK, NOW, job_over, publish_open
from bench.timing import Cost, Figure, alone, cost, peak_mb, ratio, wall_ratio
from connector.adapters.zendesk.adapter import ZendeskAdapter
from connector.pipeline.judging import judge_all
from connector.pipeline.showing import planned
from connector.pipeline.views import views
from connector.store.schema import SCHEMA_VERSION
from connector.writeback.plan import Plan

if TYPE_CHECKING:
    from collections.abc import Iterator

    from duckdb import DuckDBPyConnection

CHANGED = 1_000
GROWTH = 1.5
MEMORY_MB = 600
BY_HAND = """
select t.id, t.status, t.created_at, t.updated_at, t.stamp, t.marks, t.tags, t.fields, m.value
from tickets as t
left join measures as m
  on m.ticket_id = t.ticket_id and m.measure = '{measure}' and m.clock = 'calendar'
where t.status in ('new', 'open', 'pending', 'hold') order by t.ticket_id
"""
"""What a person would ask before comparing: the open tickets, what they show, and what is due."""

SAID = {"same": "all show it", f"less-{CHANGED}": f"{CHANGED:,} do not", "none": "none does"}
"""What the tickets show of what they should."""


def figures(folder: Path, tickets: int, unsolved: int, rounds: int) -> list[Figure]:
    """Measure planning in turns, each in a process of its own, as runs are."""
    small = max(tickets // 10, unsolved * 2)
    _prepare(folder, small, unsolved)
    _prepare(folder, tickets, unsolved)
    found: dict[str, list[Cost]] = {}
    peak = 0.0
    turns = [*((name, name, tickets) for name in (*SAID, "by hand")), ("small", "same", small)]
    for _ in range(rounds):
        for name, what, size in turns:
            told = alone("bench.planning", folder, what, size, unsolved)
            found.setdefault(name, []).append(Cost(told["wall_s"], told["cpu_s"]))
            peak = max(peak, told["peak_mb"])
    about = f"planning {unsolved:,} open of {tickets:,} tickets"
    return [
        *(_by_hand(about, what, found) for what in SAID),
        Figure(
            name=f"{about} / as many of {small:,}",
            value=ratio(found, "same", "small"),
            bound=GROWTH,
            unit="x",
            rounds={name: found[name] for name in ("same", "small")},
        ),
        Figure(name=f"{about}: memory", value=peak, bound=MEMORY_MB, unit="MB"),
    ]


def _by_hand(about: str, what: str, found: dict[str, list[Cost]]) -> Figure:
    return Figure(
        name=f"{about}, {SAID[what]} / reading them by hand",
        value=ratio(found, what, "by hand"),
        unit="x",
        rounds={name: found[name] for name in (what, "by hand")},
        notes={"wall": wall_ratio(found, what, "by hand")},
    )


def _prepare(folder: Path, tickets: int, unsolved: int) -> None:
    """Make a set that shows nothing, and those in which its plan was carried out, whole or not."""
    nothing = _place(folder, "none", tickets, unsolved)
    if (nothing / "done").exists():
        return
    publish_open(nothing / "set", tickets, unsolved)
    with _opened(nothing) as (_, make):
        plan = make()
    for what, left_out in (("same", 0), (f"less-{CHANGED}", CHANGED)):
        part = msgspec.structs.replace(plan, changes=plan.changes[left_out:])
        place = _place(folder, what, tickets, unsolved)
        shutil.rmtree(place, ignore_errors=True)
        publish_open(place / "set", tickets, unsolved, part)
        job_over(place / "home", place / "set", part)
    (nothing / "done").touch()


def _place(folder: Path, what: str, tickets: int, unsolved: int) -> Path:
    return folder / f"plan-{SCHEMA_VERSION}-{tickets}-{unsolved}" / what


@contextmanager
def _opened(place: Path) -> Iterator[tuple[DuckDBPyConnection, Callable[[], Plan]]]:
    """Yield a set that is open, and what plans over it; its goals are judged."""
    job = job_over(place / "home", place / "set")
    with views(job) as seen:
        con = seen.over(frozenset({DESK}))
        assert con is not None
        judged = judge_all(job, seen, run="bench")
        yield (
            con,
            lambda: planned(
                judged.job,
                job.settings.helpdesk[0],
                con,
                goals=judged.goals,
                capabilities=ZendeskAdapter.capabilities,
                approved=frozenset(),
                as_of=NOW,
            ),
        )


def read_by_hand(con: DuckDBPyConnection) -> int:
    """Read the open tickets once a measure that something is due by; return how many rows."""
    measures = ("first_reply_time", "first_resolution_time")
    return sum(len(con.execute(BY_HAND.format(measure=measure)).fetchall()) for measure in measures)


def main() -> None:
    """Plan once, or read by hand, and tell what it cost."""
    folder, what, tickets, unsolved = Path(sys.argv[1]), sys.argv[2], *map(int, sys.argv[3:])
    place = _place(folder, "same" if what == "by hand" else what, tickets, unsolved)
    with _opened(place) as (con, plan):
        taken = cost((lambda: read_by_hand(con)) if what == "by hand" else plan)
    told = {"wall_s": taken.wall_s, "cpu_s": taken.cpu_s, "peak_mb": peak_mb()}
    gc.collect()  # DuckDB complains of connections that are left to the end
    sys.stdout.write(json.dumps(told) + "\n")


if __name__ == "__main__":
    main()
