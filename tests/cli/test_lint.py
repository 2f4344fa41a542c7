"""`connector lint`, and the same at the end of `connector check`."""

from __future__ import annotations

import json
import re

from connector.cli.exits import ExitCode
from tests.cli.cli import Cli

HASTY = """
[goal.hasty]
title = "Half of all tickets are solved within the day"
kpi = "full_resolution"
owner = "Support lead"
period = { start = 2026-10-01, end = 2027-01-01 }
target = "1 h"
"""


LONELY = """
[goal.lonely]
title = "Nine in ten of our own customers are satisfied"
kpi = "csat_lonely"
owner = "Support lead"
period = { start = 2026-10-01, end = 2027-01-01 }
baseline = "84 %"
target = "90 %"
[kpi.csat_lonely]
measure = "csat_pct"
where = { tag = ["lonely"] }
"""


def hasty(cli: Cli) -> Cli:
    """Add a goal on speed that nothing guards."""
    with cli.mapping.open("a", encoding="utf-8") as file:
        file.write(HASTY)
    return cli


def rules(cli: Cli, *options: str) -> set[str]:
    """Return what is said of the hasty goal."""
    found = json.loads(cli("lint", "--json", *options).out)
    return {one["rule"] for one in found if one["id"] == "hasty"}


def test_lint_says_what_is_wrong_where_and_what_to_do(cli: Cli) -> None:
    ran = hasty(cli)("lint", "--offline")
    assert ran.code == ExitCode.DONE
    assert "starter.toml:" in ran.flat
    assert "(warning, speed_without_guard)" in ran.flat
    assert 'protects = ["hasty"]' in ran.flat


def test_strict_lint_ends_with_2_on_warnings_alone(cli: Cli) -> None:
    with cli.mapping.open("a", encoding="utf-8") as file:
        file.write(LONELY)
    ran = cli("lint", "--offline", "--strict")
    assert ran.code == ExitCode.DONE
    assert "(advice, no_why)" in ran.flat
    assert hasty(cli)("lint", "--offline", "--strict").code == ExitCode.CONFIG


def test_before_the_first_sync_goals_are_judged_by_what_is_written(cli: Cli) -> None:
    ran = hasty(cli)("lint")
    assert ran.code == ExitCode.DONE
    assert "nothing has been read yet" in ran.err
    assert "no_baseline" in ran.flat


def test_after_a_sync_lint_knows_what_was_measured(synced: Cli) -> None:
    hasty(synced)
    written, measured = rules(synced, "--offline"), rules(synced)
    assert "no_baseline" in written - measured
    found = json.loads(synced("lint", "--json").out)
    assert {"rule", "severity", "kind", "id", "file", "line", "why", "suggestion"} == found[
        0
    ].keys()
    places = [(one["file"], one["line"], one["rule"]) for one in found]
    assert places == sorted(places)


def test_a_goal_that_is_met_already_is_told_with_numbers(synced: Cli) -> None:
    hasty(synced)
    synced.edit(synced.mapping, 'target = "1 h"', 'target = "30 d"')
    ran = synced("lint")
    assert "target_on_wrong_side" in ran.flat
    assert "its target of 30 d is worse than the" in ran.flat
    assert "target_on_wrong_side" not in synced("lint", "--offline").flat


def test_check_ends_with_what_lint_says_and_does_not_fail_for_it(synced: Cli) -> None:
    hasty(synced)
    ran = synced("check", "--offline")
    assert ran.code == ExitCode.DONE
    before, found, after = ran.out.partition("The goals, as `connector lint` judges them:")
    assert found
    assert "speed_without_guard" in after
    assert "speed_without_guard" not in before
    assert synced("check", "--offline", "--strict").code == ExitCode.CONFIG


def test_goals_for_each_are_counted_and_nobody_is_named(synced: Cli) -> None:
    hasty(synced)
    each = 'target = "1 h"\nlevel = "person"\nfor_each = "assignee"'
    synced.edit(synced.mapping, 'target = "1 h"', each)
    synced.edit(synced.mapping, 'kpi = "full_resolution"\n', 'kpi = "tail"\n')
    with synced.mapping.open("a", encoding="utf-8") as file:
        file.write('[kpi.tail]\nmeasure = "full_resolution_time"\naggregate = "p90"\n')
    ran = synced("lint")
    found = re.search(r"(\d+) of the (\d+) goals that for_each makes expect fewer", ran.flat)
    assert found is not None
    assert 0 < int(found.group(1)) <= int(found.group(2))
    assert "hasty_of_" not in ran.flat


def test_what_is_measured_of_one_person_is_not_told(synced: Cli) -> None:
    hasty(synced)
    synced.edit(synced.mapping, 'target = "1 h"', 'target = "30 d"\nlevel = "person"')
    assert "target_on_wrong_side" not in rules(synced)
    config = synced.config.read_text(encoding="utf-8")
    synced.config.write_text(
        config.replace("[writeback]", '[writeback]\npeople = "on"'), encoding="utf-8"
    )
    assert "target_on_wrong_side" in rules(synced)
