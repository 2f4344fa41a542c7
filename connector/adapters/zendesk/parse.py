"""Zendesk's tickets, people, ratings and schedules in our words; pure."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any

import msgspec

from connector.adapters.base import utc
from connector.adapters.zendesk.wire import (
    FieldValue,
    MetricSet,
    WireHoliday,
    WireRating,
    WireSchedule,
    WireTicket,
    WireUser,
)
from connector.adapters.zendesk.zones import iana_zone
from connector.errors import ProtocolError
from connector.model.ticket import (
    Holiday,
    Mark,
    Person,
    Rating,
    Role,
    Schedule,
    Status,
    TicketRows,
)

STATUSES = {str(status): status for status in Status}
OPEN = str(Status.OPEN)
ROLES = {"admin": Role.ADMIN, "agent": Role.AGENT, "end-user": Role.CUSTOMER}
SCORES = frozenset({"good", "bad", "offered"})
_MESSAGING = """any_channel apple_business_chat chat facebook google_business_messages google_rcs
    instagram_dm kakaotalk line mailgun messagebird_sms native_messaging sms
    sunshine_conversations_api sunshine_conversations_facebook_messenger
    sunshine_conversations_twitter_dm telegram twilio_sms twitter twitter_dm viber voice
    wechat whatsapp"""
MESSAGING = frozenset(_MESSAGING.split())
SUSPENDED = "suspended"
"""What waits to be let in: the vendor lists it apart, and it is no ticket before it is."""
FOLLOW_UP = frozenset({"follow_up", "followup"})
_MERGED, _SPAM, _CHILD = int(Mark.MERGED), int(Mark.SPAM), int(Mark.CHILD)
_FOLLOW_UP, _MESSAGING_MARK = int(Mark.FOLLOW_UP), int(Mark.MESSAGING)
_FIELDS = msgspec.json.Decoder(list[FieldValue] | None)
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_.-]{0,49}")
_TIMES = {
    "reply_time_in_minutes": "first_reply_time",
    "first_resolution_time_in_minutes": "first_resolution_time",
    "full_resolution_time_in_minutes": "full_resolution_time",
    "agent_wait_time_in_minutes": "agent_wait_time",
    "requester_wait_time_in_minutes": "requester_wait_time",
    "on_hold_time_in_minutes": "on_hold_time",
}
_CLOCKS = tuple((theirs, f"{ours}_calendar", f"{ours}_business") for theirs, ours in _TIMES.items())
_COUNTS = ("reopens", "replies", "assignee_stations", "group_stations")


def ticket_rows(
    tickets: Sequence[WireTicket],
    *,
    watched: Collection[str],
    metric_sets: Iterable[MetricSet] = (),
    unknown: Counter[str] | None = None,
    comment_channels: Collection[str] = (),
) -> TicketRows:
    """Return the tickets as columns; the newest version of a ticket is the one that stays."""
    rows = _newest(tickets)
    figures = {figure.ticket_id: figure for figure in metric_sets}
    wanted = frozenset(int(name) for name in watched if name.isdigit())
    strange = Counter(f"status {named(t.status)}" for t in rows if t.status not in STATUSES)
    if unknown is not None:
        unknown.update(strange)
    return TicketRows(
        id=[str(t.id) for t in rows],
        # a status we do not know is unsolved: such a ticket must not vanish from the backlog
        status=[t.status if t.status in STATUSES else OPEN for t in rows],
        created_at=[t.created_at for t in rows],
        updated_at=[t.updated_at for t in rows],
        stamp=[utc(_stamp(t)) for t in rows],
        requester_id=_texts([t.requester_id for t in rows]),
        submitter_id=_texts([t.submitter_id for t in rows]),
        assignee_id=_texts([t.assignee_id for t in rows]),
        group_id=_texts([t.group_id for t in rows]),
        organization_id=_texts([t.organization_id for t in rows]),
        brand_id=_texts([t.brand_id for t in rows]),
        form_id=_texts([t.ticket_form_id for t in rows]),
        channel=_texts([t.via.channel if t.via else None for t in rows]),
        priority=[t.priority for t in rows],
        type=[t.type for t in rows],
        marks=[marks(t, comment_channels) for t in rows],
        tags=[tuple(t.tags or ()) for t in rows],
        fields=[field_values(t, wanted) for t in rows] if wanted else [{} for _ in rows],
        native=[native(t.metric_set or figures.get(t.id)) for t in rows],
    )


def _newest(tickets: Sequence[WireTicket]) -> Sequence[WireTicket]:
    """Return the newest version of each ticket that was let in."""
    if len({ticket.id for ticket in tickets}) < len(tickets):
        tickets = list({ticket.id: ticket for ticket in sorted(tickets, key=_stamp)}.values())
    if any(ticket.status == SUSPENDED for ticket in tickets):
        tickets = [ticket for ticket in tickets if ticket.status != SUSPENDED]
    return tickets


def _texts(values: Sequence[int | str | None]) -> list[str | None]:
    return [None if value is None else str(value) for value in values]


def _stamp(ticket: WireTicket) -> float:
    # show_many may leave the generated_timestamp out; it is never older than the update
    return max(ticket.generated_timestamp or 0, ticket.updated_at.timestamp())


def marks(ticket: WireTicket, comment_channels: Collection[str] = ()) -> int:
    """Return what is special about a ticket, from its tags and the way it came in.

    Messages of `comment_channels` are known to be comments, so nothing is special about those.
    """
    channel = ticket.via.channel if ticket.via else None
    rel = ticket.via.source.rel if ticket.via and ticket.via.source else None
    found = 0  # plain numbers: flags cost a call each
    if ticket.tags and "closed_by_merge" in ticket.tags:
        found |= _MERGED
    if ticket.tags and "spam" in ticket.tags:
        found |= _SPAM
    if channel == "side_conversation":
        found |= _CHILD
    if rel in FOLLOW_UP or channel == "closed_ticket":
        found |= _FOLLOW_UP
    is_messaging = ticket.from_messaging_channel or channel in MESSAGING
    if is_messaging and channel not in comment_channels:
        found |= _MESSAGING_MARK
    return found


def field_values(ticket: WireTicket, wanted: Collection[int]) -> dict[str, str]:
    """Return the watched custom fields that have a value, as text."""
    try:
        fields = _FIELDS.decode(ticket.custom_fields or b"null") or ()
    except msgspec.ValidationError as error:
        message = f"zendesk: the custom fields of ticket {ticket.id} have another shape: {error}"
        raise ProtocolError(message) from error
    values = ((str(one.id), field_text(one.value)) for one in fields if one.id in wanted)
    return {name: value for name, value in values if value}


def field_text(value: Any) -> str:
    """Return a custom field's value as text, empty where there is none.

    An unticked checkbox is a value that nobody gave; several tags are joined by spaces.
    """
    if value is None or value is False:
        return ""
    if value is True:
        return "true"
    return " ".join(map(str, value)) if isinstance(value, list) else str(value)


def native(figures: MetricSet | None) -> Mapping[str, float] | None:
    """Return the vendor's own figures, in seconds where they are times."""
    if figures is None:
        return None
    found: dict[str, float] = {}
    for theirs, calendar, business in _CLOCKS:
        minutes = getattr(figures, theirs)
        if minutes is None:
            continue
        if minutes.calendar is not None:
            found[calendar] = minutes.calendar * 60
        if minutes.business is not None:
            found[business] = minutes.business * 60
    for name in _COUNTS:
        count = getattr(figures, name)
        if count is not None:
            found[name] = count
    return found


def people(users: Iterable[WireUser], unknown: Counter[str]) -> tuple[Person, ...]:
    """Return people; only staff keep their names, and whoever has no id is nobody."""
    found: dict[int, Person] = {}
    for user in users:
        if user.id is None:
            unknown["user without id"] += 1
            continue
        role = ROLES.get(user.role or "", Role.CUSTOMER)
        if user.role not in ROLES:
            unknown[f"role {named(user.role)}"] += 1
        found[user.id] = Person(
            id=str(user.id),
            role=role,
            name=None if role == Role.CUSTOMER else user.name,
            active=user.active is not False,
            updated_at=moment(user.updated_at),
        )
    return tuple(found.values())


def ratings(rows: Iterable[WireRating], unknown: Counter[str]) -> tuple[Rating, ...]:
    """Return the ratings that were offered or given; `unoffered` is the lack of one."""
    found: dict[int, Rating] = {}
    for row in rows:
        offered_at = moment(row.created_at)
        if row.score == "unoffered":
            unknown["score unoffered"] += 1
        elif row.ticket_id is None or row.score not in SCORES or offered_at is None:
            unknown[f"score {named(row.score)}"] += 1
        else:
            updated_at = moment(row.updated_at)
            found[row.id] = Rating(
                id=str(row.id),
                ticket_id=str(row.ticket_id),
                score=row.score,
                offered_at=offered_at,
                rated_at=None if row.score == "offered" else updated_at or offered_at,
                assignee_id=text(row.assignee_id),
                group_id=text(row.group_id),
                reason=text(row.reason_id) if row.score == "bad" else None,
                updated_at=updated_at,
            )
    return tuple(found.values())


def schedules(
    rows: Sequence[WireSchedule], holidays: Mapping[int, Sequence[WireHoliday]]
) -> tuple[Schedule, ...]:
    """Return business hours; the account's oldest schedule is its default."""
    ordered = sorted(rows, key=lambda row: (row.created_at or "", row.id))
    return tuple(
        Schedule(
            id=str(row.id),
            name=row.name,
            timezone=iana_zone(row.time_zone),
            intervals=tuple((i.start_time, i.end_time) for i in row.intervals),
            holidays=tuple(
                Holiday(h.name, day(h.start_date), day(h.end_date))
                for h in holidays.get(row.id, ())
            ),
            is_default=place == 0,
        )
        for place, row in enumerate(ordered)
    )


def text(value: float | str | None) -> str | None:
    """Return an id or a code as text."""
    return None if value is None else str(value)


def moment(value: str | None) -> datetime | None:
    """Return the aware UTC time of an ISO text, None when it is absent or unreadable."""
    try:
        at = datetime.fromisoformat(value) if value else None
    except ValueError:
        return None
    return at.astimezone(UTC) if at and at.tzinfo else None


def day(value: str) -> date:
    """Return the date of an ISO text; raise ProtocolError for anything else."""
    try:
        return date.fromisoformat(value[:10])
    except ValueError:
        raise ProtocolError("zendesk: the date of a holiday is unreadable") from None


def named(value: object) -> str:
    """Return a vendor's word if it looks like one, so that nobody's text ends up in a count."""
    return value if isinstance(value, str) and _NAME.fullmatch(value) else "unreadable"
