"""Mapping files as typed tables: KPIs, objectives and goals in a closed vocabulary."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from pathlib import Path
from typing import Any, Literal

import msgspec
from pydantic import Field

from connector.config.settings import Table

WHERE_KEYS = (
    "group", "assignee", "brand", "form", "channel", "priority", "type", "organization", "tag",
)  # fmt: skip
LEVELS = ("company", "department", "team", "person")


class Quantity(msgspec.Struct, frozen=True):
    """A number as written with its unit: `95 min`, `90 %`, `200`. `unit` is s, ratio or count."""

    number: float
    unit: str


class PeriodTable(Table):
    """`period = { start, end, timezone }`: half-open, local dates in an IANA zone."""

    start: date
    end: date
    timezone: str = "UTC"

    def instants(self) -> tuple[datetime, datetime]:
        """Return start and end as UTC instants."""
        raise NotImplementedError


class KpiTable(Table):
    """`[kpi.ID]`: which measure, on which tickets, aggregated how."""

    measure: str
    clock: Literal["calendar", "business"] = "calendar"
    aggregate: str | None = None  # None: the measure's default
    limit: Quantity | None = None  # for aggregate = "within"
    where: Mapping[str, tuple[str, ...]] = {}
    variant: str | None = None


class TicketRuleTable(Table):
    """`ticket = { limit, due_soon }`: what one ticket must do for the goal."""

    limit: Quantity
    due_soon: Quantity | None = None


class ShowTable(Table):
    """`show = { status, tag }`: how the goal's status travels to tickets."""

    status: Literal["with_ticket", "daily", "at_once"] = "daily"
    tag: bool = False


class ObjectiveTable(Table):
    """`[objective.ID]`: what the key results serve."""

    title: str
    level: str = "team"
    owner: str | None = None
    why: str | None = None


class GoalTable(Table):
    """`[goal.ID]`: one goal as written."""

    kind: Literal["key_result", "anti_goal", "backward", "simple"] = "key_result"
    title: str
    kpi: str
    target: Quantity | None = None  # anti-goals use `limit`
    limit: Quantity | None = None
    warning: Quantity | None = None
    baseline: Quantity | Literal["from_history"] | None = None
    period: PeriodTable
    owner: str
    objective: str | None = None
    level: Literal["company", "department", "team", "person"] = "team"
    pace: Literal["ramp", "level"] | None = None
    why: str | None = None
    business_effect: str | None = None
    ticket: TicketRuleTable | Literal["sla"] | None = None
    show: ShowTable = ShowTable()
    paused: bool = False
    hard: bool = True


class Mappings(msgspec.Struct, frozen=True):
    """Everything the mapping folders say, by id; `origin` maps `goal.ID` to (file, line)."""

    kpis: Mapping[str, KpiTable]
    objectives: Mapping[str, ObjectiveTable]
    goals: Mapping[str, GoalTable]
    origin: Mapping[str, tuple[Path, int]] = {}


_ = Field, Any
