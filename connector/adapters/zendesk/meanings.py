"""What conditions and actions of Zendesk's rules mean, in the words of `connector.model.rules`.

Quirks worth knowing before you change anything:
- a custom field is `custom_fields_ID` in triggers and `ticket_fields_ID` in SLA policies;
- `role` is the "Current user", and takes a user's id as well as a kind of user;
- `is` with nothing to compare asks whether a field is empty;
- `PENDING greater_than 24` holds only while the ticket is pending.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from connector.model.rules import (
    BY_API,
    CHANGED,
    CREATED,
    CUSTOMER,
    STAFF,
    Comparison,
    Cures,
    Meaning,
    Topic,
    field_topic,
)

CURES = Cures(
    not_by_us='add the condition "Current user > Is not > {user}" to those that must all hold',
    without_tags='add the condition "Tags > Contains none of the following > {tags}"',
    other_clock='take "Hours since requester update" or "Hours since assigned" in place of'
    ' "Hours since update"',
)
WEB_SERVICE = "5"
TOPICS: Mapping[str, str] = {
    "update_type": Topic.MOMENT,
    "role": Topic.USER,
    "current_via_id": Topic.CHANNEL,
    "comment_is_public": Topic.COMMENT,
    "current_tags": Topic.TAGS,
    "set_tags": Topic.TAGS,
    "remove_tags": Topic.TAGS,
    "status": Topic.STATUS,
    "updated_at": Topic.UPDATE_HOURS,
    "ticket_type_id": "type",
}
FOLLOWING: Mapping[str, tuple[tuple[str, tuple[str, ...]], ...]] = {
    "set_tags": ((Topic.TAGS, ()),),
    "status": (("custom_status_id", ()),),
    "custom_status_id": ((Topic.STATUS, ()),),
    "assignee_id": ((Topic.STATUS, ("open",)), ("group_id", ())),
    "group_id": (("assignee_id", ()), ("schedule_id", ())),
}
"""What changes with a field that a rule sets: a new ticket that is assigned is open, say."""
STATUS_HOURS = frozenset({"NEW", "OPEN", "PENDING", "HOLD", "SOLVED", "CLOSED"})
WORDS: Mapping[str, Mapping[str, str]] = {
    Topic.MOMENT: {"Create": CREATED, "Change": CHANGED},
    Topic.USER: {"agent": STAFF, "admin": STAFF, "end_user": CUSTOMER},
    Topic.CHANNEL: {WEB_SERVICE: BY_API},
    "type": {"1": "question", "2": "incident", "3": "problem", "4": "task"},
}
COMPARISONS: Mapping[str, Comparison] = {
    "is": Comparison.IS,
    "is_not": Comparison.IS_NOT,
    "includes": Comparison.IS,
    "not_includes": Comparison.IS_NOT,
    "present": Comparison.PRESENT,
    "not_present": Comparison.ABSENT,
    "less_than": Comparison.LESS,
    "greater_than": Comparison.GREATER,
    "changed": Comparison.CHANGED,
    "not_changed": Comparison.NOT_CHANGED,
    "value": Comparison.CHANGED_TO,
    "not_value": Comparison.NOT_CHANGED_TO,
    "value_previous": Comparison.CHANGED_FROM,
    "not_value_previous": Comparison.NOT_CHANGED_FROM,
}
EMPTY = {Comparison.IS: Comparison.ABSENT, Comparison.IS_NOT: Comparison.PRESENT}
_FIELD = re.compile(r"(?:custom|ticket)_fields_(\d+)")


def meaning(field: str, operator: str, values: tuple[str, ...]) -> Meaning:
    """Return what a condition asks."""
    if field in STATUS_HOURS:
        return Meaning(Topic.STATUS_HOURS, Comparison.IS, (field.lower(),))
    topic = _topic(field)
    comparison = COMPARISONS.get(operator, Comparison.UNKNOWN)
    if not values:
        comparison = EMPTY.get(comparison, comparison)
    return Meaning(topic, comparison, _translated(topic, values))


def effects(field: str, values: tuple[str, ...]) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """Return what an action changes, and what changes with it."""
    topic = _topic(field)
    return ((topic, _translated(topic, values)), *FOLLOWING.get(field, ()))


def _topic(field: str) -> str:
    found = _FIELD.fullmatch(field)
    return field_topic(found.group(1)) if found else TOPICS.get(field, field)


def _translated(topic: str, values: tuple[str, ...]) -> tuple[str, ...]:
    words = WORDS.get(topic, {})
    return tuple(words.get(value, value) for value in values)
