#!/usr/bin/env python3
"""Compute the KPIs of the UCI incident log straight from its CSV, with nothing of the connector.

    scripts/uci_reference.py incident_event_log.csv.gz 2016-03-01 2016-06-01

Plain Python over the rows, so that it can be read beside the definitions. The mapping of states is
the one in load_uci.py; times are UTC as they stand. An incident is new from `opened_at`.
"""

from __future__ import annotations

import csv
import gzip
import json
import sys
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path

NEW, OPEN, PENDING, HOLD, DONE = "new", "open", "pending", "hold", "done"
STATES = {
    "New": NEW,
    "Active": OPEN,
    "Awaiting User Info": PENDING,
    "Awaiting Problem": HOLD,
    "Awaiting Vendor": HOLD,
    "Awaiting Evidence": HOLD,
    "Resolved": DONE,
    "Closed": DONE,
}
MISSING = "?"
REOPENED_WITHIN = timedelta(days=14)
WEEK = timedelta(days=7)


@dataclass
class Incident:
    """One incident: its states with the time from which each held, and what else was set."""

    opened: datetime
    caller: str
    states: list[tuple[datetime, str]]
    assignees: list[tuple[datetime, str]] = field(default_factory=list)
    groups: list[tuple[datetime, str]] = field(default_factory=list)
    urgencies: list[int] = field(default_factory=list)
    last: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Begin when it was opened."""
        self.at = self.opened

    def read(self, row: Mapping[str, str]) -> None:
        """Take in one row; what it does not change is no event."""
        self.at = max(self.at, instant(row["sys_updated_at"]))
        state = STATES.get(row["incident_state"], self.states[-1][1])
        if state != self.states[-1][1]:
            self.states.append((self.at, state))
        for column, kept in (("assigned_to", self.assignees), ("assignment_group", self.groups)):
            value = row[column]
            if value not in {MISSING, self.last.get(column)}:
                kept.append((self.at, value))
            self.last[column] = value
        self.urgencies.append(int(row["priority"][0]))

    def solves(self) -> list[datetime]:
        """Return every instant at which it came to be done."""
        return [at for at, is_done, was_done in self._turns() if is_done and not was_done]

    def reopens(self) -> list[datetime]:
        """Return every instant at which it was opened again."""
        return [at for at, is_done, was_done in self._turns() if was_done and not is_done]

    def seconds_in(self, *states: str) -> float:
        """Return how long it was in some states before it was done for good."""
        spans = pairwise(self.states)
        return sum((end - at).total_seconds() for (at, state), (end, _) in spans if state in states)

    def state_before(self, instant: datetime) -> str | None:
        """Return its state just before an instant; None where it was not there yet."""
        return next((state for at, state in reversed(self.states) if at < instant), None)

    def was_raised(self) -> bool:
        """Tell whether it ever became more urgent; 1 is the most."""
        return any(later < before for before, later in pairwise(self.urgencies))

    def _turns(self) -> Iterator[tuple[datetime, bool, bool]]:
        for (_, before), (at, after) in pairwise(self.states):
            yield at, after == DONE, before == DONE


def instant(text: str) -> datetime:
    """Read d/m/yyyy hh:mm."""
    return datetime.strptime(text, "%d/%m/%Y %H:%M").replace(tzinfo=UTC)


def incidents(path: Path) -> list[Incident]:
    """Read the log."""
    found: dict[str, Incident] = {}
    with gzip.open(path, "rt", encoding="utf-8", newline="") as text:
        for row in csv.DictReader(text):
            opened = instant(row["opened_at"])
            if row["number"] not in found:
                found[row["number"]] = Incident(opened, row["caller_id"], [(opened, NEW)])
            found[row["number"]].read(row)
    return list(found.values())


def quantile(values: Iterable[float], share: float) -> float:
    """Return a quantile by linear interpolation."""
    ordered = sorted(values)
    place = share * (len(ordered) - 1)
    low = int(place)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (place - low) * (ordered[high] - ordered[low])


def mean(values: Iterable[float]) -> float:
    """Return the mean."""
    listed = list(values)
    return sum(listed) / len(listed)


def kpis(path: Path, start: datetime, end: datetime) -> dict[str, float]:
    """Return the KPIs of the period [start, end)."""
    log = incidents(path)
    return {
        **_of_the_solved(log, start, end),
        **_of_the_first_solved(log, start, end),
        **_of_the_created(log, start, end),
        **_of_the_flow(log, start, end),
    }


def _of_the_solved(log: list[Incident], start: datetime, end: datetime) -> dict[str, float]:
    """Return what is dated by the last solve of incidents that are done in the end."""
    done = [one for one in log if one.states[-1][1] == DONE and start <= one.solves()[-1] < end]
    full = [(one.solves()[-1] - one.opened).total_seconds() for one in done]
    assigned = [one for one in done if one.assignees]
    three_days = timedelta(days=3).total_seconds()
    return {
        "resolution": quantile(full, 0.5),
        "resolution_p90": quantile(full, 0.9),
        "resolution_in_3_days": mean(value <= three_days for value in full),
        "active_time": quantile((one.seconds_in(NEW, OPEN, PENDING, HOLD) for one in done), 0.5),
        "requester_wait": quantile((one.seconds_in(NEW, OPEN, HOLD) for one in done), 0.5),
        "agent_work": quantile((one.seconds_in(NEW, OPEN) for one in done), 0.5),
        "agent_wait": mean(one.seconds_in(PENDING) for one in done),
        "on_hold": mean(one.seconds_in(HOLD) for one in done),
        "new_time": quantile((one.seconds_in(NEW) for one in done), 0.9),
        "open_time": quantile((one.seconds_in(OPEN) for one in done), 0.9),
        "assignee_stations": mean(len(one.assignees) for one in done),
        "assignees": mean(len({name for _, name in one.assignees}) for one in done),
        "group_stations": mean(len(one.groups) for one in done),
        "reassigned": mean(len(one.assignees) > 1 for one in assigned),
        "reopens": mean(len(one.reopens()) for one in done),
        "solves": mean(len(one.solves()) for one in done),
    }


def _of_the_first_solved(log: list[Incident], start: datetime, end: datetime) -> dict[str, float]:
    first = [one for one in log if one.solves() and start <= one.solves()[0] < end]
    calls: defaultdict[str, list[datetime]] = defaultdict(list)
    for one in sorted(log, key=lambda one: one.opened):
        calls[one.caller].append(one.opened)

    def is_reopened(one: Incident) -> bool:
        solved = one.solves()[0]
        return any(solved <= at <= solved + REOPENED_WITHIN for at in one.reopens())

    def is_followed(one: Incident) -> bool:
        solved, calling = one.solves()[0], calls[one.caller]
        return bisect_right(calling, solved) < bisect_right(calling, solved + WEEK)

    return {
        "first_resolution": quantile(
            ((one.solves()[0] - one.opened).total_seconds() for one in first), 0.5
        ),
        "reopened": mean(map(is_reopened, first)),
        "repeat_contact": mean(map(is_followed, first)),
    }


def _of_the_created(log: list[Incident], start: datetime, end: datetime) -> dict[str, float]:
    created = [one for one in log if start <= one.opened < end]

    def is_soon_solved(one: Incident) -> bool:
        return bool(one.solves()) and one.solves()[0] <= one.opened + WEEK

    waits = [
        (one.assignees[0][0] - one.opened).total_seconds()
        for one in log
        if one.assignees and start <= one.assignees[0][0] < end
    ]
    return {
        "created": len(created),
        "resolved_in_7_days": mean(map(is_soon_solved, created)),
        "escalated": mean(one.was_raised() for one in created),
        "first_assignment": quantile(waits, 0.5),
    }


def _of_the_flow(log: list[Incident], start: datetime, end: datetime) -> dict[str, float]:
    solves = [sum(start <= at < end for at in one.solves()) for one in log]
    reopens = sum(start <= at < end for one in log for at in one.reopens())
    created = sum(start <= one.opened < end for one in log)
    solved = sum(count > 0 for count in solves)
    waiting = [one for one in log if one.state_before(end) not in {DONE, None}]
    return {
        "solved": solved,
        "solve_events": sum(solves),
        "solve_rate": solved / created,
        "net_flow": created - sum(solves) + reopens,
        "backlog": len(waiting),
        "backlog_actionable": sum(one.state_before(end) != PENDING for one in waiting),
        "backlog_age": quantile(((end - one.opened).total_seconds() for one in waiting), 0.5),
    }


def main(path: str, start: str, end: str) -> None:
    """Print the KPIs as JSON."""
    period = [datetime.fromisoformat(day).replace(tzinfo=UTC) for day in (start, end)]
    print(json.dumps(kpis(Path(path), *period), indent=2))


if __name__ == "__main__":
    main(*sys.argv[1:4])
