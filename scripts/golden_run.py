"""All comparisons of one folder, and what could not be compared."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import Any

from duckdb import DuckDBPyConnection
from golden_columns import (
    COPIES,
    MONTHLY,
    PER_TICKET,
    SKIPPED_COLUMNS,
    SKIPPED_FILES,
    Column,
    Monthly,
    key_of,
)
from golden_compare import Line, Row, Synced, intervals, per_month, per_ticket, read_exact
from golden_promises import FILE as PROMISES
from golden_promises import LOST, Promise, lost_by_month, per_target, promises

from connector.config.mapping import load_mappings
from connector.kpi import catalogue
from connector.store.published import RELATIONS, PublishedSet, attach

TICKETS, MONTHS, SPANS = "ticket_metrics_exact", "kpi_monthly_utc", "business_intervals_exact"
FILES = (TICKETS, PROMISES, MONTHS, SPANS, *SKIPPED_FILES)


@dataclass
class Agreement:
    """Every line of the table, and what was skipped and why."""

    lines: list[Line] = field(default_factory=list)
    skipped: list[tuple[str, str]] = field(default_factory=list)

    @property
    def is_good(self) -> bool:
        """Tell whether there was something to compare, none missing and none unexplained."""
        told = any(line.equal for line in self.lines)
        return told and not any(line.unexplained or line.is_missing for line in self.lines)


def wanted_kpis() -> list[Mapping[str, Any]]:
    """Return every KPI that the comparison needs and the catalogue has, each once."""
    known = catalogue.definitions()
    wanted: list[Column | Monthly] = [*PER_TICKET, *MONTHLY]
    tables = [one.table for one in wanted if one.measure in known]
    tables += [one.counts for one in MONTHLY if one.counts and one.measure in known]
    return list({key_of(table): table for table in tables}.values())


def agreement(published: PublishedSet, folder: Path, project: Path, at: datetime) -> Agreement:
    """Compare what was published with every exact file of a folder."""
    mappings = load_mappings([project / "mappings"], catalogue.definitions())
    con = attach([published])
    found = Agreement()
    try:
        _read_once(con)
        synced = Synced(con, mappings.kpis, at)
        compare = Comparison(synced, published, found.skipped)
        for name in FILES:
            rows = read_exact(folder, name)
            if rows is None:
                found.skipped.append((name, "not in exact/"))
            elif name in SKIPPED_FILES:
                found.skipped.append((name, SKIPPED_FILES[name]))
            else:
                found.lines += compare.lines(name, rows)
    finally:
        con.close()
    return found


def _read_once(con: DuckDBPyConnection) -> None:
    """Take into memory what hundreds of questions are asked of."""
    for relation in RELATIONS:
        con.execute(f"create temp table read_{relation} as from {relation}")
        con.execute(f"create or replace temp view {relation} as from read_{relation}")


@dataclass
class Comparison:
    """What was synced against one file after the other; `skipped` collects the rest."""

    synced: Synced
    published: PublishedSet
    skipped: list[tuple[str, str]]

    @cached_property
    def targets(self) -> Sequence[Promise]:
        """Return every SLA target as it was judged."""
        return promises(self.published, self.synced.as_of)

    def lines(self, name: str, rows: Sequence[Row]) -> Iterator[Line]:
        """Compare one file."""
        if name == SPANS:
            yield intervals(self.synced, rows)
        elif name == PROMISES:
            yield from per_target(self.targets, rows)
        elif name == TICKETS:
            yield from self._ticket_lines(rows)
        else:
            yield from self._month_lines(rows)

    def _ticket_lines(self, rows: Sequence[Row]) -> Iterator[Line]:
        columns = {column.name: column for column in PER_TICKET}
        for name in rows[0] if rows else ():
            column = columns.get(name)
            if name.endswith(COPIES):
                self.skipped.append((name, SKIPPED_COLUMNS[COPIES]))
            elif column is not None and column.key in self.synced.kpis:
                yield per_ticket(self.synced, column, rows)
            elif name != "ticket_id":
                yield _missing(TICKETS, name, column)

    def _month_lines(self, rows: Sequence[Row]) -> Iterator[Line]:
        kpis = {(one.kpi, one.stat): one for one in MONTHLY}
        tickets = self.synced.tickets
        created = {number: ticket["created_at"] for number, ticket in tickets.items()}
        lost = lost_by_month(self.targets, created)
        for pair in dict.fromkeys((row["kpi"], row["stat"]) for row in rows):
            one = kpis.get(pair)
            if one is None or one.key not in self.synced.kpis:
                yield _missing(MONTHS, ", ".join(pair), one)
            else:
                yield per_month(self.synced, one, rows, lost if one.loses_targets else {}, LOST)


def _missing(file: str, name: str, wanted: Column | Monthly | None) -> Line:
    return Line(file, name, wanted.measure if wanted else "nothing", is_missing=True)
