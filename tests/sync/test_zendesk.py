"""Zendesk's streams into the store: what is asked when, and what its feed of events leaves out."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import responses
from pydantic import SecretStr

from connector.adapters.zendesk.adapter import ZendeskAdapter
from connector.adapters.zendesk.ratings import NO_SURVEYS
from connector.adapters.zendesk.settings import ZendeskSettings
from connector.model.ticket import Mark
from connector.store.gaps import FIRST_DERIVED_ID
from connector.store.store import Store
from connector.sync.pull import SliceReport, sync_slice
from tests.fakes.zendesk import TOKEN, URL, FakeZendesk, iso
from tests.store.records import opened, rows


@pytest.fixture
def desk() -> Iterator[FakeZendesk]:
    with responses.RequestsMock(assert_all_requests_are_fired=False) as mock:
        yield FakeZendesk(mock)


@pytest.fixture
def adapter(desk: FakeZendesk) -> ZendeskAdapter:
    settings = ZendeskSettings(url=URL, access_token=SecretStr(TOKEN))
    return ZendeskAdapter(settings, watched_fields=frozenset())


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with opened(tmp_path / "support") as opened_store:
        yield opened_store


def sync(desk: FakeZendesk, adapter: ZendeskAdapter, store: Store) -> SliceReport:
    """Wait until nothing is withheld any more, sync, and measure."""
    desk.advance(120)
    desk.asked.clear()
    report = sync_slice(adapter, store, now=desk.desk.now)
    store.connection.execute("delete from changed")
    return report


def asked(desk: FakeZendesk) -> list[str]:
    paths = (str(urlsplit(one.url or "").path) for one in desk.asked)
    return [path.removeprefix("/api/v2/") for path in paths]


def changes(store: Store) -> list[tuple[object, ...]]:
    query = f"""
        select value, event_id >= {FIRST_DERIVED_ID} from events where kind = 'status'
        order by "at", event_id"""
    return rows(store, query)


def has_slas(desk: FakeZendesk) -> None:
    policy = {"id": 5, "title": "Gold", "policy_metrics": [{"metric": "reply_time", "target": 30}]}
    desk.custom["GET slas/policies"] = {"sla_policies": [policy]}
    basics = {"ticket_id": 1001, "metric": "reply_time", "time": iso(desk.desk.now)}
    steps = [{**basics, "id": 1, "type": "activate"}, {**basics, "id": 2, "type": "breach"}]
    path = "GET incremental/ticket_metric_events"
    desk.custom[path] = {"ticket_metric_events": steps, "end_of_stream": True}


def test_a_ticket_that_an_automation_closed_is_closed_by_an_event(
    desk: FakeZendesk, adapter: ZendeskAdapter, store: Store
) -> None:
    ticket_id = desk.put()
    desk.advance(60)
    desk.set_status(ticket_id, "solved")
    sync(desk, adapter, store)
    before = changes(store)
    desk.desk.replace(desk.desk.tickets[ticket_id], {"status": "closed"})
    sync(desk, adapter, store)
    assert changes(store) == [*before, ("closed", True)]
    sync(desk, adapter, store)
    assert changes(store) == [*before, ("closed", True)]


def test_what_the_feed_tells_is_not_derived(
    desk: FakeZendesk, adapter: ZendeskAdapter, store: Store
) -> None:
    for status in ("solved", "open", "closed"):
        ticket_id = desk.put()
        desk.set_status(ticket_id, status)
        sync(desk, adapter, store)
    assert not any(is_derived for _, is_derived in changes(store))


def test_a_merge_that_only_the_other_tickets_event_tells_marks_the_ticket(
    desk: FakeZendesk, adapter: ZendeskAdapter, store: Store
) -> None:
    source, target = desk.put(), desk.put()
    sync(desk, adapter, store)
    told = {"id": 5, "ticket_id": int(target), "created_at": iso(desk.desk.now)}
    event = {**told, "child_events": [], "merged_ticket_ids": [int(source)]}
    desk.custom["GET incremental/ticket_events"] = {"ticket_events": [event], "end_of_stream": True}
    desk.set_status(target, "open")
    sync(desk, adapter, store)
    marked = rows(store, f"select ticket_id from tickets where marks & {int(Mark.MERGED)} > 0")
    assert marked == [(int(source),)]
    assert rows(store, "select value from events where kind = 'merged'") == [(target,)]


def test_slas_are_read_with_the_tickets_and_left_alone_when_idle(
    desk: FakeZendesk, adapter: ZendeskAdapter, store: Store
) -> None:
    desk.put()
    has_slas(desk)
    report = sync(desk, adapter, store)
    policies = ["slas/policies", "group_slas/policies"]
    assert asked(desk)[-3:] == [*policies, "incremental/ticket_metric_events"]
    assert rows(store, "select type from metric_events order by metric_event_id") == [
        ("activate",),
        ("breach",),
    ]
    assert report.finished
    sync(desk, adapter, store)
    assert asked(desk) == ["incremental/tickets/cursor"]


def test_what_an_account_lacks_is_asked_for_once_and_noted(
    desk: FakeZendesk, adapter: ZendeskAdapter, store: Store
) -> None:
    desk.put()
    assert NO_SURVEYS in sync(desk, adapter, store).notes
    desk.put()
    assert sync(desk, adapter, store).notes == ()
    assert asked(desk) == [
        "incremental/tickets/cursor",
        "incremental/ticket_events",
        "satisfaction_ratings",
    ]


def test_votes_of_both_kinds_are_stored(
    desk: FakeZendesk, adapter: ZendeskAdapter, store: Store
) -> None:
    old, new = desk.put(), desk.put()
    desk.desk.rate(old, "good")
    times = {"created_at": iso(desk.desk.now), "updated_at": iso(desk.desk.now)}
    vote = {"type": "rating_scale", "rating": 2, "rating_category": "bad", **times}
    response = {"id": "01J1WB51MG6HXTYWE6Q0C93RNW", "subject_zrns": [f"zen:ticket:{new}"]}
    found = {"survey_responses": [{**response, "answers": [vote]}], "meta": {"has_more": False}}
    desk.custom["GET guide/survey_responses"] = found
    for _ in range(2):
        sync(desk, adapter, store)
        assert rows(store, "select ticket_id, score, points from ratings order by 1") == [
            (int(old), "good", None),
            (int(new), "bad", 2),
        ]
        desk.put()
