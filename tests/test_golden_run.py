"""Golden inputs through HTTP, the ordinary sync and every comparison, on a part of the tickets."""

from __future__ import annotations

import csv
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from connector.kpi.flags import Flag
from connector.model.kpi import KpiValue, Period

SCRIPTS = Path(__file__).resolve().parents[1] / "scripts"
DOCS = SCRIPTS.parent / "docs" / "kpi-accuracy.md"
AS_OF = datetime(2026, 7, 1, tzinfo=UTC)
PART = 8
TICKETS, PROMISES, SPANS = "ticket_metrics_exact", "sla_policies_exact", "business_intervals_exact"


def rewrite(source: Path, target: Path, change: Callable[[list[dict[str, str]]], Any]) -> None:
    """Copy a table, its rows changed in place by `change`."""
    with source.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    names = list(rows[0])
    change(rows)
    target.parent.mkdir(parents=True, exist_ok=True)
    with target.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, names)
        writer.writeheader()
        writer.writerows(rows)


def keep_part(rows: list[dict[str, str]], key: str) -> None:
    rows[:] = [row for row in rows if int(row[key]) // 2 % PART == 0]


def keep_one(rows: list[dict[str, str]], key: str, value: str) -> None:
    rows[:] = [row for row in rows if row[key] == value]


@dataclass
class Part:
    """An eighth of the tickets, synced once; `agreement` compares it with an exact folder."""

    folder: Path
    agreement: Callable[[Path], Any]


@pytest.fixture(scope="module")
def part(shared: Path, tmp_path_factory: pytest.TempPathFactory) -> Part:
    sys.path.insert(0, str(SCRIPTS))
    from golden_run import agreement, wanted_kpis  # from scripts
    from golden_sync import synced
    from load_golden import as_of, read_inputs

    golden = shared / "golden/dbt_zendesk/synthetic_even"
    folder, project = tmp_path_factory.mktemp("part"), tmp_path_factory.mktemp("project")
    for path in (golden / "inputs").glob("*.csv"):
        key = "id" if path.stem == "ticket_data" else "ticket_id"
        is_of_tickets = path.stem.startswith("ticket_") or path.stem == "csat_ratings"
        change = partial(keep_part, key=key) if is_of_tickets else len
        rewrite(path, folder / "inputs" / path.name, change)
    for name in (TICKETS, PROMISES):
        file = f"exact/{name}.csv"
        rewrite(golden / file, folder / file, partial(keep_part, key="ticket_id"))
    rewrite(golden / f"exact/{SPANS}.csv", folder / f"exact/{SPANS}.csv", len)
    tables = read_inputs(folder)
    assert as_of(tables) == AS_OF
    _, published = synced(tables, AS_OF, project, wanted_kpis())
    return Part(folder, lambda exact: agreement(published, exact, project, AS_OF))


def test_every_value_of_these_tickets_is_equal_or_explained(part: Part) -> None:
    found = part.agreement(part.folder)
    assert [line.column for line in found.lines if line.unexplained or line.is_missing] == []
    assert found.is_good
    assert {line.column: line.compared for line in found.lines}["first_reply_at"] == 173
    assert sum(line.equal for line in found.lines) > 9_000


def test_a_file_that_is_absent_is_named(part: Part) -> None:
    skipped = part.agreement(part.folder).skipped
    assert ("kpi_monthly_utc", "not in exact/") in skipped


def test_nothing_to_compare_is_no_agreement(part: Part, tmp_path: Path) -> None:
    assert not part.agreement(tmp_path).is_good


@pytest.mark.parametrize(
    ("file", "column", "value"),
    [
        (TICKETS, "first_reply_time_business_minutes", "0.5"),
        (TICKETS, "agent_work_time_in_calendar_minutes", "1e9"),
        (TICKETS, "count_internal_comments", "77"),
        (TICKETS, "first_solved_at", "2025-01-01 00:00:00"),
        (TICKETS, "full_resolution_business_minutes", ""),
        (PROMISES, "exact_breach", "2"),
        (PROMISES, "exact_elapsed", "-1"),
        (PROMISES, "sla_applied_at", "2025-01-01 00:00:00"),
        (SPANS, "business_seconds", "-1"),
    ],
)
def test_a_wrong_value_is_an_unexplained_difference(
    part: Part, tmp_path: Path, file: str, column: str, value: str
) -> None:
    def spoil(rows: list[dict[str, str]]) -> None:
        row = next(row for row in rows if row[column] not in {value, ""})
        row[column] = value

    rewrite(part.folder / f"exact/{file}.csv", tmp_path / f"exact/{file}.csv", spoil)
    found = part.agreement(tmp_path)
    assert not found.is_good


def test_a_wrong_last_solve_of_a_deleted_ticket_is_unexplained(part: Part, tmp_path: Path) -> None:
    def spoil(rows: list[dict[str, str]]) -> None:
        row = next(
            row
            for row in rows
            if row["last_solved_at"] and not row["full_resolution_business_minutes"]
        )
        row["last_solved_at"] = "2025-01-01 00:00:00"

    rewrite(part.folder / f"exact/{TICKETS}.csv", tmp_path / f"exact/{TICKETS}.csv", spoil)
    found = part.agreement(tmp_path)
    assert [line.column for line in found.lines if line.unexplained] == ["last_solved_at"]


REPLY, WORK = "first_reply_time", "agent_work_time"
DUE: dict[str, Any] = {"target": 60.0, "runs": False, "outcome": 1, "at": None, "marks": 0}
HAD: dict[str, Any] = {
    "is_business": True,
    "is_answered": False,
    "has_hours": True,
    "has_stays": True,
}


@pytest.mark.parametrize(
    ("metric", "values", "reason"),
    [
        (REPLY, {"elapsed": 0.0}, "LOST"),
        (REPLY, {"elapsed": 0.5}, None),
        (REPLY, {"elapsed": 0.0, "is_business": False}, None),
        (REPLY, {"elapsed": 0.0, "is_answered": True}, None),
        (REPLY, {"elapsed": 0.0, "is_answered": True, "has_hours": False}, "LOST"),
        (WORK, {"elapsed": 0.0}, None),
        (WORK, {"elapsed": 9.0, "has_stays": False}, "UNTOUCHED"),
    ],
)
def test_only_targets_whose_clock_never_ran_there_may_lack_a_row(
    part: Part, metric: str, values: dict[str, Any], reason: str | None
) -> None:
    assert part
    import golden_promises  # from scripts

    told = golden_promises.Promise(
        ticket_id=1, metric=metric, applied_at=AS_OF, **(DUE | HAD | values)
    )
    assert told.why_lost == (reason and getattr(golden_promises, reason))


def test_first_replies_that_no_month_counts_are_not_taken_from_it(part: Part) -> None:
    assert part
    from golden_promises import Promise, lost_by_month  # from scripts

    lost = Promise(1, applied_at=AS_OF, metric=REPLY, elapsed=0.0, **(DUE | HAD))
    runs = lost._replace(ticket_id=2, outcome=None, runs=True)
    merged = lost._replace(ticket_id=3, marks=int(Flag.MERGED))
    created = dict.fromkeys((1, 2, 3), AS_OF)
    assert lost_by_month([lost, runs, merged], created) == {"2026-07": 1}


@pytest.mark.parametrize(("n", "equal"), [(9, 1), (8, 0)])
def test_the_n_of_a_month_is_compared_also_where_it_counts_something_else(
    part: Part, n: int, equal: int
) -> None:
    assert part
    from golden_columns import MONTHLY, key_of  # from scripts
    from golden_compare import per_month

    one = next(one for one in MONTHLY if one.counts)

    class Counted:
        def monthly(self, key: str, _month: str) -> KpiValue:
            told = 9.0 if key == key_of(one.counts or {}) else 7.0
            return KpiValue(
                id=key, measure="", clock="", aggregate="", unit="", value=told, n=7, where={},
                period=Period(AS_OF, AS_OF), as_of=AS_OF,
            )  # fmt: skip

    row = {"kpi": one.kpi, "stat": one.stat, "month_utc": "2026-01", "n": str(n), "value": "7"}
    synced: Any = Counted()
    line = per_month(synced, one, [row], {}, "")
    assert line.equal == equal


def test_a_first_reply_that_was_promised_late_counts_from_the_creation(
    part: Part, tmp_path: Path
) -> None:
    from golden_run import agreement, wanted_kpis  # from scripts
    from golden_sync import synced
    from load_golden import read_inputs

    def promised_late(rows: list[dict[str, str]]) -> None:
        for row in rows:
            if row["field_name"] in {"priority", "sla_policy", REPLY, WORK, "requester_wait_time"}:
                row["updated"] = "2025-02-11 14:20:00"
        rows.sort(key=lambda row: row["updated"])

    for path in (part.folder / "inputs").glob("*.csv"):
        key = {"ticket_data": "id"}.get(path.stem, "ticket_id")
        is_of_tickets = path.stem.startswith("ticket_") or path.stem == "csat_ratings"
        change = partial(keep_one, key=key, value="1024") if is_of_tickets else len
        rewrite(path, tmp_path / "inputs" / path.name, change)
    history = tmp_path / "inputs/ticket_field_history_data.csv"
    rewrite(history, history, promised_late)
    file = f"exact/{PROMISES}.csv"
    rewrite(part.folder / file, tmp_path / file, partial(keep_one, key="ticket_id", value="1024"))
    rewrite(tmp_path / file, tmp_path / file, partial(keep_one, key="metric", value=REPLY))
    project = tmp_path / "project"
    project.mkdir()
    _, published = synced(read_inputs(tmp_path), AS_OF, project, wanted_kpis())
    found = agreement(published, tmp_path, project, AS_OF)
    *columns, rest = found.lines
    assert [line.equal for line in columns] == [1] * 6
    assert not [one for one in rest.unexplained if REPLY in one]


def test_a_column_that_no_measure_has_is_missing(part: Part, tmp_path: Path) -> None:
    (tmp_path / "exact").mkdir()
    (tmp_path / f"exact/{TICKETS}.csv").write_text("ticket_id,hours_of_sleep\n1002,8\n")
    found = part.agreement(tmp_path)
    assert [(line.column, line.is_missing) for line in found.lines] == [("hours_of_sleep", True)]
    assert not found.is_good


@pytest.mark.slow
def test_the_whole_folder_agrees_as_the_docs_say(shared: Path) -> None:
    folder = shared / "golden/dbt_zendesk/synthetic_even"
    command = [sys.executable, str(SCRIPTS / "golden"), "--markdown", str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout in DOCS.read_text("utf-8")
    assert ", 0 differ without one; 0 columns have no measure" in done.stdout
