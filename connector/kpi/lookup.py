"""What the names of a `where` stand for: pinned ids first, then what the store knows by name.

A name that was resolved once is pinned to its id, and counts on under that id when somebody
renames it. A pinned id that is gone counts on too, together with what has the name now.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any, Final, NamedTuple
from weakref import WeakKeyDictionary

from connector.config.where import FIELD, Condition, as_filter, kind_of
from connector.errors import Problem

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

NAMED: Final = {
    "group": "select group_id as key, name from groups where helpdesk = ? and not deleted",
    "assignee": "select person_id as key, name from people"
    " where helpdesk = ? and role in ('admin', 'agent') and name is not null",
}
"""Dimensions whose names the store has; those of the others are looked up and pinned."""

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

PIN_SEPARATOR: Final = " "
CHOICES: Final = frozenset({"tagger", "dropdown", "multiselect"})
"""Kinds of fields that have options; the value of the last holds several, with spaces between."""
PINS: Final = """
create or replace temp table pins (
  helpdesk varchar, dimension varchar, name varchar, id varchar)
"""


def option_dimension(field: str) -> str:
    """Return the dimension under which the options of a field are pinned."""
    return f"option {field}"


class _Names(NamedTuple):
    """What is known of the names of a connection; `known` and `ids` fill as they are asked for."""

    helpdesks: tuple[str, ...]
    pins: dict[tuple[str, str, str], str]
    known: dict[tuple[str, str], dict[str, Any]]
    ids: dict[tuple[str, str, str], list[int]]


_KEPT: Final[WeakKeyDictionary[DuckDBPyConnection, _Names]] = WeakKeyDictionary()
"""What was read of the names of connections whose sets do not change, as long as they are open."""


def lay_pins(con: DuckDBPyConnection, pins: Mapping[str, Mapping[tuple[str, str], str]]) -> None:
    """Make pinned ids known to a connection: helpdesk to (dimension, name) to id."""
    con.execute(PINS)
    rows = [(desk, *key, id_) for desk, known in pins.items() for key, id_ in known.items()]
    if rows:
        con.executemany("insert into pins values (?, ?, ?, ?)", rows)


def read_names_once(con: DuckDBPyConnection) -> None:
    """Keep what is looked up for this connection: nothing of it changes as long as it is open."""
    _KEPT[con] = _names(con)


def helpdesks_of(con: DuckDBPyConnection) -> tuple[str, ...]:
    """Return the names of the attached helpdesks that have tickets, in order."""
    rows = con.execute("select helpdesk from helpdesks order by 1").fetchall()
    return tuple(name for (name,) in rows)


class Lookup:
    """Names to the values that tickets carry, over attached sets."""

    def __init__(self, con: DuckDBPyConnection) -> None:
        self._con = con
        self._names = _KEPT.get(con) or _names(con)
        self.helpdesks = self._names.helpdesks
        self.pins = self._names.pins
        self.problems: list[Problem] = []

    def known(self, key: str, helpdesk: str) -> dict[str, Any]:
        """Return what a dimension may say: names or words to the value that tickets carry."""
        place = (key, helpdesk)
        if place not in self._names.known:
            self._names.known[place] = self._known(key, helpdesk)
        return self._names.known[place]

    def values(self, key: str, names: Sequence[str]) -> dict[str, tuple[Any, ...]]:
        """Return what the names stand for in each helpdesk; one that nobody knows is a problem."""
        known = {helpdesk: self.known(key, helpdesk) for helpdesk in self.helpdesks}
        everything = sorted({name for words in known.values() for name in words})
        found: dict[str, list[Any]] = {helpdesk: [] for helpdesk in self.helpdesks}
        for name in names:
            values = {desk: self._lookup(key, desk, name) for desk in self.helpdesks}
            is_unknown = not any(values.values())
            if is_unknown and _may_be_absent(key, name, everything):
                values = {helpdesk: [name] for helpdesk in self.helpdesks}
            elif is_unknown and self.helpdesks:
                self._miss(key, key, name, everything)
            for helpdesk in self.helpdesks:
                found[helpdesk] += [v for v in values[helpdesk] if v not in found[helpdesk]]
        return {helpdesk: tuple(values) for helpdesk, values in found.items()}

    def fields(self, key: str) -> dict[str, str]:
        """Return the id of a custom field in each helpdesk that has it."""
        name = key.removeprefix(FIELD)
        found = {desk: self._field(desk, name) for desk in self.helpdesks}
        if self.helpdesks and not any(found.values()):
            known = sorted({one for _, kind, one in self.pins if kind == "field"})
            self._miss(key, "field", name, known)
        return {desk: id_ for desk, id_ in found.items() if id_}

    def field_kind(self, helpdesk: str, field: str) -> str:
        """Return what kind a field is, "" where that was not looked up."""
        return self.pins.get((helpdesk, "kind", field), "")

    def field_values(
        self, key: str, fields: Mapping[str, str], names: Sequence[str]
    ) -> dict[str, tuple[str, ...]]:
        """Return the values of a field, as tickets carry them, that labels or values stand for."""
        found: dict[str, list[str]] = {desk: [] for desk in fields}
        for name in names:
            values = {desk: self._option(desk, field, name) for desk, field in fields.items()}
            if fields and not any(values.values()):
                self._miss(key, f"option of {key.removeprefix(FIELD)}", name, [])
            for desk, value in values.items():
                found[desk] += [value] if value else []
        return {desk: tuple(values) for desk, values in found.items()}

    def _option(self, helpdesk: str, field: str, name: str) -> str | None:
        pinned = self.pins.get((helpdesk, option_dimension(field), name))
        has_options = self.field_kind(helpdesk, field) in CHOICES
        return pinned or (None if has_options else name)

    def _field(self, helpdesk: str, name: str) -> str | None:
        pinned = self.pins.get((helpdesk, "field", name))
        if pinned or not name.isdigit():
            return pinned
        query = "select 1 from tickets where helpdesk = ? and fields[?] is not null limit 1"
        return name if self._con.execute(query, [helpdesk, name]).fetchall() else None

    def _known(self, key: str, helpdesk: str) -> dict[str, Any]:
        if key in WORDS:
            column = COLUMNS[key]
            query = f"select distinct {column}, [{column}] from tickets where helpdesk = ?"
        elif key in NAMED:
            query = f"select name, list(key) from ({NAMED[key]}) group by name"
        else:
            return {}
        rows = self._con.execute(query, [helpdesk]).fetchall()
        return {name: values for name, values in rows if name is not None}

    def _lookup(self, key: str, helpdesk: str, name: str) -> list[Any]:
        found = self._by_name(key, helpdesk, name)
        pinned = self.pins.get((helpdesk, key, name))
        if pinned is None:
            return found
        kept = [k for id_ in pinned.split(PIN_SEPARATOR) for k in self._keys(key, helpdesk, id_)]
        alive = {one for values in self.known(key, helpdesk).values() for one in values}
        return kept if alive.intersection(kept) else [*kept, *found]

    def _by_name(self, key: str, helpdesk: str, name: str) -> list[Any]:
        known = self.known(key, helpdesk)
        if name in known:
            return list(known[name])
        folded = [values for other, values in known.items() if other.casefold() == name.casefold()]
        if folded:
            return [one for values in folded for one in values]
        return [] if key in WORDS or key == "tag" else self._by_id(key, helpdesk, name)

    def _by_id(self, key: str, helpdesk: str, name: str) -> list[int]:
        """Take a value as the vendor's id, if a ticket or the list of ids knows it."""
        place = (key, helpdesk, name)
        if place not in self._names.ids:
            self._names.ids[place] = self._read_ids(key, helpdesk, name)
        return self._names.ids[place]

    def _read_ids(self, key: str, helpdesk: str, name: str) -> list[int]:
        column, kind = COLUMNS[key], KINDS.get(key, key)
        rows = self._con.execute(
            "select key from vendor_ids where helpdesk = ? and kind = ? and id = ?"
            f" union select {column} from tickets"
            f" where helpdesk = ? and {column} = try_cast(? as bigint)",
            [helpdesk, kind, name, helpdesk, name],
        ).fetchall()
        return [value for (value,) in rows]

    def _keys(self, key: str, helpdesk: str, id_: str) -> list[int]:
        """Return the key of an id that was seen once: of one in numbers, the number."""
        rows = self._con.execute(
            "select key from vendor_ids where helpdesk = ? and kind = ? and id = ?"
            " union select try_cast(? as bigint)",
            [helpdesk, KINDS.get(key, key), id_, id_],
        ).fetchall()
        return [value for (value,) in rows if value is not None]

    def ids(self, key: str, helpdesk: str, name: str) -> list[str]:
        """Return the vendor's ids that a name stands for by the names of the store."""
        found = self.known(key, helpdesk).get(name) or self._by_name(key, helpdesk, name)
        rows = self._con.execute(
            "select coalesce(v.id, k.key::varchar) from (select unnest(?::bigint[]) as key) as k"
            " left join vendor_ids as v on v.key = k.key and v.helpdesk = ? and v.kind = ?"
            " order by k.key",
            [found, helpdesk, KINDS.get(key, key)],
        ).fetchall()
        return [id_ for (id_,) in rows]

    def _miss(self, key: str, what: str, name: str, known: Sequence[str]) -> None:
        hint = near_hint(name, known)
        if not hint and (what in {"brand", "form", "field"} or what.startswith("option")):
            hint = "`connector check` asks the helpdesk for it"
        elif not hint and what == "organization":
            hint = "write its id: names of organizations are not read"
        message = f"{what} {name} does not exist in {' or '.join(self.helpdesks)}"
        self.problems.append(Problem(message, key=f"where.{_quoted(key)}", hint=hint))


def _names(con: DuckDBPyConnection) -> _Names:
    """Read what a connection was told of names."""
    there = "select 1 from duckdb_tables() where table_name = 'pins'"
    found = con.execute("from pins").fetchall() if con.execute(there).fetchall() else []
    pins = {(helpdesk, dimension, name): id_ for helpdesk, dimension, name, id_ in found}
    return _Names(helpdesks_of(con), pins, {}, {})


def names_of(condition: Condition) -> tuple[str, ...]:
    """Return the names that a condition says something about."""
    return as_filter(condition).names


def near_hint(name: str, known: Sequence[str]) -> str:
    """Return a question that suggests the nearest name; "" where none is near."""
    folded = {other.casefold(): other for other in known}
    near = get_close_matches(name, known, 1, ALIKE)
    near = near or [folded[one] for one in get_close_matches(name.casefold(), folded, 1, ALIKE)]
    return f"did you mean {near[0]}?" if near else ""


def _may_be_absent(key: str, name: str, known: Collection[str]) -> bool:
    """Tell whether a word may simply not have occurred yet: it is like none that has."""
    return key == "tag" or (key in WORDS and not get_close_matches(name, known, 1, ALIKE))


def _quoted(key: str) -> str:
    return f'"{key}"' if kind_of(key) == "field" else key
