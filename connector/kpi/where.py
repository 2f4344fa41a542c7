"""Which tickets a KPI counts: a `where` turned into a condition, helpdesk by helpdesk."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime
from typing import TYPE_CHECKING, Any, Final

import msgspec

from connector.config.where import (
    DATE_KEYS,
    WHERE_KEYS,
    Condition,
    Filter,
    as_filter,
    kind_of,
)
from connector.config.zones import midnight
from connector.errors import MappingError, Problem
from connector.kpi.lookup import COLUMNS, Lookup, near_hint

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

HERE: Final = "{t}"
"""Stands for the alias of the tickets in the SQL of a test."""


class Test(msgspec.Struct, frozen=True):
    """One condition over a ticket, `{t}` for its alias, and the parameters."""

    sql: str
    params: tuple[Any, ...] = ()


NOTHING: Final = Test("false")
"""The test of a helpdesk that lacks what a `where` names: no ticket of it is in scope."""

Tests = dict[str, list[Test]]


class Scope(msgspec.Struct, frozen=True):
    """A resolved `where`: for each helpdesk the tests that all have to hold."""

    tests: Mapping[str, Sequence[Test]]

    @property
    def is_everything(self) -> bool:
        """Tell whether no ticket is left out."""
        return not any(self.tests.values())

    def condition(self, alias: str = "t") -> tuple[str, list[Any]]:
        """Return a condition over rows with the columns of `tickets`, and its parameters."""
        parts, params = ["false"], []
        for helpdesk, tests in self.tests.items():
            own = [f"{HERE}.helpdesk = ?", *(test.sql for test in tests)]
            parts.append(f"({' and '.join(own)})".replace(HERE, alias))
            params += [helpdesk, *(value for test in tests for value in test.params)]
        return f"({' or '.join(parts)})", params


def resolve(where: Mapping[str, Condition], con: DuckDBPyConnection, *, zone: str = "UTC") -> Scope:
    """Turn names into ids over attached sets: as pinned, else by name, by case or as an id.

    Days begin in `zone` where the `where` does not say another. Raises `MappingError` with a
    problem for every name that no helpdesk knows.
    """
    lookup = Lookup(con)
    tests: Tests = {helpdesk: [] for helpdesk in lookup.helpdesks}
    for key, condition in where.items():
        wanted = as_filter(condition)
        match kind_of(key):
            case None:
                known = (*WHERE_KEYS, *DATE_KEYS)
                problem = f"where key {key} does not exist"
                lookup.problems.append(Problem(problem, key="where", hint=near_hint(key, known)))
            case "field":
                _test_field(lookup, key, wanted, tests)
            case "dates":
                _test_days(key, wanted, zone, tests)
            case _:
                _test_names(lookup, key, wanted, tests)
    if lookup.problems:
        raise MappingError(lookup.problems)
    return Scope(tests)


def _test_names(lookup: Lookup, key: str, wanted: Filter, tests: Tests) -> None:
    """Test a column against names; a helpdesk that lacks them all has no ticket with any."""
    refused = (*wanted.none, *wanted.exclude)
    for names, is_wanted in ((wanted.any, True), (refused, False)):
        for helpdesk, values in lookup.values(key, names).items() if names else ():
            if values:
                tests[helpdesk].append(_among(key, values, is_wanted=is_wanted))
            elif is_wanted:
                tests[helpdesk].append(NOTHING)
    if wanted.all:
        for own in tests.values():
            marks = _marks(wanted.all)
            own.append(Test(f"list_has_all({HERE}.tags, [{marks}])", wanted.all))


def _among(key: str, values: tuple[Any, ...], *, is_wanted: bool) -> Test:
    if key == "tag":
        test = f"list_has_any({HERE}.tags, [{_marks(values)}])"
    else:
        test = f"{HERE}.{COLUMNS[key]} in ({_marks(values)})"
    return Test(test if is_wanted else _unless(test), values)


def _test_field(lookup: Lookup, key: str, wanted: Filter, tests: Tests) -> None:
    """Test a custom field; a helpdesk that lacks it has tickets without a value."""
    fields = lookup.fields(key)
    chosen = lookup.field_values(key, fields, wanted.any)
    refused = lookup.field_values(key, fields, wanted.exclude)
    for helpdesk, field in fields.items():
        is_list = lookup.field_kind(helpdesk, field) == "multiselect"
        if wanted.any:
            tests[helpdesk].append(_holds(field, chosen[helpdesk], is_list=is_list))
        if refused[helpdesk]:
            held = _holds(field, refused[helpdesk], is_list=is_list)
            tests[helpdesk].append(Test(_unless(held.sql), held.params))
        tests[helpdesk].extend(_ranges(field, wanted))
    if wanted.wants_value:
        for helpdesk in tests.keys() - fields.keys():
            tests[helpdesk].append(NOTHING)


def _holds(field: str, values: tuple[str, ...], *, is_list: bool) -> Test:
    if not values:
        return NOTHING
    value = f"lower({HERE}.fields[?])"
    marks = _marks(values)
    test = (
        f"list_has_any(string_split({value}, ' '), [{marks}])"
        if is_list
        else (f"{value} in ({marks})")
    )
    return Test(test, (field, *(one.lower() for one in values)))


def _ranges(field: str, wanted: Filter) -> Iterator[Test]:
    bounds = (
        ("double", ">=", wanted.min),
        ("double", "<=", wanted.max),
        ("date", ">=", wanted.since),
        ("date", "<", wanted.until),
    )
    for kind, sign, bound in bounds:
        if bound is not None:
            sql = f"coalesce(try_cast({HERE}.fields[?] as {kind}) {sign} ?, false)"
            yield Test(sql, (field, bound))


def _test_days(key: str, wanted: Filter, zone: str, tests: Tests) -> None:
    for own in tests.values():
        for sign, day in ((">=", wanted.since), ("<", wanted.until)):
            if day is not None:
                start = _stored(day, wanted.timezone or zone)
                own.append(Test(f"{HERE}.{key}_at {sign} ?", (start,)))


def _stored(day: date, zone: str) -> datetime:
    """Return when a day begins, as the store writes it."""
    return midnight(day, zone).replace(tzinfo=None)


def _unless(test: str) -> str:
    """Return the opposite of a test; a ticket without a value passes it."""
    return f"not coalesce({test}, false)"


def _marks(values: Sequence[Any]) -> str:
    return ", ".join("?" for _ in values)
