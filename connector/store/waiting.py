"""What waits to be shown: tickets that did not fit, tickets written too often, statuses of late."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

import msgspec

from connector.store.database import as_text
from connector.store.state import State

WRITES = """
select ticket, count(*) from journal join batches using (batch)
where helpdesk = :helpdesk and at > :since
  and (outcome is null or outcome in ('written', 'conflict', 'rejected'))
group by ticket having count(*) >= :most
"""
"""Requests that reached a ticket, or may have: those without an outcome are counted as well."""

STATUSES = """
select json_extract(report, '$.status'), coalesce(json_extract(report, '$.version'), 1)
from evaluations
where goal = :goal and as_of <= :until and as_of >= coalesce(
  (select max(as_of) from evaluations where goal = :goal and as_of <= :since), :since)
"""


def written_often(state: State, helpdesk: str, *, since: datetime, most: int) -> dict[str, int]:
    """Return the tickets that were written at least so often since an instant, and how often."""
    rows = state.rows(WRITES, helpdesk=helpdesk, since=as_text(since), most=most)
    return dict(rows)


def deferred(state: State, helpdesk: str) -> frozenset[str]:
    """Return the tickets that the last run planned to write and could not."""
    text = state.get(f"deferred:{helpdesk}") or "[]"
    return frozenset(msgspec.json.decode(text, type=list[str]))


def save_deferred(state: State, helpdesk: str, tickets: Iterable[str]) -> None:
    """Remember which tickets a run could not write yet."""
    state.put(f"deferred:{helpdesk}", msgspec.json.encode(sorted(tickets)).decode())


def statuses_of_late(
    state: State, goal: str, *, since: datetime, until: datetime, version: int
) -> frozenset[str]:
    """Return the statuses that a goal had by its present terms between two instants.

    The one it had when the stretch began is among them.
    """
    rows = state.rows(STATUSES, goal=goal, since=as_text(since), until=as_text(until))
    return frozenset(status for status, its_version in rows if its_version == version)
