"""What we write is no work of staff: it moves no measure, and it causes no further write."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from connector.cli.exits import ExitCode
from connector.kpi.forms import usual_forms
from connector.kpi.measure import measure
from connector.store.lock import Lease
from connector.store.store import Store
from tests.whole import PagedServer, Whole, labels

HOUR = 3_600
STAFF = {
    "first_reply_time", "next_reply_time", "replies_per_ticket", "comments_per_ticket",
    "agent_work_time", "agent_wait_time", "handoffs", "assignee_stations", "reopens_per_ticket",
    "first_resolution_time", "one_touch_rate", "multi_touch_rate", "reassignment_rate",
}  # fmt: skip
"""Measures that look at what staff does."""


@pytest.fixture
def whole(tmp_path: Path) -> Iterator[Whole]:
    """Give a folder that has read a helpdesk after a few hours of life, and has written nothing."""
    with PagedServer(pages={}) as server:
        whole = Whole(tmp_path / "goals", server, writes=False)
        assert whole("setup", "--apply").code == ExitCode.DONE
        server.live(3 * HOUR)
        server.clock.advance(120)
        assert whole("sync").code == ExitCode.DONE
        yield whole


def turn_writing_on(whole: Whole) -> None:
    config = whole.folder / "config.toml"
    text = config.read_text(encoding="utf-8")
    config.write_text(text.replace("enabled = false", "enabled = true"), encoding="utf-8")


def everything_measured(whole: Whole, now: datetime) -> dict[str, list[tuple[Any, ...]]]:
    """Return the rows of every measure of the catalogue, as of one moment."""
    with Lease(whole.root) as lease, Store.open(whole.root, lease) as store:
        con = store.connection
        measure(con, now=now, forms=usual_forms(), everything=True)
        names = con.execute("select distinct measure from measures").fetchall()
        query = "select * from measures where measure = ? order by all"
        return {name: con.execute(query, [name]).fetchall() for (name,) in names}


def our_labels(whole: Whole) -> int:
    """Count the tickets that show something of ours."""
    shown = labels(whole.server).values()
    return sum(any(tag.startswith("goal_") for tag in tags) for tags, _ in shown)


def test_own_writes_move_no_measure(whole: Whole) -> None:
    now = datetime.fromtimestamp(whole.server.clock.now() + HOUR, tz=UTC)
    before, events = everything_measured(whole, now), whole.exports()["events"]
    assert our_labels(whole) == 0
    turn_writing_on(whole)
    assert whole("sync").code == ExitCode.DONE
    assert our_labels(whole) > 0
    whole.server.clock.advance(120)
    report = json.loads(whole("sync", "--json").out)["helpdesks"][0]
    assert report["tickets_read"] >= our_labels(whole)
    assert whole.exports()["events"] == events
    assert everything_measured(whole, now) == before
    assert before.keys() >= STAFF


def test_own_writes_cause_no_further_write(whole: Whole) -> None:
    turn_writing_on(whole)
    assert whole("sync").code == ExitCode.DONE
    before = whole.server.count("update_many")
    assert before > 0
    for _ in range(3):
        whole.server.clock.advance(120)
        assert whole("sync").code == ExitCode.DONE
    assert whole.server.count("update_many") == before
