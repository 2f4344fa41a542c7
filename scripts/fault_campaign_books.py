"""What the connector's own journal says, read without the connector."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

from fault_campaign_desk import CampaignDesk

JOURNAL = """
select ticket, outcome, tags_added, tags_removed, fields_after from journal
join batches using (batch) order by batch
"""
OPEN = "select count(*) from batches where settled_at is null"
RUNS = "select run, started_at, finished_at from runs order by started_at"


def rows(folder: Path, sql: str) -> list[tuple[Any, ...]]:
    """Return the rows of a query over the connector's state."""
    path = folder / "var" / "state.sqlite"
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute(sql).fetchall()


def outcomes(folder: Path) -> dict[int, str | None]:
    """Return the last outcome of each ticket."""
    return {int(ticket): outcome for ticket, outcome, *_ in rows(folder, JOURNAL)}


def problems(folder: Path, desk: CampaignDesk) -> Iterator[str]:
    """Say where the journal lacks an outcome, or an intent for what the helpdesk saw change."""
    intended: dict[int, set[str]] = {}
    for ticket, outcome, added, removed, after in rows(folder, JOURNAL):
        if outcome is None:
            yield f"ticket {ticket}: an intent in the journal has no outcome"
        keys = {*json.loads(added), *json.loads(removed), *json.loads(after)}
        intended.setdefault(int(ticket), set()).update(keys)
    for number, changed in desk.record.changed:
        lost = changed - intended.get(number, set())
        if lost:
            yield f"ticket {number}: {sorted(lost)} changed without an intent in the journal"
    still_open = rows(folder, OPEN)[0][0]
    if still_open:
        yield f"{still_open} batches are not settled"
    yield from _overlaps(folder)


def _overlaps(folder: Path) -> Iterator[str]:
    ended = ""
    for run, started_at, finished_at in rows(folder, RUNS):
        if started_at < ended:
            yield f"run {run} began before the one before it had ended"
        ended = max(ended, finished_at or started_at)
