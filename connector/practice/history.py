"""A ticket's audits and comments as their calls give them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from connector.practice.clock import stamp
from connector.practice.feed import Audit
from connector.practice.wire import Document, via_document
from connector.practice.world import Change, Comment, Created, Via

CLIENT = {"client": "Practice", "location": "Example City", "latitude": 0.0, "longitude": 0.0}

SURVEY, SUBMITTED = "survey_response_id", "SurveyResponseSubmitted"


def audit_document(audit_id: int, audit: Audit) -> Document:
    """Return an audit with its events, ids as text, as the audits call gives it."""
    return {
        "id": audit_id,
        "ticket_id": audit.ticket_id,
        "created_at": stamp(audit.at),
        "author_id": audit.author_id,
        "metadata": {"system": CLIENT, "custom": {}},
        "events": [
            {"id": audit_id + place} | event
            for place, event in enumerate(_audit_events(audit_id, audit), start=1)
        ],
        "via": via_document(audit.via),
    }


def comment_document(comment_id: int, audit_id: int, audit: Audit, comment: Comment) -> Document:
    """Return a comment of a ticket."""
    return {
        "id": comment_id,
        "type": "Comment",
        "author_id": audit.author_id if comment.author_id is None else comment.author_id,
        "body": comment.text,
        "html_body": f'<div class="zd-comment" dir="auto">{escaped(comment.text)}</div>',
        "plain_body": comment.text,
        "public": comment.public,
        "attachments": [],
        "audit_id": audit_id,
        "via": via_document(audit.via),
        "created_at": stamp(audit.at),
        "metadata": {"system": CLIENT, "custom": {}},
    }


def comments(audit_id: int, audit: Audit) -> Iterator[Document]:
    """Yield the comments of one audit."""
    for place, change in enumerate(_flat(audit), start=1):
        if isinstance(change, Comment):
            yield comment_document(audit_id + place, audit_id, audit, change)


def _flat(audit: Audit) -> Iterator[Change | Comment]:
    for change in audit.changes:
        if isinstance(change, Created):
            for name, value in change.values:
                yield Change(name, None, value)
        else:
            yield change


def _audit_events(audit_id: int, audit: Audit) -> Iterator[Document]:
    is_creation = any(isinstance(change, Created) for change in audit.changes)
    for change in _flat(audit):
        if isinstance(change, Comment):
            document = comment_document(0, audit_id, audit, change)
            for key in ("id", "via", "created_at", "metadata"):
                del document[key]
            yield document
        elif change.name == "schedule_id":
            if change.new is not None:
                yield schedule_event("type", change)
        elif change.name == SURVEY:
            yield {"type": SUBMITTED, SURVEY: change.new}
        else:
            event = {"type": "Create", "field_name": str(change.name), "value": _text(change.new)}
            if not is_creation:
                event |= {"type": "Change", "previous_value": _text(change.old)}
            yield event


def schedule_event(key: str, change: Change) -> Document:
    """Return the event of another schedule; its kind stands under `key`."""
    ids = {"previous_schedule_id": change.old, "new_schedule_id": change.new}
    return {key: "ScheduleAssignment"} | ids


def _text(value: Any) -> Any:
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


def reference(via: Via) -> int | None:
    """Return what the feed says that something refers to."""
    return via.reference if via.title or via.rel in {"merge", "follow_up"} else None


def escaped(text: str) -> str:
    """Return a text as HTML."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
