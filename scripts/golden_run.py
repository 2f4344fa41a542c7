"""All comparisons of one folder, and what could not be compared."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from golden_columns import (
    COPIES,
    MONTHLY,
    PER_TICKET,
    SKIPPED_COLUMNS,
    SKIPPED_FILES,
    Column,
    Monthly,
)
from golden_compare import Line, Synced, intervals, per_month, per_ticket, read_exact

from connector.config.mapping import load_mappings
from connector.kpi import catalogue
from connector.store.published import PublishedSet, attach

TICKETS, MONTHS, SPANS = "ticket_metrics_exact", "kpi_monthly_utc", "business_intervals_exact"
FILES = (TICKETS, "sla_policies_exact", MONTHS, SPANS, *SKIPPED_FILES)


@dataclass
class Agreement:
    """Every line of the table, and what was skipped and why."""

    lines: list[Line] = field(default_factory=list)
    skipped: list[tuple[str, str]] = field(default_factory=list)

    @property
    def is_good(self) -> bool:
        """Tell whether nothing is missing, and every difference explained."""
        return not any(line.unexplained or line.is_missing for line in self.lines)


def wanted_kpis() -> list[Mapping[str, Any]]:
    """Return every KPI that the comparison needs and the catalogue has, each once."""
    known = catalogue.definitions()
    wanted: list[Column | Monthly] = [*PER_TICKET, *MONTHLY]
    return list({one.key: one.table for one in wanted if one.measure in known}.values())


def agreement(published: PublishedSet, folder: Path, project: Path, at: datetime) -> Agreement:
    """Compare what was published with every exact file of a folder."""
    mappings = load_mappings([project / "mappings"], catalogue.definitions())
    con = attach([published])
    synced = Synced(con, mappings.kpis, at)
    found = Agreement()
    try:
        for name in FILES:
            rows = read_exact(folder, name)
            if name in SKIPPED_FILES or rows is None:
                why = SKIPPED_FILES.get(name, "not in exact/") if rows else "not in exact/"
                found.skipped.append((name, why))
            else:
                found.lines += _lines(synced, name, rows, found)
    finally:
        con.close()
    return found


def _lines(
    synced: Synced, name: str, rows: list[dict[str, Any]], found: Agreement
) -> Iterator[Line]:
    if name == SPANS:
        yield intervals(synced, rows)
    elif name == TICKETS:
        there = dict.fromkeys(rows[0]) if rows else {}
        yield from _ticket_lines(synced, rows, there, found)
    elif name == MONTHS:
        pairs = dict.fromkeys((row["kpi"], row["stat"]) for row in rows)
        yield from _month_lines(synced, rows, pairs)


def _ticket_lines(
    synced: Synced, rows: list[dict[str, Any]], there: Mapping[str, None], found: Agreement
) -> Iterator[Line]:
    columns = {column.name: column for column in PER_TICKET}
    for name in there:
        if name == "ticket_id":
            continue
        column = columns.get(name)
        if name.endswith(COPIES):
            found.skipped.append((f"{TICKETS}, {name}", SKIPPED_COLUMNS[COPIES]))
        elif column is None or column.key not in synced.kpis:
            yield _missing(TICKETS, name, column)
        else:
            yield per_ticket(synced, column, rows)


def _month_lines(
    synced: Synced, rows: list[dict[str, Any]], pairs: Mapping[tuple[str, str], None]
) -> Iterator[Line]:
    kpis = {(one.kpi, one.stat): one for one in MONTHLY}
    for pair in pairs:
        one = kpis.get(pair)
        if one is None or one.key not in synced.kpis:
            yield _missing(MONTHS, ", ".join(pair), one)
        else:
            yield per_month(synced, one, rows)


def _missing(file: str, name: str, wanted: Column | Monthly | None) -> Line:
    return Line(file, name, wanted.measure if wanted else "nothing", is_missing=True)
