"""Twelve KPIs by agent, group and week, against the same SQL by hand on the same set."""

from __future__ import annotations

import json
import sys
from datetime import UTC, datetime
from pathlib import Path

import duckdb

from bench.kpis import AGGREGATES, BY_HAND, KPIS
from bench.published import publish_measures
from bench.stores import AGENTS
from bench.timing import Figure, alone, in_turns, peak_mb, ratio, wall_ratio
from connector.kpi.ask import ask
from connector.kpi.by import evaluate_by
from connector.kpi.by_rows import grouping
from connector.kpi.where import resolve
from connector.model.kpi import Period
from connector.store.published import PublishedSet, attach
from connector.store.schema import SCHEMA_VERSION

BY = grouping(("assignee", "group", "week"))
PERIOD = Period(datetime(2024, 1, 1, tzinfo=UTC), datetime(2026, 2, 1, tzinfo=UTC))
RATIO = 1.3
MEMORY_MB = 3_000
MEMORY_LIMIT = "2GB"


def figures(folder: Path, tickets: int, rounds: int) -> list[Figure]:
    """Measure the ratio in turns, and the memory of ours alone in a process of its own."""
    con = attach([_published(folder, tickets)], memory_limit=MEMORY_LIMIT)
    compare(con)
    found = in_turns(rounds, ours=lambda: ours(con), by_hand=lambda: by_hand(con))
    con.close()
    memory = alone("bench.grouped", folder, tickets)
    return [
        Figure(
            name=f"12 KPIs by agent, group and week over {tickets:,} tickets: ours / by hand",
            value=ratio(found, "ours", "by_hand"),
            bound=RATIO,
            unit="x",
            rounds=found,
            notes={"wall": wall_ratio(found, "ours", "by_hand"), "groups": memory["groups"]},
        ),
        Figure(
            name=f"the same over {tickets:,} tickets: memory",
            value=memory["peak_mb"],
            bound=MEMORY_MB,
            unit="MB",
        ),
    ]


def _published(folder: Path, tickets: int) -> PublishedSet:
    """Return a set in which an agent has as many tickets in a week as in one of ten million."""
    agents = max(AGENTS * tickets // 10_000_000, 1)
    name = f"published-{SCHEMA_VERSION}-{tickets}-{agents}"
    return publish_measures(folder / name, tickets, agents)


def ours(con: duckdb.DuckDBPyConnection) -> int:
    """Evaluate the twelve KPIs for every group; return how many values there are."""
    end = PERIOD.end
    return sum(
        len(evaluate_by(con, id_, kpi, PERIOD, BY, now=end, as_of=end)) for id_, kpi in KPIS.items()
    )


def by_hand(con: duckdb.DuckDBPyConnection) -> int:
    """Ask for the same values without intervals; return how many there are."""
    return sum(len(con.execute(_by_hand(con, id_)).fetchall()) for id_ in KPIS)


def compare(con: duckdb.DuckDBPyConnection) -> None:
    """Refuse to measure two ways that do not give the same values."""
    for id_ in ("reply_p90_business", "csat"):
        end = PERIOD.end
        found = evaluate_by(con, id_, KPIS[id_], PERIOD, BY, now=end, as_of=end)
        mine = sorted((str(one.by["assignee"]), str(one.by["week"]), one.n) for one in found)
        rows = con.execute(_by_hand(con, id_)).fetchall()
        theirs = sorted((str(row[0]), str(row[2].date()), row[4]) for row in rows)
        total = sum(one.value or 0 for one in found)
        if mine != theirs or abs(total - sum(row[3] for row in rows)) > 1e-6 * total:
            raise SystemExit(f"{id_}: ours and the SQL by hand differ")


def _by_hand(con: duckdb.DuckDBPyConnection, id_: str) -> str:
    kpi = KPIS[id_]
    question = ask(kpi, resolve(kpi.where, con), PERIOD.start, PERIOD.end)
    return BY_HAND.format(
        aggregate=AGGREGATES[id_],
        measure=question.form.key,
        clock=question.clock,
        out=question.out,
        start=PERIOD.start.replace(tzinfo=None),
        end=PERIOD.end.replace(tzinfo=None),
    )


def main() -> None:
    """Evaluate once, and tell the memory it took."""
    folder, tickets = Path(sys.argv[1]), int(sys.argv[2])
    con = attach([_published(folder, tickets)], memory_limit=MEMORY_LIMIT)
    told = {"groups": ours(con) / len(KPIS), "peak_mb": peak_mb()}
    sys.stdout.write(json.dumps(told) + "\n")


if __name__ == "__main__":
    main()
