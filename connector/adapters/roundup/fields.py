"""Our ticket fields in Roundup: properties that an admin adds to issues.

A property is plain text (`String`), or a drop-down: a link to a class of the same name, whose
items are the choices. Choices can be added through the API, properties and classes cannot.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import requests

from connector.adapters.roundup.client import RoundupClient
from connector.adapters.roundup.issues import CLASS, Issues, is_property_name
from connector.adapters.roundup.settings import KIND, RoundupSettings
from connector.errors import FatalError
from connector.model.page import (
    FieldAction,
    FieldPlan,
    FieldSpec,
    FieldStep,
    SchemaField,
    TicketField,
)

NOT_THERE = (403, 404)


class Fields:
    """The properties of one tracker's issues that are, or may be, ours."""

    def __init__(self, client: RoundupClient, settings: RoundupSettings, issues: Issues) -> None:
        """Share the line; nothing is sent yet."""
        self._client = client
        self._settings = settings
        self._issues = issues

    def all(self) -> tuple[SchemaField, ...]:
        """Return the properties that an admin added, as an issue shows them or the options say."""
        newest = self._client.rows(CLASS, (), ("@sort", "-id"), ("@page_size", "1")).rows
        shown = self._client.element(CLASS, str(newest[0]["id"]), ()).attributes if newest else {}
        named = {name for name in self._settings.fields.values() if name not in shown}
        there = filter(self._issues.has_property, sorted(named))
        names = [*(name for name in sorted(shown) if is_property_name(name)), *there]
        return tuple(self._described(name) for name in names)

    def plan(self, wanted: Sequence[FieldSpec], *, remove: bool) -> FieldPlan:
        """Compare the wanted fields with the tracker's."""
        step = self._removal if remove else self._step
        return FieldPlan(tuple(step(spec) for spec in wanted))

    def apply(self, plan: FieldPlan) -> tuple[TicketField, ...]:
        """Add choices and return our fields; say what an admin has to do if one is not there."""
        missing = [step.spec for step in plan.steps if step.action == FieldAction.CREATE]
        if missing:
            raise FatalError(_instructions(missing, self._settings))
        kept = [step for step in plan.steps if step.action != FieldAction.REMOVE and step.field_id]
        for step in kept:
            if step.action == FieldAction.ADD_OPTIONS:
                self._add(step)
        return self.present({step.spec.role: step.field_id or "" for step in kept})

    def present(self, ids: Mapping[str, str]) -> tuple[TicketField, ...]:
        """Return those of our fields (role to property) that are still there."""
        found = {role: one for role, one in ids.items() if self._issues.has_property(one)}
        return tuple(
            TicketField(
                role=role, id=name, title=self._title(name), options=self._choices(name) or {}
            )
            for role, name in found.items()
        )

    def _step(self, spec: FieldSpec) -> FieldStep:
        name = _property(spec, self._settings)
        if not self._issues.has_property(name):
            detail = f"an admin adds {name}=String() to schema.py"
            return FieldStep(action=FieldAction.CREATE, spec=spec, detail=detail)
        choices = self._choices(name)
        if choices is None:  # it takes any text
            return FieldStep(action=FieldAction.KEEP, spec=spec, field_id=name)
        missing = {value: text for value, text in spec.options.items() if value not in choices}
        action = FieldAction.ADD_OPTIONS if missing else FieldAction.KEEP
        return FieldStep(action=action, spec=spec, field_id=name, options=missing)

    def _removal(self, spec: FieldSpec) -> FieldStep:
        name = _property(spec, self._settings)
        if not self._issues.has_property(name):
            return FieldStep(action=FieldAction.KEEP, spec=spec, detail="is not there")
        detail = f"the property {name} stays until an admin takes it out of schema.py"
        return FieldStep(action=FieldAction.REMOVE, spec=spec, field_id=name, detail=detail)

    def _add(self, step: FieldStep) -> None:
        for value in step.options:
            try:
                self._client.make(step.field_id or "", {"name": value})
            except FatalError as error:
                if error.status != requests.codes.forbidden:
                    raise
                raise FatalError(
                    f"{KIND}: an admin adds {value!r} to the choices of {step.field_id}:"
                    " our account may not",
                    status=error.status,
                ) from error

    def _described(self, name: str) -> SchemaField:
        choices = self._choices(name)
        return SchemaField(
            id=name,
            title=self._title(name),
            kind="text" if choices is None else "dropdown",
            options=choices or {},
        )

    def _title(self, name: str) -> str:
        """Return the title that the options give a property, or else its name."""
        held = self._settings.fields.items()
        return next((title for title, one in held if one == name), name)

    def _choices(self, name: str) -> dict[str, str] | None:
        """Return the choices of a drop-down; None for a property that has no class of its name."""
        try:
            rows = self._client.rows(name, ["name"]).rows
        except FatalError as error:
            if error.status not in NOT_THERE:
                raise
            return None
        return {str(row["name"]): str(row["name"]) for row in rows if row.get("name")}


def _property(spec: FieldSpec, settings: RoundupSettings) -> str:
    """Return the property that holds a field: as the options say, or `goal_status` and the like."""
    named = settings.fields.get(spec.title) or settings.fields.get(spec.role)
    return named or f"goal_{spec.role}"


def _instructions(missing: Sequence[FieldSpec], settings: RoundupSettings) -> str:
    titles = ", ".join(repr(spec.title) for spec in missing)
    lines = ", ".join(f"{_property(spec, settings)}=String()" for spec in missing)
    return (
        f"{KIND}: the fields {titles} are made by an admin: in schema.py of the tracker, inside"
        f' issue = IssueClass(db, "issue", ...), add {lines}; restart the tracker and run this'
        " again (its database takes new properties over by itself)"
    )
