"""Changes to tickets: what we ask for, what became of it, and what the journal keeps."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum

import msgspec

from connector.model.ticket import Ticket


class Outcome(StrEnum):
    """What became of one change; `DEFERRED` and `PARKED` are decided by us, not the vendor."""

    WRITTEN = "written"
    CONFLICT = "conflict"
    LOCKED = "locked"
    MISSING = "missing"
    REJECTED = "rejected"
    DEFERRED = "deferred"
    PARKED = "parked"


class TicketChange(msgspec.Struct, frozen=True, kw_only=True):
    """What one ticket should gain and lose; `fields` maps field id to new value, None clears it.

    `expected_stamp` is the version the plan was made from, for vendors that replace whole sets.
    """

    ticket_id: str
    add_tags: tuple[str, ...] = ()
    remove_tags: tuple[str, ...] = ()
    fields: Mapping[str, str | None] = {}
    expected_stamp: datetime | None = None


class WriteResult(msgspec.Struct, frozen=True, kw_only=True):
    """What became of one change; `detail` never holds ticket text, `ticket` is the state after.

    `is_done` says that the helpdesk called it done, also where the ticket then shows none of it.
    """

    ticket_id: str
    outcome: str
    detail: str = ""
    ticket: Ticket | None = None
    is_done: bool = False


class Receipt(msgspec.Struct, frozen=True, kw_only=True):
    """Proof of a submitted batch, journaled before it is collected; `results` if already known."""

    changes: tuple[TicketChange, ...]
    job: str | None = None
    results: tuple[WriteResult, ...] | None = None
