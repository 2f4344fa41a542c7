"""What an update may do to a ticket: closed tickets refuse, option tags follow their drop-downs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from connector.practice.clock import iso
from connector.practice.directory import STAFF
from connector.practice.fields import TicketField
from connector.practice.refusal import Refusal, invalid
from connector.practice.statuses import STATUS_IDS
from connector.practice.world import Change, Comment, Ticket, World

WRITABLE_STATUSES = frozenset({"new", "open", "pending", "hold", "solved", "closed"})
CHOICES: Mapping[str, frozenset[str | None]] = {
    "status": WRITABLE_STATUSES,
    "priority": frozenset({"low", "normal", "high", "urgent", None}),
    "type": frozenset({"question", "incident", "problem", "task", None}),
}
PLAIN = ("subject", "priority", "type", "requester_id", "group_id", "assignee_id", "brand_id")


@dataclass(slots=True)
class Draft:
    """The tags and custom values that a ticket is about to have."""

    world: World
    tags: set[str]
    values: dict[int, Any]

    def add_tag(self, tag: str) -> None:
        """Add a tag; if it is an option of a drop-down, the drop-down takes that value."""
        self.tags.add(tag)
        owner = self._owner(tag)
        if owner is None:
            return
        if owner.kind == "multiselect":
            self._put(owner, tuple(sorted({*self.values.get(owner.id, ()), tag})))
        else:
            self._put(owner, True if owner.kind == "checkbox" else tag)

    def remove_tag(self, tag: str) -> None:
        """Remove a tag; a drop-down that rests on it is emptied."""
        self.tags.discard(tag)
        owner = self._owner(tag)
        if owner is None:
            return
        if owner.kind == "multiselect":
            left = tuple(one for one in self.values.get(owner.id, ()) if one != tag)
            self._put(owner, left or None)
        elif owner.kind == "checkbox" or self.values.get(owner.id) == tag:
            self._put(owner, None)

    def set_value(self, field_id: int, value: Any) -> None:
        """Set a custom field as the wire gives it; unknown and inactive fields are ignored."""
        field = self.world.fields.by_id.get(field_id)
        if field is not None and field.is_custom and field.active:
            self._put(field, _checked(field, value))

    def _put(self, field: TicketField, value: Any) -> None:
        self.tags -= _tags_of(field, self.values.get(field.id))
        self.tags |= _tags_of(field, value)
        if value is None:
            self.values.pop(field.id, None)
        else:
            self.values[field.id] = value

    def _owner(self, tag: str) -> TicketField | None:
        owner = self.world.fields.by_id.get(self.world.fields.owner.get(tag, 0))
        return owner if owner is not None and owner.active else None


def plan_update(
    world: World, ticket: Ticket, body: Mapping[str, Any], author_id: int
) -> list[Change | Comment]:
    """Return what a wire update would change, or refuse; the ticket stays as it is."""
    if ticket.status == "closed":
        raise invalid("status", "Status closed prevents ticket update")
    _check_stamp(ticket, body)
    changes: list[Change | Comment] = []
    changes += _comments(body)
    changes += _plain_changes(world, ticket, body, author_id)
    changes += _drafted_changes(world, ticket, body)
    return changes


def draft_of(world: World, ticket: Ticket, body: Mapping[str, Any]) -> Draft:
    """Return the tags and values that a ticket has after an update."""
    draft = Draft(world, set(ticket.tags), dict(ticket.values))
    wanted = _tags(body.get("tags")) if "tags" in body else None
    removed = _tags(body.get("remove_tags"))
    if wanted is not None:
        removed |= draft.tags - wanted
    for tag in sorted(removed):
        draft.remove_tag(tag)
    for tag in sorted(((wanted or set()) - set(ticket.tags)) | _tags(body.get("additional_tags"))):
        draft.add_tag(tag)
    for field_id, value in _field_values(body):
        draft.set_value(field_id, value)
    return draft


def _check_stamp(ticket: Ticket, body: Mapping[str, Any]) -> None:
    """Refuse a stale update; the mere presence of `safe_update` asks for this, as at the vendor."""
    if "safe_update" not in body or body.get("updated_stamp") == iso(ticket.updated_at):
        return
    description = (
        "Safe Update prevented the update due to outdated ticket data. "
        "Please fetch the latest ticket data and try again."
    )
    raise Refusal(409, {"error": "UpdateConflict", "description": description})


def _comments(body: Mapping[str, Any]) -> list[Comment]:
    comment = body.get("comment")
    if not isinstance(comment, dict):
        return []
    text = comment.get("body") or comment.get("html_body")
    if not text:
        raise invalid("base", "Comment: cannot be blank")
    return [Comment(bool(comment.get("public", True)), str(text), comment.get("author_id"))]


def _plain_changes(
    world: World, ticket: Ticket, body: Mapping[str, Any], author_id: int
) -> list[Change]:
    wanted: dict[str, Any] = {name: body[name] for name in (*PLAIN, "status") if name in body}
    for name, allowed in CHOICES.items():
        if name in wanted and wanted[name] not in allowed:
            raise invalid(name, f"{name.title()}: {wanted[name]} is not valid")
    _check_people(world, wanted)
    _follow_status(world, ticket, wanted, author_id)
    _follow_custom_status(world, ticket, wanted, body)
    if "group_id" in wanted and wanted["group_id"] in world.directory.groups:
        schedule = world.directory.groups[wanted["group_id"]].schedule_id
        if schedule is not None:
            wanted["schedule_id"] = schedule
    return [
        Change(name, _held(ticket, name), value)
        for name, value in wanted.items()
        if _held(ticket, name) != value
    ]


def _check_people(world: World, wanted: Mapping[str, Any]) -> None:
    directory = world.directory
    assignee = wanted.get("assignee_id")
    if assignee is not None and not directory.is_staff(assignee):
        raise invalid("assignee", "Assignee: is not an agent")
    requester = wanted.get("requester_id")
    if requester is not None and requester not in directory.users:
        raise invalid("requester", "Requester: is unknown")
    group = directory.groups.get(wanted.get("group_id") or 0)
    if wanted.get("group_id") is not None and (group is None or group.deleted):
        raise invalid("group", "Group: is invalid")


def _follow_status(world: World, ticket: Ticket, wanted: dict[str, Any], author_id: int) -> None:
    author = world.directory.users.get(author_id)
    is_staff = author is not None and author.role in STAFF
    status = wanted.get("status", ticket.status)
    assignee = wanted.get("assignee_id", ticket.assignee_id)
    if status == "solved" and assignee is None and is_staff:
        wanted["assignee_id"] = author_id
    if status == "new" and assignee is not None and "status" not in wanted:
        wanted["status"] = "open"


def _follow_custom_status(
    world: World, ticket: Ticket, wanted: dict[str, Any], body: Mapping[str, Any]
) -> None:
    """Let a custom status bring its category, and a new category its usual status."""
    if body.get("custom_status_id") is not None:
        chosen = world.directory.statuses.get(int(body["custom_status_id"]))
        if chosen is None:
            raise invalid("custom_status_id", "Custom status: is invalid")
        wanted |= {"status": chosen.category, "custom_status_id": chosen.id}
    elif ticket.custom_status_id is not None and wanted.get("status") not in {None, ticket.status}:
        wanted["custom_status_id"] = STATUS_IDS[wanted["status"]]


def _held(ticket: Ticket, name: str) -> Any:
    held = getattr(ticket, name)
    return STATUS_IDS.get(ticket.status) if name == "custom_status_id" and not held else held


def _drafted_changes(world: World, ticket: Ticket, body: Mapping[str, Any]) -> list[Change]:
    draft = draft_of(world, ticket, body)
    changes = []
    tags = tuple(sorted(draft.tags))
    if set(tags) != set(ticket.tags):
        changes.append(Change("tags", ticket.tags, tags))
    for field_id in sorted({*draft.values, *ticket.values}):
        old, new = ticket.values.get(field_id), draft.values.get(field_id)
        if old != new:
            changes.append(Change(field_id, old, new))
    return changes


def _tags(value: Any) -> set[str]:
    if isinstance(value, str):
        value = value.replace(",", " ").split()
    return {str(tag).strip().lower().replace(" ", "_") for tag in value or () if str(tag).strip()}


def _field_values(body: Mapping[str, Any]) -> Iterable[tuple[int, Any]]:
    given = body.get("custom_fields", body.get("fields")) or []
    items = given.items() if isinstance(given, dict) else ((f["id"], f.get("value")) for f in given)
    return [(int(field_id), value) for field_id, value in items]


def _checked(field: TicketField, value: Any) -> Any:
    if value is None or value in ("", []):
        return None
    if field.kind == "checkbox":
        return True if value in (True, "true", "1", 1) else None
    if field.kind == "multiselect":
        values = tuple(sorted({str(one) for one in value}))
        bad = [one for one in values if not field.has_option(one)]
    elif field.kind == "tagger":
        values, bad = (str(value),), [] if field.has_option(str(value)) else [value]
    else:
        return str(value)
    if bad:
        raise invalid("base", f"{field.title}: {bad[0]} is not a valid option")
    return values if field.kind == "multiselect" else values[0]


def _tags_of(field: TicketField, value: Any) -> set[str]:
    if value is None:
        return set()
    if field.kind == "checkbox":
        return {field.tag} if field.tag else set()
    if field.kind == "multiselect":
        return set(value)
    return {value} if field.kind == "tagger" else set()
