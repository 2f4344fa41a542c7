"""Decodes a page of the event export; what has another shape than known costs itself, not the page.

No recorded page of this export was ever found, so a key may hold what nobody expects.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec
import requests
from msgspec import Raw

from connector.adapters.http import decode
from connector.adapters.zendesk.quick import MERGE, QuickEvent, tells_of_merge
from connector.adapters.zendesk.settings import KIND
from connector.adapters.zendesk.strange import Entry, keys_of
from connector.adapters.zendesk.wire import Wire, WireChild, WireEvent
from connector.errors import ProtocolError

UNREADABLE = "unreadable"
"""A kind that no entry has: what stands for an entry of another shape."""


class EventExport(Wire):
    """A page of the time-based event export; very old answers have no end mark."""

    ticket_events: Sequence[QuickEvent | WireEvent]
    end_of_stream: bool | None = None
    end_time: int | None = None


class QuickExport(Wire):
    """A page of usual events."""

    ticket_events: list[QuickEvent]
    end_of_stream: bool | None = None
    end_time: int | None = None


class RawExport(Wire):
    """A page whose events are decoded one by one."""

    ticket_events: list[Raw]
    end_of_stream: bool | None = None
    end_time: int | None = None


_QUICK_PAGE = msgspec.json.Decoder(QuickExport)
_RAW_PAGE = msgspec.json.Decoder(RawExport)
_RAW_LIST = msgspec.json.Decoder(list[Raw])
_QUICK_EVENT = msgspec.json.Decoder(QuickEvent)
_EVENT = msgspec.json.Decoder(WireEvent)
_CHILD = msgspec.json.Decoder(WireChild)


def decode_events(response: requests.Response) -> EventExport:
    """Return a page; an event or entry of another shape comes as one that nobody understands."""
    page: QuickExport | RawExport
    try:
        page = decode(KIND, response, _QUICK_PAGE)
        if MERGE not in response.content or not tells_of_merge(page.ticket_events):
            return EventExport(page.ticket_events, page.end_of_stream, page.end_time)
    except ProtocolError:  # something is unusual: each event is looked at by itself
        pass
    page = decode(KIND, response, _RAW_PAGE)
    events = [_either(raw) for raw in page.ticket_events]
    return EventExport(events, page.end_of_stream, page.end_time)


def event_names(response: requests.Response) -> Sequence[Entry]:
    """Return the events of a page as their keys, with values that are not decoded."""
    return [keys_of(raw) for raw in decode(KIND, response, _RAW_PAGE).ticket_events]


def _either(raw: Raw) -> QuickEvent | WireEvent:
    try:
        event = _QUICK_EVENT.decode(raw)
    except msgspec.ValidationError:
        return _event(raw)
    return _event(raw) if tells_of_merge((event,)) else event


def _event(raw: Raw) -> WireEvent:
    try:
        return _EVENT.decode(raw)
    except msgspec.ValidationError:
        keys = keys_of(raw)
    children = keys.pop("child_events", Raw(b"null"))
    try:
        event: WireEvent = msgspec.convert(_plain(keys), WireEvent)
        event.child_events = [_child(one) for one in _RAW_LIST.decode(children)]
    except msgspec.ValidationError:
        return WireEvent(id=UNREADABLE)
    return event


def _child(raw: Raw) -> WireChild:
    try:
        return _CHILD.decode(raw)
    except msgspec.ValidationError:
        return WireChild(event_type=UNREADABLE)


def _plain(keys: Entry) -> dict[str, Any]:
    known = WireEvent.__struct_fields__
    return {key: msgspec.json.decode(raw) for key, raw in keys.items() if key in known}
