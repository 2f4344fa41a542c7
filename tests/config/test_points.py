"""Goals on KPIs in points, such as the net promoter score."""

from __future__ import annotations

from pathlib import Path

import pytest

from connector.config.mapping import load_mappings
from connector.config.quantity import Quantity
from connector.errors import MappingError
from connector.kpi.catalogue import definitions
from connector.model.kpi import Unit

MAPPING = """
[kpi.nps]
measure = "nps"

[goal.recommended]
title = "Recommended"
kpi = "nps"
owner = "Lead"
period = { start = 2026-10-01, end = 2027-01-01 }
baseline = -5
target = TARGET
"""


def written(folder: Path, target: str) -> Path:
    (folder / "goals.toml").write_text(MAPPING.replace("TARGET", target), encoding="utf-8")
    return folder


def test_a_bare_number_is_so_many_points(tmp_path: Path) -> None:
    goal = load_mappings([written(tmp_path, "40")], definitions()).goals["recommended"]
    assert (goal.target, goal.baseline) == (Quantity(40, Unit.POINTS), Quantity(-5, Unit.POINTS))


@pytest.mark.parametrize(
    ("target", "said"),
    [
        ('"40 %"', '"40 %" is not a number of points, which nps is; write it without a unit: 40'),
        ("140", "140 is out of reach for nps; it runs from -100 to 100"),
        ("-10", "the target -10 is on the wrong side of the baseline -5"),
    ],
)
def test_what_is_no_value_in_points_is_told(tmp_path: Path, target: str, said: str) -> None:
    with pytest.raises(MappingError) as caught:
        load_mappings([written(tmp_path, target)], definitions())
    assert said in str(caught.value)
