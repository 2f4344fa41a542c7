"""A file of imported values or answers, whole and right, or every problem in it by line."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

from connector.config.imports import ImportTable
from connector.config.table import nearest
from connector.errors import ConfigError, Problem
from connector.kpi.imported_checks import SCALES, Cells
from connector.kpi.imported_rows import Row, read_rows
from connector.model.imported import ImportedAnswer, ImportedValue
from connector.model.kpi import MeasureDefinition


class Source(NamedTuple):
    """An import as configured, with the definition of the measure that it feeds."""

    table: ImportTable
    definition: MeasureDefinition


class Batch(NamedTuple):
    """What a file holds."""

    values: tuple[ImportedValue, ...]
    answers: tuple[ImportedAnswer, ...]


def read_batch(
    path: Path, sources: Mapping[str, Source], *, source: str | None = None, now: datetime
) -> Batch:
    """Read a file; rows that name no source belong to `source`. Raises every problem at once."""
    problems: list[Problem] = []
    values: list[ImportedValue] = []
    answers: list[ImportedAnswer] = []
    seen: Counter[tuple[str, ...]] = Counter()
    for row in read_rows(path):
        name = row.cells.get("source", source or "")
        if name not in sources:
            problems.append(_unknown_source(row, name, sources))
            continue
        cells = Cells(row, *sources[name], problems)
        if row.is_answer:
            answers += _answer(cells, name, seen, now)
        else:
            values += _value(cells, name, now)
    problems += overlaps(values)
    if problems:
        raise ConfigError(problems)
    return Batch(tuple(values), tuple(answers))


def against(batch: Batch, stored: Batch) -> list[Problem]:
    """Return what speaks against a batch beside what is stored: overlaps, and two kinds of rows."""
    problems = overlaps(batch.values, stored.values)
    asked = {one.source for one in stored.answers}
    told = {one.source for one in stored.values}
    rows: Iterable[ImportedValue | ImportedAnswer] = (
        *(one for one in batch.values if one.source in asked),
        *(one for one in batch.answers if one.source in told),
    )
    for one in rows:
        kinds = ("answers", "values") if isinstance(one, ImportedValue) else ("values", "answers")
        hint = "an import has either: give the other one a name of its own"
        message = f"{one.source} has {kinds[0]} already, these are {kinds[1]}"
        problems.append(Problem(message, one.file, one.line, hint=hint))
    return problems


def overlaps(
    values: Sequence[ImportedValue], stored: Sequence[ImportedValue] = ()
) -> list[Problem]:
    """Return a problem for each value whose period overlaps another of its source.

    The very same period is a correction of a stored value, and refused within one file.
    """
    problems = []
    new = {id(one) for one in values}
    rows = sorted((*stored, *values), key=lambda one: (one.source, one.start, one.end))
    last: dict[tuple[str, bool], ImportedValue] = {}
    for one in rows:
        key = (one.source, one.start == one.end)
        other = last.get(key)
        if other is None or other.end < one.end or (other.end == one.end and id(one) in new):
            last[key] = one
        if other is None or not _overlap(other, one):
            continue
        same = (other.start, other.end) == (one.start, one.end)
        if same and (id(other) in new) != (id(one) in new):
            continue
        if id(one) not in new and id(other) not in new:
            continue
        ours, theirs = (one, other) if id(one) in new else (other, one)
        what = "this period stands twice:" if same else "this period overlaps"
        hint = "a period is counted once in each source"
        message = f"{what} {_period(theirs)} of {theirs.source} ({theirs.file}:{theirs.line})"
        problems.append(Problem(message, ours.file, ours.line, hint=hint))
    return problems


def _overlap(one: ImportedValue, other: ImportedValue) -> bool:
    if one.start == one.end or other.start == other.end:
        return (one.start, one.end) == (other.start, other.end)
    return one.start < other.end and other.start < one.end


def _period(one: ImportedValue) -> str:
    if one.start == one.end:
        return f"{one.start:%Y-%m-%dT%H:%MZ}"
    return f"{one.start:%Y-%m-%dT%H:%MZ} to {one.end:%Y-%m-%dT%H:%MZ}"


def _unknown_source(row: Row, name: str, sources: Mapping[str, Source]) -> Problem:
    if not name:
        hint = f"add a column source, or --source; there are: {', '.join(sources) or 'none'}"
        return row.problem("it is not said which import this is", "source", hint)
    hint = nearest(name, sources) or f"write [import.{name}] into a mapping"
    return row.problem(f'there is no import "{name}"', "source", hint)


def _value(cells: Cells, source: str, now: datetime) -> list[ImportedValue]:
    start, end = _stretch(cells)
    value, numerator, denominator = map(cells.number, ("value", "numerator", "denominator"))
    n, as_of = cells.count("n"), cells.instant("as_of") or now
    if as_of > now:
        cells.refuse("lies in the future", "as_of")
    cells.check_direction()
    value = None if value is None else cells.scale(value)
    has_parts = "numerator" in cells.row.cells or "denominator" in cells.row.cells
    if has_parts == ("value" in cells.row.cells):
        hint = "write value, or numerator and denominator"
        cells.refuse("a row has one value", "value", hint)
    elif has_parts and (numerator is None or denominator is None):
        cells.refuse("needs numerator and denominator", "numerator")
    elif denominator is not None and denominator <= 0:
        cells.refuse("must be more than 0", "denominator")
    elif numerator is not None and denominator is not None:
        cells.check_range(numerator / denominator)
    elif not cells.table.currency:
        cells.check_range(value)
    if start is None or end is None:
        return []
    return [
        ImportedValue(
            source=source,
            start=start,
            end=end,
            value=value,
            n=n,
            numerator=numerator,
            denominator=denominator,
            unit=cells.unit,
            direction=cells.definition.direction,
            definition=cells.table.definition,
            origin=cells.table.origin or "",
            as_of=as_of,
            file=Path(cells.row.file).name,
            line=cells.row.line,
        )
    ]


def _stretch(cells: Cells) -> tuple[datetime | None, datetime | None]:
    start, end, at = map(cells.instant, ("start", "end", "at"))
    has_at, has_period = "at" in cells.row.cells, {"start", "end"} & cells.row.cells.keys()
    if has_at == bool(has_period):
        cells.refuse("a row has one time", "start", "write start and end, or at")
        return None, None
    if has_at:
        return at, at
    for key in ("start", "end"):
        if key not in cells.row.cells:
            cells.refuse("this column is required", key)
    if start is not None and end is not None and end <= start:
        cells.refuse("the period ends before it starts", "end", "the end is the day after the last")
        return None, None
    return start, end


def _answer(
    cells: Cells, source: str, seen: Counter[tuple[str, ...]], now: datetime
) -> list[ImportedAnswer]:
    measure = cells.definition.variant_of or cells.definition.id
    if measure not in SCALES:
        hint = f"answers are taken for {', '.join(SCALES)}"
        cells.refuse(f"{measure} has no answers", "score", hint)
        return []
    at, score = cells.instant("at"), cells.score(measure)
    if "at" not in cells.row.cells:
        cells.refuse("this column is required", "at")
    if at is not None and at > now:
        cells.refuse("lies in the future", "at")
    if at is None or score is None:
        return []
    key = (source, cells.text("id") or f"{at:%s}|{cells.text('ticket')}|{cells.text('assignee')}")
    seen[key] += 1
    if seen[key] > 1 and cells.text("id"):
        cells.refuse(f"the answer {cells.text('id')} stands twice", "id")
    low, high = SCALES[measure]
    return [
        ImportedAnswer(
            source=source,
            answer=cells.text("id") or f"{key[1]}|{seen[key]}",
            at=at,
            score=score,
            scale=f"{low}-{high}",
            ticket=cells.text("ticket"),
            assignee=cells.text("assignee"),
            definition=cells.table.definition,
            origin=cells.table.origin or "",
            file=Path(cells.row.file).name,
            line=cells.row.line,
        )
    ]
