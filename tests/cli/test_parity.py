"""`connector parity` against the practice helpdesk, which works its figures out on its own."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from connector.model.ticket import NATIVE_FIGURES
from connector.practice.seed import empty_world
from connector.practice.server import PracticeServer
from tests.cli.cli import NOW, Cli, write_folder

HOUR = 3600


def figures(cli: Cli, *options: str) -> dict[str, Any]:
    ran = cli("parity", "--json", *options)
    assert ran.code == 0, ran.said
    (report,) = json.loads(ran.out)
    return {one["figure"]: one for one in report["figures"]}


def test_every_difference_to_the_helpdesk_is_explained(synced: Cli) -> None:
    found = figures(synced)
    assert list(found) == list(NATIVE_FIGURES)
    for one in found.values():
        assert one["equal"] > 50
        assert one["equal"] + one["differing"] == one["compared"]
        assert sum(reason["tickets"] for reason in one["reasons"]) == one["differing"]
        assert "unexplained" not in {reason["rule"] for reason in one["reasons"]}


def test_with_a_whole_history_nearly_all_agree(cli: Cli) -> None:
    cli.edit(cli.config, "history_since = 2026-05-01T00:00:00Z\n", "")
    cli.edit(cli.config, "enabled = true", "enabled = false")
    assert cli("sync").code == 0
    found = figures(cli)
    rules = {reason["rule"] for one in found.values() for reason in one["reasons"]}
    assert rules == {"schedule_at_event", "schedule_switched", "deleted"}
    times_by_the_clock = (one for name, one in found.items() if "calendar" in name)
    assert sum(one["differing"] for one in times_by_the_clock) == 4
    assert not any(found[name]["differing"] for name in NATIVE_FIGURES[-4:])
    assert all(one["compared"] > 250 for one in found.values() if "agent_wait" not in one["figure"])


def test_one_measure_and_one_ticket_can_be_looked_at(synced: Cli) -> None:
    found = figures(synced, "--helpdesk", "practice", "--measure", "first_reply_time")
    assert list(found) == ["first_reply_time_calendar", "first_reply_time_business"]
    (reason,) = [
        one
        for one in found["first_reply_time_business"]["reasons"]
        if one["rule"] == "schedule_at_event"
    ]
    ticket = reason["examples"][0]
    one = json.loads(synced("parity", "--ticket", ticket, "--json").out)
    pairs = {pair["figure"]: pair for pair in one["figures"]}
    differs = pairs["first_reply_time_business"]
    assert differs["rule"] == "schedule_at_event"
    assert abs(differs["ours"] - differs["theirs"]) >= one["tolerance_s"]
    assert pairs["first_reply_time_calendar"]["rule"] == ""
    assert {"created", "comment", "status", "schedule"} <= {e["kind"] for e in one["timeline"]}
    said = synced("parity", "--ticket", ticket).out
    assert "its own" in said
    assert "in force at the event" in " ".join(said.split())


def test_a_report_names_tickets_and_the_tolerance(synced: Cli) -> None:
    said = synced("parity").flat
    assert "Times less than 60 s apart are equal" in said
    assert "partial_history; such as" in said


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--measure", "first_replytime"), 'did you mean "first_reply_time"?'),
        (("--helpdesk", "nobody"), "no helpdesk is called nobody"),
        (("--ticket", "999999"), "has no ticket 999999"),
    ],
)
def test_what_does_not_exist_is_refused(synced: Cli, options: tuple[str, ...], said: str) -> None:
    ran = synced("parity", *options)
    assert ran.code == 2
    assert said in " ".join(ran.said.split())


def test_nothing_read_is_said_so(cli: Cli) -> None:
    ran = cli("parity")
    assert ran.code == 1
    assert "has not been read yet" in ran.said


def test_a_helpdesk_without_tickets_offers_no_figures(tmp_path: Path) -> None:
    with PracticeServer(empty_world(NOW)) as server:
        cli = Cli(write_folder(tmp_path / "empty", server.url))
        cli.edit(cli.config, "enabled = true", "enabled = false")
        cli("sync")
        ran = cli("parity")
    assert ran.code == 2
    assert "offers no figures of its own" in " ".join(ran.said.split())


def test_a_helpdesk_that_has_no_figures_is_left_out_beside_one_that_has(synced: Cli) -> None:
    table = """
[[helpdesk]]
name = "tracker"
kind = "redmine"
[helpdesk.options]
url = "http://127.0.0.1:1"
api_key = { env = "NONE" }
"""
    text = synced.config.read_text(encoding="utf-8")
    synced.config.write_text(text + table, encoding="utf-8")
    synced.environ["NONE"] = "none"
    ran = synced("parity")
    assert ran.code == 0
    assert "practice: our values" in ran.flat
    assert "tracker" not in ran.said
    assert "tracker has not been read yet" in " ".join(
        synced("parity", "--helpdesk", "tracker").said.split()
    )
