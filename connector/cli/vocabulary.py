"""Which names in mappings no helpdesk has: of groups, people, brands, forms, fields, options."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from connector.config.table import nearest
from connector.config.toml import Place, read_toml
from connector.config.where import FIELD, Condition, Filter, as_filter, kind_of
from connector.kpi.lookup import CHOICES, names_of
from connector.pipeline.naming import fields_named, option_named

if TYPE_CHECKING:
    from connector.cli.workspace import Workspace
    from connector.errors import Problem
    from connector.model.page import Schema, SchemaField

WORDS = frozenset({"channel", "priority", "type"})
"""What may simply not have occurred yet: a problem only if it looks like a slip of the pen."""
NUMBERS = frozenset({"integer", "decimal", "number"})
DATES = frozenset({"date"})

Schemas = Mapping[str, "Schema"]
Pinned = frozenset[tuple[str, str]]


def unknown_names(workspace: Workspace, schemas: Schemas) -> Iterator[Problem]:
    """Find names in mappings and in the pilot that none of the helpdesks they are for knows.

    Where one of those helpdesks did not answer, nothing can be said. A name that was pinned counts
    on when it is gone.
    """
    job = workspace.job()
    for kpi_id, kpi in job.mappings.kpis.items():
        helpdesks = job.helpdesks_of("kpi", kpi_id)
        if kpi.where and helpdesks <= schemas.keys():
            path, _ = job.mappings.origin[f"kpi.{kpi_id}"]
            place = read_toml(path).place.at("kpi", kpi_id, "where")
            yield from _unknown(workspace, kpi.where, place, helpdesks, schemas)
    only = workspace.settings.writeback.only
    everywhere = frozenset(one.name for one in job.settings.helpdesk)
    if only and everywhere <= schemas.keys():
        place = read_toml(workspace.config).place.at("writeback", "only")
        yield from _unknown(workspace, only, place, everywhere, schemas)


def _unknown(
    workspace: Workspace,
    where: Mapping[str, Condition],
    place: Place,
    helpdesks: frozenset[str],
    schemas: Schemas,
) -> Iterator[Problem]:
    found = {name: schemas[name] for name in sorted(helpdesks)}
    pinned = frozenset(key for name in found for key in workspace.state.pins(name))
    for key, condition in where.items():
        if kind_of(key) == "field":
            yield from _field_problems(key, as_filter(condition), found, pinned, place)
        elif kind_of(key) != "dates":
            yield from _name_problems(key, condition, found, pinned, place)


def _name_problems(
    key: str, condition: Condition, schemas: Schemas, pinned: Pinned, place: Place
) -> Iterator[Problem]:
    there = [listed(key, schema) for schema in schemas.values()]
    known = sorted({name for names in there for name in names or ()})
    folded = {name.casefold() for name in known}
    is_open = any(names is None for names in there)
    for name in names_of(condition):
        near = nearest(name, known) if known else ""
        may_come = key in WORDS and not near.startswith("did")
        if key == "organization" and not name.isdigit():
            hint = "write the id: it stands in the address of the organization's page"
            yield place.problem(f'organizations go by their ids, not "{name}"', key, hint=hint)
        elif not (is_open or may_come or name.casefold() in folded or (key, name) in pinned):
            hint = near if near.startswith("did") else "see the spelling in the helpdesk"
            message = f'{key} "{name}" does not exist in {" or ".join(schemas)}'
            yield place.problem(message, key, hint=hint)


def listed(key: str, schema: Schema) -> frozenset[str] | None:
    """Return the names and ids that a helpdesk knows; None where it cannot list them."""
    named: Mapping[str, Mapping[str, str]] = {
        "group": schema.groups,
        "brand": schema.brands,
        "form": schema.forms,
        "assignee": schema.people,
    }
    words = {"channel": schema.channels, "priority": schema.priorities, "type": schema.types}
    if key in named:
        return frozenset((*named[key], *named[key].values())) or None
    return frozenset(words.get(key, ())) or None


def _field_problems(
    key: str, wanted: Filter, schemas: Schemas, pinned: Pinned, place: Place
) -> Iterator[Problem]:
    title = key.removeprefix(FIELD)
    found = {name: fields_named(title, schema) for name, schema in schemas.items()}
    fields = [field for one in found.values() for field in one]
    if not fields and ("field", title) not in pinned:
        titles = (field.title for schema in schemas.values() for field in schema.fields)
        hint = nearest(title, titles) or "see the titles of ticket fields in the helpdesk"
        message = f'field "{title}" does not exist in {" or ".join(schemas)}'
        yield place.problem(message, key, hint=hint)
    for name, same in found.items():
        if len(same) > 1:
            ids = " or ".join(f'"{FIELD}{field.id}"' for field in same)
            message = f'{len(same)} fields of {name} are called "{title}"'
            yield place.problem(message, key, hint=f"write the one that you mean: {ids}")
    yield from _value_problems(key, wanted, fields, place)


def _value_problems(
    key: str, wanted: Filter, fields: list[SchemaField], place: Place
) -> Iterator[Problem]:
    for name in wanted.names if fields else ():
        if all(option_named(name, field) is None for field in fields):
            options = [label for field in fields for label in field.options.values()]
            hint = nearest(name, options, "it has")
            yield place.problem(f'"{fields[0].title}" has no option "{name}"', key, hint=hint)
    ranges = (
        ("numbers", NUMBERS, wanted.min is not None or wanted.max is not None),
        ("days", DATES, wanted.since is not None or wanted.until is not None),
    )
    for what, kinds, is_wanted in ranges:
        for field in fields:
            if is_wanted and field.kind not in kinds:
                kind = "drop-down" if field.kind in CHOICES else field.kind
                message = f'"{field.title}" holds no {what}: it is a {kind} field'
                yield place.problem(message, key, hint="name its values instead")
