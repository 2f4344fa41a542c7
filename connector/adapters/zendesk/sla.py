"""Zendesk's SLA policies, and the steps of its own clocks (ticket metric events).

Quirks worth knowing before you change anything:
- without paging parameters the steps come as a time-based export, with them as a list by cursor of
  a tenth of the size; we ask for the former and understand both;
- the time-based form is shown without an end mark: it ends where its end time stands still;
- a breach that did not happen after all comes again, with `deleted`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

import msgspec

from connector.adapters.base import utc
from connector.adapters.http import decode
from connector.adapters.zendesk.client import PAGE_SIZE, ZendeskClient
from connector.adapters.zendesk.paging import GONE, NOT_THERE, WITHHELD, Pages
from connector.adapters.zendesk.parse import moment, named, text
from connector.adapters.zendesk.policies import in_minutes, read_policies
from connector.adapters.zendesk.settings import KIND
from connector.adapters.zendesk.wire import Meta, Wire
from connector.errors import FatalError, ProtocolError
from connector.model.page import Page
from connector.model.sla import MetricEvent, SlaPolicy

STEPS_SINCE = timedelta(days=90)
"""How far back the first read goes where the options say nothing: these rows are many."""
RARELY_S = 24 * 3600
FULL_PAGE = 1_000
NO_STEPS = "the account does not show its ticket metric events"
_METRIC_WORDS = """
    agent_work_time first_reply_time group_ownership_time next_reply_time pausable_update_time
    periodic_update_time reply_time requester_wait_time resolution_time total_resolution_time"""
METRICS = frozenset(_METRIC_WORDS.split())
_TYPE_WORDS = "activate apply_group_sla apply_sla breach fulfill measure pause update_status"
TYPES = frozenset(_TYPE_WORDS.split())


class WireStep(Wire):
    """A ticket metric event; what applies an SLA has it in `sla` or `group_sla`."""

    id: int | str | None = None
    ticket_id: int | None = None
    time: str | None = None
    metric: str | None = None
    type: str | None = None
    instance_id: int | None = None
    deleted: bool | None = None
    sla: Any = None
    group_sla: Any = None


class StepExport(Wire):
    """A page of steps, in either form."""

    ticket_metric_events: list[WireStep]
    meta: Meta | None = None
    end_of_stream: bool | None = None
    end_time: int | None = None


class Place(msgspec.Struct, frozen=True, array_like=True):
    """Where reading stands: our cursor, as JSON."""

    start: int
    newest: int
    after: str = ""
    looked_at: int = 0  # for policies
    has_policies: bool = False


_STEPS = msgspec.json.Decoder(StepExport)


class SlaReader:
    """Reads policies of both kinds once a day, and steps only where there are some."""

    def __init__(self, client: ZendeskClient, since: int) -> None:
        """Read through `client`; `since` bounds the steps, 0 leaves it to us."""
        self._client = client
        self._pages = Pages(client)
        self._since = since

    def read(self, cursor: str | None) -> Page:
        """Read all policies, or a page of steps."""
        place = msgspec.json.decode(cursor, type=Place) if cursor else Place(0, 0)
        now = self._pages.now
        is_old = now is not None and now.timestamp() - place.looked_at >= RARELY_S
        if not place.looked_at or (is_old and not place.after):
            return self._policies(place)
        return self._steps(place) if place.has_policies else self._page((), place)

    def _policies(self, place: Place) -> Page:
        unknown: Counter[str] = Counter()
        rows, notes = read_policies(self._client, unknown)
        now = int(self._pages.now.timestamp()) if self._pages.now else 1
        first = self._since or max(0, now - int(STEPS_SINCE.total_seconds()))
        start = place.start or first
        after = Place(start, max(start, place.newest), "", now, has_policies=bool(rows))
        page = self._page(rows, after, has_more=bool(rows), unknown=unknown)
        return msgspec.structs.replace(page, notes=notes)

    def _steps(self, place: Place) -> Page:
        try:
            answer = self._ask(place)
        except FatalError as error:
            if isinstance(error, ProtocolError) and self._pages.is_too_recent(place.start, error):
                return self._page((), place)
            if error.status not in NOT_THERE:
                raise
            after = msgspec.structs.replace(place, has_policies=False)
            return msgspec.structs.replace(self._page((), after), notes=(NO_STEPS,))
        unknown: Counter[str] = Counter()
        rows = steps(answer.ticket_metric_events, unknown)
        newest = max([place.newest, *(int(row.at.timestamp()) for row in rows)])
        place = msgspec.structs.replace(place, newest=newest)
        if answer.meta is not None:
            place, has_more = _by_cursor(place, answer.meta)
        else:
            place, has_more = _by_time(place, answer)
        through = utc(place.start) if has_more else self._pages.complete_until()
        return self._page(rows, place, has_more=has_more, through=through, unknown=unknown)

    def _ask(self, place: Place) -> StepExport:
        path, params = "incremental/ticket_metric_events", {"start_time": place.start}
        if place.after:
            try:
                more = {"page[size]": PAGE_SIZE, "page[after]": place.after}
                return decode(KIND, self._client.fetch(path, {**params, **more}), _STEPS)
            except ProtocolError as error:
                if error.status not in GONE:
                    raise
            params["start_time"] = max(0, place.newest - int(WITHHELD.total_seconds()))
        return self._client.get(path, _STEPS, params)

    def _page(
        self,
        records: tuple[SlaPolicy | MetricEvent, ...],
        place: Place,
        *,
        has_more: bool = False,
        through: datetime | None = None,
        unknown: Counter[str] | None = None,
    ) -> Page:
        return self._pages.page(
            records,
            cursor=msgspec.json.encode(place).decode(),
            has_more=has_more,
            through=through,
            unknown=unknown,
            limits=self._pages.export_limits,
        )


def _by_cursor(place: Place, meta: Meta) -> tuple[Place, bool]:
    if not meta.has_more:
        return msgspec.structs.replace(place, start=place.newest, after=""), False
    if meta.after_cursor in {None, "", place.after}:
        raise ProtocolError(f"{KIND}: the metric events do not go on where they stopped")
    return msgspec.structs.replace(place, after=str(meta.after_cursor)), True


def _by_time(place: Place, answer: StepExport) -> tuple[Place, bool]:
    end = place.newest if answer.end_time is None else answer.end_time
    is_end = end <= place.start if answer.end_of_stream is None else answer.end_of_stream
    is_full = answer.end_of_stream is None and len(answer.ticket_metric_events) >= FULL_PAGE
    if end <= place.start and (not is_end or is_full):
        raise ProtocolError(
            f"{KIND}: the metric events stand still at {place.start}, with"
            f" {len(answer.ticket_metric_events)} of them within one second"
        )
    return msgspec.structs.replace(place, start=max(place.start, end), after=""), not is_end


def steps(rows: Iterable[WireStep], unknown: Counter[str]) -> tuple[MetricEvent, ...]:
    """Return the steps; those of kinds that nobody knows are kept by name and counted."""
    found: dict[str, MetricEvent] = {}
    for row in rows:
        at = moment(row.time)
        if row.id is None or row.ticket_id is None or at is None:
            unknown["metric event without id, ticket or time"] += 1
            continue
        if row.metric not in METRICS:
            unknown[f"metric {named(row.metric)}"] += 1
        if row.type not in TYPES:
            unknown[f"metric event {named(row.type)}"] += 1
        applied = next((one for one in (row.sla, row.group_sla) if isinstance(one, dict)), {})
        policy = applied.get("policy")
        is_business = applied.get("business_hours")
        found[str(row.id)] = MetricEvent(
            id=str(row.id),
            ticket_id=str(row.ticket_id),
            at=at,
            metric=named(row.metric),
            type=named(row.type),
            instance=row.instance_id,
            policy_id=_id(policy.get("id")) if isinstance(policy, dict) else None,
            target_minutes=in_minutes(applied.get("target"), applied.get("target_in_seconds")),
            is_business=is_business if isinstance(is_business, bool) else None,
            is_deleted=row.deleted is True,
        )
    return tuple(found.values())


def _id(value: object) -> str | None:
    return text(value) if isinstance(value, int | str) and value != "" else None
