"""What crosses the adapter boundary: streams, pages, identity, schema, field plans."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum

import msgspec

from connector.model.sla import SlaRecord
from connector.model.ticket import EventRows, Group, Person, Rating, Schedule, TicketRows


class Stream(StrEnum):
    """What a vendor can list by change; `TICKETS` everywhere, the rest where the vendor has it."""

    TICKETS = "tickets"
    EVENTS = "events"
    PEOPLE = "people"
    GROUPS = "groups"
    SCHEDULES = "schedules"
    RATINGS = "ratings"
    SLA = "sla"


class EventSource(StrEnum):
    """Where an adapter's events come from."""

    STREAM = "stream"  # a feed of its own
    BY_TICKET = "by_ticket"  # `history`, stored with the tickets of the page
    DERIVED = "derived"  # the store compares snapshots


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    """A rate limit as last announced; None where the vendor says nothing."""

    total: int | None = None
    remaining: int | None = None
    resets_in_s: float | None = None


Records = (
    TicketRows
    | EventRows
    | tuple[Person, ...]
    | tuple[Group, ...]
    | tuple[Schedule, ...]
    | tuple[Rating, ...]
    | tuple[SlaRecord, ...]
)


class Page(msgspec.Struct, frozen=True, kw_only=True):
    """One bounded read of a stream.

    `cursor` is where the next read goes on; it is stored in the same transaction as the records.
    `through` says everything up to this instant has been delivered (None: unknown). `deleted` are
    ids of tickets that the page says are gone. `unknown` counts what was not understood, by kind
    or key name only. `expected` is the vendor's own total for this stream, if it tells. `notes`
    say what the account does not have, for people to read.
    """

    records: Records
    cursor: str | None
    has_more: bool
    through: datetime | None = None
    server_time: datetime | None = None
    unknown: Mapping[str, int] = {}
    limits: Limits | None = None
    expected: int | None = None
    notes: tuple[str, ...] = ()


class Identity(msgspec.Struct, frozen=True, kw_only=True):
    """Whose credentials these are: own writes are recognised by `id`.

    `facts` are worth knowing; `notes` are for somebody to act on.
    """

    id: str
    name: str
    role: str
    limits: Limits | None = None
    server_time: datetime | None = None
    facts: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


class SchemaField(msgspec.Struct, frozen=True, kw_only=True):
    """A ticket field that mappings may name. `options` maps stored value to label."""

    id: str
    title: str
    kind: str
    active: bool = True
    options: Mapping[str, str] = {}


class Schema(msgspec.Struct, frozen=True, kw_only=True):
    """What mappings may name in this helpdesk: id to name for each dimension."""

    groups: Mapping[str, str]
    fields: tuple[SchemaField, ...] = ()
    brands: Mapping[str, str] = {}
    forms: Mapping[str, str] = {}
    form_fields: Mapping[str, tuple[str, ...]] = {}  # active forms: the ids of the fields on them
    people: Mapping[str, str] = {}
    channels: tuple[str, ...] = ()
    priorities: tuple[str, ...] = ()
    types: tuple[str, ...] = ()
    statuses: Mapping[str, str] = {}
    schedules: Mapping[str, str] = {}


class FieldSpec(msgspec.Struct, frozen=True, kw_only=True):
    """A ticket field we want to exist. `role` is ours: status, outcome or note.

    `kind` is dropdown or text; `options` maps the stored value (a tag, in Zendesk) to its label,
    in order. `description` is what agents read in the helpdesk's own settings.
    """

    role: str
    kind: str
    title: str
    description: str
    options: Mapping[str, str] = {}


class FieldAction(StrEnum):
    """What a field plan does about one field."""

    CREATE = "create"
    ADOPT = "adopt"  # exists with our title and kind: becomes ours
    ADD_OPTIONS = "add_options"
    KEEP = "keep"
    REMOVE = "remove"
    REFUSE = "refuse"  # cannot be done through the API; `detail` says what the admin does


class FieldStep(msgspec.Struct, frozen=True, kw_only=True):
    """One line of a field plan.

    `forms` (id to name) are the ticket forms that it puts the field on, or takes it off.
    """

    action: str
    spec: FieldSpec
    field_id: str | None = None
    options: Mapping[str, str] = {}
    detail: str = ""
    forms: Mapping[str, str] = {}


class FieldPlan(msgspec.Struct, frozen=True):
    """What `setup` would do to the helpdesk's ticket fields, in order."""

    steps: tuple[FieldStep, ...]

    @property
    def is_empty(self) -> bool:
        """Tell whether applying the plan would change nothing."""
        quiet = {FieldAction.KEEP, FieldAction.ADOPT}
        return all(step.action in quiet and not step.forms for step in self.steps)


class TicketField(msgspec.Struct, frozen=True, kw_only=True):
    """A ticket field of ours as it exists in the helpdesk; `active` false is the admin's brake."""

    role: str
    id: str
    title: str
    active: bool = True
    options: Mapping[str, str] = {}
