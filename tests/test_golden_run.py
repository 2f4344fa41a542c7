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
