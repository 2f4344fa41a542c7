"""Numbers from outside: values of periods, and answers to surveys."""

from __future__ import annotations

from datetime import datetime

import msgspec


class ImportedValue(msgspec.Struct, frozen=True, kw_only=True):
    """A value of [start, end), or of an instant where both are the same.

    Money is in minor units of the currency that `unit` names. `n` is what the value rests on;
    with `numerator` and `denominator` it is their quotient.
    """

    source: str
    start: datetime
    end: datetime
    value: float | None
    n: int | None
    numerator: float | None
    denominator: float | None
    unit: str
    direction: str
    definition: str
    origin: str
    as_of: datetime
    file: str
    line: int
    version: int = 1


class ImportedAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """One answer to a survey; `scale` is as in 0-10, `answer` what tells it from all others."""

    source: str
    answer: str
    at: datetime
    score: float
    scale: str
    ticket: str
    assignee: str
    definition: str
    origin: str
    file: str
    line: int
    version: int = 1
