"""Tickets, people and the rest as JSON in the vendor's form."""

from __future__ import annotations

from typing import Any

import msgspec

from connector.practice.clock import stamp
from connector.practice.directory import Group, Holiday, Organization, Schedule, User
from connector.practice.fields import OPTION_KINDS, TicketField
from connector.practice.metrics import metric_set
from connector.practice.reasons import REASONS
from connector.practice.world import Rating, Ticket, Via, World

CACHED_FIGURES = 20_000
Document = dict[str, Any]


def metric_bytes(world: World, ticket: Ticket, url: str) -> bytes:
    """Return the figures of one ticket as JSON, worked out once for each of its states."""
    known = world.measured.get(ticket.id)
    if known is None:
        if len(world.measured) > CACHED_FIGURES:
            world.measured.clear()
        known = msgspec.json.encode(metric_document(world, ticket, url))
        world.measured[ticket.id] = known
    return known


def metric_document(world: World, ticket: Ticket, url: str) -> Document:
    """Return the figures of one ticket."""
    document = metric_set(world, ticket, url)
    times = {name: value for name, value in document.items() if name.endswith("_at") and value}
    return document | {name: stamp(value) for name, value in times.items()}


def via_document(via: Via) -> Document:
    """Return the object form of how something came in."""
    source: Document = {"from": {}, "to": {}, "rel": via.rel}
    if via.rel in {"merge", "follow_up", "side_conversation"}:
        source["from"] = {"ticket_id": via.reference}
    elif via.rel in {"trigger", "automation"}:
        source["from"] = {
            "id": via.reference,
            "title": via.title or via.rel.title(),
            "deleted": False,
        }
    return {"channel": via.channel, "source": source}


def user_document(user: User, url: str) -> Document:
    """Return a person."""
    return {
        "id": user.id,
        "url": f"{url}/api/v2/users/{user.id}.json",
        "name": user.name,
        "email": user.email,
        "created_at": stamp(user.created_at),
        "updated_at": stamp(user.updated_at),
        "time_zone": "UTC",
        "iana_time_zone": "Etc/UTC",
        "phone": None,
        "locale": "en-US",
        "locale_id": 1,
        "report_csv": False,
        "organization_id": user.organization_id,
        "role": user.role,
        "verified": True,
        "external_id": None,
        "tags": [],
        "active": user.active,
        "shared": False,
        "shared_agent": False,
        "moderator": user.role == "admin",
        "only_private_comments": False,
        "restricted_agent": False,
        "suspended": user.suspended,
        "default_group_id": user.group_ids[0] if user.group_ids else None,
        "user_fields": {},
    }


def group_document(group: Group, url: str) -> Document:
    """Return a group."""
    at = stamp(group.created_at)
    return {
        "url": f"{url}/api/v2/groups/{group.id}.json",
        "id": group.id,
        "is_public": True,
        "name": group.name,
        "description": "",
        "default": False,
        "deleted": group.deleted,
        "created_at": at,
        "updated_at": at,
    }


def organization_document(organization: Organization, url: str) -> Document:
    """Return a customer company."""
    at = stamp(organization.created_at)
    return {
        "url": f"{url}/api/v2/organizations/{organization.id}.json",
        "id": organization.id,
        "name": organization.name,
        "shared_tickets": False,
        "shared_comments": False,
        "external_id": None,
        "created_at": at,
        "updated_at": at,
        "domain_names": [],
        "details": None,
        "notes": None,
        "group_id": None,
        "tags": [],
        "organization_fields": {},
    }


def schedule_document(schedule: Schedule) -> Document:
    """Return a schedule; the zone has its display name."""
    at = stamp(schedule.created_at)
    intervals = [{"start_time": start, "end_time": end} for start, end in schedule.intervals]
    return {
        "id": schedule.id,
        "name": schedule.name,
        "time_zone": schedule.time_zone,
        "created_at": at,
        "updated_at": at,
        "intervals": intervals,
    }


def holiday_document(holiday: Holiday) -> Document:
    """Return a holiday of a schedule."""
    return {
        "id": holiday.id,
        "name": holiday.name,
        "start_date": holiday.start_on.isoformat(),
        "end_date": holiday.end_on.isoformat(),
    }


def field_document(field: TicketField, url: str) -> Document:
    """Return a ticket field with its options."""
    document = {
        "url": f"{url}/api/v2/ticket_fields/{field.id}.json",
        "id": field.id,
        "type": field.kind,
        "title": field.title,
        "raw_title": field.title,
        "description": field.description,
        "raw_description": field.description,
        "position": 9999,
        "active": field.active,
        "required": False,
        "collapsed_for_agents": False,
        "regexp_for_validation": None,
        "title_in_portal": field.title,
        "raw_title_in_portal": field.title,
        "visible_in_portal": False,
        "editable_in_portal": False,
        "required_in_portal": False,
        "tag": field.tag,
        "created_at": stamp(field.created_at),
        "updated_at": stamp(field.updated_at),
        "removable": field.removable,
        "key": None,
        "agent_description": None,
    }
    if field.kind in OPTION_KINDS:
        document["custom_field_options"] = [
            {"id": o.id, "name": o.name, "raw_name": o.name, "value": o.value, "default": False}
            for o in field.options
        ]
    return document


def rating_document(rating: Rating, url: str) -> Document:
    """Return a satisfaction rating."""
    return {
        "url": f"{url}/api/v2/satisfaction_ratings/{rating.id}.json",
        "id": rating.id,
        "assignee_id": rating.assignee_id,
        "group_id": rating.group_id,
        "requester_id": rating.requester_id,
        "ticket_id": rating.ticket_id,
        "score": rating.score,
        "created_at": stamp(rating.created_at),
        "updated_at": stamp(rating.updated_at),
        "comment": rating.comment,
        "reason": REASONS.get(rating.reason_id, "A reason that was deleted"),
        "reason_id": rating.reason_id,
    }


def wire_value(field: TicketField, value: Any) -> Any:
    """Return a stored value as the wire writes it: a checkbox is never null."""
    return False if value is None and field.kind == "checkbox" else value
