"""Satisfaction in both kinds: the older ratings, then survey responses."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import msgspec
import pytest
import responses
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr

from connector.adapters.zendesk.adapter import ZendeskAdapter
from connector.adapters.zendesk.ratings import NO_RATINGS, NO_SURVEYS
from connector.adapters.zendesk.settings import ZendeskSettings
from connector.adapters.zendesk.surveys import SurveyList, survey_ratings
from connector.errors import ProtocolError, UnavailableError
from connector.model.page import Page, Stream
from connector.model.ticket import Rating
from tests.fakes.zendesk import TOKEN, URL, FakeZendesk
from tests.fakes.zendesk_spec import ZendeskSpec

Body = dict[str, Any]
AT = "2026-01-05T09:00:00.000Z"
ENDED = json.dumps({"satisfaction_ratings": [], "meta": {"has_more": False}})


@pytest.fixture
def desk(zendesk_spec: ZendeskSpec | None) -> Iterator[FakeZendesk]:
    with responses.RequestsMock(assert_all_requests_are_fired=False) as mock:
        yield FakeZendesk(mock, spec=zendesk_spec)


@pytest.fixture
def adapter(desk: FakeZendesk) -> ZendeskAdapter:
    settings = ZendeskSettings(url=URL, access_token=SecretStr(TOKEN))
    return ZendeskAdapter(settings, watched_fields=frozenset())


def asked(desk: FakeZendesk) -> tuple[str, dict[str, str]]:
    parts = urlsplit(desk.asked[-1].url or "")
    query = {name: values[0] for name, values in parse_qs(str(parts.query)).items()}
    return str(parts.path).removeprefix("/api/v2/"), query


def read_all(adapter: ZendeskAdapter, cursor: str | None = None) -> list[Page]:
    pages = [adapter.read(Stream.RATINGS, cursor)]
    while pages[-1].has_more:
        pages.append(adapter.read(Stream.RATINGS, pages[-1].cursor))
    return pages


def ratings(pages: list[Page]) -> list[Rating]:
    return [row for page in pages if isinstance(page.records, tuple) for row in page.records]  # type: ignore[misc]


def response(*answers: Body, **more: Any) -> Body:
    return {"id": "01J1WB51", "subject_zrns": ["zen:ticket:99"], "answers": list(answers), **more}


def vote(rating: object = None, category: object = None, **more: Any) -> Body:
    said = {"rating": rating, "rating_category": category}
    return {"type": "rating_scale", "created_at": AT, "updated_at": AT, **said, **more}


def surveys(*rows: Body, **more: Any) -> str:
    return json.dumps({"survey_responses": list(rows), **more})


def parsed(*rows: Body) -> tuple[list[Rating], dict[str, int]]:
    unknown: Counter[str] = Counter()
    page = msgspec.json.decode(surveys(*rows), type=SurveyList)
    return list(survey_ratings(page.survey_responses, unknown)), dict(unknown)


def test_old_ratings_are_read_again_from_an_hour_before(
    desk: FakeZendesk, adapter: ZendeskAdapter
) -> None:
    desk.desk.rate(desk.put(), "offered")
    cursor = read_all(adapter)[-1].cursor
    adapter.read(Stream.RATINGS, cursor)
    path, query = asked(desk)
    assert path == "satisfaction_ratings"
    assert query["start_time"] == str(int(desk.desk.now.timestamp()) - 3600)


def test_a_rating_given_later_replaces_the_offer(
    desk: FakeZendesk, adapter: ZendeskAdapter
) -> None:
    ticket_id = desk.put()
    desk.desk.rate(ticket_id, "offered")
    first = read_all(adapter)
    desk.advance(86400)
    desk.desk.rate(ticket_id, "bad")
    (again,) = ratings(read_all(adapter, first[-1].cursor))
    assert [again.id] == [rating.id for rating in ratings(first)]
    assert again.score == "bad"


def test_a_bad_rating_has_the_id_of_its_reason(desk: FakeZendesk, adapter: ZendeskAdapter) -> None:
    for score in ("good", "bad", "offered"):
        desk.desk.rate(desk.put(), score, reason="7001")
    found = ratings(read_all(adapter))
    assert {rating.score: rating.reason for rating in found} == {
        "good": None, "bad": "7001", "offered": None,
    }  # fmt: skip
    assert "never to be stored" not in str(found)


def test_surveys_follow_the_old_ratings(desk: FakeZendesk, adapter: ZendeskAdapter) -> None:
    desk.reply_next(200, body=ENDED)
    desk.reply_next(200, body=surveys(response(vote(5)), meta={"has_more": False}))
    pages = read_all(adapter)
    (rating,) = ratings(pages)
    assert (rating.ticket_id, rating.score, rating.points) == ("99", "good", 5)
    assert rating.rated_at == datetime(2026, 1, 5, 9, tzinfo=UTC)
    assert [page.has_more for page in pages] == [True, False]


def test_surveys_are_read_again_from_a_day_before(
    desk: FakeZendesk, adapter: ZendeskAdapter
) -> None:
    desk.reply_next(200, body=ENDED)
    desk.reply_next(200, body=surveys(response(vote(5))))
    cursor = read_all(adapter)[-1].cursor
    desk.reply_next(200, body=ENDED)
    desk.reply_next(200, body=surveys())
    cursor = read_all(adapter, cursor)[-1].cursor
    path, query = asked(desk)
    assert path == "guide/survey_responses"
    assert query["filter[created_at_start]"] == str(1767603600_000 - 86400_000)
    desk.advance(86_401)
    read_all(adapter, cursor)
    assert asked(desk)[1]["filter[created_at_start]"] == str(1767603600_000 - 28 * 86400_000)


def test_pages_of_surveys_go_on_by_cursor(desk: FakeZendesk, adapter: ZendeskAdapter) -> None:
    desk.reply_next(200, body=ENDED)
    more = {"has_more": True, "after_cursor": "abc"}
    desk.reply_next(200, body=surveys(response(vote(1)), meta=more))
    desk.reply_next(200, body=surveys(response(vote(5), id="other")))
    assert [rating.points for rating in ratings(read_all(adapter))] == [1, 5]
    assert asked(desk)[1]["page[after]"] == "abc"


def test_surveys_that_repeat_their_cursor_are_an_error(
    desk: FakeZendesk, adapter: ZendeskAdapter
) -> None:
    desk.reply_next(200, body=ENDED)
    for _ in range(2):
        desk.reply_next(200, body=surveys(meta={"has_more": True, "after_cursor": "abc"}))
    with pytest.raises(ProtocolError, match="does not go on"):
        read_all(adapter)


@pytest.mark.parametrize("status", [403, 404])
def test_an_account_without_surveys_is_told_not_failed(
    desk: FakeZendesk, adapter: ZendeskAdapter, status: int
) -> None:
    desk.reply_next(200, body=ENDED)
    desk.reply_next(status)
    page = read_all(adapter)[-1]
    assert (page.notes, page.has_more, page.unknown) == ((NO_SURVEYS,), False, {})


def test_what_an_account_lacks_is_not_asked_for_until_tomorrow(
    desk: FakeZendesk, adapter: ZendeskAdapter
) -> None:
    desk.reply_next(200, body=ENDED)
    desk.reply_next(404)
    cursor = read_all(adapter)[-1].cursor
    before = len(desk.asked)
    cursor = read_all(adapter, cursor)[-1].cursor
    assert len(desk.asked) == before + 1
    desk.advance(86_401)
    adapter.check()  # whatever is asked tells the time there
    read_all(adapter, cursor)
    assert asked(desk)[0] == "guide/survey_responses"


def test_an_account_with_surveys_alone_is_read(desk: FakeZendesk, adapter: ZendeskAdapter) -> None:
    desk.reply_next(404)
    desk.reply_next(200, body=surveys(response(vote(4))))
    pages = read_all(adapter)
    assert pages[0].notes == (NO_RATINGS,)
    assert len(ratings(pages)) == 1


def test_a_fault_is_no_lack(desk: FakeZendesk, adapter: ZendeskAdapter) -> None:
    desk.reply_next(200, body=ENDED)
    desk.reply_next(503)
    with pytest.raises(UnavailableError):
        read_all(adapter)


@pytest.mark.parametrize(
    ("answer", "score", "points"),
    [
        (vote(1), "bad", 1),
        (vote(3), "bad", 3),
        (vote(4), "good", 4),
        (vote("5"), "good", 5),
        (vote(2, "good"), "good", 2),
        (vote(None, "bad"), "bad", None),
        (vote(7, "good"), "good", None),
        (vote(True, "bad"), "bad", None),
        (vote(5, type="anything"), "good", 5),
    ],
)
def test_votes_of_every_scale_are_good_or_bad(answer: Body, score: str, points: int | None) -> None:
    ((rating,), unknown) = parsed(response(answer))
    assert (rating.score, rating.points, unknown) == (score, points, {})


def test_of_several_scales_the_one_of_satisfaction_is_the_vote() -> None:
    other = vote(1, question={"sub_type": "other"})
    ((rating,), _) = parsed(
        response(other, vote(5, question={"sub_type": "customer_satisfaction"}))
    )
    assert rating.points == 5


@pytest.mark.parametrize(
    "subject",
    [
        {"subject_zrns": ["zrn:ticket:99"]},
        {"subject_zrns": ["zen:user:5", "zen:ticket:99"]},
        {"subject_zrns": None, "subjects": [{"id": "99", "type": "ticket"}]},
        {"subject_zrns": [], "subjects": [{"zrn": "zen:ticket:99"}]},
    ],
)
def test_the_ticket_of_a_response_is_found_in_every_form(subject: Body) -> None:
    ((rating,), _) = parsed(response(vote(5), **subject))
    assert rating.ticket_id == "99"


@pytest.mark.parametrize(
    ("row", "counted"),
    [
        (response(vote(5), subject_zrns=["zen:user:99"]), "survey response about no ticket"),
        (response(vote(9)), "survey rating unreadable"),
        (response(vote(None, "neutral")), "survey rating neutral"),
        (response(vote(5, created_at="soon")), "survey rating unreadable"),
        (response({"type": "ranking"}), "survey answer ranking"),
    ],
)
def test_what_is_no_vote_that_we_know_is_counted(row: Body, counted: str) -> None:
    assert parsed(row) == ([], {counted: 1})


def test_whoever_only_skipped_did_not_vote(shared: Path) -> None:
    file = shared / "fixtures" / "zendesk" / "surveys_vendor-doc_survey-response.json"
    recorded = [one["response"]["body"] for one in json.loads(file.read_text())["interactions"]]
    assert parsed(*recorded) == ([], {})
    for body in recorded:
        body["answers"].append(vote(2))
    assert [rating.ticket_id for rating in parsed(*recorded)[0]] == ["99"]


anything = st.none() | st.booleans() | st.integers(-3, 9) | st.floats(0, 6) | st.text(max_size=6)


@given(st.lists(st.builds(vote, anything, anything, type=anything), max_size=3))
def test_every_response_is_a_rating_or_counted_or_silent(answers: list[Body]) -> None:
    found, unknown = parsed(response(*answers))
    voted = any(a["rating"] is not None or a["rating_category"] is not None for a in answers)
    assert all(rating.score in {"good", "bad"} for rating in found)
    assert len(found) <= 1
    assert not voted or found or unknown
