"""Hold what was synced against the exact files, a line of the table for each column."""

from __future__ import annotations

import csv
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import Any

import msgspec
from duckdb import DuckDBPyConnection
from golden_columns import (
    COUNT,
    INSTANT,
    MINUTES,
    SOLVED,
    TOLERANCE_MIN,
    Column,
    Monthly,
    Rule,
    key_of,
)

from connector.config.mapping import KpiTable
from connector.kpi.evaluate import evaluate
from connector.kpi.forms import form_of
from connector.kpi.hours import Hours, load_hours
from connector.model.kpi import KpiValue, Period

HELPDESK = "golden"
PRINTED = 1.01e-4
"""Monthly values were made of minutes rounded to four digits, and were rounded to four again."""
SHOWN = 3
Row = dict[str, Any]


@dataclass
class Line:
    """How one column agrees: reasons say which rule explains how many of the differences."""

    file: str
    column: str
    measure: str
    compared: int = 0
    equal: int = 0
    worst: float = 0.0
    reasons: Counter[str] = field(default_factory=Counter)
    unexplained: list[str] = field(default_factory=list)
    is_missing: bool = False

    @property
    def differing(self) -> int:
        """Return how many values differ, whatever the reason."""
        return self.compared - self.equal

    def add(self, who: object, exact: Any, ours: Any, distance: float | None) -> None:
        """Count one pair that is equal, or that no rule explains; no distance means no match."""
        self.compared += 1
        if isinstance(exact, int | float) and isinstance(ours, int | float):
            self.worst = max(self.worst, abs(exact - ours))
        if distance is None:
            self.unexplained.append(f"{who}: exact {exact}, ours {ours}")
        else:
            self.equal += 1

    def explain(self, reason: str) -> None:
        """Count one pair that differs for a reason."""
        self.compared += 1
        self.reasons[reason] += 1


def read_exact(folder: Path, name: str) -> list[Row] | None:
    """Return the rows of an exact file, empty values as None; None where it is absent."""
    path = folder / "exact" / f"{name}.csv"
    if not path.exists():
        return None
    with path.open(encoding="utf-8", newline="") as file:
        return [{key: value or None for key, value in row.items()} for row in csv.DictReader(file)]


class Synced:
    """What the sync published, and what is asked of it."""

    def __init__(
        self, con: DuckDBPyConnection, kpis: Mapping[str, KpiTable], as_of: datetime
    ) -> None:
        """Take an attached set and the KPIs by the name that they have here."""
        self.con = con
        self.kpis = kpis
        self.as_of = as_of

    @cached_property
    def tickets(self) -> dict[int, Row]:
        """Return how the tickets stand, with their last solve, though they are open again."""
        rows = self.con.execute(
            "select t.ticket_id, any_value(t.status), any_value(t.created_at), max(m.at)"
            " from tickets as t left join measures as m"
            " on m.ticket_id = t.ticket_id and m.measure = ? group by t.ticket_id",
            [form_of(self.kpis[key_of(SOLVED)]).key],
        ).fetchall()
        names = ("status", "created_at", "solved_at")
        return {key: dict(zip(names, values, strict=True)) for key, *values in rows}

    def values(self, column: Column) -> dict[int, Any]:
        """Return the values of a column by ticket, in the unit of the file."""
        key = form_of(self.kpis[column.key]).key
        rows = self.con.execute(
            'select ticket_id, value, so_far, since, "at" from measures'
            " where measure = ? and clock = ?",
            [key, column.clock],
        ).fetchall()
        if column.kind == INSTANT:
            return {ticket: at for ticket, value, _, _, at in rows if value is not None}
        if column.kind == COUNT:
            return {t: so_far if value is None else value for t, value, so_far, _, _ in rows}
        found = {}
        for ticket, value, so_far, since, _ in rows:
            seconds = value
            if value is None and column.runs:
                seconds = so_far + self._running(ticket, since, column.clock)
            found[ticket] = None if seconds is None else seconds / 60
        return found

    def monthly(self, key: str, month: str) -> KpiValue:
        """Return the value of a KPI in one month."""
        year, number = map(int, month.split("-"))
        start = datetime(year, number, 1, tzinfo=UTC)
        period = Period(start, datetime(year + number // 12, number % 12 + 1, 1, tzinfo=UTC))
        return evaluate(self.con, key, self.kpis[key], period, now=self.as_of, as_of=self.as_of)

    def open_seconds(self, schedule: int, start: datetime, end: datetime) -> int:
        """Return the business seconds of a schedule between two instants."""
        return self._hours[schedule].open_seconds(start, end)

    @cached_property
    def _hours(self) -> dict[int, Hours]:
        ((first,),) = self.con.execute("select min(created_at) from tickets").fetchall()
        start = datetime(first.year - 1, 1, 1, tzinfo=UTC)
        return load_hours(self.con, start, datetime(self.as_of.year + 1, 1, 1, tzinfo=UTC))

    @cached_property
    def _assigned(self) -> dict[int, list[tuple[datetime, int]]]:
        found: defaultdict[int, list[tuple[datetime, int]]] = defaultdict(list)
        for ticket, at, schedule in self.con.execute(
            "select ticket_id, \"at\", value::bigint from events where kind = 'schedule'"
            ' order by "at", event_id'
        ).fetchall():
            found[ticket].append((at.replace(tzinfo=UTC), schedule))
        return found

    @cached_property
    def _usual(self) -> int:
        query = "select schedule_id from schedules where is_default"
        ((schedule,),) = self.con.execute(query).fetchall()
        return int(schedule)

    def _running(self, ticket: int, since: datetime | None, clock: str) -> float:
        """Return the seconds from where a clock runs to the present."""
        if since is None:
            return 0.0
        begin = since.replace(tzinfo=UTC)
        if clock == "calendar":
            return (self.as_of - begin).total_seconds()
        steps = [(begin, self._usual), *self._assigned[ticket]]
        total = 0
        for place, (start, schedule) in enumerate(steps):
            end = steps[place + 1][0] if place + 1 < len(steps) else self.as_of
            if max(start, begin) < end:
                total += self.open_seconds(schedule, max(start, begin), end)
        return total


def per_ticket(synced: Synced, column: Column, rows: Sequence[Row]) -> Line:
    """Compare one column of `ticket_metrics_exact`."""
    line = Line("ticket_metrics_exact", column.name, column.title)
    values = synced.values(column)
    for row in rows:
        ticket = int(row["ticket_id"])
        exact, ours = _read(row[column.name], column.kind), values.get(ticket)
        if column.kind == COUNT:  # the file leaves out what never happened
            exact, ours = exact or 0, ours or 0
        distance = _distance(exact, ours, column.kind)
        stands = synced.tickets.get(ticket, {"status": "not there"})
        fact = {"exact": exact, "ours": ours, "row": row, "ticket": stands}
        reason = None if distance is not None else _reason(column.rules, fact)
        if reason is None:
            line.add(f"ticket {ticket}", exact, ours, distance)
        else:
            line.explain(reason)
    return line


def per_month(
    synced: Synced, one: Monthly, rows: Iterable[Row], lost: Mapping[str, int], why: str
) -> Line:
    """Compare one KPI of `kpi_monthly_utc`, its n as well where that counts the same.

    `lost` are good items that the file does not have, by month, and `why` says why not.
    """
    line = Line("kpi_monthly_utc", f"{one.kpi}, {one.stat}", one.title)
    for row in rows:
        if (row["kpi"], row["stat"]) != (one.kpi, one.stat):
            continue
        exact, n, month = float(row["value"]), int(row["n"]), row["month_utc"]
        ours = synced.monthly(one.key, month)
        if one.counts is not None:
            ours = msgspec.structs.replace(
                ours, n=round(synced.monthly(key_of(one.counts), month).value or 0)
            )
        distance = _monthly_distance(one, (exact, n), ours, 0)
        without = _monthly_distance(one, (exact, n), ours, lost.get(month, 0))
        if distance is None and without is not None:
            line.explain(why)
        else:
            value = None if ours.value is None else ours.value * one.scale
            line.add(f"{month} (n {n}, ours {ours.n})", exact, value, distance)
    return line


def _monthly_distance(
    one: Monthly, exact: tuple[float, int], ours: KpiValue, lost: int
) -> float | None:
    """Return how far apart two values that agree are, ours without some good ones."""
    value, n = ours.value, ours.n - lost
    if lost and ours.k is not None and n > 0:
        value = (ours.k - lost) / n
    if value is None or n != exact[1]:
        return None
    distance = abs(value * one.scale - exact[0])
    return distance if distance <= PRINTED else None


def intervals(synced: Synced, rows: Iterable[Row]) -> Line:
    """Compare `business_intervals_exact`."""
    line = Line("business_intervals_exact", "business_seconds", "business hours of a schedule")
    for row in rows:
        start, end = (
            datetime.fromisoformat(row[name]).replace(tzinfo=UTC)
            for name in ("start_utc", "end_utc")
        )
        ours = synced.open_seconds(int(row["schedule_id"]), start, end)
        exact = int(row["business_seconds"])
        line.add(tuple(row.values()), exact, ours, 0.0 if ours == exact else None)
    return line


def _read(text: str | None, kind: str) -> Any:
    if text is None:
        return None
    return datetime.fromisoformat(text) if kind == INSTANT else float(text)


def _distance(exact: Any, ours: Any, kind: str) -> float | None:
    """Return how far apart two values that agree are; None where they do not agree."""
    if exact is None or ours is None:
        return 0.0 if exact is ours else None
    if kind == INSTANT:
        return 0.0 if exact == ours else None
    distance = abs(float(exact) - float(ours))
    return distance if distance <= (TOLERANCE_MIN if kind == MINUTES else 0) else None


def _reason(rules: Iterable[Rule], fact: Mapping[str, Any]) -> str | None:
    return next((rule.reason for rule in rules if rule.applies(fact)), None)
