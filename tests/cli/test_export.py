"""Data out: every table in every format, nothing half-written, nothing about single persons."""

from __future__ import annotations

import csv
import json
import os
import subprocess
from io import StringIO
from pathlib import Path

import duckdb
import pytest

from connector.cli.exporting import _cell
from tests.cli.cli import Cli

TABLES = {
    "tickets": {"helpdesk", "id", "status", "created_at", "tags"},
    "events": {"helpdesk", "ticket", "at", "kind"},
    "measures": {"helpdesk", "ticket", "measure", "clock", "value", "at", "flags"},
    "kpis": {
        "id", "measure", "clock", "aggregate", "unit", "value", "n", "low", "high", "where",
        "period", "as_of", "flags",
    },
    "goals": {
        "id", "kind", "title", "level", "scope", "kpi", "period", "baseline", "target", "value",
        "unit", "n", "grade", "raw", "status", "flags", "forecast", "as_of", "why",
    },
    "journal": {
        "run", "helpdesk", "ticket", "at", "tags_added", "tags_removed", "fields_before",
        "fields_after", "outcome",
    },
}  # fmt: skip
PERSON = """
[kpi.reply_of_one]
measure = "first_reply_time"

[goal.reply_of_one]
title = "Reply sooner"
kpi = "reply_of_one"
owner = "One"
level = "person"
period = { start = 2026-10-01, end = 2027-01-01 }
target = "60 min"
"""


def rows(cli: Cli, table: str) -> list[dict[str, object]]:
    return [json.loads(line) for line in cli("export", table, "-").out.splitlines()]


@pytest.mark.parametrize("table", TABLES)
def test_every_table_has_the_promised_keys_in_every_format(
    synced: Cli, table: str, tmp_path: Path
) -> None:
    found = rows(synced, table)
    assert found
    assert set(found[0]) >= TABLES[table]
    (header, *lines) = csv.reader(
        StringIO(synced("export", table, "--format", "csv", "-").out, newline="")
    )
    assert header == list(found[0])
    assert len(lines) == len(found)
    file = tmp_path / "o'ne.parquet"
    assert synced("export", table, "--format", "parquet", str(file)).code == 0
    stored = duckdb.read_parquet(str(file))
    assert set(stored.columns) == set(found[0])
    assert len(stored) == len(found)


def test_a_table_without_rows_is_a_table(cli: Cli, tmp_path: Path) -> None:
    file = tmp_path / "journal.parquet"
    assert cli("export", "journal", "--format", "parquet", str(file)).code == 0
    assert set(duckdb.read_parquet(str(file)).columns) == TABLES["journal"]
    assert cli("export", "journal", "--format", "csv", "-").out.startswith("run,helpdesk,")


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\tx", "\rx"])
def test_text_that_a_spreadsheet_takes_for_a_formula_is_quoted(text: str) -> None:
    assert _cell(text) == "'" + text


def test_numbers_stay_numbers() -> None:
    assert _cell(-1.5) == -1.5


@pytest.mark.parametrize("table", ["kpis", "goals"])
def test_goals_of_single_persons_stay_inside(synced: Cli, table: str) -> None:
    with synced.mapping.open("a", encoding="utf-8") as file:
        file.write(PERSON)
    assert "reply_of_one" not in {row["id"] for row in rows(synced, table)}
    synced.environ["CONNECTOR_WRITEBACK__PEOPLE"] = "on"
    assert "reply_of_one" in {row["id"] for row in rows(synced, table)}


def test_a_kpi_of_a_named_assignee_stays_inside(synced: Cli) -> None:
    name = next(row["assignee_id"] for row in rows(synced, "tickets") if row["assignee_id"])
    own = f'[kpi.one]\nmeasure = "backlog"\nwhere = {{ assignee = ["{name}"] }}\n\n'
    synced.edit(synced.mapping, "[kpi.created]", own + "[kpi.created]")
    assert "one" not in {row["id"] for row in rows(synced, "kpis")}


@pytest.mark.parametrize(
    "command", ["export events -", "export journal --format csv -", "catalogue", "kpis --json"]
)
def test_a_reader_that_goes_away_is_no_failure(synced: Cli, command: str) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    ran = subprocess.run(
        synced.command(*command.split()),
        env=synced.process_environ,
        stdout=writer,
        stderr=subprocess.PIPE,
        text=True,
        check=False,
    )
    os.close(writer)
    assert (ran.returncode, ran.stderr) == (0, "")


@pytest.mark.parametrize(
    ("out", "said"),
    [
        ("/proc/nothing/x.csv", "does not exist"),
        ("/dev/full", "no ordinary file"),
        (".", "is a folder"),
        ("/proc/x.csv", "error: /proc/x.csv"),
    ],
)
def test_an_unwritable_place_is_one_message(synced: Cli, out: str, said: str) -> None:
    ran = synced("export", "tickets", out)
    assert ran.code in {1, 2}
    assert said in ran.err
    assert ran.out == ""


def test_parquet_needs_a_file(synced: Cli) -> None:
    ran = synced("export", "tickets", "--format", "parquet", "-")
    assert (ran.code, ran.out) == (2, "")
    assert "name one instead of -" in ran.err


def test_a_failed_export_leaves_the_old_file_and_nothing_else(synced: Cli, tmp_path: Path) -> None:
    file = tmp_path / "out" / "tickets.jsonl"
    file.parent.mkdir()
    file.write_text("old\n", encoding="utf-8")
    command = synced.command("export", "tickets", str(file))
    limited = ["bash", "-c", 'ulimit -f 64; exec "$@"', "-", *command]
    ran = subprocess.run(
        limited, env=synced.process_environ, capture_output=True, text=True, check=False
    )
    assert ran.returncode == 1
    assert "free some disk space" in ran.stderr
    assert "Traceback" not in ran.stderr
    assert [path.name for path in file.parent.iterdir()] == ["tickets.jsonl"]
    assert file.read_text(encoding="utf-8") == "old\n"


def test_a_full_disk_behind_standard_output_is_one_message(synced: Cli) -> None:
    with Path("/dev/full").open("w", encoding="utf-8") as full:
        ran = subprocess.run(
            synced.command("export", "tickets", "-"),
            env=synced.process_environ, stdout=full, stderr=subprocess.PIPE, text=True, check=False,
        )  # fmt: skip
    assert ran.returncode == 1
    assert ran.stderr.startswith("error: No space left on device")
    assert ran.stderr.count("\n") == 1
