"""The parts of Zendesk's answers that we rely on; what is not named here is dropped in the decoder.

Fields are as lenient as recorded answers demand: nearly everything may be null or absent.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

import msgspec
from msgspec import UNSET, Raw

LATEST = 4_102_444_800
"""The year 2100, as an epoch second: more than this is no time."""


class Wire(msgspec.Struct, gc=False):
    """A piece of an answer."""


class ViaSource(Wire):
    """Where something came from."""

    rel: str | None = None


class Via(Wire):
    """How something came in."""

    channel: str | int | None = None
    source: ViaSource | None = None


class FieldValue(Wire):
    """A custom field's value: text, number, boolean, list of tags or null."""

    id: int
    value: Any = None


class Minutes(Wire):
    """A figure by both clocks."""

    calendar: float | None = None
    business: float | None = None


class MetricSet(Wire):
    """The vendor's own figures for one ticket."""

    ticket_id: int | None = None
    reply_time_in_minutes: Minutes | None = None
    first_resolution_time_in_minutes: Minutes | None = None
    full_resolution_time_in_minutes: Minutes | None = None
    agent_wait_time_in_minutes: Minutes | None = None
    requester_wait_time_in_minutes: Minutes | None = None
    on_hold_time_in_minutes: Minutes | None = None
    reopens: int | None = None
    replies: int | None = None
    assignee_stations: int | None = None
    group_stations: int | None = None


class WireTicket(Wire):
    """A ticket, in the export and in `show_many`."""

    id: int
    status: str
    created_at: datetime
    updated_at: datetime
    generated_timestamp: int | None = None
    via: Via | None = None
    type: str | None = None
    priority: str | None = None
    requester_id: int | None = None
    submitter_id: int | None = None
    assignee_id: int | None = None
    organization_id: int | None = None
    group_id: int | None = None
    brand_id: int | None = None
    ticket_form_id: int | None = None
    from_messaging_channel: bool | None = None
    tags: list[str] | None = None
    custom_fields: Raw = Raw()
    metric_set: MetricSet | None = None


class TicketExport(Wire):
    """A page of the cursor export; `end_of_stream` is the only end mark."""

    tickets: list[WireTicket]
    end_of_stream: bool
    after_cursor: str | None = None
    metric_sets: list[MetricSet] | None = None


class TicketList(Wire):
    """The answer of `show_many`."""

    tickets: list[WireTicket]


class WireChild(Wire):
    """One entry of a ticket event; bodies and subjects are not named, so they are never decoded.

    The compact form has the changed field's name as its key; the form of audits has `field_name`.
    """

    id: int | str | None = None
    event_type: str | None = None
    type: Any = UNSET
    author_id: int | None = None
    public: bool | None = None
    created_at: datetime | None = None
    comment_present: bool | None = None
    comment_public: bool | None = None
    status: Any = UNSET
    priority: Any = UNSET
    group_id: Any = UNSET
    assignee_id: Any = UNSET
    satisfaction_score: Any = UNSET
    field_name: str | None = None
    via: Raw = Raw()
    value: Raw = Raw()
    previous_value: Raw = Raw()
    tags: Raw = Raw()
    added_tags: Raw = Raw()
    custom_ticket_fields: Raw = Raw()
    score: str | int | None = None
    new_schedule_id: int | str | None = None
    schedule_id: int | str | None = None
    previous_schedule_id: int | str | None = None


class WireEvent(Wire):
    """One item of the ticket event export."""

    id: int | str
    ticket_id: int | None = None
    timestamp: Annotated[float, msgspec.Meta(ge=0, le=LATEST)] | None = None
    created_at: datetime | None = None
    updater_id: int | None = None
    via: Any = None
    merged_ticket_ids: Any = None
    child_events: list[WireChild] | None = None


class WireUser(Wire):
    """A person; the name is passed on for staff only."""

    id: int | None = None
    role: str | None = None
    name: str | None = None
    active: bool | None = None
    updated_at: str | None = None


class UserExport(Wire):
    """A page of the incremental user export."""

    users: list[WireUser]
    end_of_stream: bool
    after_cursor: str | None = None


class Meta(Wire):
    """Where a cursor-paged list goes on."""

    has_more: bool = False
    after_cursor: str | None = None


class Named(Wire):
    """Anything that has an id and a name: groups, brands, forms, people."""

    id: int
    name: str | None = None
    deleted: bool | None = None
    active: bool | None = None


class Option(Wire):
    """An option of a drop-down: `value` is a tag."""

    name: str
    value: str


class WireField(Wire):
    """A ticket field's definition."""

    id: int
    type: str
    title: str
    active: bool = True
    description: str | None = None
    agent_description: str | None = None
    visible_in_portal: bool | None = None
    editable_in_portal: bool | None = None
    custom_field_options: list[Option] | None = None
    system_field_options: list[Option] | None = None


class Interval(Wire):
    """A stretch of a week, in minutes since local Sunday 00:00."""

    start_time: int
    end_time: int


class WireSchedule(Wire):
    """Business hours; `time_zone` is a display name."""

    id: int
    name: str
    time_zone: str
    intervals: list[Interval] = []
    created_at: str | None = None


class ScheduleList(Wire):
    """The answer of the schedules call, which has no pages."""

    schedules: list[WireSchedule]


class WireHoliday(Wire):
    """Days off, both ends included."""

    name: str
    start_date: str
    end_date: str


class HolidayList(Wire):
    """The answer of the holidays call."""

    holidays: list[WireHoliday]


class WireRating(Wire):
    """A satisfaction rating; neither comment nor reason in words is named, nor ever decoded."""

    id: int
    ticket_id: int | None = None
    score: str | None = None
    reason_id: int | None = None
    assignee_id: int | None = None
    group_id: int | None = None
    created_at: str | None = None
    updated_at: str | None = None


class RatingList(Wire):
    """A page of ratings."""

    satisfaction_ratings: list[WireRating]
    meta: Meta | None = None


class Job(Wire):
    """A background job; `results` is null, a list or an object, and kept as it is."""

    id: str
    status: str
    results: Any = None


class JobAnswer(Wire):
    """A job, wrapped as all present answers have it."""

    job_status: Job


class WireOutcome(Wire):
    """One entry of a job's results."""

    id: int | None = None
    index: int | None = None
    success: bool | None = None
    status: str | None = None
    error: str | None = None
    details: Any = None


class TokenAnswer(Wire):
    """An OAuth access token, and the seconds it lives; null means it never ends."""

    access_token: Annotated[str, msgspec.Meta(pattern=r"^[!-~]+\Z")]  # fit for a header
    expires_in: float | None = None
