"""Custom fields: REST cannot make them, so what is missing becomes instructions for an admin.

Only administrators list custom fields. For other keys the fields are those that the newest
tickets have; what a field offers is not known then.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import msgspec
import requests

from connector.adapters.redmine.client import RedmineClient
from connector.adapters.redmine.settings import KIND
from connector.adapters.redmine.wire import CustomField, CustomFieldList, Issue
from connector.errors import AuthenticationError, FatalError
from connector.model.page import (
    FieldAction,
    FieldPlan,
    FieldSpec,
    FieldStep,
    SchemaField,
    TicketField,
)

FORMATS = {"dropdown": ("list",), "text": ("text", "string")}
"""What a field of ours may be in Redmine; the first is what we ask for."""

NAMES = {"list": "List", "text": "Long text"}
"""How Redmine's own pages call these formats."""

KINDS = {"int": "integer", "float": "decimal", "bool": "checkbox"}
_UNKNOWN = ""
_FIELDS = msgspec.json.Decoder(CustomFieldList)


def listed(client: RedmineClient) -> list[CustomField] | None:
    """Return the custom fields of tickets; None for keys that may not list them."""
    try:
        fields = client.get("custom_fields.json", _FIELDS).custom_fields
    except AuthenticationError as error:
        if error.status != requests.codes.forbidden:
            raise
        return None
    return [field for field in fields if field.customized_type == "issue"]


def seen(issues: Iterable[Issue]) -> list[CustomField]:
    """Return the custom fields that tickets have; of an unknown format."""
    names = {field.id: field.name for issue in issues for field in issue.custom_fields}
    return [CustomField(id=number, name=name) for number, name in names.items()]


def options(field: CustomField) -> dict[str, str]:
    """Return what a field offers: stored value to label."""
    return {str(offer.value): offer.label or str(offer.value) for offer in field.possible_values}


def schema_field(field: CustomField) -> SchemaField:
    """Return a field as mappings name it."""
    kind = KINDS.get(field.field_format, field.field_format)
    if field.field_format in {"list", "enumeration"}:
        kind = "multiselect" if field.multiple else "dropdown"
    return SchemaField(id=str(field.id), title=field.name, kind=kind, options=options(field))


def plan(wanted: Sequence[FieldSpec], fields: Sequence[CustomField], *, remove: bool) -> FieldPlan:
    """Compare the wanted fields with what there is; every step but keeping is an admin's."""
    return FieldPlan(tuple(_step(spec, fields, remove=remove) for spec in wanted))


def _step(spec: FieldSpec, fields: Sequence[CustomField], *, remove: bool) -> FieldStep:
    named = [field for field in fields if field.name == spec.title]
    found = next((field for field in named if _fits(spec, field)), None)
    if remove:
        action = FieldAction.REMOVE if found else FieldAction.KEEP
        return FieldStep(action=action, spec=spec, field_id=str(found.id) if found else None)
    if found is None and named:
        detail = f"the field {spec.title!r} ({named[0].id}) is of another format; rename it first"
        return FieldStep(action=FieldAction.REFUSE, spec=spec, detail=detail)
    if found is None:
        return FieldStep(action=FieldAction.CREATE, spec=spec, options=spec.options)
    there = options(found)
    is_known = found.field_format != _UNKNOWN
    missing = {v: label for v, label in spec.options.items() if v not in there and is_known}
    action = FieldAction.ADD_OPTIONS if missing else FieldAction.ADOPT
    return FieldStep(action=action, spec=spec, field_id=str(found.id), options=missing)


def _fits(spec: FieldSpec, field: CustomField) -> bool:
    formats = (*FORMATS.get(spec.kind, ()), _UNKNOWN)
    return field.field_format in formats and not field.multiple


def instruct(plan: FieldPlan) -> None:
    """Raise with what an admin does by hand, unless nothing is to be done."""
    orders = [order for order in map(_order, plan.steps) if order]
    if orders:
        numbered = "; ".join(f"({place}) {order}" for place, order in enumerate(orders, 1))
        raise FatalError(
            f"{KIND}: custom fields cannot be made or changed through the API. As administrator,"
            f" in Redmine, under Administration > Custom fields > Issues: {numbered}. New fields"
            " are not required, visible to any users or to the roles of your agents and of the"
            " connector, for all trackers, and for all projects or those of the goals. Then run"
            " this again"
        )


def _order(step: FieldStep) -> str:
    spec = step.spec
    values = ", ".join(step.options)
    if step.action == FieldAction.CREATE:
        kind = NAMES[FORMATS[spec.kind][0]]
        offered = f' and the possible values (one a line, not "multiple"): {values}'
        return f'make "{spec.title}" of format "{kind}"{offered if values else ""}'
    if step.action == FieldAction.ADD_OPTIONS:
        return f'add to the possible values of "{spec.title}" (one a line): {values}'
    if step.action == FieldAction.REMOVE:
        return f'delete the field "{spec.title}" ({step.field_id})'
    return step.detail if step.action == FieldAction.REFUSE else ""


def ours(plan: FieldPlan, fields: Sequence[CustomField]) -> tuple[TicketField, ...]:
    """Return the fields that a plan has found."""
    return present({s.spec.role: s.field_id for s in plan.steps if s.field_id}, fields)


def present(ids: Mapping[str, str], fields: Sequence[CustomField]) -> tuple[TicketField, ...]:
    """Return our fields, by role, that exist; Redmine has no inactive ones."""
    by_id = {str(field.id): field for field in fields}
    return tuple(
        TicketField(role=role, id=name, title=by_id[name].name, options=options(by_id[name]))
        for role, name in ids.items()
        if name in by_id
    )
