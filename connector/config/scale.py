"""What the numbers of one KPI can be: unit, better side, natural range."""

from __future__ import annotations

import re
from dataclasses import dataclass

from connector.config.entry import KpiTable
from connector.config.quantity import Quantity, format_quantity
from connector.model.kpi import Direction, MeasureDefinition, Unit

Said = tuple[str, str]
"""What is wrong, and what to do about it."""

_WANTED = {
    Unit.SECONDS: ("a time", 'write it with its unit: "60 min"'),
    Unit.RATIO: ("a percentage", 'write for example "90 %"'),
    Unit.COUNT: ("a plain number", "write it without a unit: 200"),
    Unit.POINTS: ("a number of points", "write it without a unit: 40"),
}
_DAYS = re.compile(r"\d\s*(d|w|days?|weeks?)\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Scale:
    """The numbers a KPI can have. `name` is what people call what is measured."""

    name: str
    unit: str
    direction: str
    low: float | None = None
    high: float | None = None
    clock: str = "calendar"

    def is_better(self, one: float, other: float) -> bool:
        """Tell whether one value is strictly better than another; never where no side is."""
        if self.direction == Direction.LOWER:
            return one < other
        return self.direction == Direction.HIGHER and one > other

    def read(self, quantity: Quantity) -> Quantity:
        """Take a bare number for points, and one below 1 for a ratio, where these are meant."""
        if quantity.unit != Unit.COUNT:
            return quantity
        if self.unit == Unit.POINTS or (self.unit == Unit.RATIO and 0 <= quantity.number < 1):
            return Quantity(quantity.number, self.unit)
        return quantity

    def write(self, quantity: Quantity) -> str:
        """Write a value for people."""
        return format_quantity(quantity.number, quantity.unit, clock=self.clock)

    def refusal(self, quantity: Quantity, written: object) -> Said | None:
        """Say why a quantity cannot be a value of this KPI; None if it can."""
        if self.read(quantity).unit != self.unit:
            wanted, hint = _WANTED[Unit(self.unit)]
            return f"{_quoted(written)} is not {wanted}, which {self.name} is", hint
        if self.clock == "business" and isinstance(written, str) and _DAYS.search(written):
            hint = 'write business hours: "16 h"'
            return f"{_quoted(written)} is unclear: a working day has fewer hours", hint
        low, high = self.low, self.high
        number = self.read(quantity).number
        if (low is not None and number < low) or (high is not None and number > high):
            return f"{_quoted(written)} is out of reach for {self.name}", self._range()
        return None

    def side(self) -> str:
        """Say which way is better."""
        return f"{self.direction} is better for {self.name}"

    def _range(self) -> str:
        low, high = (
            None if bound is None else format_quantity(bound, self.unit, clock=self.clock)
            for bound in (self.low, self.high)
        )
        if low is None or high is None:
            return f"it is never below {low}" if high is None else f"it is never above {high}"
        return f"it runs from {low} to {high}"


def scale_of(kpi: KpiTable, definition: MeasureDefinition) -> Scale:
    """Return what the numbers of a KPI can be; a share within a limit is a ratio, higher better."""
    if kpi.aggregate == "within":
        name = f"the share of {definition.id} within the limit"
        return Scale(name, Unit.RATIO, Direction.HIGHER, 0.0, 1.0)
    return ticket_scale(kpi, definition)


def ticket_scale(kpi: KpiTable, definition: MeasureDefinition) -> Scale:
    """Return what one ticket's number can be, whatever becomes of many."""
    low, high = definition.natural_range
    return Scale(definition.id, definition.unit, definition.direction, low, high, kpi.clock)


def _quoted(written: object) -> str:
    return f'"{written}"' if isinstance(written, str) else str(written)
