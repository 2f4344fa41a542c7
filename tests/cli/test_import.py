"""`connector import`, and how frozen values look on the command line."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.cli.cli import Cli

MAPPING = """
[import.quality]
title = "Quality of answers"
definition = "Mean score of reviewed tickets, 0 to 100"
unit = "points"
direction = "higher"
origin = "the review team"

[kpi.reviewed]
measure = "quality"
"""
ROWS = "start,end,value,n\n2026-09-01,2026-10-01,81.5,40\n2026-10-01,2026-11-01,84,60\n"


@pytest.fixture
def ready(synced: Cli) -> Cli:
    """Return a synced folder with an import, and a file for it."""
    (synced.folder / "mappings" / "quality.toml").write_text(MAPPING, encoding="utf-8")
    (synced.folder / "quality.csv").write_text(ROWS, encoding="utf-8")
    return synced


def imported(cli: Cli, *options: str) -> Any:
    return cli("import", str(cli.folder / "quality.csv"), *options)


def test_an_import_says_what_it_kept(ready: Cli) -> None:
    assert "quality: would keep 2 new rows" in imported(ready, "--dry-run").out
    assert "quality: kept 2 new rows" in imported(ready).out
    document = json.loads(imported(ready, "--json").out)
    assert (document["new"], document["changed"], document["same"]) == (0, 0, 2)


def test_a_mistake_is_told_with_its_line_and_keeps_nothing(ready: Cli) -> None:
    file = ready.folder / "quality.csv"
    file.write_text(ROWS + "2026-10-15,2026-11-15,x,1\n", encoding="utf-8")
    ran = imported(ready)
    assert ran.code == 2
    assert 'quality.csv:4: value: "x" is no number' in ran.said
    assert "quality.csv:4" in ran.said
    file.write_text(ROWS, encoding="utf-8")
    assert "kept 2 new rows" in imported(ready).out


def test_an_imported_kpi_is_shown_and_explained(ready: Cli) -> None:
    imported(ready)
    (kpi,) = [one for one in json.loads(ready("kpis", "--json").out) if one["id"] == "reviewed"]
    assert (kpi["value"], kpi["n"], kpi["unit"]) == (83, 100, "points")
    card = ready("explain", "kpi", "reviewed").flat
    assert "the review team" in card
    assert "2 rows of quality.csv" in card


def test_a_finished_period_is_frozen_on_first_ask_and_says_what_became_of_it(ready: Cli) -> None:
    imported(ready)
    period = ("kpis", "--from", "2026-09-01", "--to", "2026-11-01")

    def reviewed() -> Any:
        found = json.loads(ready(*period, "--json").out)
        return next(one for one in found if one["id"] == "reviewed")

    first = reviewed()
    assert first["frozen"] is not None
    assert [one["value"] for one in first["versions"]] == [83]
    file = ready.folder / "quality.csv"
    file.write_text(ROWS.replace("84,60", "94,60"), encoding="utf-8")
    assert "1 changed, the older values stay" in imported(ready).out
    again = reviewed()
    assert (again["value"], again["frozen"]) == (83, first["frozen"])
    assert [one["value"] for one in again["versions"]] == [83, 89]
    said = ready(*period).flat
    assert "reviewed: frozen on 2026-11-18; since then: 89 (imported anew)" in said


def test_a_value_of_a_period_that_runs_is_not_frozen(ready: Cli) -> None:
    imported(ready)
    for options in ((), ("--from", "2026-09-01", "--to", "2027-01-01")):
        found = json.loads(ready("kpis", *options, "--json").out)
        assert [one["versions"] for one in found if one["id"] == "reviewed"] == [[]]


def test_an_imported_kpi_is_told_by_month_and_named_where_it_cannot_be_told(ready: Cli) -> None:
    imported(ready)
    months = json.loads(ready("kpis", "--by", "month", "--kpi", "reviewed", "--json").out)
    assert [(one["by"]["month"], one["value"]) for one in months] == [
        ("2026-09", 81.5),
        ("2026-10", 84),
    ]
    ran = ready("kpis", "--by", "group", "--json")
    assert "reviewed" not in {one["id"] for one in json.loads(ran.out)}
    assert "left out: reviewed: imported" in ran.err


def test_a_finished_period_without_a_value_waits_for_its_import(ready: Cli) -> None:
    period = ("kpis", "--from", "2026-09-01", "--to", "2026-11-01", "--kpi", "reviewed", "--json")
    (nothing,) = json.loads(ready(*period).out)
    assert (nothing["value"], nothing["frozen"]) == (None, None)
    imported(ready)
    (found,) = json.loads(ready(*period).out)
    assert found["value"] == 83
    assert len(found["versions"]) == 1


def test_an_imported_kpi_says_that_it_is_told_over_a_year(ready: Cli) -> None:
    imported(ready)
    said = ready("kpis").out
    assert "KPIs from 2026-10-21" in said
    assert "reviewed: from 2025-11-17" in said
