"""Statements about rows of a page: which are stored, which say the same, what fills a column."""

from __future__ import annotations

from typing import NamedTuple

from connector.model.ticket import NATIVE_FIGURES, Mark
from connector.store.columns import Columns


class Versioned(NamedTuple):
    """A table whose rows are replaced: its key, and the column that orders versions, if any."""

    table: str
    key: str
    version: str | None


TICKETS = Versioned("tickets", "ticket_id", "stamp")
PEOPLE = Versioned("people", "person_id", "updated_at")
GROUPS = Versioned("groups", "group_id", None)
RATINGS = Versioned("ratings", "rating_id", "updated_at")

# columns that arrive joined as text, by the expression that makes them what the table holds
SPLIT = {
    "tags": "coalesce(string_split(page.tags, chr(31)), [])::varchar[]",
    "fields": "case when page.field_ids is null then map([]::varchar[], []::varchar[])"
    " else map(string_split(page.field_ids, chr(31)),"
    " string_split(page.field_values, chr(31))) end",
}
NO_FIELDS = "map([]::varchar[], []::varchar[])"


def probe(target: Versioned) -> str:
    """Return the query for the rows of a page that have a stored one."""
    key, version = target.key, target.version
    older, as_new = "false", "true"
    marked = f"stored.marks & {int(Mark.MERGED)} <> 0" if target is TICKETS else "false"
    if version:
        older = f"coalesce(stored.{version} > page.{version}, false)"
        as_new = f"stored.{version} is not distinct from page.{version}"
    return (
        f"select position, {older} as is_older, {as_new} as is_as_new, {marked} as was_marked"
        f" from page join {target.table} as stored on stored.{key} = page.{key}"
        f" where stored.{key} between ? and ?"
    )


def comparison(target: Versioned, page: Columns) -> str:
    """Return the query for the rows of a page that say what the stored ones say."""
    pairs = {f'stored."{name}"': value for name, value in filled(target.table, page).items()}
    join = ""
    if target is TICKETS:
        join = "left join native on native.ticket_id = stored.ticket_id"
        figures = {name: f"page.{name}" if name in page else "null" for name in NATIVE_FIGURES}
        pairs |= {f"native.{name}": value for name, value in figures.items()}
    same = " and ".join(f"{stored} is not distinct from {new}" for stored, new in pairs.items())
    return (
        f"select position from page"
        f" join {target.table} as stored on stored.{target.key} = page.{target.key} {join}"
        f" where stored.{target.key} between ? and ? and {same}"
    )


def filled(table: str, page: Columns) -> dict[str, str]:
    """Return the columns of a table that a page fills, and from what."""
    joined = ("field_ids", "field_values", *NATIVE_FIGURES)
    values = {name: f'page."{name}"' for name in page if name not in joined}
    values.pop("position", None)
    if table == "tickets":
        values |= {"tags": SPLIT["tags"], "fields": SPLIT["fields"]}
        if "field_ids" not in page:
            values["fields"] = NO_FIELDS
    return values
