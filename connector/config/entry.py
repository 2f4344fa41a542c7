"""What a mapping file may hold: KPIs, objectives and goals, in a closed vocabulary."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, time
from typing import Annotated, Any, Final, Literal, Self
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BeforeValidator, Discriminator, Field, PrivateAttr, Tag

from connector.config.quantity import AsQuantity, Baseline, said
from connector.config.table import Day, Flag, Table, Text, shown
from connector.config.where import Where
from connector.config.zones import zone_name
from connector.model.kpi import MeasureDefinition

Level = Literal["company", "department", "team", "person"]
SAME_AGGREGATE: Final = {"p50": "median"}


def _one_word(aggregate: str) -> str:
    return SAME_AGGREGATE.get(aggregate, aggregate)


class PeriodTable(Table):
    """`period = { start, end, timezone }`: half-open, local dates in an IANA zone."""

    start: Day = Field(description="First day.")
    end: Day = Field(description="First day after the period.")
    timezone: Annotated[str, AfterValidator(zone_name)] = Field(
        default="UTC", description="IANA zone in which the days begin, such as Europe/Berlin."
    )

    def instants(self) -> tuple[datetime, datetime]:
        """Return start and end as UTC instants; a midnight that is skipped moves forward."""
        return self._midnight(self.start), self._midnight(self.end)

    def _midnight(self, day: date) -> datetime:
        return datetime.combine(day, time(), tzinfo=ZoneInfo(self.timezone)).astimezone(UTC)


class KpiTable(Table):
    """`[kpi.ID]`: which measure, on which tickets, aggregated how."""

    measure: Text = Field(description="Measure of the catalogue; `connector catalogue` lists them.")
    clock: Literal["calendar", "business"] = Field(
        default="calendar", description="Which hours count: all of them, or the schedule's."
    )
    aggregate: Annotated[Text, AfterValidator(_one_word)] | None = Field(
        default=None, description="How many tickets become one number; the measure has a default."
    )
    limit: AsQuantity | None = Field(
        default=None, description='For aggregate = "within": the share of tickets at most this.'
    )
    where: Where = Field(default={}, description="Which tickets count; leave out for all.")
    variant: Text | None = Field(
        default=None, description="A vendor's definition of the measure, where it has several."
    )
    settings: Mapping[str, Any] = Field(
        default={}, description="What the measure lets you set, such as window."
    )
    schedule: Literal["split", "at_event"] = Field(
        default="split",
        description="Business hours of a ticket that changed its schedule: each stretch under its"
        " own, or all of it under the one in force at the event.",
    )
    credit: Literal["assignee", "assignee_at_event", "replies"] = Field(
        default="assignee",
        description="Whose ticket it is: the assignee's now, the assignee's when it happened, or"
        " of all who replied, by their share of the replies.",
    )
    group_as_of: Literal["now", "event"] = Field(
        default="now", description="Which group counts: the ticket's now, or when it happened."
    )

    _own: MeasureDefinition | None = PrivateAttr(default=None)

    @property
    def own(self) -> MeasureDefinition | None:
        """Return the definition of its measure where an admin defined it."""
        return self._own

    def measuring(self, own: MeasureDefinition | None) -> Self:
        """Return the same KPI with the definition of a measure that an admin defined."""
        kpi = self.model_copy()
        kpi._own = own  # noqa: SLF001  # a copy of itself
        return kpi

    def definition_in(self, definitions: Mapping[str, MeasureDefinition]) -> MeasureDefinition:
        """Return the definition that counts; the mapping was checked when it was loaded."""
        return self._own or definitions[self.measure_id]

    @property
    def measure_id(self) -> str:
        """Return the id of the definition that counts: the measure's, or its variant's."""
        return f"{self.measure}.{self.variant}" if self.variant else self.measure


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


class ObjectiveTable(Table):
    """`[objective.ID]`: what the key results serve."""

    title: Text = Field(description="What shall become true, in a sentence.")
    level: Level = Field(default="team", description="Whose objective it is.")
    owner: Text | None = Field(default=None, description="Who answers for it.")
    why: Text | None = Field(default=None, description="Why it matters.")


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


class GoalTable(Table):
    """`[goal.ID]`: one goal as written."""

    kind: Literal["key_result", "anti_goal", "backward", "simple"] = Field(
        default="key_result", description="What kind of goal this is."
    )
    title: Text = Field(description="What people call it.")
    kpi: Text = Field(description="Id of the KPI that it is measured by.")
    target: AsQuantity | None = Field(
        default=None, description="The value to reach; required, except in an anti-goal."
    )
    limit: AsQuantity | None = Field(
        default=None, description="Anti-goals only, required there: the value never to pass."
    )
    warning: AsQuantity | None = Field(
        default=None, description="Anti-goals only: the value from which on to warn."
    )
    baseline: Baseline | None = Field(
        default=None, description='Where it starts: a value, or "from_history" to measure it.'
    )
    period: PeriodTable = Field(description="From when to when.")
    owner: Text = Field(description="Who answers for it.")
    objective: Text | None = Field(default=None, description="Id of the objective it serves.")
    level: Level = Field(default="team", description="Whose goal it is.")
    pace: Literal["ramp", "level"] | None = Field(
        default=None, description="Whether the value is expected to move, or to hold all period."
    )
    why: Text | None = Field(default=None, description="Why it matters.")
    business_effect: Text | None = Field(default=None, description="What it changes for the firm.")
    ticket: TicketRule | None = Field(
        default=None, description='What one ticket must do; "sla" leaves it to the helpdesk.'
    )
    show: ShowTable = Field(default=ShowTable(), description="How it shows on tickets.")
    paused: Flag = Field(default=False, description="Whether it rests: not judged, not shown.")
    hard: Flag = Field(
        default=True, description="Anti-goals only: whether breaking it caps the goals it guards."
    )
