"""From the page with a change to the KPIs, by the clock on the wall, inside a run of the connector.

    python -m bench.arrival OUT CHANGED HELPDESK

runs `connector sync` in this folder, and then asks for the values of twelve KPIs, as a reader would
that waited for the set, and for what is left out of them as well. OUT is told the seconds.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from duckdb import DuckDBPyConnection

from bench.kpis import KPIS
from bench.spans import Spans, Wrapping
from connector.kpi.evaluate import evaluate, value_alone
from connector.model.kpi import KpiValue, Period
from connector.store.published import PublishedSet, attach, latest

PERIOD = Period(datetime(2025, 10, 1, tzinfo=UTC), datetime(2026, 1, 1, tzinfo=UTC))
"""The last quarter of the stores of the bench."""
BETWEEN = ("decoding", "storing", "measuring", "publishing")


class Moments(Spans):
    """Notes when each stage began, and ended for the first and for the last time."""

    def __init__(self) -> None:
        """Begin with no stage ended."""
        super().__init__()
        self.begun: dict[str, float] = {}
        self.first: dict[str, float] = {}
        self.last: dict[str, float] = {}

    def enter(self, stage: str) -> None:
        """Begin a stage inside the one under way."""
        super().enter(stage)
        self.begun[stage] = time.perf_counter()

    def wall_s(self, stage: str) -> float:
        """Return how long a stage took that was entered once."""
        return self.last[stage] - self.begun[stage]

    def leave(self) -> None:
        """End the innermost stage."""
        self.last[self.stage] = time.perf_counter()
        self.first.setdefault(self.stage, self.last[self.stage])
        super().leave()


def main() -> None:
    """Run once, and tell how long after the page had come the set was there, and then the KPIs."""
    out, home, helpdesk = map(Path, sys.argv[1:])
    moments = Moments()
    wrapping = Wrapping(moments, scans=False)
    from connector.cli.main import run

    wrapping.wrap()
    moments.leave()
    sys.argv = ["connector", "sync"]
    try:
        run()
    except SystemExit as ended:
        if ended.code:
            raise
    moments.enter("opened, valued")
    with attach([_newest(home / helpdesk)]) as con:
        valued = [one.value for one in _values(con, value_alone)]
        moments.leave()
        moments.enter("explained")
        explained = [one.value for one in _values(con, partial(evaluate, now=datetime.now(tz=UTC)))]
        moments.leave()
    assert valued == explained
    told = {
        "published_s": moments.last["publishing"] - moments.first["requests"],
        "published_cpu_s": sum(moments.cpu_s[stage] for stage in BETWEEN),
        "valued_s": moments.wall_s("opened, valued"),
        "valued_cpu_s": moments.cpu_s["opened, valued"],
        "explained_s": moments.wall_s("explained"),
        "explained_cpu_s": moments.cpu_s["explained"],
    }
    out.write_text(json.dumps(told), "utf-8")


def _newest(folder: Path) -> PublishedSet:
    found = latest(folder)
    assert found is not None
    return found


def _values(con: DuckDBPyConnection, ask: Callable[..., KpiValue]) -> list[KpiValue]:
    """Return the values of the twelve KPIs."""
    return [ask(con, name, kpi, PERIOD, as_of=PERIOD.end) for name, kpi in KPIS.items()]


if __name__ == "__main__":
    main()
