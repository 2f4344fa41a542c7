"""The benches run, in small; that their bounds hold is measured in full size only."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from bench.__main__ import table
from bench.timing import Cost, Figure, in_turns, ratio

ROOT = Path(__file__).resolve().parents[1]


def test_the_small_bench_of_kpis_writes_its_figures(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "bench", "kpi", "--small", "--folder", str(tmp_path)]
    command += ["--tickets", "500", "--published", "600"]
    ran = subprocess.run(command, check=True, cwd=ROOT, capture_output=True, text=True)
    document = json.loads((tmp_path / "results.json").read_text("utf-8"))
    names = [figure["name"] for figure in document["figures"]]
    assert len(names) == 6
    assert all(name in ran.stdout for name in names)
    assert {"processor", "cores", "memory_gb"} <= document["machine"].keys()


def test_the_small_bench_of_goals_writes_its_figures(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "bench", "goals", "--small", "--folder", str(tmp_path)]
    command += ["--tickets", "120", "--each", "1"]
    ran = subprocess.run(command, check=True, cwd=ROOT, capture_output=True, text=True)
    document = json.loads((tmp_path / "results.json").read_text("utf-8"))
    names = [figure["name"] for figure in document["figures"]]
    assert len(names) == 4
    assert all(name in ran.stdout for name in names)
    assert names[0].startswith("21 goals over 120 tickets")


def test_two_ways_are_run_in_turns_after_a_round_that_does_not_count() -> None:
    order: list[str] = []
    found = in_turns(2, a=lambda: order.append("a"), b=lambda: order.append("b"))
    assert "".join(order) == "ababab"
    assert {name: len(costs) for name, costs in found.items()} == {"a": 2, "b": 2}


def test_a_ratio_is_that_of_the_medians() -> None:
    found = {"a": [Cost(0, n) for n in (1, 2, 9)], "b": [Cost(0, n) for n in (4, 4, 4)]}
    assert ratio(found, "a", "b") == 0.5


@pytest.mark.parametrize(("value", "word"), [(1.3, "yes"), (1.31, "no")])
def test_a_bound_includes_itself(value: float, word: str) -> None:
    figure = Figure(name="this", value=value, bound=1.3, unit="x")
    assert table([figure]).endswith(f"| {word} |")
