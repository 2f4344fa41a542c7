"""SLA policies and metric events: both forms of paging, and what an account does not have."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import msgspec
import pytest
import responses
from pydantic import SecretStr

from connector.adapters.base import utc
from connector.adapters.zendesk import policies, sla
from connector.adapters.zendesk.adapter import ZendeskAdapter
from connector.adapters.zendesk.settings import ZendeskSettings
from connector.errors import ProtocolError, UnavailableError
from connector.model.page import Page, Stream
from connector.model.sla import MetricEvent, SlaPolicy, SlaTarget
from tests.fakes.zendesk import TOKEN, URL, FakeZendesk

Body = dict[str, Any]
AT = 1767603600
POLICY = {
    "id": 5,
    "title": "Gold",
    "position": 1,
    "policy_metrics": [{"metric": "reply_time", "target": 30}],
}
# the vendor's example, which it explains as one hour
GROUP_POLICY: Body = {
    "id": "01H078CBDY28BZG7P6BONY09DN",
    "title": "Tier 1",
    "position": 3,
    "policy_metrics": [
        {
            "metric": "group_ownership_time",
            "priority": "low",
            "target": 3600,
            "business_hours": False,
        }
    ],
}


@pytest.fixture
def desk() -> Iterator[FakeZendesk]:
    with responses.RequestsMock(assert_all_requests_are_fired=False) as mock:
        yield FakeZendesk(mock)


@pytest.fixture
def adapter(desk: FakeZendesk) -> ZendeskAdapter:
    settings = ZendeskSettings(url=URL, access_token=SecretStr(TOKEN))
    return ZendeskAdapter(settings, watched_fields=frozenset())


def asked(desk: FakeZendesk, place: int = -1) -> tuple[str, dict[str, str]]:
    parts = urlsplit(desk.asked[place].url or "")
    query = {name: values[0] for name, values in parse_qs(str(parts.query)).items()}
    return str(parts.path).removeprefix("/api/v2/"), query


def step(number: int = 1, **more: Any) -> Body:
    time = utc(AT + number).isoformat()
    basics = {"id": number, "ticket_id": 7, "time": time, "metric": "reply_time"}
    return {**basics, "type": "activate", "instance_id": 1, **more}


def reply(desk: FakeZendesk, *rows: Body, **envelope: Any) -> None:
    desk.reply_next(200, body=json.dumps({"ticket_metric_events": rows, **envelope}))


def with_policies(desk: FakeZendesk, adapter: ZendeskAdapter, *some: Body) -> Page:
    reply_policies(desk, "sla_policies", *(some or [POLICY]))
    reply_policies(desk, "group_sla_policies")
    return adapter.read(Stream.SLA)


def reply_policies(desk: FakeZendesk, key: str, *rows: Body) -> None:
    desk.reply_next(200, body=json.dumps({key: rows, "next_page": None}))


def ids(page: Page) -> list[str]:
    return [row.id for row in page.records]  # type: ignore[union-attr]


def parsed(*rows: Body) -> tuple[list[MetricEvent], dict[str, int]]:
    unknown: Counter[str] = Counter()
    found = sla.steps(msgspec.convert(list(rows), list[sla.WireStep]), unknown)
    return list(found), dict(unknown)


def test_policies_come_first_and_steps_follow(desk: FakeZendesk, adapter: ZendeskAdapter) -> None:
    page = with_policies(desk, adapter)
    target = SlaTarget(metric="reply_time", minutes=30)
    assert page.records == (SlaPolicy(id="5", title="Gold", position=1, targets=(target,)),)
    reply(desk, step(1), step(2), end_time=AT + 2)
    page = adapter.read(Stream.SLA, page.cursor)
    assert (ids(page), page.has_more) == (["1", "2"], True)
    reply(desk, step(2), end_time=AT + 2)
    page = adapter.read(Stream.SLA, page.cursor)
    assert asked(desk)[1]["start_time"] == str(AT + 2)
    assert (page.has_more, page.through) == (False, desk.desk.now - timedelta(seconds=60))


def test_the_first_steps_are_ninety_days_old(desk: FakeZendesk, adapter: ZendeskAdapter) -> None:
    page = with_policies(desk, adapter)
    reply(desk)
    adapter.read(Stream.SLA, page.cursor)
    since = int(desk.desk.now.timestamp()) - 90 * 86400
    assert asked(desk) == ("incremental/ticket_metric_events", {"start_time": str(since)})


def test_an_end_mark_is_believed(desk: FakeZendesk, adapter: ZendeskAdapter) -> None:
    page = with_policies(desk, adapter)
    reply(desk, step(), end_time=AT + 1, end_of_stream=True)
    assert not adapter.read(Stream.SLA, page.cursor).has_more


def test_steps_by_cursor_go_on_by_cursor(desk: FakeZendesk, adapter: ZendeskAdapter) -> None:
    page = with_policies(desk, adapter)
    reply(desk, step(1), meta={"has_more": True, "after_cursor": "abc"})
    page = adapter.read(Stream.SLA, page.cursor)
    reply(desk, step(2), meta={"has_more": False, "after_cursor": "abc"})
    page = adapter.read(Stream.SLA, page.cursor)
    assert asked(desk)[1]["page[after]"] == "abc"
    assert not page.has_more
    reply(desk)
    adapter.read(Stream.SLA, page.cursor)
    assert asked(desk)[1] == {"start_time": str(AT + 2)}


def test_steps_that_repeat_their_cursor_are_an_error(
    desk: FakeZendesk, adapter: ZendeskAdapter
) -> None:
    page = with_policies(desk, adapter)
    reply(desk, step(1), meta={"has_more": True, "after_cursor": "abc"})
    page = adapter.read(Stream.SLA, page.cursor)
    reply(desk, step(1), meta={"has_more": True, "after_cursor": "abc"})
    with pytest.raises(ProtocolError, match="do not go on"):
        adapter.read(Stream.SLA, page.cursor)


def test_a_refused_cursor_is_replaced_by_the_minute_before_it(
    desk: FakeZendesk, adapter: ZendeskAdapter
) -> None:
    page = with_policies(desk, adapter)
    reply(desk, step(100), meta={"has_more": True, "after_cursor": "abc"})
    page = adapter.read(Stream.SLA, page.cursor)
    desk.reply_next(400)
    reply(desk)
    adapter.read(Stream.SLA, page.cursor)
    assert asked(desk)[1] == {"start_time": str(AT + 100 - 60)}


@pytest.mark.parametrize("rows", [0, 1000])
def test_steps_that_stand_still_are_an_error(
    desk: FakeZendesk, adapter: ZendeskAdapter, rows: int
) -> None:
    page = with_policies(desk, adapter)
    reply(desk, step(1), end_time=AT)
    page = adapter.read(Stream.SLA, page.cursor)
    reply(desk, *([step(0)] * rows), end_time=AT, **({} if rows else {"end_of_stream": False}))
    with pytest.raises(ProtocolError, match="stand still"):
        adapter.read(Stream.SLA, page.cursor)


def test_a_start_in_the_withheld_minute_is_simply_too_early(
    desk: FakeZendesk, adapter: ZendeskAdapter
) -> None:
    page = with_policies(desk, adapter)
    reply(desk, end_time=int(desk.desk.now.timestamp()) - 5)
    page = adapter.read(Stream.SLA, page.cursor)
    desk.reply_next(422)
    assert not adapter.read(Stream.SLA, page.cursor).has_more


@pytest.mark.parametrize("status", [403, 404])
def test_an_account_without_policies_is_told_not_failed(
    desk: FakeZendesk, adapter: ZendeskAdapter, status: int
) -> None:
    desk.reply_next(status)
    desk.reply_next(status)
    page = adapter.read(Stream.SLA)
    lacks = (policies.NO_POLICIES, policies.NO_GROUP_POLICIES)
    assert (page.records, page.has_more, page.notes) == ((), False, lacks)


def test_policies_for_groups_are_read_beside_the_others(
    desk: FakeZendesk, adapter: ZendeskAdapter
) -> None:
    reply_policies(desk, "sla_policies", POLICY)
    reply_policies(desk, "group_sla_policies", GROUP_POLICY)
    page = adapter.read(Stream.SLA)
    assert asked(desk) == ("group_slas/policies", {})
    target = SlaTarget(metric="group_ownership_time", priority="low", minutes=60)
    assert isinstance(page.records, tuple)
    assert page.records[1:] == (
        SlaPolicy(id=GROUP_POLICY["id"], title="Tier 1", position=3, targets=(target,)),
    )


@pytest.mark.parametrize("status", [403, 404])
def test_an_account_with_policies_for_groups_alone_has_steps(
    desk: FakeZendesk, adapter: ZendeskAdapter, status: int
) -> None:
    desk.reply_next(status)
    reply_policies(desk, "group_sla_policies", GROUP_POLICY)
    page = adapter.read(Stream.SLA)
    assert (ids(page), page.has_more) == ([GROUP_POLICY["id"]], True)
    assert page.notes == (policies.NO_POLICIES,)


def test_a_plan_without_policies_for_groups_keeps_the_others(
    desk: FakeZendesk, adapter: ZendeskAdapter
) -> None:
    reply_policies(desk, "sla_policies", POLICY)
    desk.reply_next(404)
    page = adapter.read(Stream.SLA)
    assert (ids(page), page.notes) == (["5"], (policies.NO_GROUP_POLICIES,))


def test_a_fault_of_the_second_list_is_no_lack(desk: FakeZendesk, adapter: ZendeskAdapter) -> None:
    reply_policies(desk, "sla_policies", POLICY)
    desk.reply_next(503)
    with pytest.raises(UnavailableError):
        adapter.read(Stream.SLA)


def test_an_account_without_policies_is_asked_once_a_day(
    desk: FakeZendesk, adapter: ZendeskAdapter
) -> None:
    reply_policies(desk, "sla_policies")
    reply_policies(desk, "group_sla_policies")
    page = adapter.read(Stream.SLA)
    assert not page.has_more
    adapter.read(Stream.SLA, page.cursor)
    assert len(desk.asked) == 2
    desk.advance(86_401)
    adapter.check()
    adapter.read(Stream.SLA, page.cursor)
    assert [asked(desk, place)[0] for place in (-2, -1)] == ["slas/policies", "group_slas/policies"]


def test_hidden_metric_events_are_told_not_failed(
    desk: FakeZendesk, adapter: ZendeskAdapter
) -> None:
    page = with_policies(desk, adapter)
    desk.reply_next(403)
    page = adapter.read(Stream.SLA, page.cursor)
    assert (page.has_more, page.notes) == (False, (sla.NO_STEPS,))


def test_a_fault_is_no_lack(desk: FakeZendesk, adapter: ZendeskAdapter) -> None:
    desk.reply_next(503)
    with pytest.raises(UnavailableError):
        adapter.read(Stream.SLA)


def test_policies_of_all_pages_are_one_read(desk: FakeZendesk, adapter: ZendeskAdapter) -> None:
    link = "https://elsewhere.example.com/api/v2/slas/policies?page=2"
    desk.reply_next(200, body=json.dumps({"sla_policies": [POLICY], "next_page": link}))
    page = with_policies(desk, adapter, POLICY | {"id": 6})
    assert ids(page) == ["5", "6"]
    assert asked(desk, -2) == ("slas/policies", {"page": "2"})
    assert urlsplit(desk.asked[-2].url or "").hostname == "acme.zendesk.com"


def test_an_applied_sla_has_its_target(shared: Path) -> None:
    ((applied,), unknown) = parsed(*recorded(shared, "metric-events_zenpy_specification-sample"))
    assert (applied.type, applied.policy_id) == ("apply_sla", "114093973674")
    assert (applied.target_minutes, applied.is_business) == (1440, False)
    assert not unknown
    assert "24h" not in repr(applied)


@pytest.mark.parametrize(
    ("row", "counted"),
    [
        (step(type="mystery"), {"metric event mystery": 1}),
        (step(metric="mood"), {"metric mood": 1}),
        (step(sla=["x"], group_sla={"target": "soon"}), {}),
    ],
)
def test_strange_steps_are_kept_by_name_and_counted(row: Body, counted: Body) -> None:
    found, unknown = parsed(row)
    assert (len(found), unknown) == (1, counted)


@pytest.mark.parametrize(("told", "gone"), [(True, True), (False, False), (None, False)])
def test_a_breach_that_did_not_happen_after_all_is_told(told: bool | None, gone: bool) -> None:  # noqa: FBT001  # a column of the table
    ((found,), _) = parsed(step(type="breach", deleted=told))
    assert found.is_deleted is gone


@pytest.mark.parametrize("missing", ["id", "ticket_id", "time"])
def test_a_step_without_what_it_needs_is_counted(missing: str) -> None:
    found, unknown = parsed(step() | {missing: None})
    assert (found, sum(unknown.values())) == ([], 1)


def test_a_target_in_seconds_is_as_good() -> None:
    unknown: Counter[str] = Counter()
    metrics = [{"metric": "reply_time", "target": None, "target_in_seconds": 90}, {"metric": "x"}]
    row = msgspec.convert({"id": 1, "policy_metrics": metrics}, policies.WirePolicy)
    (policy,) = policies.policies([row], unknown)
    assert [target.minutes for target in policy.targets] == [1.5]
    assert sum(unknown.values()) == 1


def recorded(shared: Path, name: str) -> list[Body]:
    text = (shared / "fixtures" / "zendesk" / f"{name}.json").read_text()
    bodies = [one["response"]["body"] for one in json.loads(text)["interactions"]]
    return [
        row for body in bodies for key in body if isinstance(body[key], list) for row in body[key]
    ]


@pytest.mark.parametrize("name", ["estuary_capture", "vendor-doc_activate-pause", "vendor-spec"])
def test_recorded_steps_are_read_whole(shared: Path, name: str) -> None:
    rows = recorded(shared, f"metric-events_{name}")
    found, unknown = parsed(*rows)
    assert ([one.id for one in found], unknown) == ([str(row["id"]) for row in rows], {})


@pytest.mark.parametrize(
    "name", ["estuary_capture", "go-zendesk_list", "salto_list", "vendor-spec"]
)
def test_recorded_policies_are_read_whole(shared: Path, name: str) -> None:
    rows = recorded(shared, f"sla_{name}")
    unknown: Counter[str] = Counter()
    found = policies.policies(msgspec.convert(rows, list[policies.WirePolicy]), unknown)
    assert [len(one.targets) for one in found] == [len(row["policy_metrics"]) for row in rows]
    assert not unknown
