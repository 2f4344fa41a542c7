"""Cells of imported rows to numbers and instants, and everything that is wrong with them."""

from __future__ import annotations

import math
from datetime import UTC, datetime
from typing import Final
from zoneinfo import ZoneInfo

from connector.config.imports import ImportTable
from connector.config.quantity import UNITS
from connector.config.table import FIRST_YEAR, LAST_YEAR
from connector.errors import Problem
from connector.kpi.imported_rows import Row
from connector.model.kpi import MeasureDefinition, Unit

DECIMALS: Final = {"JPY": 0, "KRW": 0, "VND": 0, "CLP": 0, "ISK": 0, "BHD": 3, "KWD": 3, "TND": 3}
"""How many decimals a currency has, where it is not two."""
SCALES: Final = {"nps": (0, 10), "ces": (1, 7), "fcr_survey": (0, 1)}
"""What an answer may be; scores of another scale are another KPI."""
YES_NO: Final = {"yes": 1.0, "no": 0.0, "true": 1.0, "false": 0.0}


class Cells:
    """One row while it is read: problems are collected, what is wrong is None."""

    def __init__(
        self, row: Row, table: ImportTable, definition: MeasureDefinition, problems: list[Problem]
    ) -> None:
        """Read a row of an import that feeds a measure."""
        self.row = row
        self.table = table
        self.definition = definition
        self._problems = problems

    def refuse(self, message: str, key: str = "", hint: str = "") -> None:
        """Note what is wrong."""
        self._problems.append(self.row.problem(message, key, hint))

    def text(self, key: str) -> str:
        """Return a cell, "" where it is empty."""
        return self.row.cells.get(key, "")

    def instant(self, key: str) -> datetime | None:
        """Return the instant of a cell; a day is its first moment in the zone of the import."""
        text = self.text(key)
        try:
            found = datetime.fromisoformat(text) if text else None
        except ValueError:
            found = None
        if found is None or not FIRST_YEAR <= found.year <= LAST_YEAR:
            if text:
                hint = "write 2026-01-31 or 2026-01-31T12:00:00Z"
                self.refuse(f'"{text}" is no time', key, hint)
            return None
        if found.tzinfo is None:
            zone = ZoneInfo(self.table.timezone)
            found = found.replace(tzinfo=zone)
        return found.astimezone(UTC)

    def number(self, key: str) -> float | None:
        """Return the number of a cell."""
        text = self.text(key)
        if not text:
            return None
        try:
            found = float(text)
        except ValueError:
            found = math.nan
        if not math.isfinite(found):
            self.refuse(f'"{text}" is no number', key, "decimals have a point; no separators")
            return None
        return found

    def count(self, key: str) -> int | None:
        """Return a whole number, at least 0."""
        found = self.number(key)
        if found is not None and (found < 0 or found != int(found)):
            self.refuse(f'"{self.text(key)}" is no count', key, "a whole number, 0 or more")
            return None
        return None if found is None else int(found)

    @property
    def unit(self) -> str:
        """Return in which unit values are kept: that of the measure, or the currency."""
        return self.table.currency or self.definition.unit

    def scale(self, number: float) -> float:
        """Return a value in the unit that is kept; another unit than the measure's is refused."""
        written = self.text("unit")
        if self.table.currency:
            digits = DECIMALS.get(self.table.currency, 2)
            minor = round(number * float(10**digits), 6)
            if written not in {"", self.table.currency}:
                hint = f"this import is in {self.table.currency}"
                self.refuse(f'"{written}" is another currency', "unit", hint)
            if minor != int(minor):
                hint = f"{self.table.currency} has {digits} decimals"
                self.refuse(f"{number} has too many decimals", "value", hint)
            return minor
        if written in {"", self.definition.unit}:
            return number
        factor, base = UNITS.get(written, (0.0, ""))
        if base != self.definition.unit or base == Unit.COUNT:
            self.refuse(f'"{written}" is another unit', "unit", f"this import is in {self.unit}")
            return number
        return number * factor

    def check_direction(self) -> None:
        """Refuse a direction that is not the measure's."""
        written = self.text("direction")
        if written and written != self.definition.direction:
            hint = f"{self.definition.direction} is better for {self.definition.id}"
            self.refuse(f'"{written}" is not the direction', "direction", hint)

    def check_range(self, value: float | None) -> None:
        """Refuse a value that the measure cannot have."""
        low, high = self.definition.natural_range
        if value is None or ((low is None or value >= low) and (high is None or value <= high)):
            return
        bounds = f"from {low:g}" if high is None else f"from {low or 0:g} to {high:g}"
        self.refuse(
            f"{value:g} is out of reach for {self.definition.id}", "value", f"it runs {bounds}"
        )

    def score(self, measure: str) -> float | None:
        """Return an answer on the scale of its survey."""
        low, high = SCALES[measure]
        text = self.text("score").lower()
        found = YES_NO.get(text) if measure == "fcr_survey" else None
        found = self.number("score") if found is None else found
        if found is not None and not (low <= found <= high and found == int(found)):
            hint = 'write "yes" or "no"' if measure == "fcr_survey" else f"whole, {low} to {high}"
            self.refuse(f'"{text}" is no answer to {measure}', "score", hint)
            return None
        written = self.text("scale")
        if written and written.replace("..", "-") != f"{low}-{high}":
            hint = f"{measure} is asked from {low} to {high}: another scale is another KPI"
            self.refuse(f'"{written}" is another scale', "scale", hint)
        return found
