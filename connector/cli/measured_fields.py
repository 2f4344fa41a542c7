"""Whether the ticket fields that own measures read are there, and hold what they need."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from connector.cli.vocabulary import DATES, NUMBERS
from connector.config.table import nearest
from connector.config.toml import Place, read_toml
from connector.kpi.lookup import CHOICES
from connector.pipeline.naming import fields_named

if TYPE_CHECKING:
    from connector.cli.workspace import Workspace
    from connector.errors import Problem
    from connector.model.kpi import MeasureDefinition
    from connector.model.page import Schema


def unmeasurable(workspace: Workspace, schemas: Mapping[str, Schema]) -> Iterator[Problem]:
    """Find fields of measures that no helpdesk has, or that hold no numbers or dates.

    Where a helpdesk that a measure is for did not answer, nothing can be said.
    """
    job = workspace.job()
    for id_, definition in job.mappings.measures.items():
        helpdesks = job.helpdesks_of("measure", id_)
        if helpdesks <= schemas.keys():
            path, _ = job.mappings.origin[f"measure.{id_}"]
            place = read_toml(path).place.at("measure", id_)
            found = {name: schemas[name] for name in sorted(helpdesks)}
            yield from _problems(definition, found, place)


def _problems(
    definition: MeasureDefinition, schemas: Mapping[str, Schema], place: Place
) -> Iterator[Problem]:
    stop = "to" if place.written("to") else "field"
    keys = {"field": "field", "start_field": "from", "stop_field": stop}
    for given, key in keys.items():
        title = str(definition.given.get(given, ""))
        if title:
            kinds = NUMBERS if given == "field" else DATES
            yield from field_problems(key, title, kinds, schemas, place)


def field_problems(
    key: str, title: str, kinds: frozenset[str] | None, schemas: Mapping[str, Schema], place: Place
) -> Iterator[Problem]:
    """Find out whether a field is there, once in each helpdesk, and of a kind that will do."""
    found = {name: fields_named(title, schema) for name, schema in schemas.items()}
    if not any(found.values()):
        titles = (field.title for schema in schemas.values() for field in schema.fields)
        hint = nearest(title, titles) or "see the titles of ticket fields in the helpdesk"
        message = f'field "{title}" does not exist in {" or ".join(schemas)}'
        yield place.problem(message, key, hint=hint)
    for name, same in found.items():
        if len(same) > 1:
            ids = " or ".join(f'"{field.id}"' for field in same)
            message = f'{len(same)} fields of {name} are called "{title}"'
            yield place.problem(message, key, hint=f"write the id of the one that you mean: {ids}")
        for field in same:
            if kinds is not None and field.kind not in kinds:
                what = "numbers" if kinds is NUMBERS else "dates"
                kind = "drop-down" if field.kind in CHOICES else field.kind
                hint = f"choose a field that holds {what}"
                message = f'"{field.title}" in {name} holds no {what}: it is a {kind} field'
                yield place.problem(message, key, hint=hint)
