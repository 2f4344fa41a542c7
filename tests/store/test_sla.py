"""The helpdesk's own SLAs in the store: policies as a whole, steps once, published too."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from connector.model.page import Stream
from connector.model.sla import MetricEvent, SlaPolicy, SlaTarget
from connector.store.published import attach
from connector.store.publishing import publish
from connector.store.store import Store
from tests.store.records import at, opened, page, rows, ticket, tickets

GOLD = SlaPolicy(
    id="5",
    title="Gold",
    position=1,
    targets=(
        SlaTarget(metric="reply_time", priority="high", minutes=30),
        SlaTarget(metric="reply_time", priority="low", minutes=90, is_business=True),
    ),
)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with opened(tmp_path / "support") as opened_store:
        yield opened_store


def save(store: Store, *records: SlaPolicy | MetricEvent) -> None:
    store.save(Stream.SLA, page(records), read_at=at(0))


def step(number: str = "1", **more: object) -> MetricEvent:
    known = {"id": number, "ticket_id": "7", "at": at(1), "metric": "reply_time", "type": "breach"}
    return MetricEvent(**{**known, **more})  # type: ignore[arg-type]


def test_policies_and_targets_are_stored(store: Store) -> None:
    save(store, GOLD)
    assert rows(store, "from sla_policies") == [(5, "Gold", 1)]
    assert rows(store, "from sla_policy_metrics order by all") == [
        (5, "reply_time", "high", 30.0, False),
        (5, "reply_time", "low", 90.0, True),
    ]


def test_a_policy_that_is_gone_goes(store: Store) -> None:
    save(store, GOLD, SlaPolicy(id="6", title="Silver"))
    save(store, SlaPolicy(id="6", title="Silver"))
    assert rows(store, "select title from sla_policies") == [("Silver",)]
    assert rows(store, "from sla_policy_metrics") == []


def test_the_same_policies_again_change_nothing(store: Store) -> None:
    save(store, GOLD)
    before = store.generations()
    save(store, GOLD)
    assert store.generations() == before


def test_a_step_is_stored_once_with_its_target(store: Store) -> None:
    applied = step(type="apply_sla", instance=2, policy_id="5", target_minutes=30, is_business=True)
    save(store, applied, step("2"))
    before = store.generations()
    save(store, applied)
    assert store.generations() == before
    (found, other) = rows(store, "from metric_events order by 1")
    assert found[3:] == ("reply_time", "apply_sla", 2, 5, 30.0, True)
    assert other[5:] == (None, None, None, None)


def test_a_breach_that_did_not_happen_after_all_goes(store: Store) -> None:
    save(store, step())
    save(store, step(is_deleted=True), step("2", is_deleted=True))
    assert rows(store, "from metric_events") == []


def test_a_target_has_its_ticket_measured_again_and_only_once(store: Store) -> None:
    applied = step(type="apply_sla", target_minutes=30, is_business=True)
    save(store, applied)
    assert rows(store, "from changed") == [(7,)]
    save(store, applied)
    assert rows(store, "from changed") == [(7,)]


def test_steps_that_set_no_target_ask_for_no_new_measuring(store: Store) -> None:
    save(store, step(), GOLD)
    assert store.counts()["changed"] == 0


def test_slas_are_published(store: Store, tmp_path: Path) -> None:
    save(store, GOLD, step())
    one = publish(store, tmp_path / "support", run="r1", through=at(5), read_at=at(6))
    con = attach([one])
    assert con.execute("select helpdesk, title from sla_policies").fetchall() == [
        ("support", "Gold")
    ]
    assert con.execute("select ticket_id, type from metric_events").fetchall() == [(7, "breach")]
    assert len(con.execute("from sla_policy_metrics").fetchall()) == 2


def test_slas_wait_again_when_a_ticket_moves(store: Store) -> None:
    store.save(Stream.EVENTS, page(tickets()), read_at=at(0))
    save(store, GOLD)
    store.save(Stream.TICKETS, page(tickets(ticket("7"))), read_at=at(1))
    state = store.cursor(Stream.SLA)
    assert state is not None
    assert state.has_more
