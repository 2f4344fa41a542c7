"""Surveys: the last vote counts, an offer once, points are another KPI; imported ones say so."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest

from connector.kpi.catalogue import definitions
from connector.kpi.flags import Flag
from connector.kpi.forms import Form
from tests.kpi.desk import AGENT, OTHER_AGENT, Desk, after


@pytest.fixture
def desk() -> Desk:
    desk = Desk()
    desk.ticket(assignee_id=AGENT)
    return desk


def rated(desk: Desk, at: datetime, score: str, points: int | None = None, **values: Any) -> Desk:
    """Add a rating; offered when it is given, unless told otherwise."""
    columns: dict[str, Any] = {
        "rating_id": 1, "ticket_id": 1, "score": score, "points": points, "offered_at": at,
        "rated_at": None if score == "offered" else at, "assignee_id": AGENT, "updated_at": at,
    }  # fmt: skip
    desk.insert("ratings", **(columns | values))
    return desk


class TestSatisfaction:
    @pytest.mark.parametrize(("scores", "good"), [(("good", "bad"), 0), (("bad", "good"), 1)])
    def test_the_last_rating_of_a_ticket_counts(
        self, desk: Desk, scores: tuple[str, str], good: int
    ) -> None:
        for hour, score in enumerate(scores):
            rated(desk, after(hours=hour), score, rating_id=hour)
        assert desk.value("csat_pct") == good
        assert desk.value("dsat_pct") == 1 - good

    def test_votes_in_one_second_follow_their_ids(self, desk: Desk) -> None:
        rated(desk, after(), "bad", rating_id=2)
        rated(desk, after(), "good", rating_id=1)
        assert desk.value("dsat_pct") == 1

    @pytest.mark.parametrize("name", ["csat_pct", "dsat_pct", "csat_mean"])
    def test_an_offer_is_no_rating(self, desk: Desk, name: str) -> None:
        rated(desk, after(), "offered")
        desk.measure()
        assert desk.rows(name) == []

    @pytest.mark.parametrize("name", ["csat_pct", "dsat_pct", "csat_mean"])
    def test_it_is_dated_by_the_vote_and_credited_to_who_was_rated(
        self, desk: Desk, name: str
    ) -> None:
        rated(desk, after(), "good", 5)
        rated(desk, after(days=3), "bad", 2, rating_id=2, assignee_id=OTHER_AGENT)
        desk.value(name)
        found = desk.con.execute('select "at", actor_id, assignee_id from measures').fetchall()
        assert found == [(after(days=3).replace(tzinfo=None), OTHER_AGENT, AGENT)]

    def test_credit_is_to_who_had_the_ticket_when_it_was_rated(self, desk: Desk) -> None:
        desk.event("assignee", after(days=4), value=str(OTHER_AGENT), previous=str(AGENT))
        rated(desk, after(days=3), "good")
        rated(desk, after(days=5), "good", rating_id=2, ticket_id=desk.ticket(2))
        desk.value("csat_pct")
        found = desk.con.execute("select assignee_id from measures order by ticket_id").fetchall()
        assert found == [(AGENT,), (None,)]

    def test_a_rating_that_is_only_in_the_audit_trail_counts(self, desk: Desk) -> None:
        desk.event("rating", after(hours=1), value="offered")
        desk.event("rating", after(hours=2), value="bad")
        assert desk.value("dsat_pct") == 1
        assert desk.value("csat_response_rate") == 1


class TestReasons:
    REASONS = ("7001", "7002")

    def share(self, desk: Desk) -> float | None:
        return desk.value("dsat_reason_share", reasons=list(self.REASONS))

    @pytest.mark.parametrize(("reason", "share"), [("7001", 1), ("7002", 1), ("7003", 0)])
    def test_a_bad_rating_counts_by_its_reason(self, desk: Desk, reason: str, share: float) -> None:
        rated(desk, after(), "bad", reason=reason)
        assert self.share(desk) == share
        assert desk.value("dsat_reason_share") is None

    def test_a_bad_rating_without_a_reason_has_another_one(self, desk: Desk) -> None:
        rated(desk, after(), "bad", reason="7001")
        rated(desk, after(hours=1), "bad", rating_id=2)
        assert self.share(desk) == 0

    def test_one_that_is_only_in_the_audit_trail_has_no_reason(self, desk: Desk) -> None:
        desk.event("rating", after(hours=2), value="bad")
        assert self.share(desk) == 0

    def test_the_last_rating_counts_and_only_if_it_is_bad(self, desk: Desk) -> None:
        rated(desk, after(), "bad", reason="7001")
        rated(desk, after(hours=1), "good", rating_id=2)
        rated(desk, after(), "good", rating_id=3, ticket_id=desk.ticket(2))
        rated(desk, after(hours=1), "bad", rating_id=4, ticket_id=2, reason="7002")
        form = Form(definitions()["dsat_reason_share"], {"reasons": self.REASONS})
        desk.measure(forms=[form])
        assert desk.rows(form.key, 1) == []
        assert desk.rows(form.key, 2) == [(1, after(hours=1), Flag.NONE)]


class TestPoints:
    def test_the_mean_takes_the_points_of_the_last_rating(self, desk: Desk) -> None:
        rated(desk, after(), "good", 5)
        rated(desk, after(hours=1), "bad", 3, rating_id=2)
        assert desk.value("csat_mean") == 3
        assert desk.value("csat_pct") == 0

    def test_a_rating_without_points_has_none(self, desk: Desk) -> None:
        rated(desk, after(), "good", 5)
        rated(desk, after(hours=1), "good", rating_id=2)
        assert desk.value("csat_mean") is None

    def test_it_is_another_kpi_than_the_share(self) -> None:
        mean, share = definitions()["csat_mean"], definitions()["csat_pct"]
        assert (mean.unit, share.unit) == ("points", "ratio")
        assert not mean.variant_of
        assert mean.natural_range == (1, 5)


class TestResponses:
    @pytest.mark.parametrize("name", ["csat_response_rate", "csat_response_rate.in_time"])
    def test_an_offer_without_an_answer_counts_as_offered(self, desk: Desk, name: str) -> None:
        rated(desk, after(), "offered")
        assert desk.value(name) == 0

    def test_a_ticket_without_an_offer_is_not_among_them(self, desk: Desk) -> None:
        desk.measure("csat_response_rate")
        assert desk.rows("csat_response_rate") == []

    @pytest.mark.parametrize("name", ["csat_response_rate", "csat_response_rate.in_time"])
    def test_offers_again_count_once_and_by_the_first(self, desk: Desk, name: str) -> None:
        rated(desk, after(), "offered")
        rated(desk, after(days=2), "offered", rating_id=2)
        rated(desk, after(days=3), "good", rating_id=3)
        assert desk.value(name) == 1
        assert desk.rows(name) == [(1, after(), Flag.NONE)]

    @pytest.mark.parametrize(("days", "in_time"), [(7, 1), (7.1, 0)])
    def test_a_late_answer_counts_unless_it_has_to_come_in_time(
        self, desk: Desk, days: float, in_time: int
    ) -> None:
        rated(desk, after(days=days), "good", offered_at=after())
        assert desk.value("csat_response_rate.in_time") == in_time
        assert desk.value("csat_response_rate") == 1
        assert desk.value("csat_pct") == 1

    def test_a_later_change_of_mind_does_not_make_an_answer_late(self, desk: Desk) -> None:
        rated(desk, after(days=1), "bad", offered_at=after())
        rated(desk, after(days=20), "good", rating_id=2)
        assert desk.value("csat_response_rate.in_time") == 1


@pytest.mark.parametrize("name", ["nps", "ces", "ces.pct", "fcr_survey"])
def test_what_no_helpdesk_asks_is_imported_and_says_so(name: str) -> None:
    one = definitions()[name]
    assert one.family == "imported"
    assert "imported responses" in definitions()[name.partition(".")[0]].definition


def test_scales_are_told_so_that_nobody_mixes_them() -> None:
    found = {name: definitions()[name].natural_range for name in ("nps", "ces", "ces.pct")}
    assert found == {"nps": (-100, 100), "ces": (1, 7), "ces.pct": (0, 1)}
