"""What the usual events look like: decoded once, and known to hold nothing that nobody knows.

These structs name every key that they may have and forbid all others, so an event that fits needs
no second look. Whatever does not fit is for `events.py`, which takes anything.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, TypeAlias, Union

import msgspec
from msgspec import UNSET, Raw, UnsetType

from connector.adapters.zendesk.wire import LATEST, Wire
from connector.adapters.zendesk.words import MERGE_TAG, SILENT

Code: TypeAlias = str | int | UnsetType | None

TAG = "event_type"
MERGE = b"erge"
"""What stands in every way of a merge."""
_TAG = MERGE_TAG.encode()


class Said(Wire, tag_field=TAG, tag="Comment", forbid_unknown_fields=True):
    """Somebody wrote; what they wrote is passed over, undecoded."""

    id: int | str
    author_id: int | None = None
    public: bool | None = None
    comment_public: bool | None = None
    created_at: datetime | None = None
    via: Raw = Raw()
    via_reference_id: Raw = Raw()
    type: Raw = Raw()
    audit_id: Raw = Raw()
    metadata: Raw = Raw()
    comment_present: Raw = Raw()
    body: Raw = Raw()
    html_body: Raw = Raw()
    plain_body: Raw = Raw()
    attachments: Raw = Raw()
    data: Raw = Raw()
    formatted_from: Raw = Raw()
    transcription_visible: Raw = Raw()
    trusted: Raw = Raw()


class Spoken(Said, tag="VoiceComment"):
    """Somebody called."""


class Changed(Wire, tag_field=TAG, tag="Change", forbid_unknown_fields=True):
    """Fields changed; what is named between `tags` and `ticket_form_id` is of no interest."""

    id: int | str
    created_at: datetime | None = None
    comment_present: bool | None = None
    comment_public: bool | None = None
    previous_value: Raw = Raw()
    status: Code = UNSET
    assignee_id: Code = UNSET
    group_id: Code = UNSET
    priority: Code = UNSET
    type: Code = UNSET
    satisfaction_score: Code = UNSET
    via: Raw = Raw()
    via_reference_id: Raw = Raw()
    tags: Raw = Raw()
    added_tags: Raw = Raw()
    removed_tags: Raw = Raw()
    custom_ticket_fields: Raw = Raw()
    custom_status_id: Raw = Raw()
    requester_id: Raw = Raw()
    submitter_id: Raw = Raw()
    organization_id: Raw = Raw()
    brand_id: Raw = Raw()
    locale_id: Raw = Raw()
    due_at: Raw = Raw()
    is_public: Raw = Raw()
    subject: Raw = Raw()
    ticket_form_id: Raw = Raw()


class Begun(Changed, tag="Create"):
    """A ticket began with these values."""


class Scheduled(Wire, tag_field=TAG, tag="ScheduleAssignment", forbid_unknown_fields=True):
    """Other hours apply."""

    id: int | str
    created_at: datetime | None = None
    new_schedule_id: int | str | None = None
    schedule_id: int | str | None = None
    previous_schedule_id: int | str | None = None
    via: Raw = Raw()
    via_reference_id: Raw = Raw()
    type: Raw = Raw()


class Silent(Wire, tag_field=TAG, tag=""):
    """Something that no KPI asks for; it may have any keys."""


if TYPE_CHECKING:
    Child: TypeAlias = Said | Changed | Scheduled | Silent
else:
    quiet = [msgspec.defstruct(f"Silent{name}", [], bases=(Silent,), tag=name) for name in SILENT]
    Child = Union[Said, Spoken, Changed, Begun, Scheduled, *quiet]


class QuickEvent(Wire, forbid_unknown_fields=True):
    """One item of the ticket event export, as nearly all are."""

    id: int | str
    ticket_id: int
    timestamp: Annotated[float, msgspec.Meta(ge=0, le=LATEST)]
    via: str
    child_events: list[Child]
    created_at: datetime | None = None
    updater_id: int | None = None
    via_reference_id: Raw = Raw()
    event_type: Raw = Raw()
    system: Raw = Raw()
    metadata: Raw = Raw()


_FIRST_FIELD = Changed.__struct_fields__.index("status")
_FIRST_RAW = Changed.__struct_fields__.index("via")
_FIRST_SILENT = Changed.__struct_fields__.index("tags")


def is_bare(child: Changed) -> bool:
    """Tell whether a change names nothing that could have changed."""
    values = msgspec.structs.astuple(child)
    has_field = any(value is not UNSET for value in values[_FIRST_FIELD:_FIRST_RAW])
    return not has_field and not any(values[_FIRST_SILENT:])


def tells_of_merge(events: Sequence[QuickEvent]) -> bool:
    """Tell whether an event may say that a ticket was merged, by its way or by a tag."""
    children = [child for event in events for child in event.child_events]
    loud = [child for child in children if not isinstance(child, Silent)]
    ways = {event.via.lower().encode() for event in events} | {bytes(child.via) for child in loud}
    return any(MERGE in way for way in ways) or any(
        isinstance(child, Changed) and _has_merge_tag(child) for child in loud
    )


def _has_merge_tag(child: Changed) -> bool:
    return any(raw and _TAG in bytes(raw) for raw in (child.tags, child.added_tags))
