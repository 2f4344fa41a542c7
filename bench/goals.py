"""200 goals over a large published set, against the queries of their KPIs alone."""

from __future__ import annotations

import gc
import json
import shutil
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

from bench.goal_set import lay_out, publish_goals, reach
from bench.timing import Cost, Figure, alone, cost, peak_mb, ratio, wall_ratio
from connector.adapters.registry import open_adapter
from connector.config.mapping import load_mappings
from connector.config.settings import load_settings
from connector.kpi.catalogue import definitions
from connector.kpi.evaluate import evaluate
from connector.pipeline.expanding import expanded
from connector.pipeline.job import Job, Silence
from connector.pipeline.judging import judge_all
from connector.pipeline.subject import period_of
from connector.pipeline.views import views
from connector.store.schema import SCHEMA_VERSION
from connector.store.state import State

START = datetime(2025, 11, 5, 9, tzinfo=UTC)
"""The first day of each goal's period; the first run is so many days later."""

RUNS = {
    "first": timedelta(),
    "same day": timedelta(hours=3),
    "next day": timedelta(days=1),
}
"""How long after the first run each run is; the KPIs are asked for at the moment of the last."""

SAID = {
    "same day": "a run later in the day",
    "next day": "the first run of a day",
    "first": "the very first run, {days} days at once",
}
RATIOS = {"same day": 3.0, "next day": 3.0, "first": 6.0}
MEMORY_MB = 1_000


def figures(folder: Path, tickets: int, rounds: int, *, days: int, each: int) -> list[Figure]:
    """Measure runs and KPIs in turns, each in a process of its own, as runs are.

    The very first run is done once; the others go on from what it left.
    """
    found: dict[str, list[Cost]] = {}
    told: dict[str, float] = {}
    home = _home(folder, tickets, each)
    for turn in range(rounds):
        for what in (*RUNS, "KPIs"):
            if what == "first" and turn:
                _go_on(home, turn)
                continue
            one = alone("bench.goals", folder, what, tickets, turn, days, each)
            found.setdefault(what, []).append(Cost(one["wall_s"], one["cpu_s"]))
            told[what] = max(one["peak_mb"], told.get(what, 0))
            goals = one["goals"]
            if what == "first":
                _keep(home)
    return [
        *(
            Figure(
                name=f"{goals} goals over {tickets:,} tickets, {said.format(days=days)}:"
                " judging / their KPIs",
                value=ratio(found, what, "KPIs"),
                bound=RATIOS[what],
                unit="x",
                rounds={name: found[name] for name in (what, "KPIs")},
                notes={"wall": wall_ratio(found, what, "KPIs")},
            )
            for what, said in SAID.items()
        ),
        Figure(
            name=f"{goals} goals over {tickets:,} tickets: memory",
            value=max(told.values()),
            bound=MEMORY_MB,
            unit="MB",
            notes=told,
        ),
    ]


def _home(folder: Path, tickets: int, each: int) -> Path:
    return folder / f"home-{SCHEMA_VERSION}-{tickets}-{each}"


def _keep(home: Path) -> None:
    """Keep the state that the very first run left."""
    kept = home / "first"
    shutil.rmtree(kept, ignore_errors=True)
    kept.mkdir()
    for path in home.glob("turn-0.sqlite*"):
        shutil.copy(path, kept)


def _go_on(home: Path, turn: int) -> None:
    """Begin a turn with that state."""
    for path in home.glob(f"turn-{turn}.sqlite*"):
        path.unlink()
    for path in (home / "first").iterdir():
        shutil.copy(path, home / path.name.replace("turn-0", f"turn-{turn}"))


def job_in(home: Path, name: str, clock: datetime) -> Job:
    """Wire a job as the command line does, with a state of this name."""
    settings, known = load_settings(home / "config.toml", {"BENCH_TOKEN": "none"}), definitions()
    return Job(
        settings=settings,
        mappings=load_mappings([home / "mappings"], known),
        definitions=known,
        state=State.open(home / f"{name}.sqlite"),
        open_adapter=lambda helpdesk: open_adapter(
            helpdesk, helpdesk.options, watched_fields=frozenset(), budget_s=0.0
        ),
        clock=lambda: clock,
        sleep=lambda _: None,
        progress=Silence(),
    )


def judged(job: Job) -> int:
    """Judge all goals as a run does; return how many there are."""
    with views(job) as seen:
        stopped: list[str] = []
        found = judge_all(job, seen, stopped, run=f"{job.clock():%Y%m%dT%H}")
    if stopped:
        raise SystemExit(stopped[0])
    return len(found.goals)


def measured(job: Job) -> int:
    """Evaluate the KPI of each goal over its period; return how many there are."""
    with views(job) as seen:
        con = seen.over(frozenset({"support"}))
        assert con is not None
        goals = job.mappings.goals.values()
        for goal in goals:
            kpi, zone = job.mappings.kpis[goal.kpi], goal.period.timezone
            now = job.clock()
            evaluate(con, goal.kpi, kpi, period_of(goal), now=now, as_of=now, zone=zone)
    return len(goals)


def main() -> None:
    """Do one of these once, and tell what it cost."""
    folder, what = Path(sys.argv[1]), sys.argv[2]
    tickets, turn, days, each = map(int, sys.argv[3:])
    published = publish_goals(folder / f"goals-{SCHEMA_VERSION}-{tickets}", tickets)
    home = _home(folder, tickets, each)
    lay_out(home, published, each)
    state = home / f"turn-{turn}.sqlite"
    if what == "first":
        for path in home.glob(f"{state.name}*"):
            path.unlink()
    now = START + timedelta(days=days) + RUNS.get(what, max(RUNS.values()))
    reach(published, now)
    job = job_in(home, state.stem, now)
    counts: list[int] = []
    if what == "KPIs":
        with views(job) as seen:
            job = expanded(job, seen)
        taken = cost(lambda: counts.append(measured(job)))
    else:
        taken = cost(lambda: counts.append(judged(job)))
    told = {
        "wall_s": taken.wall_s,
        "cpu_s": taken.cpu_s,
        "peak_mb": peak_mb(),
        "goals": counts[0],
    }
    gc.collect()  # DuckDB complains of connections that are left to the end
    sys.stdout.write(json.dumps(told) + "\n")


if __name__ == "__main__":
    main()
