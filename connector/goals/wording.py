"""Reasons in plain words: which numbers a verdict rests on."""

from __future__ import annotations

from collections.abc import Mapping

from connector.config.phrases import in_words
from connector.config.quantity import format_quantity
from connector.goals.evidence import Case
from connector.goals.pace import adds_up
from connector.goals.sample import interval
from connector.model.goal import Burn, Forecast

MANY = 1000


def amount(case: Case, number: float) -> str:
    """Write a number with the unit of the goal's KPI."""
    return format_quantity(number, case.value.unit, clock=case.value.clock)


def amounts(case: Case, *numbers: float) -> tuple[str, ...]:
    """Write several numbers with the unit of the goal's KPI."""
    return tuple(amount(case, number) for number in numbers)


def percent(share: float) -> str:
    """Write a share in whole percent: 57 %."""
    return f"{share * 100:.0f} %"


def chance(case: Case, forecast: Forecast) -> str:
    """Say how likely the target is met at the end, and where the value may land."""
    told = f"the target is met at the end with a chance of {percent(forecast.probability or 0.0)}"
    if forecast.low is None or forecast.high is None:
        return told
    low, high = amounts(case, forecast.low, forecast.high)
    return f"{told}; the final value lands between {low} and {high} (90 %)"


def scope(where: Mapping[str, object]) -> str:
    """Say which tickets a KPI covers: `group EMEA; channel email, web`."""
    return in_words(where, ", ")


def too_few(case: Case, needed: int) -> str:
    """Say that the value rests on too few tickets, and what can be said."""
    value = case.value
    if value.value is None:
        return "nothing to measure yet"
    told = f"n {value.n}: a {_kind(case)} needs {needed}; so far {amount(case, value.value)}"
    known = interval(value)
    if known is None:
        return told
    low, high = amounts(case, known.low, known.high)
    return f"{told}, between {low} and {high} (95 %)"


def spent(burn: Burn) -> str:
    """Say how much of a budget of bad events is gone."""
    used = f"{percent(burn.consumed)} of the budget is used up"
    return f"{used}, {plain(burn.bad)} bad where {plain(burn.budget)} are allowed in the period"


def plain(number: float) -> str:
    """Write a number of events: whole, or with one decimal where tickets are shared."""
    return f"{round(number, 1):g}" if number < MANY else f"{number:.0f}"


def pace(case: Case, progress: float, expected: float) -> str:
    """Say where the value stands between baseline and target, and where it should."""
    value, baseline = case.value.value or 0.0, case.evidence.baseline or 0.0
    shown, from_, to = amounts(case, value, baseline, case.aim)
    if adds_up(case.value, case.definition):
        planned = case.evidence.expected
        since = f"in {percent(case.evidence.elapsed)} of the period"
        so_far = f"where the plan has {amount(case, round(planned))}" if planned else since
        heading = amount(case, round(case.heading or value))
        way = f"{percent(progress)} of the way from baseline {from_} to target {to}"
        return f"{shown} {so_far}, heading for {heading}: {way}"
    if progress > 1:
        where = f"value {shown} is past the target {to} (baseline {from_})"
    elif progress < 0:
        where = f"value {shown} is worse than the baseline {from_} (target {to})"
    else:
        where = f"value {shown} is between baseline {from_} and target {to}"
    return f"{where}: {percent(progress)} of the way, expected {percent(expected)} by now"


def _kind(case: Case) -> str:
    return "share" if case.value.unit == "ratio" else case.value.aggregate
