"""A value over time, drawn: shapes instead of colours, gaps where nothing is known, any width."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from connector.cli.chart import ChartDay, chart, laid_out, legend

FIRST = date(2026, 10, 1)


def days(*values: float | None, status: str = "on_track", **more: float) -> list[ChartDay]:
    return [
        ChartDay(FIRST + timedelta(days=number), status, value, **more)  # type: ignore[arg-type]
        for number, value in enumerate(values)
    ]


def said(number: float) -> str:
    return f"{number:g} h"


def drawn(told: Sequence[ChartDay], width: int = 80, height: int = 5) -> list[str]:
    return [line.plain.rstrip() for line in chart(told, said, width=width, height=height)]


def explained(told: Sequence[ChartDay], width: int = 80) -> list[str]:
    return [line.plain for line in legend(told, said, "target", width=width)]


def test_a_rising_value_rises_from_row_to_row() -> None:
    assert drawn(days(0, 1, 2), width=21)[:5] == [
        "   2 h ┤         ╭───",
        "       │         │",
        "       │     ╭───╯",
        "       │     │",
        "   0 h ┤ ────╯",
    ]


def test_target_and_baseline_have_their_own_shapes_and_labels() -> None:
    picture = drawn(days(3, 3, target=1, baseline=5))
    assert picture[0] == "   5 h ┤ ┈┈┈┈┈┈┈┈"
    assert picture[2] == "       │ ────────"
    assert picture[4] == "   1 h ┤ ╌╌╌╌╌╌╌╌"
    assert explained(days(3, target=1, baseline=5)) == [
        "─ value   ╌ target 1 h   ┈ baseline 5 h   ● on track"
    ]


def test_a_day_without_a_value_is_a_gap_and_one_that_is_not_there_too() -> None:
    told = days(1, None, 1, 1, 1)
    del told[3]
    picture = drawn(told)
    assert picture[2] == "   1 h ┤ ────    ────    ────"
    assert picture[-1] == "status   ●●●●●●●●●●●●    ●●●●"


def test_the_status_has_a_sign_for_each_day() -> None:
    told = [*days(1, 1), ChartDay(date(2026, 10, 3), "off_track", 1)]
    assert drawn(told)[-1] == "status   ●●●●●●●●■■■■"


def test_a_new_version_is_marked_where_it_begins() -> None:
    told = [*days(1, 1), ChartDay(date(2026, 10, 3), "on_track", 1, version=2)]
    assert drawn(told)[-1] == "                 v2"
    assert not any("v1" in line for line in drawn(days(1, 1)))


def test_more_days_than_columns_share_them_and_the_last_known_value_counts() -> None:
    columns = laid_out(days(1, 2, 3, None, 5, 6), 3)
    assert [one.value for one in columns if one is not None] == [2, 3, 6]


def test_values_of_days_with_too_little_data_do_not_stretch_the_scale() -> None:
    told = [*days(90, status="insufficient_data"), ChartDay(date(2026, 10, 2), "on_track", 1, 2)]
    assert drawn(told)[0] == "   2 h ┤ ↑↑↑↑╌╌╌╌"
    assert "beyond the scale" in " ".join(explained(told))


def test_days_without_any_number_draw_nothing() -> None:
    assert drawn(days(None, None)) == []
    assert drawn([]) == []


def test_a_legend_breaks_between_its_parts() -> None:
    lines = explained(days(3, target=1, baseline=5), width=30)
    assert lines == ["─ value   ╌ target 1 h", "┈ baseline 5 h   ● on track"]


@given(
    st.lists(st.none() | st.floats(-1e6, 1e6), min_size=1, max_size=400),
    st.integers(40, 200),
    st.none() | st.floats(-1e6, 1e6),
)
def test_no_line_is_wider_than_the_terminal_and_every_day_is_told(
    values: list[float | None], width: int, target: float | None
) -> None:
    told = [
        ChartDay(FIRST + timedelta(days=number), "on_track", value, target)
        for number, value in enumerate(values)
    ]
    picture = drawn(told, width=width)
    assert all(len(line) <= width for line in picture)
    if picture:
        assert picture[-1].count("●") >= min(len(values), 10)
        assert "2026-10-01" in picture[-2]
