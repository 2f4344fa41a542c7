"""A ticket's audits, and the same audits as the incremental event feed writes them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from connector.practice.clock import stamp
from connector.practice.wire import Document, via_document
from connector.practice.world import Audit, Change, Comment, Created, Via

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
        "html_body": f'<div class="zd-comment" dir="auto">{_escaped(comment.text)}</div>',
        "plain_body": comment.text,
        "public": comment.public,
        "attachments": [],
        "audit_id": audit_id,
        "via": via_document(audit.via),
        "created_at": stamp(audit.at),
        "metadata": {"system": CLIENT, "custom": {}},
    }


def feed_document(audit_id: int, audit: Audit, *, with_comments: bool) -> Document:
    """Return an audit as an item of the ticket event export."""
    return {
        "id": audit_id,
        "ticket_id": audit.ticket_id,
        "timestamp": audit.at,
        "created_at": stamp(audit.at),
        "updater_id": audit.author_id,
        "via": audit.via.text,
        "system": CLIENT,
        "metadata": {},
        "event_type": "Audit",
        "child_events": [
            {"id": audit_id + place, **child}
            for place, child in enumerate(_children(audit_id, audit, with_comments), start=1)
        ],
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
                yield _schedule("type", change)
        elif change.name == SURVEY:
            yield {"type": SUBMITTED, SURVEY: change.new}
        else:
            event = {"type": "Create", "field_name": str(change.name), "value": _text(change.new)}
            if not is_creation:
                event |= {"type": "Change", "previous_value": _text(change.old)}
            yield event


def _children(audit_id: int, audit: Audit, with_comments: bool) -> Iterator[Document]:  # noqa: FBT001
    origin = {"via": audit.via.text, "via_reference_id": _reference(audit.via)}
    for change in audit.changes:
        if isinstance(change, Comment):
            yield origin | _comment_child(audit_id, audit, change, with_comments)
        elif isinstance(change, Created):
            yield origin | _create_child(audit, change)
            schedule = dict(change.values).get("schedule_id")
            if schedule is not None:
                yield origin | _schedule("event_type", Change("schedule_id", None, schedule))
        elif change.name == "schedule_id":
            yield origin | _schedule("event_type", change)
        elif change.name == SURVEY:
            yield origin | {"event_type": SUBMITTED, SURVEY: change.new}
        else:
            yield origin | _change_child(change)


def _comment_child(audit_id: int, audit: Audit, comment: Comment, sideloaded: bool) -> Document:  # noqa: FBT001
    if not sideloaded:
        present = {"comment_present": True, "comment_public": comment.public}
        return present | {"event_type": "Comment"}
    document = comment_document(0, audit_id, audit, comment)
    del document["id"], document["metadata"]
    return document | {"event_type": "Comment"}


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


def _schedule(key: str, change: Change) -> Document:
    ids = {"previous_schedule_id": change.old, "new_schedule_id": change.new}
    return {key: "ScheduleAssignment"} | ids


def _text(value: Any) -> Any:
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


def _reference(via: Via) -> int | None:
    return via.reference if via.title or via.rel in {"merge", "follow_up"} else None


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
