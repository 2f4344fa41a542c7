"""Mapping folders as one checked set of KPIs, objectives and goals.

A folder is one namespace, its files are for people: a goal, its KPI and its objective stand in
the same folder, in any of its files. Ids are unique over all folders.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec
from pydantic import ValidationError

from connector.config.checks import Measured, goal_problems, id_problems, kpi_problems
from connector.config.entry import (
    GoalTable,
    KpiTable,
    ObjectiveTable,
    PeriodTable,
    ShowTable,
    TicketRuleTable,
)
from connector.config.quantity import Quantity
from connector.config.scale import scale_of
from connector.config.table import Table, malformed_keys, nearest, problems_of
from connector.config.toml import Place, read_toml
from connector.config.where import WHERE_KEYS
from connector.errors import MappingError, Problem
from connector.model.kpi import MeasureDefinition

__all__ = [
    "WHERE_KEYS",
    "GoalTable",
    "KpiTable",
    "Mappings",
    "ObjectiveTable",
    "PeriodTable",
    "Quantity",
    "ShowTable",
    "TicketRuleTable",
    "load_mappings",
]

TABLES: Mapping[str, type[Table]] = {
    "kpi": KpiTable,
    "objective": ObjectiveTable,
    "goal": GoalTable,
}

_DAYS = {"start": "2000-01-01", "end": "2000-01-02"}
STAND_INS: Mapping[str, Mapping[str, Any]] = {
    "kpi": {"measure": "-"},
    "objective": {"title": "-"},
    "goal": {"title": "-", "kpi": "-", "owner": "-", "period": _DAYS},
}
"""What stands in for required keys that are missing or malformed, so that the rest is checked."""


class Mappings(msgspec.Struct, frozen=True):
    """Everything the mapping folders say, by id; `origin` maps `goal.ID` to (file, line)."""

    kpis: Mapping[str, KpiTable]
    objectives: Mapping[str, ObjectiveTable]
    goals: Mapping[str, GoalTable]
    origin: Mapping[str, tuple[Path, int]] = {}

    def within(self, folders: Iterable[Path]) -> Mappings:
        """Return what stands in these folders, which is what applies to one helpdesk."""
        wanted = {folder.resolve() for folder in folders}
        origin = {
            key: (path, line)
            for key, (path, line) in self.origin.items()
            if path.parent.resolve() in wanted
        }
        return Mappings(
            {id_: table for id_, table in self.kpis.items() if f"kpi.{id_}" in origin},
            {id_: table for id_, table in self.objectives.items() if f"objective.{id_}" in origin},
            {id_: table for id_, table in self.goals.items() if f"goal.{id_}" in origin},
            origin,
        )


@dataclass(frozen=True, slots=True)
class _Entry:
    """One table of a file. What is malformed in it (`suspect` keys) is not checked any further."""

    kind: str
    id: str
    path: Path
    place: Place
    table: Table
    suspect: frozenset[str] = frozenset()

    def kept(self, problems: Iterable[Problem]) -> Iterator[Problem]:
        """Leave out problems of keys that are known to be malformed."""
        inside = self.place.key + "."
        for problem in problems:
            key = re.split(r"[.\[]", problem.key.removeprefix(inside), maxsplit=1)[0]
            if key not in self.suspect:
                yield problem


@dataclass(slots=True)
class _Reading:
    """What was found so far.

    `broken` are folders with a file that could not be read, `faulty` KPIs with a problem: what
    refers to them is not blamed for it.
    """

    entries: dict[tuple[str, str], _Entry] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    broken: set[Path] = field(default_factory=set)
    faulty: set[str] = field(default_factory=set)

    def ids(self, kind: str, folder: Path) -> list[str]:
        return [e.id for e in self.entries.values() if e.kind == kind and e.path.parent == folder]

    def of(self, kind: str) -> Iterator[_Entry]:
        return (entry for entry in self.entries.values() if entry.kind == kind)


def load_mappings(
    folders: Sequence[Path], definitions: Mapping[str, MeasureDefinition]
) -> Mappings:
    """Read and check all files of the folders; every problem is raised at once."""
    reading = _Reading()
    for folder in {folder.resolve(): folder for folder in folders}.values():
        _read_folder(folder, reading)
    for entry in reading.of("kpi"):
        found = list(entry.kept(_kpi_problems(entry, definitions)))
        reading.problems += found
        if found or entry.suspect:
            reading.faulty.add(entry.id)
    for entry in reading.of("goal"):
        reading.problems += entry.kept(_goal_problems(entry, reading, definitions))
    if reading.problems:
        raise MappingError(reading.problems)
    return _mappings(reading, definitions)


def _read_folder(folder: Path, reading: _Reading) -> None:
    try:
        paths = sorted(p for p in folder.iterdir() if p.suffix == ".toml" and p.name[0] != ".")
    except OSError as cause:
        reason = "does not exist" if isinstance(cause, FileNotFoundError) else "cannot be read"
        hint = "correct `mappings` in config.toml, or run `connector init`"
        reading.problems.append(Problem(f"this folder {reason}", str(folder), hint=hint))
        return
    if not paths:
        hint = "run `connector init`, or write one"
        reading.problems.append(Problem("there is no mapping file *.toml", str(folder), hint=hint))
    for path in paths:
        try:
            document = read_toml(path, MappingError)
        except MappingError as cause:
            reading.problems += cause.problems
            reading.broken.add(folder)
            continue
        for kind, tables in document.data.items():
            _read_kind(kind, tables, path, document.place.at(kind), reading)


def _read_kind(kind: str, tables: Any, path: Path, place: Place, reading: _Reading) -> None:
    if kind not in TABLES:
        hint = nearest(kind, TABLES, "known tables")
        reading.problems.append(place.problem("unknown table", hint=hint))
        return
    if not isinstance(tables, dict):
        reading.problems.append(place.problem("must be a table", hint=f"write [{kind}.NAME]"))
        return
    for id_, data in tables.items():
        if not isinstance(data, dict):
            hint = f"write [{kind}.NAME] above it"
            reading.problems.append(
                place.problem("this key stands outside of a table", id_, hint=hint)
            )
            continue
        _read_entry(kind, id_, data, path, place.at(id_), reading=reading)


def _read_entry(
    kind: str, id_: str, data: dict[str, Any], path: Path, place: Place, *, reading: _Reading
) -> None:
    entry = _entry(kind, id_, data, path, place, problems=reading.problems)
    first = reading.entries.setdefault((kind, id_), entry)
    if first is not entry:
        hint = "ids are unique over all files: rename one of them"
        other = f"{first.path}:{first.place.line()}"
        reading.problems.append(place.problem(f"{other} has the same id", hint=hint))


def _entry(
    kind: str, id_: str, data: dict[str, Any], path: Path, place: Place, *, problems: list[Problem]
) -> _Entry:
    """Check one table; a malformed one is read without its malformed keys, to check the rest."""
    problems += id_problems(kind, id_, place)
    model = TABLES[kind]
    try:
        return _Entry(kind, id_, path, place, model.model_validate(data))
    except ValidationError as cause:
        problems += problems_of(cause, model, data, place)
        suspect = malformed_keys(cause)
    sound = {key: value for key, value in data.items() if key not in suspect}
    rest = model.model_validate({**STAND_INS[kind], **sound})
    return _Entry(kind, id_, path, place, rest, suspect)


def _kpi_problems(entry: _Entry, definitions: Mapping[str, MeasureDefinition]) -> Iterator[Problem]:
    if isinstance(entry.table, KpiTable):
        yield from kpi_problems(entry.table, definitions, entry.place)


def _goal_problems(
    entry: _Entry, reading: _Reading, definitions: Mapping[str, MeasureDefinition]
) -> Iterator[Problem]:
    goal = entry.table
    if not isinstance(goal, GoalTable):
        return
    for kind, name in (("kpi", goal.kpi), ("objective", goal.objective)):
        if name is not None:
            yield from _reference_problems(kind, name, entry, reading)
    kpi = reading.entries.get(("kpi", goal.kpi))
    measured = None
    if kpi is not None and kpi.id not in reading.faulty and isinstance(kpi.table, KpiTable):
        measured = Measured(kpi.table, definitions[kpi.table.measure_id])
    yield from goal_problems(goal, measured, entry.place)


def _reference_problems(
    kind: str, name: str, entry: _Entry, reading: _Reading
) -> Iterator[Problem]:
    folder = entry.path.parent
    known = reading.ids(kind, folder)
    if name in known or folder in reading.broken:
        return
    elsewhere = reading.entries.get((kind, name))
    if elsewhere is not None:
        hint = f"{elsewhere.path} has it: put both into one folder"
        yield entry.place.problem(f"there is no [{kind}.{name}] in {folder}", kind, hint=hint)
        return
    hint = nearest(name, known, "known") or f"write a table [{kind}.{name}]"
    yield entry.place.problem(f'there is no {_SPOKEN[kind]} "{name}"', kind, hint=hint)


_SPOKEN = {"kpi": "KPI", "objective": "objective"}


def _mappings(reading: _Reading, definitions: Mapping[str, MeasureDefinition]) -> Mappings:
    kpis = {e.id: e.table for e in reading.of("kpi") if isinstance(e.table, KpiTable)}
    goals = {
        e.id: _settled(e.table, kpis[e.table.kpi], definitions)
        for e in reading.of("goal")
        if isinstance(e.table, GoalTable)
    }
    objectives = {
        e.id: e.table for e in reading.of("objective") if isinstance(e.table, ObjectiveTable)
    }
    origin = {f"{e.kind}.{e.id}": (e.path, e.place.line() or 1) for e in reading.entries.values()}
    return Mappings(kpis, objectives, goals, origin)


def _settled(
    goal: GoalTable, kpi: KpiTable, definitions: Mapping[str, MeasureDefinition]
) -> GoalTable:
    """Return the goal with its bare numbers read in the unit of its KPI."""
    scale = scale_of(kpi, definitions[kpi.measure_id])
    values = {key: getattr(goal, key) for key in ("target", "limit", "warning", "baseline")}
    return goal.model_copy(
        update={key: scale.read(v) for key, v in values.items() if isinstance(v, Quantity)}
    )
