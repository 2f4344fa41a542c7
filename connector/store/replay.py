"""Published sets measured again: as of a past moment, with more measures, or one ticket alone."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from importlib import resources
from pathlib import Path

import duckdb
import msgspec

from connector.store.engine import READING, engine
from connector.store.faults import store_errors
from connector.store.published import RELATIONS, PublishedSet, quoted
from connector.store.publishing import WITH_VENDOR_ID
from connector.store.schema import script

UNDATED = (
    "people",
    "roles",
    "groups",
    "schedules",
    "schedule_intervals",
    "holidays",
    "sla_policies",
    "sla_policy_metrics",
    "vendor_ids",
)
"""Relations that are taken as last read."""

OF_TICKETS = ("native", "events", "ratings", "metric_events")
"""Relations whose rows belong to single tickets."""


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
    with store_errors(one.path, duckdb.Error), engine().database() as con:
        con.execute(script())
        _fill(con, one, as_of)
        measure(con)
        whole = _whole(con, one, folder)
    through = min(as_of, one.manifest.through or as_of)
    return PublishedSet(folder, msgspec.structs.replace(whole.manifest, through=through))


def measured_keys(one: PublishedSet) -> frozenset[str]:
    """Return the keys of the forms that a set holds measures of."""
    with store_errors(one.path, duckdb.Error), engine(READING).connect() as con:
        rows = con.execute(f"select key from {one.source('measured')}").fetchall()
    return frozenset(key for (key,) in rows)


def supplement(
    one: PublishedSet, folder: Path, *, measure: Callable[[duckdb.DuckDBPyConnection], object]
) -> PublishedSet:
    """Return the set with what `measure` adds, for a KPI that no run has measured yet.

    The added rows go into `folder`, an empty place of the caller's; the set itself stays as it is.
    """
    folder.mkdir(parents=True)
    with store_errors(one.path, duckdb.Error), engine().database() as con:
        con.execute(script())
        for relation in RELATIONS:
            if relation not in {"measures", "measured"}:
                con.execute(f"drop table {relation}")
                con.execute(f"create view {relation} as from {one.source(relation)}")
        measure(con)
        for relation in ("measures", "measured"):
            file = folder / f"{relation}.parquet"
            con.execute(f"copy {relation} to {quoted(file)} (format parquet, compression zstd)")
    added = {name: (folder / f"{name}.parquet",) for name in ("measures", "measured")}
    return msgspec.structs.replace(one, added=added)


def single(
    one: PublishedSet,
    folder: Path,
    ticket: str,
    *,
    measure: Callable[[duckdb.DuckDBPyConnection], object],
) -> PublishedSet:
    """Return a set of one ticket and its requester's others, measured anew; empty if unknown."""
    folder.mkdir(parents=True)
    with store_errors(one.path, duckdb.Error), engine().database() as con:
        con.execute(script())
        con.execute(
            f"create temp table chosen as select ticket_id, requester_id"
            f" from {one.source('tickets')} where id = ?",
            [ticket],
        )
        for relation in RELATIONS:
            if relation in {"measures", "measured"}:
                continue
            source, columns = one.source(relation), "*"
            if relation == "tickets":
                columns = "* exclude (id)"
                source += " where requester_id in (select requester_id from chosen)"
                source += " or ticket_id in (select ticket_id from chosen)"
            elif relation in OF_TICKETS:
                source += " where ticket_id in (select ticket_id from chosen)"
            con.execute(f"insert into {relation} by name select {columns} from {source}")
        con.execute("insert into changed select ticket_id from chosen")
        measure(con)
        return _whole(con, one, folder)


def _fill(con: duckdb.DuckDBPyConnection, one: PublishedSet, as_of: datetime) -> None:
    for relation in UNDATED:
        con.execute(f"insert into {relation} by name from {one.source(relation)}")
    moment = as_of.astimezone(UTC).replace(tzinfo=None)
    text = resources.files("connector.store").joinpath("replay.sql").read_text("utf-8")
    for name in ("events", "tickets", "ratings", "metric_events"):
        text = text.replace(f"${name}", one.source(name))
    con.execute(text.replace("$as_of", f"timestamp '{moment.isoformat(sep=' ')}'"))


def _whole(con: duckdb.DuckDBPyConnection, one: PublishedSet, folder: Path) -> PublishedSet:
    """Write every relation of a connection into the folder, as a set like the one it is from."""
    for relation in RELATIONS:
        query = WITH_VENDOR_ID if relation == "tickets" else f"from {relation}"
        file = folder / f"{relation}.parquet"
        con.execute(f"copy ({query}) to {quoted(file)} (format parquet)")
    ((count,),) = con.execute("select count(*) from tickets").fetchall()
    manifest = msgspec.structs.replace(
        one.manifest,
        counts={"tickets": count},
        files={relation: (f"{relation}.parquet",) for relation in RELATIONS},
        parts=(),
    )
    return PublishedSet(folder, manifest)
