#!/usr/bin/env python3
"""Compute the KPIs of the UCI incident log straight from its CSV, with nothing of the connector.

    scripts/uci_reference.py incident_event_log.csv.gz 2016-03-01 2016-06-01

Plain Python over the rows, so that it can be read beside the definitions. The mapping of states is
the one in load_uci.py; times are UTC as they stand. An incident is new from `opened_at`.
"""

from __future__ import annotations

import csv
import gzip
import itertools
import json
import sys
from collections import defaultdict
from datetime import UTC, datetime, timedelta
from pathlib import Path

DONE = {"Resolved", "Closed"}
KEEPS = {"-100"}
REOPENED_WITHIN = timedelta(days=14)
Steps = list[tuple[datetime, bool]]


def instant(text: str) -> datetime:
    """Read d/m/yyyy hh:mm."""
    return datetime.strptime(text, "%d/%m/%Y %H:%M").replace(tzinfo=UTC)


def histories(path: Path) -> dict[str, tuple[datetime, Steps]]:
    """Return, for each incident, when it was opened and its (when, is done) steps."""
    found: dict[str, tuple[datetime, Steps]] = {}
    with gzip.open(path, "rt", encoding="utf-8", newline="") as text:
        for row in csv.DictReader(text):
            opened = instant(row["opened_at"])
            _, steps = found.setdefault(row["number"], (opened, [(opened, False)]))
            if row["incident_state"] not in KEEPS:
                at = max(instant(row["sys_updated_at"]), steps[-1][0])
                steps.append((at, row["incident_state"] in DONE))
    return found


def solves(steps: Steps) -> list[datetime]:
    """Return every instant at which an incident came to be done."""
    pairs = itertools.pairwise(steps)
    return [at for (_, was_done), (at, is_done) in pairs if is_done and not was_done]


def reopens(steps: Steps) -> list[datetime]:
    """Return every instant at which a done incident was opened again."""
    pairs = itertools.pairwise(steps)
    return [at for (_, was_done), (at, is_done) in pairs if was_done and not is_done]


def quantile(values: list[float], share: float) -> float:
    """Return a quantile by linear interpolation."""
    place = share * (len(values) - 1)
    low = int(place)
    high = min(low + 1, len(values) - 1)
    return values[low] + (place - low) * (values[high] - values[low])


def kpis(path: Path, start: datetime, end: datetime) -> dict[str, float]:
    """Return the KPIs of the period [start, end)."""
    totals: defaultdict[str, int] = defaultdict(int)
    resolutions: list[float] = []
    for opened, steps in histories(path).values():
        solved = solves(steps)
        totals["created"] += start <= opened < end
        totals["solved"] += any(start <= at < end for at in solved)
        before_end = [is_done for at, is_done in steps if at < end]
        totals["backlog"] += bool(before_end) and not before_end[-1]
        if solved and start <= solved[-1] < end:
            resolutions.append((solved[-1] - opened).total_seconds())
        if solved and start <= solved[0] < end:
            totals["first_solved"] += 1
            limit = solved[0] + REOPENED_WITHIN
            totals["reopened"] += any(solved[0] <= at <= limit for at in reopens(steps))
    resolutions.sort()
    three_days = timedelta(days=3).total_seconds()
    return {
        "resolution": quantile(resolutions, 0.5),
        "resolution_p90": quantile(resolutions, 0.9),
        "resolution_in_3_days": sum(v <= three_days for v in resolutions) / len(resolutions),
        "reopened": totals["reopened"] / totals["first_solved"],
        "created": totals["created"],
        "solved": totals["solved"],
        "backlog": totals["backlog"],
    }


def main(path: str, start: str, end: str) -> None:
    """Print the KPIs as JSON."""
    period = [datetime.fromisoformat(day).replace(tzinfo=UTC) for day in (start, end)]
    print(json.dumps(kpis(Path(path), *period), indent=2))


if __name__ == "__main__":
    main(*sys.argv[1:4])
