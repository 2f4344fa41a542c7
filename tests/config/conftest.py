"""A made-up catalogue, and files to write mistakes into."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from connector.model.kpi import MeasureDefinition

Write = Callable[[str, str], Path]


def definition(
    name: str,
    unit: str,
    direction: str,
    *,
    aggregates: tuple[str, ...] = ("rate",),
    clocks: tuple[str, ...] = ("calendar",),
    natural_range: tuple[float | None, float | None] = (0, None),
    settles_by: str = "",
) -> MeasureDefinition:
    return MeasureDefinition(
        id=name,
        title=name,
        definition=f"what {name} means",
        unit=unit,
        family="time",
        clocks=clocks,
        aggregates=aggregates,
        direction=direction,
        stamp="R",
        lag_s=1_209_600 if name == "full_time" else 0,
        source="made up",
        natural_range=natural_range,
        settles_by=settles_by,
    )


@pytest.fixture
def definitions() -> Mapping[str, MeasureDefinition]:
    times = ("median", "within", "p90", "mean")
    clocks = ("calendar", "business")
    made_up = (
        definition("reply_time", "s", "lower", aggregates=times, clocks=clocks, settles_by="reply"),
        definition("full_time", "s", "lower", aggregates=times, settles_by="resolution"),
        definition("satisfaction", "ratio", "higher", natural_range=(0, 1)),
        definition("reopened", "ratio", "lower", natural_range=(0, 1)),
        definition("open_tickets", "count", "lower", aggregates=("count",)),
        definition("arrivals", "count", "neutral", aggregates=("count",)),
    )
    return {measure.id: measure for measure in made_up}


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def written(name: str, text: str) -> Path:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return path

    return written
