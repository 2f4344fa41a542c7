"""Our ticket fields in Zendesk: what to create, adopt, extend or remove.

- an option's value is a tag, and one tag cannot serve two fields;
- options are added one by one: a list sent whole drops what it leaves out, and wipes those values
  from tickets (Ticket Fields, "Updating drop-down field options").
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from connector.adapters.zendesk.client import ZendeskClient
from connector.adapters.zendesk.wire import WireField
from connector.errors import FatalError
from connector.model.page import FieldAction, FieldPlan, FieldSpec, FieldStep, TicketField

if TYPE_CHECKING:
    from zenpy import Zenpy
    from zenpy.lib.api_objects import CustomFieldOption

TYPES = {"dropdown": "tagger", "text": "textarea"}


def options(field: WireField) -> dict[str, str]:
    """Return a field's options: stored value to label."""
    return {
        option.value: option.name
        for option in field.custom_field_options or field.system_field_options or ()
    }


def plan(wanted: Sequence[FieldSpec], fields: Sequence[WireField], *, remove: bool) -> FieldPlan:
    """Compare the wanted fields with the account's."""
    step = _removal if remove else _step
    return FieldPlan(tuple(step(spec, fields) for spec in wanted))


def _step(spec: FieldSpec, fields: Sequence[WireField]) -> FieldStep:
    found = _ours(spec, fields)
    holder = _tag_holder(spec, fields, found)
    if holder is not None:
        return _refused(spec, f"the field {holder.title!r} ({holder.id}) uses one of its tags")
    if found is None:
        rival = next((f for f in fields if f.title == spec.title), None)
        if rival is not None:
            detail = f"the field {rival.title!r} ({rival.id}) has that title; rename it first"
            return _refused(spec, detail)
        return FieldStep(action=FieldAction.CREATE, spec=spec, options=spec.options)
    there = options(found)
    missing = {value: name for value, name in spec.options.items() if value not in there}
    action = FieldAction.KEEP if _is_made_by_us(spec, found) else FieldAction.ADOPT
    if missing:
        action = FieldAction.ADD_OPTIONS
    seen = "customers can see it" if found.visible_in_portal or found.editable_in_portal else ""
    detail = f"{seen}; switch that off in the Admin Center" if seen else ""
    return FieldStep(
        action=action, spec=spec, field_id=str(found.id), options=missing, detail=detail
    )


def _removal(spec: FieldSpec, fields: Sequence[WireField]) -> FieldStep:
    found = _ours(spec, fields)
    if found is None:
        return FieldStep(action=FieldAction.KEEP, spec=spec, detail="is not there")
    there = options(found)
    is_ours = _is_made_by_us(spec, found) or (bool(there) and set(there) <= set(spec.options))
    if not is_ours:
        return _refused(spec, f"the field {found.title!r} ({found.id}) was not made by us")
    return FieldStep(action=FieldAction.REMOVE, spec=spec, field_id=str(found.id))


def _is_made_by_us(spec: FieldSpec, field: WireField) -> bool:
    return spec.description in {field.agent_description, field.description}


def _refused(spec: FieldSpec, detail: str) -> FieldStep:
    return FieldStep(action=FieldAction.REFUSE, spec=spec, detail=detail)


def _ours(spec: FieldSpec, fields: Sequence[WireField]) -> WireField | None:
    """Return the field with our title and type, whose options (if it has any) include ours."""
    for field in fields:
        if (field.title, field.type) != (spec.title, TYPES.get(spec.kind)):
            continue
        there = options(field)
        if not there or not spec.options or there.keys() & spec.options.keys():
            return field
    return None


def _tag_holder(
    spec: FieldSpec, fields: Sequence[WireField], ours: WireField | None
) -> WireField | None:
    others = (field for field in fields if ours is None or field.id != ours.id)
    return next((field for field in others if options(field).keys() & spec.options.keys()), None)


def refuse(plan: FieldPlan) -> None:
    """Raise for the first step that cannot be done, before any other is."""
    for step in plan.steps:
        if step.action == FieldAction.REFUSE:
            title = step.spec.title
            raise FatalError(f"zendesk: the field {title!r} cannot be set up: {step.detail}")


def apply(client: ZendeskClient, step: FieldStep, fields: Sequence[WireField]) -> None:
    """Do what one step says, unless an earlier try has done it already."""
    from zenpy.lib.api_objects import TicketField as ZenpyField

    if step.action == FieldAction.CREATE and _ours(step.spec, fields) is None:
        client.tell(lambda zenpy: zenpy.ticket_fields.create(ZenpyField(**_definition(step.spec))))
    if step.action == FieldAction.ADD_OPTIONS:
        _add_options(client, step, fields)
    if step.action == FieldAction.REMOVE and any(str(f.id) == step.field_id for f in fields):
        field = ZenpyField(id=int(step.field_id or 0))
        client.tell(lambda zenpy: zenpy.ticket_fields.delete(field))


def _add_options(client: ZendeskClient, step: FieldStep, fields: Sequence[WireField]) -> None:
    from zenpy.lib.api_objects import CustomFieldOption

    there = next((options(field) for field in fields if str(field.id) == step.field_id), {})
    for value, name in step.options.items():
        if value not in there:
            option = CustomFieldOption(name=name, value=value)
            client.tell(partial(_add_option, field_id=int(step.field_id or 0), option=option))


def _add_option(zenpy: Zenpy, *, field_id: int, option: CustomFieldOption) -> None:
    zenpy.ticket_fields.options.create_or_update(field_id, option)


def _definition(spec: FieldSpec) -> dict[str, Any]:
    definition: dict[str, Any] = {
        "type": TYPES[spec.kind],
        "title": spec.title,
        "description": spec.description,
        "agent_description": spec.description,
        "active": True,
        "required": False,
        "visible_in_portal": False,
        "editable_in_portal": False,
        "required_in_portal": False,
    }
    if spec.options:
        definition["custom_field_options"] = [
            {"name": name, "value": value} for value, name in spec.options.items()
        ]
    return definition


def present(ids: Mapping[str, str], fields: Sequence[WireField]) -> tuple[TicketField, ...]:
    """Return our fields, by role, that are among the account's."""
    by_id = {str(field.id): field for field in fields}
    return tuple(
        TicketField(
            role=role,
            id=field_id,
            title=by_id[field_id].title,
            active=by_id[field_id].active,
            options=options(by_id[field_id]),
        )
        for role, field_id in ids.items()
        if field_id in by_id
    )


def field_ids(specs: Sequence[FieldSpec], fields: Sequence[WireField]) -> dict[str, str]:
    """Return role to id of those of our fields that exist."""
    found = ((spec.role, _ours(spec, fields)) for spec in specs)
    return {role: str(field.id) for role, field in found if field is not None}
