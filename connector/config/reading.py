"""The tables of mapping files as read: each checked by itself, with its place in its file."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from connector.config.checks import id_problems
from connector.config.custom import MeasureTable
from connector.config.entry import KpiTable
from connector.config.goal_tables import GoalTable, ObjectiveTable, VisionTable
from connector.config.imports import ImportTable
from connector.config.table import Table, malformed_keys, nearest, problems_of
from connector.config.toml import Place, read_toml
from connector.errors import MappingError, Problem

TABLES: Mapping[str, type[Table]] = {
    "measure": MeasureTable,
    "import": ImportTable,
    "kpi": KpiTable,
    "vision": VisionTable,
    "objective": ObjectiveTable,
    "goal": GoalTable,
}

_DAYS = {"start": "2000-01-01", "end": "2000-01-02"}
STAND_INS: Mapping[str, Mapping[str, Any]] = {
    "measure": {"kind": "tag", "title": "-"},
    "import": {"title": "-", "definition": "-"},
    "kpi": {"measure": "-"},
    "vision": {"statement": "-"},
    "objective": {"title": "-"},
    "goal": {"title": "-", "owner": "-", "period": _DAYS},
}
"""What stands in for required keys that are missing or malformed, so that the rest is checked."""


@dataclass(frozen=True, slots=True)
class Entry:
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
class Reading:
    """What was found so far.

    `broken` are folders with a file that could not be read, `faulty` KPIs with a problem,
    `faulty_measures` measures of their own with one: what refers to them is not blamed for it.
    """

    entries: dict[tuple[str, str], Entry] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    broken: set[Path] = field(default_factory=set)
    faulty: set[str] = field(default_factory=set)
    faulty_measures: set[str] = field(default_factory=set)

    def ids(self, kind: str, folder: Path) -> list[str]:
        """Return the ids of a kind that stand in a folder."""
        return [e.id for e in self.entries.values() if e.kind == kind and e.path.parent == folder]

    def of(self, kind: str) -> Iterator[Entry]:
        """Return all tables of a kind."""
        return (entry for entry in self.entries.values() if entry.kind == kind)


def read_folder(folder: Path, reading: Reading) -> None:
    """Read every mapping file of a folder; what is wrong with it is noted."""
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


def _read_kind(kind: str, tables: Any, path: Path, place: Place, reading: Reading) -> None:
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
    kind: str, id_: str, data: dict[str, Any], path: Path, place: Place, *, reading: Reading
) -> None:
    entry = _entry(kind, id_, data, path, place, problems=reading.problems)
    first = reading.entries.setdefault((kind, id_), entry)
    if first is not entry:
        hint = "ids are unique over all files: rename one of them"
        other = f"{first.path}:{first.place.line()}"
        reading.problems.append(place.problem(f"{other} has the same id", hint=hint))


def _entry(
    kind: str, id_: str, data: dict[str, Any], path: Path, place: Place, *, problems: list[Problem]
) -> Entry:
    """Check one table; a malformed one is read without its malformed keys, to check the rest."""
    problems += id_problems(kind, id_, place)
    model = TABLES[kind]
    try:
        return Entry(kind, id_, path, place, model.model_validate(data))
    except ValidationError as cause:
        problems += problems_of(cause, model, data, place)
        suspect = malformed_keys(cause)
    sound = {key: value for key, value in data.items() if key not in suspect}
    rest = model.model_validate({**STAND_INS[kind], **sound})
    return Entry(kind, id_, path, place, rest, suspect)
