"""What a KPI sets of its measure: ranges in the words of the catalogue, and what has to be set."""

from __future__ import annotations

import pytest

from connector.config.mapping import load_mappings
from connector.config.quantity import format_range
from connector.errors import MappingError
from connector.kpi.catalogue import definitions
from tests.config.conftest import Write

NEEDS = (
    "escalation_rate needs one or more of the settings tiers, tag, by_priority; write settings = "
)


def complaints(settings: str, write: Write, measure: str = "escalation_rate") -> list[str]:
    path = write("m/kpi.toml", f'[kpi.x]\nmeasure = "{measure}"\n{settings}')
    try:
        load_mappings([path.parent], definitions())
    except MappingError as error:
        return [problem.removeprefix(str(path)) for problem in str(error).splitlines()]
    return []


@pytest.mark.parametrize(
    "settings",
    [
        "",
        "settings = {}",
        "settings = { by_priority = false }",
        'settings = { by_priority = "no" }',
        'settings = { tiers = [], tag = "" }',
    ],
)
def test_an_escalation_that_nothing_tells_is_refused(settings: str, write: Write) -> None:
    (said,) = complaints(settings, write)
    assert NEEDS in said
    assert (
        '{ tiers = ["Tier 2", "Tier 3"] } or { tag = "escalated" } or { by_priority = true }'
        in said
    )


@pytest.mark.parametrize("way", ['tiers = ["B"]', 'tag = "up"', "by_priority = true"])
def test_one_way_to_tell_an_escalation_is_enough(way: str, write: Write) -> None:
    assert complaints(f"settings = {{ {way} }}", write) == []


def test_a_window_out_of_range_is_told_in_days(write: Write) -> None:
    (said,) = complaints('settings = { window = "40 d" }', write, "repeat_contact_rate")
    assert said.endswith('"40 d" is out of range; 1 d to 30 d')


@pytest.mark.parametrize(
    ("low", "high", "unit", "said"),
    [
        (86_400, 2_592_000, "s", "1 d to 30 d"),
        (3_600, 86_400, "s", "1 h to 24 h"),
        (1, 86_400, "count", "1 to 86,400"),
    ],
)
def test_a_range_is_in_days_where_both_ends_are(
    low: float, high: float, unit: str, said: str
) -> None:
    assert format_range(low, high, unit) == said
