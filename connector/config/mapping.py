"""Mapping folders as one checked set of KPIs, objectives and goals.

A folder is one namespace, its files are for people: a goal, its KPI and its objective stand in
the same folder, in any of its files. Ids are unique over all folders.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

import msgspec

from connector.config.checks import Measured, kpi_problems
from connector.config.custom import MeasureTable, measure_problems
from connector.config.custom_definition import own_definition
from connector.config.entry import KpiTable
from connector.config.feeding import imported_definitions, imports_of
from connector.config.goal_checks import goal_problems, objective_problems
from connector.config.goal_links import circle_problems, link_problems
from connector.config.goal_parts import (
    MilestoneTable,
    OverrideTable,
    PeriodTable,
    ShowTable,
    TicketRuleTable,
)
from connector.config.goal_tables import GoalTable, ObjectiveTable, VisionTable
from connector.config.imports import ImportTable
from connector.config.quantity import Quantity
from connector.config.reading import TABLES, Entry, Reading, read_folder
from connector.config.scale import Scale, scale_of
from connector.config.table import Model
from connector.config.where import WHERE_KEYS
from connector.errors import MappingError, Problem
from connector.model.kpi import MeasureDefinition

__all__ = [
    "TABLES",
    "WHERE_KEYS",
    "GoalTable",
    "ImportTable",
    "KpiTable",
    "Mappings",
    "MeasureTable",
    "MilestoneTable",
    "ObjectiveTable",
    "OverrideTable",
    "PeriodTable",
    "Quantity",
    "ShowTable",
    "TicketRuleTable",
    "VisionTable",
    "load_mappings",
]


class Mappings(msgspec.Struct, frozen=True):
    """Everything the mapping folders say, by id; `origin` maps `goal.ID` to (file, line)."""

    kpis: Mapping[str, KpiTable]
    objectives: Mapping[str, ObjectiveTable]
    goals: Mapping[str, GoalTable]
    origin: Mapping[str, tuple[Path, int]] = {}
    measures: Mapping[str, MeasureDefinition] = {}
    imports: Mapping[str, ImportTable] = {}
    visions: Mapping[str, VisionTable] = {}

    def within(self, folders: Iterable[Path]) -> Mappings:
        """Return what stands in these folders, which is what applies to one helpdesk."""
        wanted = {folder.resolve() for folder in folders}
        parents = {path.parent for path, _ in self.origin.values()}
        inside = {parent for parent in parents if parent.resolve() in wanted}
        origin = {
            key: (path, line) for key, (path, line) in self.origin.items() if path.parent in inside
        }
        return Mappings(
            {id_: table for id_, table in self.kpis.items() if f"kpi.{id_}" in origin},
            {id_: table for id_, table in self.objectives.items() if f"objective.{id_}" in origin},
            {id_: table for id_, table in self.goals.items() if f"goal.{id_}" in origin},
            origin,
            {id_: one for id_, one in self.measures.items() if f"measure.{id_}" in origin},
            {id_: one for id_, one in self.imports.items() if f"import.{id_}" in origin},
            {id_: one for id_, one in self.visions.items() if f"vision.{id_}" in origin},
        )

    def has_within(self, key: str, folders: Iterable[Path]) -> bool:
        """Tell whether a table (`goal.ID`) stands in one of these folders."""
        if key not in self.origin:
            return False
        return self.origin[key][0].parent.resolve() in {folder.resolve() for folder in folders}


def load_mappings(
    folders: Sequence[Path], definitions: Mapping[str, MeasureDefinition]
) -> Mappings:
    """Read and check all files of the folders; every problem is raised at once."""
    reading = Reading()
    for folder in {folder.resolve(): folder for folder in folders}.values():
        read_folder(folder, reading)
    own = _own_measures(reading, definitions)
    fed = imported_definitions(reading, definitions)
    definitions = {**own, **fed, **definitions}
    for entry in reading.of("kpi"):
        found = list(entry.kept(_kpi_problems(entry, reading, definitions)))
        reading.problems += found
        if found or entry.suspect:
            reading.faulty.add(entry.id)
    _check_goals(reading, definitions)
    if reading.problems:
        raise MappingError(reading.problems)
    return msgspec.structs.replace(
        _mappings(reading, {**own, **fed}, definitions), measures=own, imports=imports_of(reading)
    )


def _own_measures(
    reading: Reading, catalogue: Mapping[str, MeasureDefinition]
) -> dict[str, MeasureDefinition]:
    """Check the measures that are defined in the files; return those that are right."""
    found: dict[str, MeasureDefinition] = {}
    for entry in reading.of("measure"):
        table = entry.table
        if not isinstance(table, MeasureTable):
            continue
        problems = list(
            entry.kept(
                ()
                if "kind" in entry.suspect
                else measure_problems(entry.id, table, catalogue, entry.place)
            )
        )
        reading.problems += problems
        if problems or entry.suspect:
            reading.faulty_measures.add(entry.id)
        else:
            found[entry.id] = own_definition(entry.id, table)
    return found


def _kpi_problems(
    entry: Entry, reading: Reading, definitions: Mapping[str, MeasureDefinition]
) -> Iterator[Problem]:
    kpi = entry.table
    if not isinstance(kpi, KpiTable):
        return
    if kpi.measure in reading.faulty_measures and kpi.measure not in definitions:
        reading.faulty.add(entry.id)
        return
    yield from kpi_problems(kpi, definitions, entry.place)


def _check_goals(reading: Reading, definitions: Mapping[str, MeasureDefinition]) -> None:
    """Note every problem of objectives and goals."""
    for entry in reading.of("objective"):
        if isinstance(entry.table, ObjectiveTable):
            reading.problems += entry.kept(link_problems(entry, reading))
            reading.problems += entry.kept(objective_problems(entry.table, entry))
    for entry in reading.of("goal"):
        reading.problems += entry.kept(_goal_problems(entry, reading, definitions))
    for entry, problem in circle_problems(reading):
        reading.problems += entry.kept([problem])


def _goal_problems(
    entry: Entry, reading: Reading, definitions: Mapping[str, MeasureDefinition]
) -> Iterator[Problem]:
    goal = entry.table
    if not isinstance(goal, GoalTable):
        return
    yield from link_problems(entry, reading)
    kpi = reading.entries.get(("kpi", goal.kpi))
    measured = None
    if kpi is not None and kpi.id not in reading.faulty and isinstance(kpi.table, KpiTable):
        measured = Measured(kpi.table, definitions[kpi.table.measure_id])
    yield from goal_problems(goal, entry, measured)


def _mappings(
    reading: Reading,
    own: Mapping[str, MeasureDefinition],
    definitions: Mapping[str, MeasureDefinition],
) -> Mappings:
    kpis = {
        e.id: e.table.measuring(own.get(e.table.measure_id))
        for e in reading.of("kpi")
        if isinstance(e.table, KpiTable)
    }
    goals = {
        e.id: _settled(e.table, kpis.get(e.table.kpi), definitions)
        for e in reading.of("goal")
        if isinstance(e.table, GoalTable)
    }
    objectives = {
        e.id: e.table for e in reading.of("objective") if isinstance(e.table, ObjectiveTable)
    }
    visions = {e.id: e.table for e in reading.of("vision") if isinstance(e.table, VisionTable)}
    origin = {f"{e.kind}.{e.id}": (e.path, e.place.line() or 1) for e in reading.entries.values()}
    return Mappings(kpis, objectives, goals, origin, own, visions=visions)


def _settled(
    goal: GoalTable, kpi: KpiTable | None, definitions: Mapping[str, MeasureDefinition]
) -> GoalTable:
    """Return the goal with its bare numbers read in the unit of its KPI, if it has one."""
    if kpi is None:
        return goal
    scale = scale_of(kpi, definitions[kpi.measure_id])
    steps = tuple(_read_in(scale, one) for one in goal.milestones)
    override = {name: _read_in(scale, one) for name, one in goal.override.items()}
    return _read_in(scale, goal).model_copy(update={"milestones": steps, "override": override})


def _read_in(scale: Scale, table: Model) -> Model:
    """Return a table with its bare numbers read as values of a KPI."""
    values = {key: getattr(table, key, None) for key in _VALUES}
    return table.model_copy(
        update={key: scale.read(v) for key, v in values.items() if isinstance(v, Quantity)}
    )


_VALUES = ("target", "limit", "warning", "baseline", "value")
