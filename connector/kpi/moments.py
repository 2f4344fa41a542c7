"""What the events of a ticket do to its measures: which clock starts, pauses or stops where."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from itertools import groupby
from typing import TYPE_CHECKING, Final

import msgspec

from connector.kpi.forms import definition_id
from connector.model.kpi import Family, MeasureDefinition

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

BEHIND: Final[Mapping[str, tuple[str, ...]]] = {
    "comments": ("comment",),
    "exchanges": ("comment", "status"),
    "states": ("status", "deleted", "restored"),
    "solves": ("status",),
    "stays": ("status",),
    "ratings": ("rating",),
    "offers": ("rating",),
    "stations": ("assignee", "group"),
}
"""Kinds of events that a measure's inputs are made of."""


SPANNING: Final = frozenset({Family.SNAPSHOT, Family.AGE})
ITS_OWN: Final[Mapping[str, tuple[str, ...]]] = {"time_to_first_assignment": ("assignee",)}
"""Measures that read one kind of event themselves."""

SOLVED: Final = frozenset({"S", "F"})
"""Stamps of measures that a solve dates."""
Stretch = tuple[datetime | None, datetime | None]


class Segment(msgspec.Struct, frozen=True):
    """One stretch in which a clock of a ticket ran; `stopped_at` is None while it still runs."""

    measure: str
    ticket_id: int
    part: int
    started_at: datetime | None
    stopped_at: datetime | None


class Mark(msgspec.Struct, frozen=True, kw_only=True):
    """What an event does to a measure.

    `does` is starts, pauses, resumes or stops for a clock, and counts for what the event dates.
    `value` is what came of it; `business` is the same in business hours, for clocks. `variant`
    is empty for the product's own way of counting.
    """

    measure: str
    title: str
    unit: str
    family: str
    does: str
    variant: str = ""
    value: float | None = None
    business: float | None = None


class Change(msgspec.Struct, frozen=True):
    """A mark, when it is made, and the kinds of events that may have made it."""

    at: datetime
    mark: Mark
    kinds: tuple[str, ...]


class Dated(msgspec.Struct, frozen=True):
    """A value of a measure, what dates it, and until when it counts where it spans time."""

    measure: str
    clock: str
    value: float | None
    at: datetime | None
    until: datetime | None = None


def read_segments(con: DuckDBPyConnection) -> tuple[Segment, ...]:
    """Return the stretches of every clock that was measured last on a connection."""
    there = "select 1 from duckdb_tables() where table_name = 'm_segments' and temporary"
    if not con.execute(there).fetchall():
        return ()
    rows = con.execute(
        "select measure, ticket_id, part, started_at, stopped_at from m_segments"
        " where not is_at_event order by measure, ticket_id, part, started_at"
    ).fetchall()
    return tuple(Segment(name, key, part, _aware(a), _aware(b)) for name, key, part, a, b in rows)


def changes(
    segments: Sequence[Segment],
    values: Sequence[Dated],
    definitions: Mapping[str, MeasureDefinition],
) -> Iterator[Change]:
    """Yield what happens to the measures of one ticket."""
    found: defaultdict[tuple[str, str], list[Dated]] = defaultdict(list)
    for one in values:
        if one.value is not None and one.at is not None:
            found[one.measure, one.clock].append(one)
    for (key, clock), dated in found.items():
        definition = definitions[definition_id(key)]
        if definition.family in SPANNING:
            spans = _merged((one.at, one.until) for one in dated)
            yield from _clock(key, definition, spans, {})
        elif clock == "calendar" and definition.family != Family.TIME:
            yield from _counts(key, definition, dated)
    for (key, _), pieces in groupby(segments, lambda one: (one.measure, one.part)):
        stretches = _merged((one.started_at, one.stopped_at) for one in pieces)
        yield from _clock(key, definitions[definition_id(key)], stretches, found)


def _counts(key: str, definition: MeasureDefinition, dated: Sequence[Dated]) -> Iterator[Change]:
    for one in dated:
        if one.at is not None:
            mark = _mark(key, definition, "counts", one.value)
            yield Change(one.at, mark, _kinds(definition))


def _clock(
    key: str,
    definition: MeasureDefinition,
    stretches: Sequence[tuple[datetime, datetime | None]],
    found: Mapping[tuple[str, str], Sequence[Dated]],
) -> Iterator[Change]:
    """Yield the starts and stops of one clock, with what it shows at its last stop."""
    kinds = _kinds(definition)
    for nth, (start, stop) in enumerate(stretches):
        yield Change(start, _mark(key, definition, "resumes" if nth else "starts"), kinds)
        if stop is None:
            continue
        value = business = None
        if nth == len(stretches) - 1:
            value = _value(found.get((key, "calendar"), ()), stop)
            business = _value(found.get((key, "business"), ()), stop)
        is_over = value is not None or definition.family in SPANNING
        does = "stops" if is_over else "pauses"
        yield Change(stop, _mark(key, definition, does, value, business), kinds)


def _value(dated: Sequence[Dated], stop: datetime) -> float | None:
    """Return the value that a stop brought: the one dated by it, or the only one there is."""
    exact = [one.value for one in dated if one.at == stop]
    return exact[0] if exact else dated[0].value if len(dated) == 1 else None


def _merged(pieces: Iterable[Stretch]) -> list[tuple[datetime, datetime | None]]:
    """Join stretches that follow on each other; those without a length are left out."""
    joined: list[tuple[datetime, datetime | None]] = []
    for start, stop in pieces:
        if start is None or start == stop:
            continue
        if joined and joined[-1][1] == start:
            joined[-1] = (joined[-1][0], stop)
        else:
            joined.append((start, stop))
    return joined


def _mark(
    key: str,
    definition: MeasureDefinition,
    does: str,
    value: float | None = None,
    business: float | None = None,
) -> Mark:
    return Mark(
        measure=key,
        title=definition.title,
        unit=definition.unit,
        family=definition.family,
        does=does,
        variant=definition.id.partition(".")[2],
        value=value,
        business=business,
    )


def _kinds(definition: MeasureDefinition) -> tuple[str, ...]:
    """Return the kinds of events that may move a measure, the likeliest first."""
    kinds = [kind for source in definition.depends_on for kind in BEHIND.get(source, ())]
    if definition.stamp in SOLVED and definition.family != Family.TIME:
        kinds = ["status", *kinds]
    return tuple(dict.fromkeys((*ITS_OWN.get(definition.id, ()), *kinds)))


def _aware(instant: datetime | None) -> datetime | None:
    return instant.replace(tzinfo=UTC) if instant else None
