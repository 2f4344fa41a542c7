"""Zendesk's triggers, automations and SLA policies as rules; lenient about empty conditions.

Quirks worth knowing before you change anything:
- `conditions` may be null or empty, and so may its `all` and `any`; policies call it `filter`;
- values come as text, number, boolean, array or null, and an empty text where none is needed;
- an action's value may be the text of a mail: only values of settings are taken.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from connector.adapters.zendesk.client import PAGE_SIZE, ZendeskClient
from connector.adapters.zendesk.lists import listed
from connector.adapters.zendesk.meanings import CURES, effects, meaning
from connector.adapters.zendesk.paging import NOT_THERE
from connector.adapters.zendesk.policies import GROUP_PATH, PATH
from connector.adapters.zendesk.wire import Wire
from connector.errors import FatalError
from connector.model.rules import Action, Condition, Rule, Rules

FORBIDDEN = 403
PAGED = {"page[size]": PAGE_SIZE}
TAGS = frozenset({"current_tags", "set_tags", "remove_tags"})
# actions whose value is a choice, not a text
_SETTING = re.compile(
    r"status|custom_status_id|priority|type|group_id|assignee_id|brand_id|ticket_form_id"
    r"|set_tags|current_tags|remove_tags|set_schedule|locale_id|satisfaction_score"
    r"|custom_fields_\d+|ticket_fields_\d+"
)


class WireRule(Wire):
    """A trigger, automation or policy."""

    id: int | str
    title: str | None = None
    active: bool | None = None
    conditions: Any = None
    filter: Any = None
    actions: Any = None


def read_rules(client: ZendeskClient) -> Rules:
    """Read every rule of the account; what it lacks, or hides, is named as missing."""
    missing: list[str] = []
    hidden: list[str] = []

    def rules(path: str, key: str, params: dict[str, Any]) -> tuple[Rule, ...]:
        try:
            return tuple(map(rule, listed(client, path, key, WireRule, params)))
        except FatalError as error:
            if error.status not in NOT_THERE:
                raise
            missing.append(key)
            if error.status == FORBIDDEN:
                hidden.append(key)
            return ()

    triggers = rules("triggers", "triggers", PAGED)
    automations = rules("automations", "automations", PAGED)
    policies = rules(PATH, "sla_policies", {})
    group_policies = rules(GROUP_PATH, "group_sla_policies", {})
    return Rules(
        triggers=triggers,
        automations=automations,
        sla_policies=policies,
        group_sla_policies=group_policies,
        missing=tuple(missing),
        hidden=tuple(hidden),
        cures=CURES,
    )


def rule(wire: WireRule) -> Rule:
    """Return one rule; conditions and actions that are no such thing are left out."""
    tests = wire.conditions if isinstance(wire.conditions, dict) else wire.filter
    tests = tests if isinstance(tests, dict) else {}
    return Rule(
        id=str(wire.id),
        title=wire.title or "",
        is_active=wire.active is not False,
        all_of=tuple(_conditions(tests.get("all"))),
        any_of=tuple(_conditions(tests.get("any"))),
        actions=tuple(_actions(wire.actions)),
    )


def _conditions(rows: object) -> Iterator[Condition]:
    for row in rows if isinstance(rows, list) else ():
        if isinstance(row, dict) and isinstance(row.get("field"), str):
            operator = row.get("operator")
            values = _values(row["field"], row.get("value"))
            operator = operator if isinstance(operator, str) else ""
            asked = meaning(row["field"], operator, values)
            yield Condition(row["field"], operator, values, asked)


def _actions(rows: object) -> Iterator[Action]:
    for row in rows if isinstance(rows, list) else ():
        if isinstance(row, dict) and isinstance(row.get("field"), str):
            is_setting = _SETTING.fullmatch(row["field"]) is not None
            values = _values(row["field"], row.get("value")) if is_setting else ()
            yield Action(row["field"], values, effects(row["field"], values))


def _values(field: str, value: object) -> tuple[str, ...]:
    """Return values as text; several tags may stand in one."""
    if isinstance(value, bool):
        return ("true" if value else "false",)
    if isinstance(value, list):
        return tuple(one for item in value for one in _values(field, item))
    if isinstance(value, int | float):
        return (str(value),)
    if not isinstance(value, str) or not value:
        return ()
    return tuple(value.split()) if field in TAGS else (value,)
