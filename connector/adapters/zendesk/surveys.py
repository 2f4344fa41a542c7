"""Zendesk's survey responses (2, 3 or 5 choices) as ratings; lenient: no recorded vote was found.

Neither questions nor words that people wrote are named here, so they are never decoded.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Any

from connector.adapters.zendesk.parse import moment, named
from connector.adapters.zendesk.wire import Meta, Wire
from connector.model.ticket import Rating

MOST_POINTS = 5
BAD_UNTIL = 3
CATEGORIES = {
    **dict.fromkeys(("good", "positive", "satisfied", "very_satisfied"), "good"),
    **dict.fromkeys(("bad", "negative", "unsatisfied", "dissatisfied", "very_dissatisfied"), "bad"),
}
SILENT = frozenset({"skipped", "open_ended", "closed_ended"})


class WireQuestion(Wire):
    """What was asked, as far as its kind; surveys may have several scales."""

    sub_type: str | None = None


class WireAnswer(Wire):
    """An answer of a response; that it is a vote shows in `rating` or `rating_category`."""

    type: Any = None
    rating: Any = None
    rating_category: Any = None
    question: WireQuestion | None = None
    created_at: str | None = None
    updated_at: str | None = None


class WireSubject(Wire):
    """What a response is about."""

    id: str | int | None = None
    type: str | None = None
    zrn: str | None = None


class WireSurveyResponse(Wire):
    """A response; the older form of the answer has no `subjects`."""

    id: str | int
    subjects: list[WireSubject] | None = None
    subject_zrns: list[str] | None = None
    answers: list[WireAnswer] | None = None
    created_at: str | None = None


class SurveyList(Wire):
    """A page of responses."""

    survey_responses: list[WireSurveyResponse]
    meta: Meta | None = None
    next_page: str | None = None


def survey_ratings(rows: Iterable[WireSurveyResponse], unknown: Counter[str]) -> tuple[Rating, ...]:
    """Return the votes; whoever only wrote or skipped did not vote."""
    found: dict[str, Rating] = {}
    for row in rows:
        ticket_id = _ticket_id(row)
        votes = [answer for answer in row.answers or () if _is_vote(answer, unknown)]
        if ticket_id is None:
            unknown["survey response about no ticket"] += 1
        elif votes:
            vote = next(filter(_is_of_satisfaction, votes), votes[0])
            rating = _rating(str(row.id), ticket_id, row, vote)
            if rating is None:
                unknown[f"survey rating {named(vote.rating_category)}"] += 1
            else:
                found[rating.id] = rating
    return tuple(found.values())


def _is_vote(answer: WireAnswer, unknown: Counter[str]) -> bool:
    if answer.rating is not None or answer.rating_category is not None:
        return True
    if answer.type not in SILENT:
        unknown[f"survey answer {named(answer.type)}"] += 1
    return False


def _is_of_satisfaction(vote: WireAnswer) -> bool:
    return vote.question is not None and vote.question.sub_type == "customer_satisfaction"


def _rating(
    response_id: str, ticket_id: str, row: WireSurveyResponse, vote: WireAnswer
) -> Rating | None:
    points = _points(vote.rating)
    score = CATEGORIES.get(str(vote.rating_category).lower())
    if score is None and points is not None:
        score = "bad" if points <= BAD_UNTIL else "good"
    rated_at = moment(vote.created_at) or moment(row.created_at)
    if score is None or rated_at is None:
        return None
    return Rating(
        id=response_id,
        ticket_id=ticket_id,
        score=score,
        points=points,
        offered_at=moment(row.created_at) or rated_at,
        rated_at=rated_at,
        updated_at=moment(vote.updated_at) or rated_at,
    )


def _points(rating: object) -> int | None:
    """Return one to five, None for anything else."""
    if isinstance(rating, str | int | float) and str(rating).removesuffix(".0").isdigit():
        points = int(float(rating))
        return points if 1 <= points <= MOST_POINTS else None
    return None


def _ticket_id(row: WireSurveyResponse) -> str | None:
    """Return the ticket's id; of names like `zen:ticket:99` only the last two parts count."""
    for subject in row.subjects or ():
        if subject.type == "ticket" and str(subject.id).isdigit():
            return str(subject.id)
    names: list[str] = [*(row.subject_zrns or ()), *(one.zrn or "" for one in row.subjects or ())]
    for name in names:
        parts = name.split(":")
        if parts[-2:-1] == ["ticket"] and parts[-1].isdigit():
            return parts[-1]
    return None
