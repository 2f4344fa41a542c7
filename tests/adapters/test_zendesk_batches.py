"""Zendesk's batches on their way: what is believed, what is read back, the fallback for tags."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

import pytest
import responses
from pydantic import SecretStr

from connector.adapters.base import Adapter
from connector.adapters.retrying import RetryingAdapter
from connector.adapters.zendesk.adapter import ZendeskAdapter
from connector.adapters.zendesk.settings import ZendeskSettings
from connector.adapters.zendesk.write import MOST_JOBS, MOST_OPEN, in_ids_form
from connector.errors import RateLimitedError
from connector.model.change import Outcome, Receipt, TicketChange, WriteResult
from connector.model.ticket import Status
from connector.practice.clock import Clock
from connector.practice.helpdesk import ADMIN_EMAIL
from connector.practice.helpdesk import TOKEN as PRACTICE_TOKEN
from connector.practice.seed import seed_world
from connector.practice.server import PracticeServer
from tests.contract.adapter_contract import write
from tests.fakes.zendesk import TOKEN, URL, FakeZendesk
from tests.fakes.zendesk_spec import ZendeskSpec

NOTE = "77"


@pytest.fixture
def desk(zendesk_spec: ZendeskSpec | None) -> Iterator[FakeZendesk]:
    with responses.RequestsMock(assert_all_requests_are_fired=False) as mock:
        yield FakeZendesk(mock, spec=zendesk_spec)


def connect() -> ZendeskAdapter:
    settings = ZendeskSettings(url=URL, access_token=SecretStr(TOKEN))
    return ZendeskAdapter(settings, watched_fields=frozenset({NOTE}))


@pytest.fixture
def adapter(desk: FakeZendesk) -> ZendeskAdapter:
    return connect()


def tagging(ids: Sequence[str], *tags: str) -> list[TicketChange]:
    return [TicketChange(ticket_id=name, add_tags=tags or ("goal_x",)) for name in ids]


def noting(ids: Sequence[str]) -> list[TicketChange]:
    return [
        TicketChange(ticket_id=name, add_tags=(f"goal_{name[-1]}",), fields={NOTE: f"note {name}"})
        for name in ids
    ]


def put(desk: FakeZendesk, count: int) -> list[str]:
    return [desk.put() for _ in range(count)]


def sent(desk: FakeZendesk, *, method: str = "PUT") -> list[str]:
    return [request.url or "" for request in desk.asked if request.method == method]


def outcomes(results: dict[str, WriteResult]) -> set[str]:
    return {result.outcome for result in results.values()}


def test_the_first_batch_is_read_back_and_later_ones_are_believed(
    desk: FakeZendesk, adapter: ZendeskAdapter
) -> None:
    ids = put(desk, 250)
    for start in range(0, 250, 100):
        results = write(adapter, *noting(ids[start : start + 100]))
        assert outcomes(results) == {Outcome.WRITTEN}
        assert all((result.ticket is None) == (start > 0) for result in results.values())
    assert len(desk.asked) == 2 * 3 + 1


def test_believing_begins_anew_with_every_run(desk: FakeZendesk) -> None:
    for _ in range(2):
        with connect() as adapter:
            write(adapter, *tagging(put(desk, 2)))
    assert sum("show_many" in url for url in sent(desk, method="GET")) == 2


def test_tags_that_were_seen_say_nothing_about_fields(
    desk: FakeZendesk, adapter: ZendeskAdapter
) -> None:
    write(adapter, *tagging(put(desk, 2)))
    for expected in (2, 2):
        write(adapter, *noting(put(desk, 2)))
        assert sum("show_many" in url for url in sent(desk, method="GET")) == expected


def test_a_field_that_is_cleared_is_seen_before_it_is_believed(
    desk: FakeZendesk, adapter: ZendeskAdapter
) -> None:
    ids = put(desk, 2)
    write(adapter, *noting(ids))
    for name, is_read in zip(ids, (True, False), strict=True):
        (result,) = write(adapter, TicketChange(ticket_id=name, fields={NOTE: None})).values()
        assert result.outcome == Outcome.WRITTEN
        assert (result.ticket is not None) == is_read
        assert desk.desk.tickets[name].fields == {}


def test_of_a_believed_batch_only_what_failed_is_read(
    desk: FakeZendesk, adapter: ZendeskAdapter
) -> None:
    write(adapter, *tagging(put(desk, 1)))
    fine, closed = put(desk, 2)
    desk.set_status(closed, Status.CLOSED)
    results = write(adapter, *tagging([fine, closed, desk.missing_id()]))
    assert [results[name].outcome for name in (fine, closed, desk.missing_id())] == [
        Outcome.WRITTEN,
        Outcome.LOCKED,
        Outcome.MISSING,
    ]
    read = sent(desk, method="GET")[-1]
    assert fine not in read
    assert closed in read


def test_a_lost_job_of_a_believed_batch_is_settled_by_reading(
    desk: FakeZendesk, adapter: ZendeskAdapter
) -> None:
    write(adapter, *tagging(put(desk, 1)))
    receipt = adapter.submit(tagging(put(desk, 3)))
    desk.jobs.clear()
    results = adapter.collect(receipt)
    assert results is not None
    assert {result.outcome for result in results} == {Outcome.WRITTEN}
    assert all(result.ticket is not None for result in results)


def test_a_batch_of_an_earlier_run_is_read_back_whatever_its_job_says(desk: FakeZendesk) -> None:
    ids = put(desk, 2)
    desk.batch_ignores_tags = True
    with connect() as adapter:
        receipt = adapter.submit(tagging(ids))
    with connect() as adapter:
        results = adapter.collect(Receipt(changes=receipt.changes, job=receipt.job))
    assert results is not None
    assert {result.outcome for result in results} == {Outcome.REJECTED}


def test_an_account_that_ignores_tags_in_the_batch_form_gets_them_in_the_ids_form(
    desk: FakeZendesk, adapter: ZendeskAdapter
) -> None:
    desk.batch_ignores_tags = True
    ids = put(desk, 20)
    for name in ids:
        desk.tag(name, "vip")
    results = write(adapter, *noting(ids))
    assert outcomes(results) == {Outcome.WRITTEN}
    for name in ids:
        ticket = desk.desk.tickets[name]
        assert set(ticket.tags) == {"vip", f"goal_{name[-1]}"}
        assert ticket.fields == {NOTE: f"note {name}"}


def test_what_was_learnt_of_tags_holds_for_the_rest_of_the_run(
    desk: FakeZendesk, adapter: ZendeskAdapter
) -> None:
    desk.batch_ignores_tags = True
    write(adapter, *tagging(put(desk, 3)))
    write(adapter, *tagging(put(desk, 3)))
    before = len(desk.asked)
    results = write(adapter, *tagging(put(desk, 100)))
    assert outcomes(results) == {Outcome.WRITTEN}
    assert len(desk.asked) - before == 2
    assert [url for url in sent(desk) if "?ids=" not in url] == sent(desk)[:1]


def test_fields_still_travel_in_the_batch_form_when_tags_do_not(
    desk: FakeZendesk, adapter: ZendeskAdapter
) -> None:
    desk.batch_ignores_tags = True
    write(adapter, *tagging(put(desk, 3)))
    before = len(sent(desk))
    results = write(adapter, *noting(put(desk, 50)))
    assert outcomes(results) == {Outcome.WRITTEN}
    assert sum("?ids=" not in url for url in sent(desk)[before:]) == 1


def test_never_more_jobs_at_once_than_we_take(desk: FakeZendesk, adapter: ZendeskAdapter) -> None:
    desk.batch_ignores_tags = True
    write(adapter, *tagging(put(desk, 3)))
    desk.polls_until_done = 1
    changes = [TicketChange(ticket_id=name, add_tags=(f"goal_{name}",)) for name in put(desk, 35)]
    receipt = adapter.submit(changes)
    assert receipt.job is not None
    in_work = [len(receipt.job.split())]
    started = len(sent(desk))
    while (results := adapter.collect(receipt)) is None:
        in_work.append(len(sent(desk)) - started)
        started = len(sent(desk))
    assert {result.outcome for result in results} == {Outcome.WRITTEN}
    assert max(in_work) == MOST_JOBS


def test_of_several_answers_about_a_ticket_the_failure_is_told(
    desk: FakeZendesk, adapter: ZendeskAdapter
) -> None:
    desk.batch_ignores_tags = True
    write(adapter, *tagging(put(desk, 3)))
    changes = [
        TicketChange(ticket_id=name, add_tags=(f"goal_{name}",), fields={NOTE: name})
        for name in put(desk, MOST_JOBS + 1)
    ]
    receipt = adapter.submit(changes)  # the fields; the tags follow
    first = changes[0].ticket_id
    desk.jobs[receipt.job or ""]["results"][0] = {"id": int(first), "error": "TicketUpdateFailed"}
    desk.desk.replace(desk.desk.tickets[first], {"fields": {}})
    while (results := adapter.collect(receipt)) is None:
        pass
    assert [result.detail for result in results if result.outcome != Outcome.WRITTEN] == [
        "TicketUpdateFailed"
    ]


def test_batches_that_never_end_do_not_pile_up(desk: FakeZendesk, adapter: ZendeskAdapter) -> None:
    desk.polls_until_done = 2
    changes = tagging(put(desk, 1))
    for _ in range(MOST_OPEN):
        adapter.submit(changes)
    with pytest.raises(RateLimitedError, match="still at work on 30 jobs"):
        adapter.submit(changes)
    assert len(sent(desk)) == MOST_OPEN
    desk.polls_until_done = 0
    patient = RetryingAdapter(adapter, sleep=lambda _: None)
    assert patient.submit(changes).job is not None
    assert len(sent(desk)) == MOST_OPEN + 1


def test_batches_that_end_leave_room(desk: FakeZendesk, adapter: ZendeskAdapter) -> None:
    for _ in range(MOST_OPEN + 5):
        assert adapter.collect(adapter.submit(tagging(put(desk, 1)))) is not None
    assert len(sent(desk)) == MOST_OPEN + 5
    assert len(sent(desk, method="GET")) == MOST_OPEN + 5 + 1  # one reading back


def test_a_tag_that_one_ticket_refuses_is_no_fault_of_the_form(
    desk: FakeZendesk, adapter: ZendeskAdapter
) -> None:
    fine, stubborn = put(desk, 2)
    receipt = adapter.submit(tagging([fine, stubborn]))
    desk.desk.replace(desk.desk.tickets[stubborn], {"tags": ()})
    results = adapter.collect(receipt)
    assert results is not None
    assert [result.outcome for result in results] == [Outcome.WRITTEN, Outcome.REJECTED]
    assert len(sent(desk)) == 1


def test_a_break_of_the_line_in_the_fallback_is_made_good(
    desk: FakeZendesk, adapter: ZendeskAdapter
) -> None:
    desk.batch_ignores_tags = True
    patient = RetryingAdapter(adapter, sleep=lambda _: None)
    receipt = patient.submit(tagging(put(desk, 3)))
    job = {"job_status": desk.jobs[receipt.job or ""]}
    desk.reply_next(200, body=json.dumps(job))
    desk.reply_next(503)
    while (results := patient.collect(receipt)) is None:
        pass
    assert {result.outcome for result in results} == {Outcome.WRITTEN}


def test_equal_changes_travel_together_and_each_ticket_once() -> None:
    changes = [TicketChange(ticket_id=str(n), add_tags=(f"goal_{n % 3}",)) for n in range(30)]
    (wave,) = in_ids_form(changes)
    assert [order.body for order in wave] == [
        {"ticket": {"additional_tags": [f"goal_{n}"]}} for n in range(3)
    ]
    ids = [one for order in wave for one in order.params["ids"].split(",")]
    assert sorted(ids, key=int) == [str(n) for n in range(30)]


def test_tickets_of_one_wave_are_all_different() -> None:
    changes = [
        TicketChange(ticket_id=str(n), add_tags=(f"goal_{n}",), fields={NOTE: f"n{n}"})
        for n in range(25)
    ]
    waves = in_ids_form(changes)
    for wave in waves:
        ids = [change.ticket_id for order in wave for change in order.changes]
        assert len(ids) == len(set(ids))
    assert [len(wave) for wave in waves] == [1, 10, 10, 5]


@pytest.fixture
def practice() -> Iterator[tuple[PracticeServer, Adapter]]:
    now = datetime(2026, 3, 2, 9, tzinfo=UTC)
    world = seed_world(0, 7, clock=Clock(now, ticking=False))
    with PracticeServer(world) as server:
        token = SecretStr(PRACTICE_TOKEN)
        settings = ZendeskSettings(url=server.url, email=ADMIN_EMAIL, token=token)
        with ZendeskAdapter(settings, watched_fields=frozenset()) as adapter:
            yield server, adapter


@pytest.mark.parametrize("ignores", [True, False])
def test_tags_arrive_at_the_practice_helpdesk_in_either_mood(
    practice: tuple[PracticeServer, Adapter], *, ignores: bool
) -> None:
    server, adapter = practice
    server.desk.batch_ignores_tags = ignores
    body = {"subject": "Batch", "comment": {"body": "Hello"}, "tags": ["vip"]}
    ids = [str(server.acts.create(body).id) for _ in range(12)]
    for start in (0, 6):
        changes = [
            TicketChange(ticket_id=name, add_tags=(f"goal_{name}",))
            for name in ids[start : start + 6]
        ]
        assert outcomes(write(adapter, *changes)) == {Outcome.WRITTEN}
    for name in ids:
        assert {"vip", f"goal_{name}"} <= set(server.world.ticket(int(name)).tags)
