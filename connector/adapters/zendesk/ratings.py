"""Satisfaction in both of Zendesk's kinds: the older ratings, good or bad, and survey responses.

Quirks worth knowing before you change anything:
- only one kind is active in an account, the other may hold its past: both are read, one after the
  other, and an account that lacks one of them refuses the call;
- which time the older list compares is not stated: an hour comes again with every read;
- surveys are listed by the time they were offered, in milliseconds, and answered later: a day comes
  again with every read, and once a day all that can still be answered;
- of five points, one to three are bad.
"""

from __future__ import annotations

from collections import Counter
from typing import Any

import msgspec

from connector.adapters.zendesk import parse
from connector.adapters.zendesk.client import PAGE_SIZE, ZendeskClient
from connector.adapters.zendesk.paging import NOT_THERE, Pages
from connector.adapters.zendesk.settings import KIND
from connector.adapters.zendesk.surveys import SurveyList, survey_ratings
from connector.adapters.zendesk.wire import Meta, RatingList
from connector.errors import FatalError, ProtocolError
from connector.model.page import Page
from connector.model.ticket import Rating

OVERLAP_S = 3_600
SURVEY_OVERLAP_S = 24 * 3600
ANSWERABLE_S = 28 * 24 * 3600
RARELY_S = 24 * 3600
NO_SURVEYS = "the account has no satisfaction surveys of several choices"
NO_RATINGS = "the account has no satisfaction ratings of the older kind"
_RATINGS = msgspec.json.Decoder(RatingList)
_SURVEYS = msgspec.json.Decoder(SurveyList)


class Part(msgspec.Struct, frozen=True, array_like=True):
    """Where reading one kind stands.

    `missing_at` is when the account was found to lack it, `deep_at` when all that can still be
    answered was last read again.
    """

    since: int
    newest: int
    after: str = ""
    missing_at: int = 0
    deep_at: int = 0


class Place(msgspec.Struct, frozen=True, array_like=True):
    """Where reading stands: our cursor, as JSON."""

    old: Part
    surveys: Part
    is_at_surveys: bool = False


class RatingReader:
    """Reads the older ratings to their end, then the survey responses."""

    def __init__(self, client: ZendeskClient, since: int) -> None:
        """Read through `client`, from `since` on."""
        self._client = client
        self._pages = Pages(client)
        self._since = since

    def read(self, cursor: str | None) -> Page:
        """Read a page of one kind."""
        first = Part(self._since, self._since)
        place = msgspec.json.decode(cursor, type=Place) if cursor else Place(first, first)
        if not place.is_at_surveys and not self._is_missing(place.old):
            return self._read_old(place)
        if not self._is_missing(place.surveys):
            return self._read_surveys(place)
        return self._page((), msgspec.structs.replace(place, is_at_surveys=False), has_more=False)

    def _read_old(self, place: Place) -> Page:
        after = {"page[after]": place.old.after} if place.old.after else {}
        asked = {"start_time": place.old.since, "page[size]": PAGE_SIZE, **after}
        has_surveys = not self._is_missing(place.surveys)
        try:
            answer = self._client.get("satisfaction_ratings", _RATINGS, asked)
        except FatalError as error:
            old = self._missing(place.old, error)
            place = Place(old, place.surveys, has_surveys)
            return _noted(self._page((), place, has_more=has_surveys), NO_RATINGS)
        unknown: Counter[str] = Counter()
        rows = parse.ratings(answer.satisfaction_ratings, unknown)
        old, has_more = _moved_on(place.old, rows, answer.meta, OVERLAP_S)
        place = Place(old, place.surveys, not has_more and has_surveys)
        return self._page(rows, place, has_more=has_more or has_surveys, unknown=unknown)

    def _read_surveys(self, place: Place) -> Page:
        part = self._deep(place.surveys)
        asked: dict[str, Any] = {"page[size]": PAGE_SIZE}
        if part.since:
            asked["filter[created_at_start]"] = part.since * 1000
        if part.after:
            asked["page[after]"] = part.after
        try:
            answer = self._client.get("guide/survey_responses", _SURVEYS, asked)
        except FatalError as error:
            place = Place(place.old, self._missing(part, error))
            return _noted(self._page((), place, has_more=False), NO_SURVEYS)
        unknown: Counter[str] = Counter()
        rows = survey_ratings(answer.survey_responses, unknown)
        if answer.meta is None and answer.next_page:
            unknown["survey responses beyond the first page"] += 1
        part, has_more = _moved_on(part, rows, answer.meta, SURVEY_OVERLAP_S)
        return self._page(
            rows, Place(place.old, part, has_more), has_more=has_more, unknown=unknown
        )

    def _deep(self, part: Part) -> Part:
        """Begin further back once a day."""
        now = int(self._pages.now.timestamp()) if self._pages.now else 0
        if part.after or now - part.deep_at < RARELY_S:
            return part
        since = max(self._since, part.newest - ANSWERABLE_S)
        return Part(min(part.since, since), part.newest, deep_at=now)

    def _is_missing(self, part: Part) -> bool:
        """Tell whether the account was found to lack this kind less than a day ago."""
        now = self._pages.now
        return bool(part.missing_at) and (
            now is None or now.timestamp() - part.missing_at < RARELY_S
        )

    def _missing(self, part: Part, error: FatalError) -> Part:
        """Note that the account lacks this kind, if that is what its answer says."""
        if error.status not in NOT_THERE:
            raise error
        now = self._pages.now
        return msgspec.structs.replace(
            part, after="", missing_at=int(now.timestamp()) if now else 1
        )

    def _page(
        self,
        rows: tuple[Rating, ...],
        place: Place,
        *,
        has_more: bool,
        unknown: Counter[str] | None = None,
    ) -> Page:
        return self._pages.page(
            rows,
            cursor=msgspec.json.encode(place).decode(),
            has_more=has_more,
            through=None if has_more else self._pages.complete_until(),
            unknown=unknown,
            limits=self._pages.limits,
        )


def _moved_on(
    part: Part, rows: tuple[Rating, ...], meta: Meta | None, overlap_s: int
) -> tuple[Part, bool]:
    """Return where reading stands after a page, and whether the list goes on."""
    times = [int(row.updated_at.timestamp()) for row in rows if row.updated_at]
    newest = max([part.newest, *times])
    if meta is None or not meta.has_more:
        since = max(part.since, newest - overlap_s)
        return Part(since, newest, deep_at=part.deep_at), False
    if meta.after_cursor in {None, "", part.after}:
        raise ProtocolError(f"{KIND}: the list of ratings does not go on where it stopped")
    return Part(part.since, newest, str(meta.after_cursor), deep_at=part.deep_at), True


def _noted(page: Page, note: str) -> Page:
    return msgspec.structs.replace(page, notes=(note,))
