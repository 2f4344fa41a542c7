"""Whether two KPIs count the same thing, and whether a ticket can count for both."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from connector.config.mapping import KpiTable
from connector.config.where import Condition, Filter, as_filter, kind_of
from connector.goals.lint_look import Look


def is_same_kpi(one: Look, other: Look) -> bool:
    """Tell whether two goals go by the same number, of whichever tickets."""
    return (
        one.kpi is not None
        and other.kpi is not None
        and one.definition is not None
        and other.definition is not None
        and _number_of(one.kpi, one.definition.aggregates[0])
        == _number_of(other.kpi, other.definition.aggregates[0])
    )


def have_tickets_in_common(one: Look, other: Look) -> bool:
    """Tell whether a ticket can count for both, as far as their `where` tells."""
    if one.kpi is None or other.kpi is None:
        return False
    return can_overlap(one.kpi.where, other.kpi.where)


def can_overlap(one: Mapping[str, Condition], other: Mapping[str, Condition]) -> bool:
    """Tell whether a ticket can pass both; names that mean the same thing count as different."""
    return not any(
        _are_apart(key, as_filter(one[key]), as_filter(other[key]))
        for key in one.keys() & other.keys()
    )


def _number_of(kpi: KpiTable, usual: str) -> tuple[object, ...]:
    limit = kpi.limit.number if kpi.limit else None
    settings = tuple(sorted((name, str(value)) for name, value in kpi.settings.items()))
    return (kpi.measure_id, kpi.clock, kpi.aggregate or usual, limit, settings)


def _are_apart(key: str, one: Filter, other: Filter) -> bool:
    if _is_shut_out(one, other) or _is_shut_out(other, one):
        return True
    if _are_ranges_apart(one, other) or _are_ranges_apart(other, one):
        return True
    mine, theirs = _plain(one.any), _plain(other.any)
    is_single = kind_of(key) != "tags"  # a ticket has one group, but many tags
    return is_single and bool(mine and theirs) and mine.isdisjoint(theirs)


def _is_shut_out(one: Filter, other: Filter) -> bool:
    """Tell whether all that one of them wants is what the other one does not."""
    unwanted = _plain((*other.none, *other.exclude))
    wanted = _plain(one.any)
    return bool(wanted and wanted <= unwanted) or bool(_plain(one.all) & unwanted)


def _are_ranges_apart(one: Filter, other: Filter) -> bool:
    if one.max is not None and other.min is not None and one.max < other.min:
        return True
    return one.until is not None and other.since is not None and one.until <= other.since


def _plain(names: Iterable[str]) -> frozenset[str]:
    return frozenset(name.strip().casefold() for name in names)
