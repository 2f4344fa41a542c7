"""Which tickets a KPI counts: the names of a `where` resolved to ids, helpdesk by helpdesk."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any, Final

import msgspec

from connector.config.mapping import WHERE_KEYS
from connector.errors import MappingError, Problem

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

NAMED: Final = {
    "group": "select group_id as key, name from groups where helpdesk = ? and not deleted",
    "assignee": "select person_id as key, name from people"
    " where helpdesk = ? and role in ('admin', 'agent') and name is not null",
}
"""Dimensions that people know by name; the others are known by id, or are words of the ticket."""

COLUMNS: Final = {
    "group": "group_id",
    "assignee": "assignee_id",
    "brand": "brand_id",
    "form": "form_id",
    "organization": "organization_id",
    "channel": "channel",
    "priority": "priority",
    "type": "type",
}
KINDS: Final = {"assignee": "person"}
WORDS: Final = frozenset({"channel", "priority", "type"})
ALIKE: Final = 0.6

Choice = dict[str, tuple[Any, ...]]


class Scope(msgspec.Struct, frozen=True):
    """A resolved `where`: for each helpdesk the allowed values of each key.

    A helpdesk that lacks what a key names has no ticket in scope and is absent.
    """

    choices: Mapping[str, Choice]

    @property
    def is_everything(self) -> bool:
        """Tell whether no ticket is left out."""
        return all(not choice for choice in self.choices.values())

    def condition(self, alias: str = "t") -> tuple[str, list[Any]]:
        """Return a condition over the `tickets` view, and its parameters."""
        parts, params = ["false"], []
        for helpdesk, choice in self.choices.items():
            tests = [f"{alias}.helpdesk = ?"]
            params.append(helpdesk)
            for key, values in choice.items():
                tests.append(_test(alias, key, len(values)))
                params.extend(values)
            parts.append(f"({' and '.join(tests)})")
        return f"({' or '.join(parts)})", params


def resolve(where: Mapping[str, Sequence[str]], con: DuckDBPyConnection) -> Scope:
    """Turn names into ids over attached sets: case exact, else ignoring case, else as an id.

    Raises `MappingError` with a problem for every name that no helpdesk knows.
    """
    helpdesks = _helpdesks(con)
    choices: dict[str, Choice] = {helpdesk: {} for helpdesk in helpdesks}
    problems: list[Problem] = []
    for key, names in where.items():
        if key not in WHERE_KEYS:
            problems.append(_unknown("where key", key, WHERE_KEYS, ""))
            continue
        found, missing = _resolve_key(con, key, names, helpdesks)
        problems.extend(missing)
        for helpdesk in helpdesks:
            choices[helpdesk][key] = found[helpdesk]
    if problems:
        raise MappingError(problems)
    return Scope({name: choice for name, choice in choices.items() if all(choice.values())})


def _helpdesks(con: DuckDBPyConnection) -> list[str]:
    rows = con.execute("select distinct helpdesk from tickets order by 1").fetchall()
    return [name for (name,) in rows]


def _resolve_key(
    con: DuckDBPyConnection, key: str, names: Sequence[str], helpdesks: Sequence[str]
) -> tuple[dict[str, tuple[Any, ...]], list[Problem]]:
    """Resolve one key everywhere; a name that some helpdesk knows is no problem."""
    known = {helpdesk: _known(con, key, helpdesk) for helpdesk in helpdesks}
    everything = {name for words in known.values() for name in words}
    found: dict[str, list[Any]] = {helpdesk: [] for helpdesk in helpdesks}
    problems = []
    for name in names:
        values = {one: _lookup(con, key, one, name, known[one]) for one in helpdesks}
        is_unknown = not any(values.values())
        if is_unknown and _may_be_absent(key, name, everything):
            values = {helpdesk: [name] for helpdesk in helpdesks}
        elif is_unknown and helpdesks:
            problems.append(_unknown(key, name, sorted(everything), " or ".join(helpdesks)))
        for helpdesk in helpdesks:
            found[helpdesk].extend(values[helpdesk])
    return {helpdesk: tuple(values) for helpdesk, values in found.items()}, problems


def _may_be_absent(key: str, name: str, known: Collection[str]) -> bool:
    """Tell whether a word may simply not have occurred yet: it is like none that has."""
    return key == "tag" or (key in WORDS and not get_close_matches(name, known, 1, ALIKE))


def _known(con: DuckDBPyConnection, key: str, helpdesk: str) -> dict[str, Any]:
    """Return what a dimension may say: names or words to the value that tickets carry."""
    if key in WORDS:
        query = f"select distinct {COLUMNS[key]}, {COLUMNS[key]} from tickets where helpdesk = ?"
    elif key in NAMED:
        query = f"select name, list(key) from ({NAMED[key]}) group by name"
    else:
        return {}
    rows = con.execute(query, [helpdesk]).fetchall()
    return {name: value for name, value in rows if name is not None}


def _lookup(
    con: DuckDBPyConnection, key: str, helpdesk: str, name: str, known: Mapping[str, Any]
) -> list[Any]:
    if name in known:
        return _listed(known[name])
    folded = [value for other, value in known.items() if other.casefold() == name.casefold()]
    if folded:
        return [one for value in folded for one in _listed(value)]
    return [] if key in WORDS or key == "tag" else _by_id(con, key, helpdesk, name)


def _listed(value: Any) -> list[Any]:
    return list(value) if isinstance(value, list) else [value]


def _by_id(con: DuckDBPyConnection, key: str, helpdesk: str, name: str) -> list[int]:
    """Take a value as the vendor's id, if a ticket or the list of ids knows it."""
    column, kind = COLUMNS[key], KINDS.get(key, key)
    rows = con.execute(
        "select key from vendor_ids where helpdesk = ? and kind = ? and id = ?"
        f" union select {column} from tickets"
        f" where helpdesk = ? and {column} = try_cast(? as bigint)",
        [helpdesk, kind, name, helpdesk, name],
    ).fetchall()
    return [value for (value,) in rows]


def _test(alias: str, key: str, count: int) -> str:
    marks = ", ".join("?" for _ in range(count))
    if key == "tag":
        return f"list_has_any({alias}.tags, [{marks}])"
    return f"{alias}.{COLUMNS[key]} in ({marks})"


def _unknown(what: str, name: str, known: Sequence[str], helpdesk: str) -> Problem:
    place = f" in {helpdesk}" if helpdesk else ""
    folded = {other.casefold(): other for other in known}
    near = get_close_matches(name, known, 1, ALIKE)
    near = near or [folded[one] for one in get_close_matches(name.casefold(), folded, 1, ALIKE)]
    hint = f"did you mean {near[0]}?" if near else ""
    return Problem(f"{what} {name} does not exist{place}", key=f"where.{what}", hint=hint)
