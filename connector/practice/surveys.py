"""Answers to the customer satisfaction survey with five choices, and the legacy score they fill."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

SURVEY_ID = "01J58KJ9RAE0D2EK7HRVM7Z8F2"
SCALE_QUESTION, TEXT_QUESTION = "01GFYBENPDGN1R6NAA4WRDNVFQ", "01GFYBENPDGN1R6NAA4WRDNVFR"
LEAST_GOOD, MOST = 4, 5
OPEN_FOR = timedelta(days=28)
_LETTERS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


@dataclass(slots=True)
class SurveyResponse:
    """A survey that a customer answered; `rating` is 1 to 5."""

    id: str
    ticket_id: int
    responder_id: int
    rating: int
    created_at: int
    comment: str | None = None

    @property
    def score(self) -> str:
        """Return the legacy score that the rating fills on the ticket."""
        return "good" if self.rating >= LEAST_GOOD else "bad"


def response_id(at: int, place: int) -> str:
    """Return an id that sorts by time, as the vendor's do."""
    number, letters = (at * 1000 << 80) | place, ""
    for _ in range(26):
        letters = _LETTERS[number & 31] + letters
        number >>= 5
    return letters


def survey_document(response: SurveyResponse) -> dict[str, Any]:
    """Return a survey response; the comment is skipped when there is none."""
    at = datetime.fromtimestamp(response.created_at, tz=UTC)
    scale = {
        "type": "rating_scale",
        "rating": response.rating,
        "rating_category": response.score,
        "question": _question(SCALE_QUESTION, "rating_scale", "csat", "How did we do?"),
    }
    text: dict[str, Any] = {
        "type": "open_ended" if response.comment else "skipped",
        "question": _question(TEXT_QUESTION, "open_ended", "comment", "Anything else to share?"),
    }
    if response.comment:
        text["value"] = response.comment
    zrn = f"zen:ticket:{response.ticket_id}"
    times = {"created_at": _milliseconds(at), "updated_at": _milliseconds(at)}
    return {
        "id": response.id,
        "expires_at": _milliseconds(at + OPEN_FOR),
        "responder_id": response.responder_id,
        "subject_zrns": [zrn],
        "subjects": [{"id": str(response.ticket_id), "type": "ticket", "zrn": zrn}],
        "survey_id": SURVEY_ID,
        "survey_version": 1,
        "survey": {"id": SURVEY_ID, "version": 1, "state": "enabled"},
        "answers": [scale | times, text | times],
    }


def _question(number: str, kind: str, alias: str, headline: str) -> dict[str, Any]:
    said = {"type": "static", "value": headline}
    return {"id": number, "type": kind, "alias": alias, "headline": said}


def _milliseconds(at: datetime) -> str:
    return f"{at.isoformat()[:19]}.000Z"
