"""A published set as it was at a past moment: events cut off, attributes folded, measured again."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from importlib import resources
from pathlib import Path

import duckdb
import msgspec

from connector.store.faults import store_errors
from connector.store.published import RELATIONS, WITH_VENDOR_ID, PublishedSet
from connector.store.schema import script

UNDATED = (
    "people",
    "groups",
    "schedules",
    "schedule_intervals",
    "holidays",
    "sla_policies",
    "sla_policy_metrics",
    "vendor_ids",
)
"""Relations that are taken as last read."""


def replay(
    one: PublishedSet,
    folder: Path,
    *,
    as_of: datetime,
    measure: Callable[[duckdb.DuckDBPyConnection], object],
) -> PublishedSet:
    """Write the set as it was at `as_of` into `folder`, an empty place of the caller's.

    `measure` fills `measures` for the tickets in `changed`. Tags and mapped fields have no events:
    they stay as last read. The helpdesk's own figures are left out, since they are not dated.
    """
    folder.mkdir(parents=True)
    with store_errors(one.path, duckdb.Error), duckdb.connect(":memory:") as con:
        con.execute(script())
        _fill(con, one, as_of)
        measure(con)
        for relation in RELATIONS:
            query = WITH_VENDOR_ID if relation == "tickets" else f"from {relation}"
            con.execute(
                f"copy ({query}) to {_quoted(folder / f'{relation}.parquet')} (format parquet)"
            )
        (count,) = con.execute("select count(*) from tickets").fetchone() or (0,)
    manifest = msgspec.structs.replace(
        one.manifest,
        through=min(as_of, one.manifest.through or as_of),
        counts={"tickets": count},
        files={relation: (f"{relation}.parquet",) for relation in RELATIONS},
    )
    return PublishedSet(folder, manifest)


def _fill(con: duckdb.DuckDBPyConnection, one: PublishedSet, as_of: datetime) -> None:
    for relation in UNDATED:
        paths = [str(path) for path in one.files(relation)]
        con.execute(f"insert into {relation} by name select * from read_parquet(?)", [paths])
    moment = as_of.astimezone(UTC).replace(tzinfo=None)
    text = resources.files("connector.store").joinpath("replay.sql").read_text("utf-8")
    for name in ("events", "tickets", "ratings", "metric_events"):
        files = ", ".join(_quoted(path) for path in one.files(name))
        text = text.replace(f"${name}", f"[{files}]")
    con.execute(text.replace("$as_of", f"timestamp '{moment.isoformat(sep=' ')}'"))


def _quoted(path: Path) -> str:
    return "'" + str(path).replace("'", "''") + "'"
