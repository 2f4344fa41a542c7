"""Conditions of triggers, automations and SLA policies: what they may ask of a ticket."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from connector.practice.feed import Audit
from connector.practice.refusal import invalid
from connector.practice.world import Change, Comment, Created, Ticket, World

HOUR = 3600
UNSET = ("", None, "-")
ORDERED: Mapping[str, tuple[str, ...]] = {
    "status": ("new", "open", "pending", "hold", "solved", "closed", "deleted"),
    "priority": ("low", "normal", "high", "urgent"),
}
TYPE_IDS = {"1": "question", "2": "incident", "3": "problem", "4": "task"}
PLAIN = frozenset(
    {
        "status",
        "priority",
        "type",
        "group_id",
        "assignee_id",
        "requester_id",
        "organization_id",
        "brand_id",
        "ticket_form_id",
        "schedule_id",
        "custom_status_id",
    }
)
STATUS_HOURS = ("NEW", "OPEN", "PENDING", "HOLD", "SOLVED", "CLOSED")
HOURS = frozenset({*STATUS_HOURS, "updated_at", "created_at", "assigned_at"})
TAGS = frozenset({"current_tags"})
MOMENT = frozenset(
    {"update_type", "role", "comment_is_public", "ticket_is_public", "current_via_id"}
)
VIA_IDS = {"0": "web", "4": "email", "5": "api", "8": "rule", "29": "chat"}
OPERATORS = frozenset(
    {
        *("is", "is_not", "less_than", "greater_than", "includes", "not_includes"),
        *("present", "not_present", "changed", "not_changed", "value", "not_value"),
        *("value_previous", "not_value_previous"),
    }
)
FIELD_PREFIXES = ("custom_fields_", "ticket_fields_")


@dataclass(frozen=True, slots=True)
class Condition:
    """One line of a rule."""

    field: str
    operator: str
    value: Any = None


@dataclass(slots=True)
class Moment:
    """What just happened to a ticket; nothing when only time has passed."""

    world: World
    update_type: str | None = None
    author_id: int | None = None
    channel: str = ""
    comment_is_public: bool | None = None
    changes: dict[str, tuple[Any, Any]] = field(default_factory=dict)

    def read(self, audit: Audit) -> None:
        """Take in one audit."""
        for change in audit.changes:
            if isinstance(change, Created):
                self.update_type = "Create"
            elif isinstance(change, Comment):
                self.comment_is_public = bool(self.comment_is_public) or change.public
            else:
                name = f"custom_fields_{change.name}" if isinstance(change.name, int) else None
                self.changes[name or str(change.name)] = (change.old, change.new)

    @classmethod
    def of(cls, world: World, audit: Audit) -> Moment:
        """Return what one audit brought."""
        moment = cls(world, "Change", audit.author_id, audit.via.channel)
        moment.read(audit)
        return moment


def conditions_of(items: object) -> tuple[Condition, ...]:
    """Return conditions as the wire has them, or refuse those that are not understood."""
    return tuple(map(_condition, items)) if isinstance(items, list | tuple) else ()


def _condition(item: object) -> Condition:
    if not isinstance(item, dict) or not isinstance(item.get("field"), str):
        raise invalid("base", "Invalid condition: it has no field")
    name, operator, value = item["field"], item.get("operator"), item.get("value")
    is_field = name.startswith(FIELD_PREFIXES) and name.rpartition("_")[2].isdigit()
    if not is_field and name not in PLAIN | HOURS | TAGS | MOMENT | {"ticket_type_id"}:
        raise invalid("base", f"Invalid condition '{name}'")
    if operator not in OPERATORS:
        raise invalid("base", f"Invalid operator '{operator}' in '{name}'")
    if name in HOURS and not str(value).isdigit():
        raise invalid("base", f"Invalid value '{value}' in '{name} / {operator}'")
    return Condition(name, str(operator), value)


def condition_document(condition: Condition) -> dict[str, Any]:
    """Return one condition as the wire has it."""
    return {
        "field": condition.field,
        "operator": condition.operator,
        "value": condition.value,
    }


def holds(
    ticket: Ticket, moment: Moment, every: tuple[Condition, ...], some: tuple[Condition, ...]
) -> bool:
    """Tell whether all of the first conditions hold, and one of the second if there are any."""
    return all(_holds(one, ticket, moment) for one in every) and (
        not some or any(_holds(one, ticket, moment) for one in some)
    )


def _holds(condition: Condition, ticket: Ticket, moment: Moment) -> bool:
    name, operator, wanted = condition.field, condition.operator, condition.value
    if name in TAGS:
        has_one = not set(str(wanted or "").split()).isdisjoint(ticket.tags)
        return has_one == (operator in {"includes", "is"})
    if name in HOURS:
        return _hours_hold(condition, ticket, moment.world)
    if name in MOMENT:
        is_so = _of_moment(name, wanted, moment)
        return is_so == (operator != "is_not")
    if name == "ticket_type_id":
        name, wanted = "type", TYPE_IDS.get(str(wanted))
    if operator in _CHANGES:
        return name in moment.changes and _CHANGES[operator](moment.changes[name], wanted)
    if operator in {"not_changed", "not_value", "not_value_previous"}:
        positive = {"not_changed": "changed"}.get(operator, operator.removeprefix("not_"))
        return not _holds(Condition(name, positive, wanted), ticket, moment)
    return _compare(name, operator, _value(ticket, name), wanted)


_CHANGES: Mapping[str, Callable[[tuple[Any, Any], Any], bool]] = {
    "changed": lambda *_: True,
    "value": lambda change, wanted: _same(change[1], wanted),
    "value_previous": lambda change, wanted: _same(change[0], wanted),
}


def _compare(name: str, operator: str, value: Any, wanted: Any) -> bool:
    if operator in {"less_than", "greater_than"}:
        order = ORDERED.get(name, ())
        if value not in order or wanted not in order:
            return False
        is_less = order.index(value) < order.index(wanted)
        return is_less if operator == "less_than" else not is_less and value != wanted
    if operator in {"present", "not_present"}:
        return (value not in UNSET) == (operator == "present")
    wanted_any = wanted if isinstance(wanted, list | tuple) else (wanted,)
    is_same = any(_same(value, one) for one in wanted_any)
    return is_same == (operator in {"is", "includes"})


def _same(value: Any, wanted: Any) -> bool:
    if wanted in UNSET or value in UNSET:
        return wanted in UNSET and value in UNSET
    if isinstance(value, bool):
        return value is (wanted in (True, "true", "1"))
    return str(value) == str(wanted)


def _value(ticket: Ticket, name: str) -> Any:
    if name.startswith(FIELD_PREFIXES):
        return ticket.values.get(int(name.rpartition("_")[2]))
    return getattr(ticket, name)


def _of_moment(name: str, wanted: Any, moment: Moment) -> bool:
    if name == "update_type":
        return bool(moment.update_type == wanted)
    if name == "current_via_id":
        return moment.channel == VIA_IDS.get(str(wanted))
    if name == "role":
        if str(wanted).isdigit():
            return str(moment.author_id) == str(wanted)
        is_staff = moment.world.directory.is_staff(moment.author_id or 0)
        return is_staff if wanted in {"agent", "admin"} else not is_staff
    if name == "comment_is_public":
        return _is_told(wanted, is_public=moment.comment_is_public)
    return bool(wanted in ("public", True))


def _is_told(wanted: Any, *, is_public: bool | None) -> bool:
    """Tell whether the update brought such a comment: any, a public one, or a private one."""
    if is_public is None:
        return False
    if wanted == "not_relevant":
        return True
    return is_public == (wanted in (True, "true", "requester_can_see_comment"))


def _hours_hold(condition: Condition, ticket: Ticket, world: World) -> bool:
    name = condition.field
    if name in STATUS_HOURS:
        if ticket.status != name.lower():
            return False
        since = last_change(world, ticket, "status")
    elif name == "assigned_at":
        since = last_change(world, ticket, "assignee_id")
    else:
        since = ticket.updated_at if name == "updated_at" else ticket.created_at
    hours, wanted = (world.now() - since) // HOUR, int(condition.value)
    return {"is": hours == wanted, "less_than": hours < wanted}.get(
        condition.operator, hours > wanted
    )


def last_change(world: World, ticket: Ticket, name: str) -> int:
    """Return when a field of a ticket changed last; its creation when it never did."""
    for place in reversed(ticket.audits):
        audit = world.feed[place]
        if any(isinstance(one, Change) and one.name == name for one in audit.changes):
            return audit.at
    return ticket.created_at
