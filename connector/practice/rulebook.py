"""Triggers and automations as admins write them: bodies on the wire, checked, to rules and back."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from connector.practice.clock import stamp
from connector.practice.conditions import (
    FIELD_PREFIXES,
    HOURS,
    Condition,
    condition_document,
    conditions_of,
)
from connector.practice.refusal import invalid
from connector.practice.rules import CHOICES

RULE_BASE = 28_700_000_000_000
RULE_STRIDE = 4
TAG_ACTIONS = {"set_tags": "tags", "current_tags": "additional_tags", "remove_tags": "remove_tags"}
VALUE_ACTIONS = frozenset(
    {"priority", "status", "type", "group_id", "assignee_id", "custom_status_id"}
)
TELLING = frozenset({"notification_user", "notification_group", "notification_target"})
Actions = tuple[tuple[str, Any], ...]


@dataclass(frozen=True, slots=True)
class Rule:
    """A trigger or an automation."""

    id: int
    kind: str
    title: str
    every: tuple[Condition, ...]
    some: tuple[Condition, ...]
    actions: Actions
    position: int
    created_at: int
    active: bool = True
    updated_at: int | None = None
    description: str | None = None
    category_id: str = str(RULE_BASE)


def new_rule(kind: str, body: Mapping[str, Any], taken: Iterable[int], now: int) -> Rule:
    """Return a rule from a body as the wire has it, after all the others, or refuse."""
    place = (max(taken, default=RULE_BASE) - RULE_BASE) // RULE_STRIDE + 1
    blank = Rule(RULE_BASE + RULE_STRIDE * place, kind, "", (), (), (), place, now)
    return replace(changed(blank, {"actions": (), "title": ""} | dict(body), now), updated_at=None)


def changed(rule: Rule, body: Mapping[str, Any], now: int) -> Rule:
    """Return a rule as a body wants it, or refuse; new conditions or actions replace all old."""
    every, some = _conditions(rule, body)
    return replace(
        rule,
        title=_title(body.get("title", rule.title)),
        every=every,
        some=some,
        actions=_actions(body["actions"]) if "actions" in body else rule.actions,
        active=bool(body.get("active", rule.active)),
        position=_number("position", body.get("position") or rule.position),
        description=body.get("description", rule.description),
        category_id=str(body.get("category_id") or rule.category_id),
        updated_at=now,
    )


def rule_document(rule: Rule, url: str) -> dict[str, Any]:
    """Return a rule as the wire has it; only triggers have a category and a description."""
    document = {
        "id": rule.id,
        "url": f"{url}/api/v2/{rule.kind}s/{rule.id}.json",
        "title": rule.title,
        "raw_title": rule.title,
        "active": rule.active,
        "default": False,
        "position": rule.position,
        "conditions": {
            "all": [condition_document(one) for one in rule.every],
            "any": [condition_document(one) for one in rule.some],
        },
        "actions": [{"field": name, "value": value} for name, value in rule.actions],
        "created_at": stamp(rule.created_at),
        "updated_at": stamp(rule.updated_at or rule.created_at),
    }
    if rule.kind == "trigger":
        document |= {"description": rule.description, "category_id": rule.category_id}
    return document


def _title(value: object) -> str:
    if not isinstance(value, str) or not value.strip():
        raise invalid("title", "Title: cannot be blank")
    return value


def _conditions(
    rule: Rule, body: Mapping[str, Any]
) -> tuple[tuple[Condition, ...], tuple[Condition, ...]]:
    """Return what a body asks; on writing, `all` and `any` may also stand by themselves."""
    given = body.get("conditions") or body
    if not isinstance(given, dict) or given.keys().isdisjoint({"all", "any"}):
        return rule.every, rule.some
    every, some = (conditions_of(given.get(name)) for name in ("all", "any"))
    timed = some if rule.kind == "automation" else (*every, *some)
    for one in timed:
        if one.field in HOURS:
            raise invalid("base", f"Invalid condition '{one.field}' in a {rule.kind}")
    return every, some


def _actions(items: object) -> Actions:
    if not isinstance(items, list | tuple) or not items:
        raise invalid("base", "Actions: cannot be blank")
    return tuple(_action(item) for item in items)


def _action(item: object) -> tuple[str, Any]:
    if not isinstance(item, dict) or not isinstance(item.get("field"), str):
        raise invalid("base", "Invalid action: it has no field")
    name, value = item["field"], item.get("value")
    is_field = name.startswith(FIELD_PREFIXES) and name.rpartition("_")[2].isdigit()
    if not is_field and name not in {*TAG_ACTIONS, *VALUE_ACTIONS, *TELLING}:
        raise invalid("base", f"Invalid action '{name}'")
    if name in CHOICES and (value or None) not in CHOICES[name]:
        raise invalid("base", f"Invalid value '{value}' in '{name.title()}'")
    if name in VALUE_ACTIONS and name.endswith("_id") and value not in {"", None}:
        _number(name, value)
    return name, value


def _number(name: str, value: object) -> int:
    if isinstance(value, bool) or not str(value).isdigit():
        raise invalid("base", f"Invalid value '{value}' in '{name.replace('_', ' ').title()}'")
    return int(str(value))
