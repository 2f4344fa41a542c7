"""The imports of mapping files: checked together, and what they make of the catalogue."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from connector.config.imports import ImportTable, import_definition, import_problems
from connector.config.reading import Reading
from connector.model.kpi import MeasureDefinition


def imports_of(reading: Reading) -> dict[str, ImportTable]:
    """Return the imports by id."""
    return {e.id: e.table for e in reading.of("import") if isinstance(e.table, ImportTable)}


def imported_definitions(
    reading: Reading, catalogue: Mapping[str, MeasureDefinition]
) -> dict[str, MeasureDefinition]:
    """Check the imports; return the measures that they are, and those that they give a currency."""
    found: dict[str, MeasureDefinition] = {}
    feeding: dict[str, str] = {}
    for entry in reading.of("import"):
        table = entry.table
        if not isinstance(table, ImportTable):
            continue
        problems = list(entry.kept(import_problems(entry.id, table, catalogue, entry.place)))
        fed = table.measure or entry.id
        other = feeding.setdefault(fed, entry.id)
        if other != entry.id:
            hint = "values of two sources are never mixed: leave `measure` out of one of them"
            message = f"[import.{other}] feeds {fed} already"
            problems.append(entry.place.problem(message, "measure", hint=hint))
        reading.problems += problems
        if problems or entry.suspect:
            reading.faulty_measures.add(entry.id)
        elif table.measure is None:
            found[entry.id] = import_definition(entry.id, table)
        elif table.currency:
            found |= _in_currency(table.measure, table.currency, catalogue)
    return found


def _in_currency(
    measure: str, currency: str, catalogue: Mapping[str, MeasureDefinition]
) -> dict[str, MeasureDefinition]:
    """Return the measures whose values are amounts of what an import counts in a currency."""
    return {
        key: msgspec.structs.replace(one, currency=currency)
        for key, one in catalogue.items()
        if measure in {one.id, one.numerator}
    }
