"""`connector kpis --by`: figures by group and week, and people only where that is allowed."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from connector.cli.exits import ExitCode
from tests.cli.cli import Cli
from tests.cli.test_surface import KPI


def documents(synced: Cli, *words: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(synced("kpis", "--json", *words).out)
    return found


def test_every_group_has_the_promised_keys_and_says_which_it_is(synced: Cli) -> None:
    found = documents(synced, "--by", "group", "--by", "week")
    assert len(found) > 1
    for one in found:
        assert set(one) >= KPI | {"by", "names"}
        assert set(one["by"]) == {"group", "week"}


def test_groups_add_up_to_the_whole(synced: Cli) -> None:
    (whole,) = documents(synced, "--kpi", "created")
    parts = documents(synced, "--kpi", "created", "--by", "group", "--by", "day")
    assert sum(one["value"] for one in parts) == whole["value"] > 0


def test_a_table_has_a_row_a_group_with_its_name(synced: Cli) -> None:
    said = synced("kpis", "--by", "group", "--kpi", "created").out
    name = next(iter(documents(synced, "--by", "group")))["names"]["group"]
    assert re.search(rf"^{name} .*\d+", said, re.MULTILINE)


def test_people_are_told_apart_only_where_that_is_allowed(synced: Cli) -> None:
    ran = synced("kpis", "--by", "assignee")
    assert ran.code == ExitCode.CONFIG
    assert 'people = "on"' in " ".join(ran.err.split())
    synced.environ["CONNECTOR_WRITEBACK__PEOPLE"] = "on"
    assert {tuple(one["by"]) for one in documents(synced, "--by", "assignee")} == {("assignee",)}


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--by", "colour"), "told apart by colour"),
        (("--kpi", "nothing"), "there is no KPI nothing"),
        (("--by", "week", "--zone", "Mars"), "no time zone Mars"),
        (("--by", "week", "--week-start", "someday"), "write monday"),
    ],
)
def test_what_does_not_exist_is_refused(synced: Cli, words: tuple[str, ...], said: str) -> None:
    ran = synced("kpis", *words)
    assert ran.code == ExitCode.CONFIG
    assert said in " ".join(ran.err.split())
