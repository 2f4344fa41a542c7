"""Whole runs while nothing happens in the helpdesk: clocks run out, and that costs one request."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from connector.cli.exits import ExitCode
from connector.practice.slas import install_policies
from connector.store.published import PublishedSet, attach, latest
from tests.whole import PagedServer, Whole

KPI = """
[kpi.promises_kept]
measure = "sla_attainment"
"""


@dataclass
class Idle:
    """A helpdesk that was read to the end, and in which nothing happens any more."""

    whole: Whole
    server: PagedServer

    def sync(self) -> int:
        """Sync; return how many requests it took."""
        before = len(self.server.served)
        assert self.whole("sync").code == ExitCode.DONE
        return len(self.server.served) - before

    @property
    def published(self) -> PublishedSet:
        found = latest(self.whole.root)
        assert found is not None
        return found

    def ask(self, query: str) -> list[Any]:
        with attach([self.published]) as con:
            return con.execute(query).fetchall()

    def pass_by(self, instant: datetime) -> None:
        """Let it become so late that what was read is complete up to this instant."""
        behind = self.server.clock.now() - self.published.manifest.as_of.timestamp()
        ahead = instant.replace(tzinfo=UTC).timestamp() - self.published.manifest.as_of.timestamp()
        assert ahead > 0
        self.server.clock.advance(ahead + max(behind, 0) % 1)


@pytest.fixture
def idle(tmp_path: Path) -> Iterator[Idle]:
    with PagedServer(pages={}) as server:
        install_policies(server.world)
        server.acts.create({"subject": "Down", "comment": {"body": "Help"}, "priority": "urgent"})
        server.clock.advance(120)
        whole = Whole(tmp_path / "goals", server, writes=False)
        (whole.folder / "mappings" / "sla.toml").write_text(KPI, encoding="utf-8")
        found = Idle(whole, server)
        found.sync()
        server.clock.advance(120)
        found.sync()
        yield found


def test_a_sync_that_reads_nothing_new_measures_and_publishes_what_time_broke(idle: Idle) -> None:
    ((ticket, wakes_at),) = idle.ask(
        "select ticket_id, wakes_at from measures where wakes_at is not null"
        " order by wakes_at, ticket_id limit 1"
    )
    before = idle.published.manifest.generations["measures"]
    idle.pass_by(wakes_at)
    assert idle.sync() == 1
    assert idle.published.manifest.generations["measures"] > before
    query = f"select value from measures where ticket_id = {ticket} and wakes_at is null"
    assert (0,) in idle.ask(query)


def test_a_sync_with_nothing_to_wake_measures_and_publishes_no_measure(idle: Idle) -> None:
    before = idle.published
    idle.server.clock.advance(2)
    assert idle.sync() == 1
    assert idle.published.manifest.generations == before.manifest.generations
    assert idle.published.files("measures")[0].name == before.files("measures")[0].name


def test_a_ticket_shows_that_its_sla_broke_though_nobody_touched_it(tmp_path: Path) -> None:
    with PagedServer(pages={}) as server:
        install_policies(server.world)
        body = {"subject": "Down", "comment": {"body": "Help"}, "priority": "urgent"}
        ticket = server.acts.create(body)
        server.clock.advance(120)
        whole = Whole(tmp_path / "goals", server)
        goals = whole.folder / "mappings" / "goals.toml"
        text = goals.read_text(encoding="utf-8")
        limit = 'ticket = { limit = "60 min", due_soon = "15 min" }'
        assert limit in text
        goals.write_text(text.replace(limit, 'ticket = "sla"'), encoding="utf-8")
        assert whole("setup", "--apply").code == ExitCode.DONE
        idle = Idle(whole, server)
        idle.sync()
        assert "goal_outcome__due_soon" in outcomes(server, ticket.id)
        server.clock.advance(120)
        idle.sync()
        ((wakes_at,),) = idle.ask(
            f"select wakes_at from measures where ticket_id = {ticket.id} and wakes_at is not null"
        )
        idle.pass_by(wakes_at)
        idle.sync()
        assert outcomes(server, ticket.id) == ["goal_outcome__missed"]
        story = whole("explain", "ticket", "practice", str(ticket.id)).out
        assert "missed" in story


def outcomes(server: PagedServer, ticket: int) -> list[str]:
    """Return what a ticket shows of how it stands itself."""
    return [tag for tag in server.world.tickets[ticket].tags if tag.startswith("goal_outcome__")]
