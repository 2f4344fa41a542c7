from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connector.config.quantity import (
    Quantity,
    QuantityError,
    format_quantity,
    parse_duration,
    parse_quantity,
    parse_share,
)


@pytest.mark.parametrize(
    ("written", "number", "unit"),
    [
        ("95 min", 5_700, "s"),
        ("1.5 h", 5_400, "s"),
        ("45 s", 45, "s"),
        ("2 d", 172_800, "s"),
        ("1 h 35 min", 5_700, "s"),
        ("1h35min", 5_700, "s"),
        ("2 Hours", 7_200, "s"),
        ("90 %", 0.9, "ratio"),
        ("87.5%", 0.875, "ratio"),
        ("0.1 %", 0.001, "ratio"),
        (0.9, 0.9, "count"),
        (200, 200, "count"),
        ("200", 200, "count"),
        ("200 tickets", 200, "count"),
        ("4 points", 4, "count"),
        (-10, -10, "count"),
    ],
)
def test_quantities_are_read_in_base_units(written: object, number: float, unit: str) -> None:
    assert parse_quantity(written) == Quantity(number, unit)


@pytest.mark.parametrize(
    ("written", "message", "hint"),
    [
        ("60 mim", 'unknown unit "mim"', 'did you mean "min"?'),
        ("60 m", '"m" could be minutes or months', 'write "min"'),
        ("1,5 h", 'cannot read "1,5 h"', 'decimals have a point: "1.5 h"; no separators'),
        ("soon", 'cannot read "soon"', 'write for example "95 min", "1.5 h", "2 d", "90 %" or 200'),
        ("", 'cannot read ""', 'write for example "95 min", "1.5 h", "2 d", "90 %" or 200'),
        ("1 h 5 %", 'cannot read "1 h 5 %"', "write one number and one unit"),
        ("1 2", 'cannot read "1 2"', "write one number and one unit"),
        ("-5 min", "a time is at least 0 and at most 100 years", None),
        ("101000 d", "a time is at least 0 and at most 100 years", None),
        (10**400, "must be an ordinary number, not inf", None),
        ("9" * 400, "must be an ordinary number, not inf", None),
        (float("nan"), "must be an ordinary number, not nan", None),
        (True, "must be a number with its unit", None),
        ([1], "must be a number with its unit", None),
    ],
)
def test_what_is_no_quantity_is_refused_in_plain_words(
    written: object, message: str, hint: str | None
) -> None:
    with pytest.raises(QuantityError) as caught:
        parse_quantity(written)
    assert str(caught.value) == message
    assert hint is None or caught.value.hint == hint


@pytest.mark.parametrize(
    ("number", "unit", "text"),
    [
        (5_700, "s", "1 h 35 min"),
        (0, "s", "0 s"),
        (0.4, "s", "under 1 s"),
        (45, "s", "45 s"),
        (59.6, "s", "1 min"),
        (135, "s", "2 min 15 s"),
        (3_599.7, "s", "1 h"),
        (86_400, "s", "24 h"),
        (172_790, "s", "2 d"),
        (273_600, "s", "3 d 4 h"),
        (-60, "s", "-1 min"),
        (0.875, "ratio", "87.5 %"),
        (0.9, "ratio", "90 %"),
        (0, "ratio", "0 %"),
        (0.0002, "ratio", "under 0.1 %"),
        (0.9999, "ratio", "over 99.9 %"),
        (1, "ratio", "100 %"),
        (1_204, "count", "1,204"),
        (100, "count", "100"),
        (4.25, "count", "4.25"),
        (4.5, "count", "4.5"),
        (1_204.4, "count", "1,204"),
    ],
)
def test_values_are_written_for_people(number: float, unit: str, text: str) -> None:
    assert format_quantity(number, unit) == text


def test_no_value_is_a_dash() -> None:
    assert format_quantity(None, "s") == "\N{EN DASH}"


def test_business_hours_are_not_added_up_to_days() -> None:
    assert format_quantity(273_600, "s", clock="business") == "76 h"


@given(st.integers(0, 10**7), st.sampled_from(["s", "ratio"]))
def test_what_is_written_reads_back_to_within_its_precision(number: int, unit: str) -> None:
    value = number / 10**7 if unit == "ratio" else float(number)
    text = format_quantity(value, unit)
    if not text.startswith(("under", "over")):
        again = parse_quantity(text)
        assert again.unit == unit
        coarse = 0.0005001 if unit == "ratio" else max(30.0, value * 0.011)
        assert abs(again.number - value) <= coarse


@given(st.text(max_size=12))
def test_any_text_is_a_quantity_or_a_plain_refusal(text: str) -> None:
    with suppress(QuantityError):
        assert parse_quantity(text).unit in {"s", "ratio", "count"}


def test_a_duration_is_a_time_above_nothing() -> None:
    assert parse_duration("5 min") == 300
    for written, message in (("0 s", "must be more than 0"), (5, "must be a time with its unit")):
        with pytest.raises(QuantityError, match=message):
            parse_duration(written)


def test_a_share_is_above_nothing_and_at_most_all() -> None:
    assert (parse_share(0.2), parse_share("20 %"), parse_share(1)) == (0.2, 0.2, 1)
    for written in (0, 1.01, "1 h", "120 %"):
        with pytest.raises(QuantityError, match="must be a share above 0 and at most 1"):
            parse_share(written)
