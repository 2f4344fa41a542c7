"""The parts of RT's answers that we rely on; what is not named here is dropped in the decoder.

Ids are texts in lists, numbers in a ticket, and names of users where no fields are asked for. What
is absent is an empty text as often as null.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

import msgspec

Id = int | str


def _theirs(name: str) -> str:
    return name if name == "id" else "".join(part.title() for part in name.split("_"))


class Wire(msgspec.Struct, gc=False, rename=_theirs):
    """A record: its keys are capitalised, all but the id."""


class Named(Wire):
    """A user, queue or group that a record points to."""

    id: Id
    name: str = ""
    type: str = msgspec.field(name="type", default="")


class WireValue(msgspec.Struct, gc=False):
    """A custom field of a ticket with its values."""

    id: Id
    name: str = ""
    values: list[Any] = []


class Link(msgspec.Struct, gc=False):
    """What may be done with a record, or where more of it is."""

    ref: str = ""
    id: Id | None = None


class WireTicket(Wire):
    """A ticket of a list; merged ones have the `effective_id` of another."""

    id: Id
    status: str
    created: datetime
    last_updated: datetime
    queue: Named
    owner: Named | str | None = None
    creator: Named | str | None = None
    requestor: list[Named] | str | None = None
    priority: Id | None = None
    effective_id: Named | Id | None = None
    custom_fields: list[WireValue] | str | None = None
    links: list[Link] = msgspec.field(name="_hyperlinks", default_factory=list)


class WireTransaction(Wire):
    """One entry of a ticket's history; `object_id` is another ticket's where that was merged."""

    id: Id
    type: str
    created: datetime
    field: str | None = None
    old_value: str | None = None
    new_value: str | None = None
    object_id: Id | None = None
    creator: Named | str | None = None


class WireUser(Wire):
    """A user; others than admins see a part of it, and `id` only in the link to itself."""

    id: Id | None = None
    name: str = ""
    real_name: str | None = None
    privileged: Id | None = None
    disabled: Id | None = None
    timezone: str | None = None
    last_updated: datetime | None = None
    links: list[Link] = msgspec.field(name="_hyperlinks", default_factory=list)


class WireQueue(Wire):
    """A queue; `disabled` is 1 for closed ones and 2 for those that RT keeps for itself."""

    id: Id
    name: str = ""
    disabled: Id | None = None
    ticket_custom_fields: list[WireValue] = []


class WireGroup(Wire):
    """A group of users, with the names of its members as ids."""

    id: Id
    name: str = ""
    domain: str = ""
    members: list[Named] = []


class WireField(Wire):
    """A custom field."""

    id: Id
    name: str = ""
    type: str = ""
    max_values: Id | None = None
    description: str | None = None
    disabled: Id | None = None
    lookup_type: str | None = None


class WireOption(msgspec.Struct, gc=False):
    """A value that a field offers, as a list tells it."""

    id: Id
    name: str = ""


class Made(msgspec.Struct, gc=False):
    """What was made."""

    id: Id


class Server(Wire):
    """The server; only superusers are told its plugins."""

    version: str = ""
    plugins: list[Any] | None = None


def text(value: Id | None) -> str | None:
    """Return an id as text, None where there is none."""
    return None if value in {None, ""} else str(value)


def is_set(value: Id | None) -> bool:
    """Tell whether a flag is 1; it comes as a number, a text, an empty text or null."""
    return str(value) == "1"
