"""What a mapping file says of a KPI, in a closed vocabulary."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Final, Literal, Self

from pydantic import AfterValidator, Field, PrivateAttr

from connector.config.quantity import AsQuantity
from connector.config.table import Table, Text
from connector.config.where import Where
from connector.model.kpi import MeasureDefinition

SAME_AGGREGATE: Final = {"p50": "median"}


def _one_word(aggregate: str) -> str:
    return SAME_AGGREGATE.get(aggregate, aggregate)


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
