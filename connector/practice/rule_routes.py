"""Calls about triggers, automations and what they may ask and do."""

from __future__ import annotations

from typing import Any

from connector.practice.clock import stamp
from connector.practice.conditions import HOURS, MOMENT, ORDERED, PLAIN, TAGS
from connector.practice.reactions import (
    RULE_BASE,
    TAG_ACTIONS,
    TELLING,
    VALUE_ACTIONS,
    Rule,
    rule_document,
)
from connector.practice.refusal import not_found
from connector.practice.routing import Answer, Call, Route, listing


def rules(call: Call) -> Answer:
    """List rules, active or not, or only those that are active."""
    kind, _, rest = call.path.partition("/")
    wanted = call.query.get("active", "true" if rest == "active" else "")
    found = [
        rule
        for rule in _rules(call, kind.removesuffix("s"))
        if not wanted or rule.active == (wanted == "true")
    ]
    return listing(call, kind, found, lambda rule: _document(call, rule))


def rule(call: Call) -> Answer:
    """Show one rule."""
    kind = call.path.partition("s/")[0]
    found = next((one for one in _rules(call, kind) if one.id == call.key), None)
    if found is None:
        raise not_found()
    return Answer({kind: _document(call, found)})


def definitions(call: Call) -> Answer:
    """Tell what rules may ask and do, in short."""
    is_trigger = call.path.startswith("triggers")
    names = sorted(PLAIN | TAGS | (MOMENT if is_trigger else HOURS))
    fields = [f"custom_fields_{field.id}" for field in call.world.fields.custom()]
    actions = sorted({*TAG_ACTIONS, *VALUE_ACTIONS, *TELLING})
    asked = [_definition(name) for name in (*names, *fields)]
    timeless = [one for one in asked if one["subject"] not in HOURS]
    return Answer(
        {
            "definitions": {
                "conditions_all": asked,
                "conditions_any": timeless,
                "actions": [_definition(name) for name in (*actions, *fields)],
            }
        }
    )


def categories(call: Call) -> Answer:
    """List the one category that all triggers are in."""
    at = stamp(0)
    one = {"id": str(RULE_BASE), "name": "Initial category", "position": 0}
    return listing(call, "trigger_categories", [one | {"created_at": at, "updated_at": at}], dict)


def _rules(call: Call, kind: str) -> list[Rule]:
    reactions = call.world.reactions
    return [] if reactions is None else reactions.of_kind(kind)


def _document(call: Call, rule: Rule) -> dict[str, Any]:
    return rule_document(rule, call.url, stamp(rule.created_at))


def _definition(name: str) -> dict[str, Any]:
    values = [
        {"value": value, "title": value.title(), "enabled": True} for value in ORDERED.get(name, ())
    ]
    return {
        "title": name.replace("_", " ").title(),
        "type": "list" if values else "text",
        "subject": name,
        "group": "ticket",
        "nullable": False,
        "repeatable": False,
        "values": values,
    }


ROUTES = (
    Route("GET", "triggers", rules),
    Route("GET", "triggers/active", rules),
    Route("GET", "triggers/definitions", definitions),
    Route("GET", "triggers/{}", rule),
    Route("GET", "automations", rules),
    Route("GET", "automations/active", rules),
    Route("GET", "automations/definitions", definitions),
    Route("GET", "automations/{}", rule),
    Route("GET", "trigger_categories", categories),
)
