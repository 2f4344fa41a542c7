"""Audits as the incremental event feed writes them, printed by the thousand.

What a change says is the same for a great many tickets: it is printed once, without its id.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from functools import lru_cache

import msgspec

from connector.practice.feed import Audit
from connector.practice.history import (
    CLIENT,
    SUBMITTED,
    SURVEY,
    escaped,
    reference,
    schedule_event,
)
from connector.practice.wire import Document, via_document
from connector.practice.world import Change, Comment, Created, Via

SEVERAL = 1 << 15
"""How many changes are remembered as printed; the busiest are few."""
Raw = msgspec.Raw
encode = msgspec.json.Encoder().encode
_instant = datetime.fromtimestamp


class EventRow(msgspec.Struct, gc=False):
    """An audit as an item of the ticket event export."""

    id: int
    ticket_id: int
    timestamp: int
    created_at: datetime
    updater_id: int
    via: str
    child_events: list[Raw]
    system: Raw = Raw(encode(CLIENT))
    metadata: Raw = Raw(b"{}")
    event_type: str = "Audit"


class CommentChild(msgspec.Struct, gc=False):
    """A comment in full, as the sideload brings it."""

    type: str
    author_id: int
    body: Raw
    html_body: Raw
    plain_body: Raw
    public: bool
    audit_id: int
    via: Raw
    via_reference_id: int | None
    created_at: datetime
    attachments: tuple[()] = ()
    event_type: str = "Comment"


def event_row(audit_id: int, audit: Audit, *, with_comments: bool) -> EventRow:
    """Return one audit; its comments are told in full, or only mentioned."""
    via = audit.via
    texts: list[bytes] = []
    for change in audit.changes:
        if isinstance(change, Change):
            texts.append(_print(via, change) if change.name == "subject" else _kept(via, change))
        elif isinstance(change, Created):
            texts += [encode(child)[1:] for child in _beginning(audit, change)]
        elif with_comments:
            texts.append(encode(_comment(audit_id, audit, change))[1:])
        else:
            texts.append(_mention(via, change.public))
    return EventRow(
        audit_id,
        audit.ticket_id,
        audit.at,
        _instant(audit.at, UTC),
        audit.author_id,
        via.text,
        [Raw(b'{"id":%d,%b' % pair) for pair in enumerate(texts, start=audit_id + 1)],
    )


def _print(via: Via, change: Change) -> bytes:
    if change.name == "schedule_id":
        child = schedule_event("event_type", change)
    elif change.name == SURVEY:
        child = {"event_type": SUBMITTED, SURVEY: change.new}
    else:
        child = _change_child(change)
    return encode(_origin(via) | child)[1:]


_kept = lru_cache(SEVERAL)(_print)


@lru_cache(SEVERAL)
def _mention(via: Via, is_public: bool) -> bytes:  # noqa: FBT001  # a key of the cache
    present = {"comment_present": True, "comment_public": is_public, "event_type": "Comment"}
    return encode(_origin(via) | present)[1:]


def _comment(audit_id: int, audit: Audit, comment: Comment) -> CommentChild:
    body, html = _said(comment.text)
    author = audit.author_id if comment.author_id is None else comment.author_id
    via, number = _via(audit.via)
    at = _instant(audit.at, UTC)
    return CommentChild(
        "Comment", author, body, html, body, comment.public, audit_id, via, number, at
    )


@lru_cache(SEVERAL)
def _said(text: str) -> tuple[Raw, Raw]:
    html = f'<div class="zd-comment" dir="auto">{escaped(text)}</div>'
    return Raw(encode(text)), Raw(encode(html))


@lru_cache(SEVERAL)
def _via(via: Via) -> tuple[Raw, int | None]:
    return Raw(encode(via_document(via))), reference(via)


def _origin(via: Via) -> Document:
    return {"via": via.text, "via_reference_id": reference(via)}


def _beginning(audit: Audit, created: Created) -> Iterator[Document]:
    origin = _origin(audit.via)
    yield origin | _create_child(audit, created)
    schedule = dict(created.values).get("schedule_id")
    if schedule is not None:
        yield origin | schedule_event("event_type", Change("schedule_id", None, schedule))


def _create_child(audit: Audit, created: Created) -> Document:
    child: Document = {}
    custom = {}
    for name, value in created.values:
        if isinstance(name, int):
            custom[str(name)] = value
        elif name != "schedule_id":
            child[name] = value
    opening = next((c for c in audit.changes if isinstance(c, Comment)), None)
    child |= {"custom_ticket_fields": custom, "comment_present": opening is not None}
    if opening is not None:
        child["comment_public"] = opening.public
    return child | {"event_type": "Create"}


def _change_child(change: Change) -> Document:
    end = {"previous_value": change.old, "event_type": "Change"}
    if isinstance(change.name, int):
        return {"custom_ticket_fields": {str(change.name): change.new}} | end
    if change.name == "tags":
        old, new = set(change.old), set(change.new)
        moved = {"added_tags": sorted(new - old), "removed_tags": sorted(old - new)}
        return {"tags": change.new} | moved | end
    return {change.name: change.new} | end
