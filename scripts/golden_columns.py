"""What each column of the exact files is called here, and why the two may differ.

A reason is a rule over what stands in the row and in the store, never a list of tickets.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zlib import crc32

TOLERANCE_MIN = 0.05
MINUTES, COUNT, INSTANT = "minutes", "count", "instant"
Fact = Mapping[str, Any]
"""One comparison: `exact` and `ours`, the `row` of the file, and how the `ticket` stands."""


@dataclass(frozen=True)
class Rule:
    """A class of differences in which we hold the file to be wrong, or to mean something else."""

    reason: str
    applies: Callable[[Fact], bool]


@dataclass(frozen=True)
class Column:
    """A column of `ticket_metrics_exact` and the measure that has its values.

    Counts and times of tickets that are not done are what has come so far, as in the file.
    """

    name: str
    kind: str
    measure: str
    clock: str = "calendar"
    rules: tuple[Rule, ...] = ()
    runs: bool = False

    @property
    def table(self) -> Mapping[str, Any]:
        """Return the KPI of a mapping that makes the measure be measured."""
        measure, _, variant = self.measure.partition(".")
        return {"measure": measure, "clock": self.clock} | ({"variant": variant} if variant else {})

    @property
    def key(self) -> str:
        """Return the name of that KPI."""
        return key_of(self.table)

    @property
    def title(self) -> str:
        """Return what the column is called here."""
        return f"{self.measure}, {self.clock}" if self.clock != "calendar" else self.measure


@dataclass(frozen=True)
class Monthly:
    """A KPI and statistic of `kpi_monthly_utc` as a KPI of a mapping; `scale` makes its unit.

    The file's n may count something else, such as solve events behind distinct tickets: then it is
    the value of the KPI `counts`.
    """

    kpi: str
    stat: str
    table: Mapping[str, Any]
    scale: float = 1
    counts: Mapping[str, Any] | None = None
    loses_targets: bool = False

    @property
    def measure(self) -> str:
        """Return the id of the measure."""
        variant = self.table.get("variant")
        return f"{self.table['measure']}.{variant}" if variant else str(self.table["measure"])

    @property
    def key(self) -> str:
        """Return the name of the KPI."""
        return key_of(self.table)

    @property
    def title(self) -> str:
        """Return what the KPI is here."""
        clock = self.table.get("clock", "calendar")
        return f"{self.measure}, {clock}" if clock != "calendar" else self.measure


def key_of(table: Mapping[str, Any]) -> str:
    """Return a name for a KPI that says what it is, and is not too long for an id."""
    words = "_".join(str(value) for value in table.values())
    name = re.sub(r"[^a-z0-9]+", "_", words.lower()).strip("_")
    return f"{name[:30].strip('_')}_{crc32(name.encode()):08x}"


def _differs(fact: Fact) -> bool:
    """Tell whether the file has something else than the last solve as the events tell it."""
    exact, last = fact["exact"], fact["ticket"].get("solved_at")
    if last is None or exact is None or isinstance(exact, datetime):
        return bool(exact is None or exact != last)
    minutes = (last - fact["ticket"]["created_at"]).total_seconds() / 60
    return bool(abs(exact - minutes) > TOLERANCE_MIN)


def _is_undone(fact: Fact) -> bool:
    return fact["ticket"]["status"] not in {"solved", "closed"}


def _has_no_business_half(fact: Fact) -> bool:
    half = fact["row"].get("full_resolution_business_minutes")
    return _is_undone(fact) and fact["ours"] is None and half is None and not _differs(fact)


def _lost_its_business_half(fact: Fact) -> bool:
    half = fact["row"].get("first_resolution_calendar_minutes")
    return _is_undone(fact) and fact["exact"] is None and half is not None


NOT_DONE = Rule(
    "the ticket is open again or deleted: it has no full resolution until it is solved; the file"
    " gives the last solve by the calendar, and nothing by business hours",
    _has_no_business_half,
)
HALF = Rule(
    "the ticket is open again or deleted: a first resolution stays; the file keeps it by the"
    " calendar and drops it by business hours",
    _lost_its_business_half,
)


def _both(prefix: str, measure: str) -> tuple[Column, ...]:
    return tuple(
        Column(f"{prefix}_in_{clock}_minutes", MINUTES, measure, clock, runs=True)
        for clock in ("calendar", "business")
    )


PER_TICKET = (
    Column("count_public_agent_comments", COUNT, "replies_per_ticket.dbt"),
    Column("count_agent_comments", COUNT, "comments_per_ticket.staff"),
    Column("count_end_user_comments", COUNT, "customer_comments_per_ticket.dbt"),
    Column("count_internal_comments", COUNT, "comments_per_ticket.internal"),
    Column("total_comments", COUNT, "comments_per_ticket"),
    Column("count_ticket_handoffs", COUNT, "handoffs"),
    Column("first_reply_time_calendar_minutes", MINUTES, "first_reply_time"),
    Column("first_reply_time_business_minutes", MINUTES, "first_reply_time", "business"),
    Column("first_reply_at", INSTANT, "first_reply_time"),
    Column("count_resolutions", COUNT, "solves_per_ticket.dbt"),
    Column(
        "first_resolution_business_minutes",
        MINUTES,
        "first_resolution_time",
        "business",
        (HALF,),
    ),
    Column("full_resolution_business_minutes", MINUTES, "full_resolution_time", "business"),
    *_both("agent_wait_time", "agent_wait_time"),
    *_both("requester_wait_time", "requester_wait_time"),
    *_both("solve_time", "resolution_active_time"),
    *_both("agent_work_time", "agent_work_time"),
    *_both("on_hold_time", "on_hold_time"),
    *_both("new_status_duration", "new_time"),
    *_both("open_status_duration", "open_time"),
    Column("assignee_stations_count", COUNT, "assignee_stations"),
    Column("unique_assignee_count", COUNT, "assignee_stations.distinct"),
    Column("group_stations_count", COUNT, "group_stations"),
    Column("first_solved_at", INSTANT, "first_resolution_time"),
    Column("last_solved_at", INSTANT, "full_resolution_time", rules=(NOT_DONE,)),
    Column("first_resolution_calendar_minutes", MINUTES, "first_resolution_time"),
    Column("final_resolution_calendar_minutes", MINUTES, "full_resolution_time", rules=(NOT_DONE,)),
)

SOLVED = {"measure": "tickets_solved"}
SOLVES = {"measure": "tickets_solved", "variant": "every_close"}
MINUTE = 1 / 60
TIMES = {
    "median": ({"aggregate": "median"}, MINUTE),
    "mean": ({"aggregate": "mean"}, MINUTE),
    "p90": ({"aggregate": "p90"}, MINUTE),
    "pct_within_480": ({"aggregate": "within", "limit": "480 min"}, 100),
}


def _times(kpi: str, measure: str, clock: str) -> tuple[Monthly, ...]:
    table = {"measure": measure, "clock": clock}
    return tuple(Monthly(kpi, stat, table | more, scale) for stat, (more, scale) in TIMES.items())


MONTHLY = (
    *_times("first_reply_calendar_min", "first_reply_time", "calendar"),
    *_times("first_reply_business_min", "first_reply_time", "business"),
    *_times("full_resolution_calendar_min", "full_resolution_time", "calendar"),
    *_times("full_resolution_business_min", "full_resolution_time", "business"),
    Monthly("one_touch_pct", "pct", {"measure": "one_touch_rate"}, 100),
    Monthly("replies_per_solved_ticket", "mean", {"measure": "replies_per_ticket"}),
    Monthly("reopen_rate_14d", "pct", {"measure": "reopen_rate"}, 100),
    Monthly("csat_pct", "pct", {"measure": "csat_pct"}, 100),
    Monthly("csat_response_rate", "pct", {"measure": "csat_response_rate"}, 100),
    Monthly(
        "sla_first_reply_attainment",
        "pct",
        {
            "measure": "sla_attainment",
            "variant": "created",
            "settings": {"metric": "first_reply_time"},
        },
        100,
        loses_targets=True,
    ),
    Monthly("tickets_created", "count", {"measure": "tickets_created"}),
    Monthly("tickets_solved", "distinct_tickets", SOLVED, counts=SOLVES),
    Monthly("backlog_month_end", "count", {"measure": "backlog"}),
    Monthly("backlog_age_days", "median", {"measure": "backlog_age"}, 1 / 86_400),
)

COPIES = "__boundary_count"
SKIPPED_COLUMNS = {
    COPIES: "counts the minute boundaries that were crossed, which is the peer's definition",
}
SKIPPED_FILES = {
    "disagreements_ticket_metrics": "lists where the peer is off; its exact values are those of"
    " ticket_metrics_exact",
}
