"""What a mapping file says of visions, objectives and goals, in a closed vocabulary."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, Literal

from pydantic import Field

from connector.config.goal_parts import (
    AboveNothing,
    MilestoneTable,
    OverrideTable,
    PeriodTable,
    ShowTable,
    TicketRule,
)
from connector.config.quantity import DAY, AsQuantity, Baseline, Seconds
from connector.config.table import Day, Flag, Table, Text, Texts

Level = Literal["company", "department", "team", "person"]
LEVELS: Final = ("company", "department", "team", "person")
"""From the highest to the lowest."""


class VisionTable(Table):
    """`[vision.ID]`: what the firm wants its service to be, for years."""

    statement: Text = Field(description="What the service shall be, in a sentence.")
    owner: Text | None = Field(default=None, description="Who answers for it.")
    since: Day | None = Field(default=None, description="Since when it holds.")


class AlignedTable(Table):
    """What objectives and goals have in common: their place among each other."""

    level: Level = Field(default="team", description="Whose it is.")
    weight: AboveNothing = Field(
        default=1.0, description="How much it counts beside others that serve the same."
    )
    commitment: Literal["committed", "aspirational"] = Field(
        default="committed",
        description="Whether it is expected to be reached in full, or about seven tenths of it.",
    )
    bucket: Literal["leader", "service_vision", "personal"] | None = Field(
        default=None, description="Which of a leader's goals it is."
    )
    horizon: Literal["strategic", "tactical"] | None = Field(
        default=None, description="Whether it is far off or near."
    )
    critical: Flag = Field(
        default=False, description="Whether what it serves is off track as soon as this is."
    )
    vision: Text | None = Field(default=None, description="Id of the vision it serves.")
    why: Text | None = Field(default=None, description="Why it matters.")
    proposed_by: Text | None = Field(
        default=None, description="Who proposed it; until it is accepted it counts for nothing."
    )
    accepted_by: Text | None = Field(default=None, description="Who accepted the proposal.")

    @property
    def is_proposal(self) -> bool:
        """Tell whether it was proposed and nobody has accepted it yet."""
        return self.proposed_by is not None and self.accepted_by is None


class ObjectiveTable(AlignedTable):
    """`[objective.ID]`: what the key results serve."""

    title: Text = Field(description="What shall become true, in a sentence.")
    owner: Text | None = Field(default=None, description="Who answers for it.")
    parents: Texts = Field(default=(), description="Ids of the objectives and goals it serves.")
    period: PeriodTable | None = Field(default=None, description="From when to when.")


class GoalTable(AlignedTable):
    """`[goal.ID]`: one goal as written. Only a development goal has no KPI: `kpi` is empty."""

    kind: Literal["key_result", "anti_goal", "backward", "simple", "development"] = Field(
        default="key_result", description="What kind of goal this is."
    )
    title: Text = Field(description="What people call it.")
    kpi: Text = Field(
        default="", description="Id of the KPI that it is measured by; a development goal has none."
    )
    target: AsQuantity | None = Field(
        default=None,
        description="The value to reach; required, except in anti-goals and development goals.",
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
    serves: Texts = Field(
        default=(), description="Ids of more objectives and of goals that it serves."
    )
    endorsed_by: Texts = Field(default=(), description="Names of those who stand behind it.")
    pace: Literal["ramp", "level", "phased", "maintain"] | None = Field(
        default=None,
        description="Whether the value is expected to move, to hold all period, to move from"
        " milestone to milestone, or to stay within the target week by week.",
    )
    milestones: tuple[MilestoneTable, ...] = Field(
        default=(), description="Steps on the way, of backward goals and of a phased pace."
    )
    review: Day | None = Field(
        default=None, description="When it is looked at; all milestones can be judged by then."
    )
    business_effect: Text | None = Field(default=None, description="What it changes for the firm.")
    ticket: TicketRule | None = Field(
        default=None, description='What one ticket must do; "sla" leaves it to the helpdesk.'
    )
    show: ShowTable = Field(default=ShowTable(), description="How it shows on tickets.")
    paused: Flag = Field(default=False, description="Whether it rests: not judged, not shown.")
    hard: Flag = Field(
        default=True, description="Anti-goals only: whether breaking it caps the goals it guards."
    )
    category: (
        Literal[
            "communication",
            "problem_solving",
            "response_time",
            "quality",
            "workload",
            "cost",
            "other",
        ]
        | None
    ) = Field(default=None, description="Anti-goals only: what sort of bad outcome it is.")
    protects: Texts = Field(default=(), description="Anti-goals only: ids of the goals it guards.")
    mode: Literal["level", "budget"] = Field(
        default="level",
        description="Anti-goals only: whether the value may not pass the limit, or so many bad"
        " events are allowed in the period.",
    )
    window: Seconds | None = Field(
        default=None, description="Anti-goals only: judge the value over the last so many days."
    )
    for_each: Literal["assignee", "group"] | None = Field(
        default=None, description="Make one such goal for every person or every team."
    )
    override: Mapping[str, OverrideTable] = Field(
        default={}, description="What is different for single ones of for_each, by name."
    )

    @property
    def is_anti(self) -> bool:
        """Tell whether it is an anti-goal: a bad outcome to stay away from."""
        return self.kind == "anti_goal"

    @property
    def parents(self) -> tuple[str, ...]:
        """Return the ids of everything it serves, each once, its objective first."""
        first = () if self.objective is None else (self.objective,)
        return tuple(dict.fromkeys((*first, *self.serves)))

    @property
    def window_days(self) -> int | None:
        """Return over how many of the last days an anti-goal is judged; None: the period's."""
        return None if self.window is None else round(self.window / DAY)
