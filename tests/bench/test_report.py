"""The command measures area by area, keeps what it found, and makes the tables of it."""

from __future__ import annotations

import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bench.areas import AREAS, LONG, SMALL, USUAL, measure, more_tables
from bench.documents import markdown, marked
from bench.documents import renewed as renewed_by
from bench.report import (
    DOCUMENT,
    RESULTS,
    Measured,
    Results,
    bound_said,
    load,
    renewed,
    rows,
    said,
    save,
    tables,
)
from bench.timing import ROOT, Cost, Figure, in_turns, machine, ratio
from connector.store.schema import SCHEMA_VERSION


def figure(value: float = 1.0, bound: float | None = None) -> Figure:
    return Figure(name="this / that", value=value, unit="x", bound=bound)


def measured(*figures: Figure) -> Measured:
    at = datetime(2026, 11, 23, tzinfo=UTC)
    return Measured(at=at, took_s=1.0, machine=machine(), figures=list(figures))


def bench(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "bench", *arguments, "--small", "--folder", str(folder)]
    return subprocess.run(command, check=False, cwd=ROOT, capture_output=True, text=True)


def test_the_small_bench_keeps_and_prints_its_figures_and_leaves_the_documents_alone(
    tmp_path: Path,
) -> None:
    before = DOCUMENT.read_text("utf-8")
    ran = bench(tmp_path, "kpi", "goals")
    assert ran.returncode == 0, ran.stderr
    kept = load(tmp_path / "results.json").usual
    assert {area: len(one.figures) for area, one in kept.items()} == {"kpi": 6, "goals": 4}
    assert all(f"| {one.name} |" in ran.stdout for area in kept.values() for one in area.figures)
    assert kept["goals"].figures[0].name.startswith("21 goals over 120 tickets")
    assert DOCUMENT.read_text("utf-8") == before


def test_an_area_that_fails_is_named_and_the_others_are_measured(tmp_path: Path) -> None:
    (tmp_path / f"goals-{SCHEMA_VERSION}-120").write_text("no folder", "utf-8")
    ran = bench(tmp_path, "goals", "kpi")
    assert ran.returncode == 1
    assert "failed, or past a bound: goals" in ran.stderr
    assert list(load(tmp_path / "results.json").usual) == ["kpi"]


def test_an_area_that_nobody_knows_is_refused_with_those_there_are(tmp_path: Path) -> None:
    ran = bench(tmp_path, "goal")
    assert ran.returncode == 2
    assert all(area in ran.stderr for area in AREAS)


@pytest.mark.parametrize("area", AREAS)
def test_an_area_has_a_usual_and_a_small_size(area: str) -> None:
    assert all(part.sizes(USUAL) and part.sizes(SMALL) for part in AREAS[area])
    assert isinstance(more_tables(area, []), dict)


def test_a_size_that_no_part_has_measures_nothing(tmp_path: Path) -> None:
    without = next(area for area in AREAS if all(part.long is None for part in AREAS[area]))
    assert measure(without, LONG, tmp_path) == []


def test_areas_are_added_to_what_was_measured_before(tmp_path: Path) -> None:
    path = tmp_path / "results.json"
    results = load(path)
    results.put("kpi", USUAL, measured(figure(1.0, bound=2.0)))
    save(path, results)
    again = load(path)
    again.put("goals", USUAL, measured(figure(3.0, bound=2.0)))
    again.put("kpi", LONG, measured(figure(1.5)))
    save(path, again)
    assert load(path) == again
    assert [one.value for one in again.figures("kpi")] == [1.0, 1.5]
    assert '"kept": false' in path.read_text("utf-8")


def test_the_tables_of_a_document_are_made_of_the_figures_and_its_words_stay() -> None:
    results = Results()
    results.put("kpi", USUAL, measured(figure(1.16, bound=1.3)))
    text = "a\n<!-- table: kpi -->\nold\n<!-- end -->\nb\n<!-- table: other -->\nkept\n<!-- end -->"
    lines = renewed(text, results).splitlines()
    assert lines[0] == "a"
    assert lines[4] == "| this / that | 1.16 | at most 1.30 | yes |"
    assert lines[5:] == ["<!-- end -->", "b", "<!-- table: other -->", "kept", "<!-- end -->"]


def test_a_table_may_be_made_anew_again_and_again() -> None:
    text = "<!-- table: one -->\n<!-- end -->"
    once = renewed_by(text, {"one": lambda: [["head"], ["cell"]]})
    assert once == "<!-- table: one -->\n| head |\n| --- |\n| cell |\n<!-- end -->"
    assert renewed_by(once, {"one": lambda: [["head"], ["cell"]]}) == once
    assert marked(once) == ["one"]


def test_the_machine_is_told_for_each_area_and_no_other_after_it_was_saved(
    tmp_path: Path,
) -> None:
    results = Results()
    results.put("goals", USUAL, measured())
    save(tmp_path / "results.json", results)
    assert tables(load(tmp_path / "results.json"))["machine"]() == tables(results)["machine"]()
    head, row = tables(results)["machine"]()
    assert (head[0], row[0], row[1]) == ("area", "goals", "2026-11-23 00:00")
    assert "cores" in row[-1]


def test_the_tables_of_the_report_are_those_of_the_results() -> None:
    text, results = DOCUMENT.read_text("utf-8"), load(RESULTS)
    assert results.usual
    assert renewed(text, results) == text
    assert set(tables(results)) <= set(marked(text))


@pytest.mark.parametrize(
    ("unit", "value", "words"),
    [
        ("x", 1.314, "1.31"),
        ("share", 0.0131, "1.31%"),
        ("MB", 1530.4, "1,530 MB"),
        ("s", 0.704, "0.70 s"),
        ("/s", 37_000.2, "37,000/s"),
        ("requests", 1.0, "1 requests"),
    ],
)
def test_a_value_is_told_with_its_unit(unit: str, value: float, words: str) -> None:
    assert said(Figure(name="this", value=value, unit=unit)) == words


def test_two_ways_are_run_in_turns_after_a_round_that_does_not_count() -> None:
    order: list[str] = []
    found = in_turns(2, a=lambda: order.append("a"), b=lambda: order.append("b"))
    assert "".join(order) == "ababab"
    assert {name: len(costs) for name, costs in found.items()} == {"a": 2, "b": 2}


def test_a_ratio_is_that_of_the_medians() -> None:
    found = {"a": [Cost(0, n) for n in (1, 2, 9)], "b": [Cost(0, n) for n in (4, 4, 4)]}
    assert ratio(found, "a", "b") == 0.5


@pytest.mark.parametrize(
    ("value", "side", "word"),
    [
        (1.3, "most", "yes"),
        (1.31, "most", "**no**"),
        (1.3, "least", "yes"),
        (1.29, "least", "**no**"),
    ],
)
def test_a_bound_includes_itself(value: float, side: str, word: str) -> None:
    one = Figure(name="this", value=value, bound=1.3, unit="x", at_least=side == "least")
    assert markdown(rows([one])).endswith(f"| {word} |")
    assert bound_said(one) == f"at {side} 1.30"


def test_a_figure_without_a_bound_is_neither_kept_nor_broken() -> None:
    assert rows([figure()])[1] == ["this / that", "1.00", "", ""]
    assert figure().is_kept
