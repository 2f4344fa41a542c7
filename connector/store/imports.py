"""What was imported, for good: it cannot be read again. A correction is a new version."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

from msgspec.structs import asdict, replace

from connector.model.imported import ImportedAnswer, ImportedValue
from connector.store.database import Database, as_instant, as_text

VALUES = """
select source, start_at, end_at, version, value, n, numerator, denominator, unit, direction,
       definition, origin, as_of, file, line
from imported_values where version = (
  select max(version) from imported_values as newer
  where newer.source = imported_values.source and newer.start_at = imported_values.start_at
  and newer.end_at = imported_values.end_at and newer.imported_at <= :until
)
order by source, start_at, end_at
"""
ANSWERS = """
select source, answer, version, at, score, scale, ticket, assignee, definition, origin, file, line
from imported_answers where version = (
  select max(version) from imported_answers as newer
  where newer.source = imported_answers.source and newer.answer = imported_answers.answer
  and newer.imported_at <= :until
)
order by source, at, answer
"""
ADD_VALUE = """
insert into imported_values values (
  :source, :start_at, :end_at, :version, :value, :n, :numerator, :denominator, :unit, :direction,
  :definition, :origin, :as_of, :file, :line, :imported_at
)
"""
ADD_ANSWER = """
insert into imported_answers values (
  :source, :answer, :version, :at, :score, :scale, :ticket, :assignee, :definition, :origin,
  :file, :line, :imported_at
)
"""
FOREVER = "9999"
Imported = ImportedValue | ImportedAnswer


class Kept(NamedTuple):
    """How many rows were new, how many a correction of an older one, how many there already."""

    new: int
    changed: int
    same: int


class Imports:
    """Everything that was imported, over an open state."""

    def __init__(self, database: Database) -> None:
        """Look into an open state."""
        self._database = database

    def values(self, until: datetime | None = None) -> list[ImportedValue]:
        """Return the newest version of every value, as known at an instant."""
        rows = self._database.rows(VALUES, until=as_text(until) if until else FOREVER)
        return [_value(row) for row in rows]

    def answers(self, until: datetime | None = None) -> list[ImportedAnswer]:
        """Return the newest version of every answer, as known at an instant."""
        rows = self._database.rows(ANSWERS, until=as_text(until) if until else FOREVER)
        return [_answer(row) for row in rows]

    def keep(
        self,
        values: Sequence[ImportedValue],
        answers: Sequence[ImportedAnswer],
        *,
        at: datetime,
        dry_run: bool = False,
    ) -> Kept:
        """Add what is new and what changed, all or none; what is there already stays as it is."""
        with self._database.transaction():
            stored: list[Imported] = [*self.values(), *self.answers()]
            known = {_key(one): one for one in stored}
            new: list[Imported] = []
            changed: list[Imported] = []
            given: list[Imported] = [*values, *answers]
            for one in given:
                before = known.get(_key(one))
                if before is None:
                    new.append(one)
                elif _said(before) != _said(one):
                    changed.append(replace(one, version=before.version + 1))
            if not dry_run:
                for one in (*new, *changed):
                    self._add(one, at)
        same = len(values) + len(answers) - len(new) - len(changed)
        return Kept(len(new), len(changed), same)

    def _add(self, one: Imported, at: datetime) -> None:
        row: dict[str, Any] = asdict(one) | {"imported_at": as_text(at)}
        if isinstance(one, ImportedAnswer):
            self._database.write(ADD_ANSWER, row | {"at": as_text(one.at)})
            return
        times = {"start_at": one.start, "end_at": one.end, "as_of": one.as_of}
        row |= {name: as_text(instant) for name, instant in times.items()}
        del row["start"], row["end"]
        self._database.write(ADD_VALUE, row)


def _key(one: Imported) -> tuple[str, str, str]:
    if isinstance(one, ImportedAnswer):
        return (one.source, "answer", one.answer)
    return (one.source, as_text(one.start), as_text(one.end))


def _said(one: Imported) -> Imported:
    """Return a row without what may differ while it says the same: where it came from, and when."""
    same = replace(one, file="", line=0, version=0)
    return replace(same, as_of=datetime.min) if isinstance(same, ImportedValue) else same  # noqa: DTZ901  # only to compare


def _value(row: tuple[Any, ...]) -> ImportedValue:
    source, start, end, version, value, n, numerator, denominator, *rest = row
    unit, direction, definition, origin, as_of, file, line = rest
    return ImportedValue(
        source=source,
        start=as_instant(start),
        end=as_instant(end),
        version=version,
        value=value,
        n=n,
        numerator=numerator,
        denominator=denominator,
        unit=unit,
        direction=direction,
        definition=definition,
        origin=origin,
        as_of=as_instant(as_of),
        file=file,
        line=line,
    )


def _answer(row: tuple[Any, ...]) -> ImportedAnswer:
    source, answer, version, at, score, scale, ticket, assignee, *rest = row
    definition, origin, file, line = rest
    return ImportedAnswer(
        source=source,
        answer=answer,
        version=version,
        at=as_instant(at),
        score=score,
        scale=scale,
        ticket=ticket,
        assignee=assignee,
        definition=definition,
        origin=origin,
        file=file,
        line=line,
    )
