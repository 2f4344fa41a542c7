"""Tables inside of goals: period, rule for tickets, milestones, overrides."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Discriminator,
    Field,
    PlainValidator,
    Tag,
    WithJsonSchema,
)

from connector.config.quantity import AsQuantity, Baseline, said
from connector.config.table import Day, Flag, Table, Text, Texts, shown
from connector.config.zones import midnight, zone_name

LARGEST_NUMBER = 1_000_000
"""Weights and durations above this are slips of the pen."""


def _above_nothing(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise said(f"must be a number, not {shown(value)}")
    if not 0 < value <= LARGEST_NUMBER:
        raise said(f"must be more than 0 and at most {LARGEST_NUMBER:,}")
    return float(value)


AboveNothing = Annotated[
    float,
    PlainValidator(_above_nothing),
    WithJsonSchema({"type": "number", "exclusiveMinimum": 0, "maximum": LARGEST_NUMBER}),
]
"""A number of a file above 0."""


class PeriodTable(Table):
    """`period = { start, end, timezone }`: half-open, local dates in an IANA zone."""

    start: Day = Field(description="First day.")
    end: Day = Field(description="First day after the period.")
    timezone: Annotated[str, AfterValidator(zone_name)] = Field(
        default="UTC", description="IANA zone in which the days begin, such as Europe/Berlin."
    )

    def instants(self) -> tuple[datetime, datetime]:
        """Return start and end as UTC instants; a midnight that is skipped moves forward."""
        return midnight(self.start, self.timezone), midnight(self.end, self.timezone)


class TicketRuleTable(Table):
    """`ticket = { limit, due_soon }`: what one ticket must do for the goal."""

    limit: AsQuantity = Field(description="A ticket that takes longer has missed the goal.")
    due_soon: AsQuantity | None = Field(
        default=None, description="How long before the limit a ticket counts as due soon."
    )


class ShowTable(Table):
    """`show = { status, tag }`: how the goal's status travels to tickets."""

    status: Literal["with_ticket", "daily", "at_once"] = Field(
        default="daily", description="When a new status reaches tickets."
    )
    tag: Flag = Field(default=False, description="Whether the goal gets a tag of its own.")


class MilestoneTable(Table):
    """`[[goal.ID.milestones]]`: a step on the way to the end.

    A step with `done` is ticked off by hand. One with neither `done` nor `value` has the value that
    the way from the baseline to the target has on its day.
    """

    name: Text = Field(description="What people call it; each in a goal has another name.")
    date: Day = Field(description="The day by which it is reached.")
    value: AsQuantity | None = Field(
        default=None, description="What the KPI is by then; left out, what the way there has."
    )
    done: Flag | None = Field(
        default=None, description="For a step that no KPI measures: whether it is done."
    )
    owner: Text | None = Field(default=None, description="Who answers for it.")
    duration: AboveNothing | None = Field(
        default=None, description="How many working days it takes."
    )
    depends_on: Texts = Field(
        default=(), description="Names of the milestones that must be reached before it starts."
    )


class OverrideTable(Table):
    """`[goal.ID.override."NAME"]`: what is different for one person or team of `for_each`."""

    target: AsQuantity | None = Field(default=None, description="Another value to reach.")
    limit: AsQuantity | None = Field(
        default=None, description="Anti-goals only: another value never to pass."
    )
    baseline: Baseline | None = Field(default=None, description="Where this one starts.")
    paused: Flag | None = Field(default=None, description="Whether the goal rests for this one.")
    reason: Text = Field(description="Why it is different; whoever sees the goal sees this.")


def _rule_kind(value: Any) -> str:
    return "word" if isinstance(value, str) else "table"


def _rule(value: object) -> object:
    if isinstance(value, str) and value != "sla":
        hint = 'write { limit = "60 min", due_soon = "15 min" } or "sla"'
        raise said(f"{shown(value)} is no rule for tickets", hint)
    return value


TicketRule = Annotated[
    Annotated[
        Annotated[TicketRuleTable, Tag("table")] | Annotated[Literal["sla"], Tag("word")],
        Discriminator(_rule_kind),
    ],
    BeforeValidator(_rule),
]
