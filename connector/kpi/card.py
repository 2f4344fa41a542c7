"""The card of a KPI: its value, everything that it means, and the tickets that weigh most."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

import msgspec

from connector.config.mapping import KpiTable
from connector.config.measure_settings import Value
from connector.kpi.aggregates import MINIMUM_N, MINIMUM_TAIL_N
from connector.kpi.ask import Question, ask, last_instant, part
from connector.kpi.evaluate import REASONS, evaluate
from connector.kpi.flags import Flag, excluded
from connector.kpi.forms import parts_of
from connector.kpi.imported import ImportedSource, sources
from connector.kpi.weights import Choice, Weight, chosen
from connector.kpi.where import resolve
from connector.model.kpi import Direction, Family, KpiValue, MeasureDefinition, Period

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

HEAVIEST: Final = 10
UNCOUNTED: Final = frozenset({"count", "sum", "ratio"})
"""Aggregates that are what they are, however few tickets there are."""

ORDERS: Final[Mapping[Family, str]] = {
    Family.TIME: "{value} {worst}",
    Family.NUMBER: "{value} {worst}",
    Family.RATE: "{value} {worst}, m.at desc",
    Family.NPS: "{value}, m.at desc",
    Family.SUM: "{value} desc",
    Family.COUNT: "m.at desc",
    Family.DAYS: "m.at desc",
    Family.SNAPSHOT: "m.at",
    Family.AGE: "{value} desc",
}
"""Which tickets weigh most: the longest times, the bad outcomes, the newest counts, the oldest."""


class KpiCard(msgspec.Struct, frozen=True, kw_only=True):
    """A KPI with what it means and the tickets that weigh most.

    `settings` are what counts, defaults filled in, and `is_set` names those that the KPI sets
    itself. `excluded` counts the tickets that never count, by reason, and `waiting` those that may
    still get a value. A value is no longer provisional after `settles_at`.
    """

    definition: MeasureDefinition
    value: KpiValue
    heaviest: tuple[Weight, ...]
    variant: str = ""
    settings: Mapping[str, Value] = {}
    is_set: tuple[str, ...] = ()
    limit: float | None = None
    schedule: str = "split"
    credit: str = "assignee"
    group_as_of: str = "now"
    minimum_n: int = 0
    settles_at: datetime | None = None
    excluded: Mapping[str, int] = {}
    waiting: Mapping[str, int] = {}
    imported: tuple[ImportedSource, ...] = ()


def explain_kpi(
    con: DuckDBPyConnection,
    kpi_id: str,
    kpi: KpiTable,
    period: Period,
    *,
    now: datetime,
    as_of: datetime,
    zone: str = "UTC",
) -> KpiCard:
    """Return a KPI's value, its definition, and the ten tickets that weigh most.

    `zone` is where the days begin that are counted, and those of its filter.
    """
    scope = resolve(kpi.where, con, zone=zone)
    value = evaluate(con, kpi_id, kpi, period, now=now, as_of=as_of, zone=zone)
    question = ask(kpi, scope, period.start, last_instant(period, as_of), zone=zone)
    definition = question.definition
    never = _never(definition)
    return KpiCard(
        definition=definition,
        value=value,
        heaviest=_heaviest(con, question),
        variant=kpi.variant or "",
        settings=question.form.settings,
        is_set=tuple(name for name in kpi.settings if name in definition.settings),
        limit=question.limit,
        schedule=kpi.schedule,
        credit=kpi.credit,
        group_as_of=kpi.group_as_of,
        minimum_n=minimum_n(question.aggregate),
        settles_at=period.end + timedelta(seconds=definition.lag_s),
        excluded={words: value.left_out.get(words, 0) for words in never},
        waiting={words: n for words, n in value.left_out.items() if words not in never},
        imported=sources(con, question),
    )


def minimum_n(aggregate: str) -> int:
    """Return how many tickets a number needs before a goal is judged by it; 0 if any will do."""
    return 0 if aggregate in UNCOUNTED else MINIMUM_N.get(aggregate, MINIMUM_TAIL_N)


def _never(definition: MeasureDefinition) -> tuple[str, ...]:
    """Return why tickets are left out for good, in words."""
    bits = excluded(definition.excludes) if definition.excludes else Flag.NONE
    return tuple(words for flag, words in REASONS.items() if flag & bits)


def _heaviest(con: DuckDBPyConnection, question: Question) -> tuple[Weight, ...]:
    """Return the tickets that weigh most; those of a ratio are its numerator's."""
    if question.family is Family.RATIO:
        question = part(question, parts_of(question.form)[0])
    if question.family not in ORDERS:
        return ()
    worst = "asc" if question.definition.direction == Direction.HIGHER else "desc"
    order = ORDERS[question.family].format(value="{value}", worst=worst)
    return chosen(con, question, Choice(order=order), at_most=HEAVIEST)
