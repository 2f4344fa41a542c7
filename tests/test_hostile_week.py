"""A helpdesk whose own rules react to our writes: what fires because of us is known beforehand."""

from __future__ import annotations

import sys
from datetime import timedelta
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "scripts"))

from hostile_week_life import FOREIGN, Week, changes, week
from quiet_quarter_story import Story

DAY = Story(tickets=24, days=1)
SIX_HOURS = timedelta(hours=6)


@pytest.fixture(scope="module")
def ours(tmp_path_factory: pytest.TempPathFactory) -> Week:
    folder = tmp_path_factory.mktemp("week") / "with"
    return week(folder, DAY, writes=True, each=SIX_HOURS)


@pytest.fixture(scope="module")
def twin(tmp_path_factory: pytest.TempPathFactory) -> Week:
    folder = tmp_path_factory.mktemp("twin") / "without"
    return week(folder, DAY, writes=False, each=SIX_HOURS)


def test_every_rule_that_fires_because_of_us_was_named(ours: Week) -> None:
    fired = {title for (title, cause), count in ours.fired.items() if cause == "api_user" and count}
    assert "Any update is tagged" in fired
    assert fired <= ours.listed
    assert set(ours.kinds) - ours.listed


def test_nothing_fires_because_of_us_where_we_do_not_write(twin: Week) -> None:
    assert twin.audits == []
    assert {cause for _, cause in twin.fired} == {"others"}


def test_what_is_foreign_is_as_it_is_without_us(ours: Week, twin: Week) -> None:
    assert ours.foreign == twin.foreign
    worn = {tag for tags in ours.foreign.values() for tag in tags}
    assert worn >= set(FOREIGN)
    touched = [one for audit in ours.audits for one in changes(audit)]
    tags = [set(one.old) ^ set(one.new) for one in touched if one.name == "tags"]
    assert all(one <= ours.ours for one in tags)
    assert {one.name for one in touched if one.name != "tags"} == ours.fields
