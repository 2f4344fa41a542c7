"""Our custom fields in RT: what to make, adopt, extend or remove.

- a field is made on one queue, or on all: adding it to a second queue is not in RT's API;
- names are not unique in RT, so a field is ours by its name and kind on the queues that we read;
- nothing is ever deleted: a field that is removed is disabled, with a description that says so,
  and comes back with all its values when it is made again;
- what a drop-down keeps is what people read: its values have no other label.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import msgspec
import requests

from connector.adapters.rt.client import RtClient
from connector.adapters.rt.settings import KIND
from connector.adapters.rt.wire import Made, WireField, WireOption, is_set
from connector.errors import AuthenticationError, FatalError
from connector.model.page import (
    FieldAction,
    FieldPlan,
    FieldSpec,
    FieldStep,
    SchemaField,
    TicketField,
)

KINDS = {("Select", "1"): "dropdown", ("Text", "1"): "text"}
TYPES = {"dropdown": "SelectSingle", "text": "TextSingle"}
OF_TICKETS = "RT::Queue-RT::Ticket"
REMOVED = "Removed: was "
_FIELDS = {
    "fields": "id,Name,Type,MaxValues,Description,Disabled,LookupType",
    "find_disabled_rows": 1,
}
_FIELD = msgspec.json.Decoder(WireField)
_MADE = msgspec.json.Decoder(Made)


class Fields:
    """The custom fields of tickets in the queues that are read."""

    def __init__(self, client: RtClient) -> None:
        """Work through `client`."""
        self._client = client

    def by_queue(self, queues: Iterable[str]) -> dict[str, list[WireField]]:
        """Return the fields of each queue, by the queue's id, disabled ones too."""
        return {
            queue_id: [
                field
                for field in self._client.listing(
                    f"queue/{queue_id}/customfields", WireField, _FIELDS
                )
                if field.lookup_type == OF_TICKETS
            ]
            for queue_id in queues
        }

    def options(self, field: WireField) -> dict[str, str]:
        """Return what a field offers; a value is its own label."""
        if field.type != "Select":
            return {}
        return {value.name: value.name for value in self._values(str(field.id))}

    def schema(self, field: WireField) -> SchemaField:
        """Return a field as mappings may name it."""
        return SchemaField(
            id=str(field.id),
            title=field.name,
            kind=kind(field),
            active=not is_set(field.disabled),
            options=self.options(field),
        )

    def plan(
        self, wanted: Sequence[FieldSpec], queues: Mapping[str, str], *, remove: bool
    ) -> FieldPlan:
        """Compare the wanted fields with those of the queues, which are name to id."""
        there = self.by_queue(queues.values())
        names = {queue_id: name for name, queue_id in queues.items()}
        if remove:
            return FieldPlan(tuple(_removal(spec, there) for spec in wanted))
        return FieldPlan(tuple(self._step(spec, there, names) for spec in wanted))

    def _step(
        self,
        spec: FieldSpec,
        there: Mapping[str, Sequence[WireField]],
        names: Mapping[str, str],
    ) -> FieldStep:
        found = ours(spec, there)
        if found is None:
            rivals = (field for field in _all(there) if is_rival(spec, field))
            if rival := next(rivals, None):
                detail = f"the field {rival.name!r} ({rival.id}) has that name; rename it first"
                return FieldStep(action=FieldAction.REFUSE, spec=spec, detail=detail)
            return FieldStep(action=FieldAction.CREATE, spec=spec, options=spec.options)
        lacking = [names[queue_id] for queue_id, fields in there.items() if not _has(fields, found)]
        if lacking:
            detail = (
                f"it is not on the queue {lacking[0]!r} yet, and RT's API cannot put it there:"
                f" Admin, Custom Fields, {spec.title}, Applies to: tick {', '.join(lacking)}"
            )
            return FieldStep(action=FieldAction.REFUSE, spec=spec, detail=detail)
        offered = self.options(found)
        missing = {value: name for value, name in spec.options.items() if value not in offered}
        action = FieldAction.KEEP if found.description == spec.description else FieldAction.ADOPT
        return FieldStep(
            action=FieldAction.ADD_OPTIONS if missing else action,
            spec=spec,
            field_id=str(found.id),
            options=missing,
        )

    def apply(self, plan: FieldPlan, queues: Mapping[str, str], *, is_all: bool) -> None:
        """Do what the plan says; `is_all` puts new fields on every queue there is."""
        for step in plan.steps:
            if step.action == FieldAction.REFUSE:
                raise FatalError(
                    f"{KIND}: the field {step.spec.title!r} cannot be set up: {step.detail}"
                )
        there = self.by_queue(queues.values())
        place = 0 if is_all else int(next(iter(queues.values())))
        for step in plan.steps:
            try:
                self._apply(step, there, place)
            except AuthenticationError as error:
                if error.status != requests.codes.forbidden:
                    raise
                raise FatalError(by_hand(step.spec), status=error.status) from error

    def _apply(self, step: FieldStep, there: Mapping[str, Sequence[WireField]], place: int) -> None:
        spec, found = step.spec, ours(step.spec, there)
        if step.action == FieldAction.REMOVE and found is not None:
            self._client.put(f"customfield/{found.id}", {"Description": REMOVED + spec.description})
            self._client.delete(f"customfield/{found.id}")
        if step.action not in {FieldAction.CREATE, FieldAction.ADD_OPTIONS}:
            return
        field_id = str(found.id) if found else self._make(spec, there, place)
        offered = {value.name for value in self._values(field_id)}
        for order, (value, label) in enumerate(spec.options.items(), start=1):
            if value not in offered:
                body = {"Name": value, "Description": label, "SortOrder": order}
                self._client.post(f"customfield/{field_id}/value", body, _MADE)

    def _values(self, field_id: str) -> Iterator[WireOption]:
        return self._client.listing(f"customfield/{field_id}/values", WireOption)

    def _make(self, spec: FieldSpec, there: Mapping[str, Sequence[WireField]], place: int) -> str:
        """Make a field, or bring back the one of that name that was removed."""
        removed = next((field for field in _all(there) if _was_ours(spec, field)), None)
        body: dict[str, Any] = {"Description": spec.description, "Disabled": 0}
        if removed is not None:
            self._client.put(f"customfield/{removed.id}", body)
            return str(removed.id)
        body |= {"Name": spec.title, "Type": TYPES[spec.kind], "Queue": place}
        return str(self._client.post("customfield", body, _MADE).id)

    def present(self, ids: Mapping[str, str]) -> tuple[TicketField, ...]:
        """Return our fields, by role, that exist and were not removed."""
        found = (
            (role, self._client.find(f"customfield/{field_id}", _FIELD))
            for role, field_id in ids.items()
        )
        return tuple(
            TicketField(
                role=role,
                id=str(field.id),
                title=field.name,
                active=not is_set(field.disabled),
                options=self.options(field),
            )
            for role, field in found
            if field is not None and not is_removed(field)
        )


def kind(field: WireField) -> str:
    """Return a field's kind in our words where we have one, else in RT's."""
    return KINDS.get((field.type, str(field.max_values)), field.type.lower())


def is_removed(field: WireField) -> bool:
    """Tell whether we removed a field; an admin who disables one leaves its description."""
    return is_set(field.disabled) and (field.description or "").startswith(REMOVED)


def is_rival(spec: FieldSpec, field: WireField) -> bool:
    """Tell whether another field has the name of a wanted one."""
    return field.name == spec.title and not is_removed(field)


def ours(spec: FieldSpec, there: Mapping[str, Sequence[WireField]]) -> WireField | None:
    """Return the field with our name and kind on the queue that has one."""
    matching = (field for field in _all(there) if is_rival(spec, field))
    return next((field for field in matching if kind(field) == spec.kind), None)


def by_hand(spec: FieldSpec) -> str:
    """Say how an admin makes a field."""
    form = "Select one value" if spec.kind == "dropdown" else "Fill in one text area"
    values = f", with the values {', '.join(spec.options)}" if spec.options else ""
    return (
        f"{KIND}: the token's user may not make the field {spec.title!r}: run this once with the"
        " token of an administrator (rights AdminCustomField and AssignCustomFields), or make it by"
        f" hand: Admin, Custom Fields, Create: name {spec.title!r}, type {form}, applies to"
        f" Tickets, description {spec.description!r}; then tick the queues under Applies to{values}"
    )


def _removal(spec: FieldSpec, there: Mapping[str, Sequence[WireField]]) -> FieldStep:
    found = ours(spec, there)
    if found is None:
        return FieldStep(action=FieldAction.KEEP, spec=spec, detail="is not there")
    if found.description != spec.description:
        detail = f"the field {found.name!r} ({found.id}) was not made by us"
        return FieldStep(action=FieldAction.REFUSE, spec=spec, detail=detail)
    return FieldStep(action=FieldAction.REMOVE, spec=spec, field_id=str(found.id))


def _was_ours(spec: FieldSpec, field: WireField) -> bool:
    return field.name == spec.title and kind(field) == spec.kind and is_removed(field)


def _all(there: Mapping[str, Sequence[WireField]]) -> Iterator[WireField]:
    return (field for fields in there.values() for field in fields)


def _has(fields: Sequence[WireField], wanted: WireField) -> bool:
    return any(field.id == wanted.id for field in fields)
