"""What the names in mappings stand for in a helpdesk: looked up once, and pinned by id.

The store knows groups and staff by name; brands, forms and custom fields are asked for. A name
that was resolved once keeps its id, so that what somebody renames in the helpdesk counts on.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from connector.config.settings import HelpdeskTable
from connector.config.where import FIELD, Condition, kind_of
from connector.kpi.lookup import CHOICES, PIN_SEPARATOR, names_of, option_dimension
from connector.model.page import Schema, SchemaField
from connector.pipeline.job import Job

Pins = dict[tuple[str, str], str]
"""Dimension and name to id; several ids of one name stand beside each other."""

Wheres = Sequence[Mapping[str, Condition]]

BY_ID = ("group", "assignee", "brand", "form")
ASKED_FOR = frozenset({"brand", "form"})
"""Dimensions whose names the store does not have."""


def wheres_of(job: Job, helpdesk: HelpdeskTable) -> list[Mapping[str, Condition]]:
    """Return every filter that a helpdesk's tickets go through: of its KPIs, and of the pilot.

    The ticket fields that measures read stand there as well, without a condition.
    """
    kpis = job.mappings_of(helpdesk).kpis.values()
    read = {f"{FIELD}{name}": () for form in job.all_forms(helpdesk) for name in form.fields}
    return [*(kpi.where for kpi in kpis), read, job.settings.writeback.only]


def pins_of(wheres: Wheres, schema: Schema) -> Pins:
    """Return what the names in some filters stand for, as far as the helpdesk knows them."""
    found: Pins = {}
    for where in wheres:
        for key, condition in where.items():
            names = names_of(condition)
            if kind_of(key) == "field":
                found |= _field_pins(key, names, schema)
            elif key in BY_ID:
                ids = {name: ids_named(name, listed(key, schema)) for name in names}
                found |= {(key, name): PIN_SEPARATOR.join(i) for name, i in ids.items() if i}
    return found


def lacking(wheres: Wheres, pins: Mapping[tuple[str, str], str]) -> list[tuple[str, str]]:
    """Return the names that only the helpdesk itself knows, and that were not pinned yet."""
    wanted = (
        name
        for where in wheres
        for key, condition in where.items()
        for name in _asked(key, names_of(condition), pins)
    )
    return [name for name in dict.fromkeys(wanted) if name not in pins]


def _asked(
    key: str, names: Iterable[str], pins: Mapping[tuple[str, str], str]
) -> Iterator[tuple[str, str]]:
    if key in ASKED_FOR:
        yield from ((key, name) for name in names if not name.isdigit())
    if kind_of(key) == "field":
        title = key.removeprefix(FIELD)
        yield "field", title
        field = pins.get(("field", title))
        yield from ((option_dimension(field), name) for name in names if field)


def names_in(wheres: Wheres) -> frozenset[tuple[str, str]]:
    """Return the names that filters use, each with its dimension; of fields their titles."""
    pairs = [(key, names_of(said)) for where in wheres for key, said in where.items()]
    fields = (("field", key.removeprefix(FIELD)) for key, _ in pairs if kind_of(key) == "field")
    return frozenset([*fields, *((key, name) for key, names in pairs for name in names)])


def watched_fields(pins: Mapping[tuple[str, str], str]) -> frozenset[str]:
    """Return the ids of the custom fields that mappings name; their values have to be read."""
    return frozenset(id_ for (dimension, _), id_ in pins.items() if dimension == "field")


def listed(key: str, schema: Schema) -> Mapping[str, str]:
    """Return what a helpdesk has of a dimension: id to name."""
    known: Mapping[str, Mapping[str, str]] = {
        "group": schema.groups,
        "assignee": schema.people,
        "brand": schema.brands,
        "form": schema.forms,
        "field": {field.id: field.title for field in schema.fields},
    }
    return known[key]


def ids_named(name: str, known: Mapping[str, str]) -> list[str]:
    """Return the ids of a name: by its case, else by any, else as an id."""
    exact = [id_ for id_, other in known.items() if other == name]
    folded = [id_ for id_, other in known.items() if other.casefold() == name.casefold()]
    return exact or folded or [name for _ in range(name in known)]


def fields_named(name: str, schema: Schema) -> list[SchemaField]:
    """Return the fields of a title, or of an id; of several, those in use."""
    ids = ids_named(name, listed("field", schema))
    found = [field for field in schema.fields if field.id in ids]
    return [field for field in found if field.active] or found


def option_named(name: str, field: SchemaField) -> str | None:
    """Return the stored value that a label or a value stands for; None for an unknown option."""
    if field.kind not in CHOICES or name in field.options:
        return name
    same = [v for v, label in field.options.items() if label.casefold() == name.casefold()]
    same += [value for value in field.options if value.casefold() == name.casefold()]
    return same[0] if same else None


def _field_pins(key: str, names: Iterable[str], schema: Schema) -> Pins:
    title = key.removeprefix(FIELD)
    fields = fields_named(title, schema)
    if len(fields) != 1:
        return {}
    (field,) = fields
    found: Pins = {("field", title): field.id, ("kind", field.id): field.kind}
    for name in names:
        value = option_named(name, field)
        if value is not None:
            found[option_dimension(field.id), name] = value
    return found


def renamed(pins: Mapping[tuple[str, str], str], schema: Schema) -> Iterator[str]:
    """Say which pinned names are not what the helpdesk calls these ids any more."""
    for (dimension, name), ids in pins.items():
        if dimension in {*BY_ID, "field"}:
            yield from _changes(
                dimension, name, ids.split(PIN_SEPARATOR), listed(dimension, schema)
            )


def _changes(
    dimension: str, name: str, ids: Sequence[str], known: Mapping[str, str]
) -> Iterator[str]:
    if not known:
        return  # a helpdesk whose plan lacks the thing lists nothing
    others = {known[id_] for id_ in ids if id_ in known and id_ != name}
    if not others.union(known[id_] for id_ in ids if id_ in known):
        if name not in ids:
            yield f'the {dimension} "{name}" is gone; its tickets count on under its id'
        return
    if others and name.casefold() not in {other.casefold() for other in others}:
        now = " and ".join(f'"{other}"' for other in sorted(others))
        is_taken = any(o.casefold() == name.casefold() for o in known.values())
        more = f', and another one is called "{name}": write the id of the one that you mean'
        yield (
            f'the {dimension} "{name}" is called {now} now, and counts on under its id'
            f"{more if is_taken else '; write the new name'}"
        )
