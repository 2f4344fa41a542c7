"""All groups of a KPI at once: one pass over the rows, then intervals for whole columns.

Rates are pooled within a group and quantiles taken from its rows; no figure of a group is made of
figures of others.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from connector.kpi.aggregates import (
    QUANTILES,
    Z95,
    Estimate,
    estimate,
    mean_interval,
    nps,
    ranks,
    share,
)
from connector.kpi.ask import Question, part
from connector.kpi.by_imports import imported_answers, rests_on_imports
from connector.kpi.by_rows import Grouping, rows
from connector.kpi.estimates import divided
from connector.kpi.forms import parts_of
from connector.model.kpi import Family

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

BOOTSTRAP_TOTAL: Final = 50_000
BOOTSTRAP_GROUPS: Final = 1_000
"""With more rows or groups in all, bootstrap intervals of groups come from their expansion."""

Key = tuple[Any, ...]
Answers = dict[Key, tuple[Estimate, int]]
"""An estimate for each group, and the flags of the rows behind it as bits."""


def answers(con: DuckDBPyConnection, question: Question, grouped: Grouping) -> Answers:
    """Return the estimate of every group that has rows."""
    if rests_on_imports(question):
        return imported_answers(con, question, grouped)
    if question.family is Family.RATIO:
        return _ratios(con, question, grouped)
    if question.family in TOTALS:
        return TOTALS[question.family](con, question, grouped)
    if question.is_shared:
        return _shared_numbers(con, question, grouped)
    if question.aggregate in QUANTILES:
        return _quantiles(con, question, grouped)
    return NUMBERS[question.aggregate](con, question, grouped)


def _grouped(
    con: DuckDBPyConnection, question: Question, grouped: Grouping, *columns: str
) -> list[Any]:
    """Return keys, columns and flags of every group."""
    query, params = rows(question, grouped)
    return con.execute(_select(grouped, query, *columns), params).fetchall()


def _select(grouped: Grouping, query: str, *columns: str) -> str:
    keys = [f"k{i}" for i in range(len(grouped.by))]
    selected = ", ".join((*keys, *columns, "bit_or(flags) as bits"))
    by = f" group by {', '.join(keys)}" if keys else ""
    return f"select {selected} from ({query}){by}"


def _one(question: Question) -> str:
    return "sum(weight)" if question.is_shared else "count(*)"


def _hits(question: Question, test: str) -> str:
    weight = "sum(weight)" if question.is_shared else "count(*)"
    return f"coalesce({weight} filter ({test}), 0)"


def _rates(con: DuckDBPyConnection, question: Question, grouped: Grouping) -> Answers:
    hit = "sum(weight * value)" if question.is_shared else "sum(value)"
    found = _grouped(con, question, grouped, hit, _one(question))
    return {tuple(key): (share(_plain(k), n), bits) for *key, k, n, bits in found}


def _within(con: DuckDBPyConnection, question: Question, grouped: Grouping) -> Answers:
    test = f"value <= {question.limit!r}::double"
    found = _grouped(con, question, grouped, _hits(question, test), _one(question))
    return {tuple(key): (share(k, n), bits) for *key, k, n, bits in found}


def _scores(con: DuckDBPyConnection, question: Question, grouped: Grouping) -> Answers:
    up, down = _hits(question, "value > 0"), _hits(question, "value < 0")
    found = _grouped(con, question, grouped, up, down, _one(question))
    return {tuple(key): (nps(good, bad, n), bits) for *key, good, bad, n, bits in found}


def _sums(con: DuckDBPyConnection, question: Question, grouped: Grouping) -> Answers:
    amount = "sum(weight * value)" if question.is_shared else "sum(value)"
    found = _grouped(con, question, grouped, amount, _one(question))
    return {tuple(key): (Estimate(value=float(v), n=n), bits) for *key, v, n, bits in found}


def _tickets(con: DuckDBPyConnection, question: Question, grouped: Grouping) -> Answers:
    """Count every ticket once in each group; a shared one by its shares."""
    query, params = rows(question, grouped)
    keys = [f"k{i}" for i in range(len(grouped.by))]
    once = ", ".join((*keys, "helpdesk", "ticket_id"))
    if question.is_shared:
        inner = f"select {once}, weight, bit_or(flags) as flags from ({query}) group by all"
        found = con.execute(_select(grouped, inner, "sum(weight)"), params).fetchall()
    elif len(question.helpdesks) > 1:
        inner = f"select {once}, bit_or(flags) as flags from ({query}) group by all"
        found = con.execute(_select(grouped, inner, "count(*)"), params).fetchall()
    else:
        found = con.execute(_select(grouped, query, DISTINCT), params).fetchall()
    return {tuple(key): (Estimate(value=float(n), n=n), bits) for *key, n, bits in found}


DISTINCT: Final = "count(distinct ticket_id)"


def _days(con: DuckDBPyConnection, question: Question, grouped: Grouping) -> Answers:
    query, params = rows(question, grouped)
    keys = [f"k{i}" for i in range(len(grouped.by))]
    once = ", ".join((*keys, "helpdesk", "actor_id", "day", "bit_or(flags) as flags"))
    inner = f"select {once} from ({query}) where actor_id is not null group by all"
    found = con.execute(_select(grouped, inner, "count(*)"), params).fetchall()
    return {tuple(key): (Estimate(value=float(n), n=n), bits) for *key, n, bits in found}


def _counts(con: DuckDBPyConnection, question: Question, grouped: Grouping) -> Answers:
    found = _grouped(con, question, grouped, _one(question))
    return {tuple(key): (Estimate(value=float(n), n=n), bits) for *key, n, bits in found}


def _quantiles(con: DuckDBPyConnection, question: Question, grouped: Grouping) -> Answers:
    """Sort the values of every group once, and pick what the sizes of the groups ask for."""
    query, params = rows(question, grouped)
    columns = "count(*) as n", "list_sort(list(value)) as ordered"
    keys = [f"k{i}" for i in range(len(grouped.by))]
    con.execute(
        f"create or replace temp table by_groups as {_select(grouped, query, *columns)}", params
    )
    sizes = [n for (n,) in con.execute("select distinct n from by_groups").fetchall() if n]
    picks = list(zip(*(picked(n, QUANTILES[question.aggregate]) for n in sizes), strict=True))
    columns_of = ("n", "place", "beyond", "below", "above")
    types = ("bigint", "bigint", "double", "bigint", "bigint")
    selected = ", ".join(
        f"unnest(?::{kind}[]) as {name}" for name, kind in zip(columns_of, types, strict=True)
    )
    con.execute(
        f"create or replace temp table by_picks as select {selected}",
        [list(column) for column in (picks or ((),) * len(columns_of))],
    )
    value = "ordered[place] + (ordered[least(place + 1, n)] - ordered[place]) * beyond"
    wanted = ", ".join((*keys, value, "n", "ordered[below]", "ordered[above]", "bits"))
    found = con.execute(f"select {wanted} from by_groups join by_picks using (n)").fetchall()
    con.execute("drop table by_groups; drop table by_picks")
    return {
        tuple(key): (Estimate(value=middle, n=n, low=low, high=high), bits)
        for *key, middle, n, low, high, bits in found
    }


@lru_cache(maxsize=20_000)
def picked(n: int, q: float) -> tuple[int, int, float, int | None, int | None]:
    """Return where a quantile of n values in order stands, and the ranks that bound it, from 1."""
    position = (n - 1) * q
    below, above = ranks(n, q)
    return n, math.floor(position) + 1, position - math.floor(position), below, above


def _means(con: DuckDBPyConnection, question: Question, grouped: Grouping) -> Answers:
    moments = "count(*)", "avg(value)", "stddev_pop(value)", "skewness(value)"
    found = _grouped(con, question, grouped, *moments)
    rows_in_all = sum(row[len(grouped.by)] for row in found)
    if rows_in_all <= BOOTSTRAP_TOTAL and len(found) <= BOOTSTRAP_GROUPS:
        return _small_means(con, question, grouped)
    answered: Answers = {}
    for *key, n, mean, spread, skewness, bits in found:
        low, high = expanded(n, mean, spread, skewness)
        answered[tuple(key)] = (Estimate(value=mean, n=n, low=low, high=high), bits)
    return answered


def _small_means(con: DuckDBPyConnection, question: Question, grouped: Grouping) -> Answers:
    answered: Answers = {}
    for *key, values, bits in _grouped(con, question, grouped, "list(value)"):
        numbers = np.asarray(values, dtype=np.float64)
        low, high = mean_interval(numbers)
        mean = float(numbers.mean())
        answered[tuple(key)] = (Estimate(value=mean, n=numbers.size, low=low, high=high), bits)
    return answered


def expanded(n: int, mean: float, spread: float, skewness: float | None) -> tuple[float, float]:
    """Return the bootstrap percentile interval of a mean by its expansion from three moments.

    `skewness` is the sample's, corrected for its size, as databases give it.
    """
    plain = (skewness or 0.0) * (n - 2) / math.sqrt(n * (n - 1)) if n > 2 else 0.0  # noqa: PLR2004  # no skewness of two
    step = spread / math.sqrt(n)
    lean = plain / (6 * math.sqrt(n)) * (Z95 * Z95 - 1)
    return mean + step * (lean - Z95), mean + step * (lean + Z95)


def _shared_numbers(con: DuckDBPyConnection, question: Question, grouped: Grouping) -> Answers:
    found = _grouped(con, question, grouped, "list(value)", "list(weight)")
    return {
        tuple(key): (_weighted(question, values, weights), bits)
        for *key, values, weights, bits in found
    }


def _weighted(question: Question, values: Sequence[float], weights: Sequence[float]) -> Estimate:
    return estimate(
        np.asarray(values, dtype=np.float64),
        question.aggregate,
        limit=question.limit,
        weights=np.asarray(weights, dtype=np.float64),
    )


def _ratios(con: DuckDBPyConnection, question: Question, grouped: Grouping) -> Answers:
    nothing = (Estimate(value=0.0, n=0), 0)
    above, below = (answers(con, part(question, form), grouped) for form in parts_of(question.form))
    found: Answers = {}
    for key in above.keys() | below.keys():
        (top, top_bits), (bottom, bits) = above.get(key, nothing), below.get(key, nothing)
        found[key] = (divided(top, bottom), top_bits | bits)
    return found


def _plain(number: float) -> float:
    return int(number) if number == int(number) else number


Answering = Callable[["DuckDBPyConnection", Question, Grouping], Answers]
NUMBERS: Final[Mapping[str, Answering]] = MappingProxyType(
    {"mean": _means, "within": _within, "sum": _sums, "count": _counts}
)
TOTALS: Final[Mapping[Family, Answering]] = MappingProxyType(
    {
        Family.RATE: _rates,
        Family.NPS: _scores,
        Family.SUM: _sums,
        Family.COUNT: _tickets,
        Family.SNAPSHOT: _tickets,
        Family.DAYS: _days,
    }
)
