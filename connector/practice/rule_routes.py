"""Calls about triggers, automations and what they may ask and do."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from connector.practice.clock import stamp
from connector.practice.conditions import HOURS, MOMENT, ORDERED, PLAIN, TAGS
from connector.practice.reactions import Reactions
from connector.practice.refusal import bad_request, not_found
from connector.practice.routing import Answer, Call, Route, listing
from connector.practice.rulebook import (
    RULE_BASE,
    TAG_ACTIONS,
    TELLING,
    VALUE_ACTIONS,
    Rule,
    rule_document,
)


def rules(call: Call) -> Answer:
    """List rules, active or not, or only those that are active."""
    kind, _, rest = call.path.partition("/")
    wanted = call.query.get("active", "true" if rest == "active" else "")
    found = [
        rule
        for rule in _rules(call, kind.removesuffix("s"))
        if not wanted or rule.active == (wanted == "true")
    ]
    return listing(call, kind, found, lambda rule: rule_document(rule, call.url))


def rule(call: Call) -> Answer:
    """Show one rule."""
    return _shown(call, _found(call, call.key))


def create(call: Call) -> Answer:
    """Create a trigger or an automation; it reacts from now on."""
    call.need_admin()
    kind = _kind(call)
    made = call.desk.acts.add_rule(kind, call.content(kind))
    answer = _shown(call, made)
    answer.status = 201
    answer.headers["Location"] = f"{call.url}/api/v2/{kind}s/{made.id}.json"
    return answer


def update(call: Call) -> Answer:
    """Change a rule; conditions or actions that are given replace all that it had."""
    call.need_admin()
    found = _found(call, call.key)
    return _shown(call, _book(call).change(found, call.content(found.kind)))


def delete(call: Call) -> Answer:
    """Delete a rule."""
    call.need_admin()
    _book(call).remove(_found(call, call.key))
    return Answer(b"", 204)


def update_many(call: Call) -> Answer:
    """Change several rules, each in its own way; none when one of them is not there."""
    call.need_admin()
    key = f"{_kind(call)}s"
    items = call.body.get(key)
    if not isinstance(items, list) or not all(isinstance(item, dict) for item in items):
        raise bad_request(f"Parameter {key} is required")
    pairs = [(_found(call, item.get("id")), item) for item in items]
    made = [_book(call).change(found, item) for found, item in pairs]
    return listing(call, key, made, lambda one: rule_document(one, call.url))


def destroy_many(call: Call) -> Answer:
    """Delete several rules; none when one of them is not there."""
    call.need_admin()
    for found in [_found(call, number) for number in call.ids()]:
        _book(call).remove(found)
    return Answer(b"", 204)


def reorder(call: Call) -> Answer:
    """Put all triggers in a new order; an order that leaves one out is refused."""
    call.need_admin()
    ids = call.body.get("trigger_ids")
    known = [one.id for one in _rules(call, "trigger")]
    if not isinstance(ids, list) or sorted(ids) != sorted(known):
        raise not_found()
    for place, number in enumerate(ids, start=1):
        _book(call).change(_found(call, number), {"position": place})
    return rules(replace(call, path="triggers"))


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


def _kind(call: Call) -> str:
    return call.path.partition("/")[0].removesuffix("s")


def _book(call: Call) -> Reactions:
    if call.world.reactions is None:
        raise not_found()
    return call.world.reactions


def _found(call: Call, number: object) -> Rule:
    kind = _kind(call)
    found = next((one for one in _rules(call, kind) if one.id == number), None)
    if found is None:
        raise not_found()
    return found


def _shown(call: Call, rule: Rule) -> Answer:
    return Answer({rule.kind: rule_document(rule, call.url)})


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


def _routes(kind: str) -> tuple[Route, ...]:
    return (
        Route("GET", kind, rules),
        Route("POST", kind, create),
        Route("GET", f"{kind}/active", rules),
        Route("GET", f"{kind}/definitions", definitions),
        Route("PUT", f"{kind}/update_many", update_many),
        Route("DELETE", f"{kind}/destroy_many", destroy_many),
        Route("GET", f"{kind}/{{}}", rule),
        Route("PUT", f"{kind}/{{}}", update),
        Route("DELETE", f"{kind}/{{}}", delete),
    )


ROUTES = (
    *_routes("triggers"),
    *_routes("automations"),
    Route("PUT", "triggers/reorder", reorder),
    Route("GET", "trigger_categories", categories),
)
