"""Published sets: immutable Parquet files of one account, which everybody but the writer reads.

A set is files that hold every ticket, and parts: the rows of tickets that changed after these files
were written. What a part tells of a ticket stands in place of what was told before it. Sets share
files that did not change, as hard links.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path

import duckdb
import msgspec

from connector.errors import StoreError
from connector.store.engine import READING, engine
from connector.store.faults import store_errors
from connector.store.looks import renewed
from connector.store.schema import SCHEMA_VERSION

OF_TICKETS = ("tickets", "native", "events", "ratings", "metric_events", "measures")
"""Relations whose rows belong to single tickets: a set has parts of them."""

RELATIONS = (
    *OF_TICKETS,
    "people",
    "roles",
    "groups",
    "schedules",
    "schedule_intervals",
    "holidays",
    "sla_policies",
    "sla_policy_metrics",
    "vendor_ids",
    "measured",
)


class Part(msgspec.Struct, frozen=True, kw_only=True):
    """The rows of tickets that changed; relations without a file did not change with them."""

    name: str
    tickets: int
    relations: tuple[str, ...]

    @property
    def keys(self) -> str:
        """Return the name of the file with the keys of its tickets."""
        return f"keys-{self.name}.parquet"

    def file(self, relation: str) -> str:
        """Return the name of the file with its rows of a relation."""
        return f"{relation}-{self.name}.parquet"

    def files(self) -> tuple[str, ...]:
        """Return the names of all of its files."""
        return (self.keys, *map(self.file, self.relations))


class Manifest(msgspec.Struct, frozen=True, kw_only=True):
    """What a set holds and how old it is.

    `files` are the Parquet files by relation, `parts` what came after them, oldest first. `store`
    and `sequence` tell which store it was made from, and where in the order of its sets it stands.
    `read_at` is our clock at the last read, `server_time` the helpdesk's at the same moment.
    `unknown` counts what was not understood so far, by names of kinds and keys.
    """

    helpdesk: str
    run: str
    through: datetime | None
    read_at: datetime
    server_time: datetime | None = None
    schema_version: int
    counts: Mapping[str, int]
    files: Mapping[str, tuple[str, ...]]
    generations: Mapping[str, int]
    parts: tuple[Part, ...] = ()
    store: str = ""
    sequence: int = 0
    unknown: Mapping[str, int] = {}

    @property
    def as_of(self) -> datetime:
        """Return the instant up to which the set is complete, as far as that is known."""
        return self.through or self.read_at

    def age_s(self, now: datetime) -> float:
        """Return how old the data is: by the helpdesk's clock up to the read, by ours since."""
        at_read = ((self.server_time or self.read_at) - self.as_of).total_seconds()
        return at_read + (now - self.read_at).total_seconds()


class PublishedSet(msgspec.Struct, frozen=True):
    """One immutable set of files; `added` are rows from elsewhere that readers see with it."""

    path: Path
    manifest: Manifest
    added: Mapping[str, tuple[Path, ...]] = {}

    def files(self, relation: str) -> tuple[Path, ...]:
        """Return the Parquet files of a relation that hold every ticket."""
        return tuple(self.path / name for name in self.manifest.files[relation])

    def source(self, relation: str) -> str:
        """Return SQL, to stand after `from`, for the rows of a relation as they are now."""
        parts = [part for part in self.manifest.parts if relation in part.relations]
        layers = [self.files(relation), *((self.path / part.file(relation),) for part in parts)]
        keys = [self.path / part.keys for part in parts]
        told = [_but(layer, keys[number:]) for number, layer in enumerate(layers)]
        if relation in self.added:
            told.append(_but(self.added[relation], ()))
        return f"({' union all by name '.join(told)})"

    def has_parts(self, relation: str) -> bool:
        """Tell whether parts hold rows of a relation."""
        return any(relation in part.relations for part in self.manifest.parts)

    def is_whole(self) -> bool:
        """Tell whether all of its files are there."""
        names = [name for listed in self.manifest.files.values() for name in listed]
        names += [name for part in self.manifest.parts for name in part.files()]
        return all((self.path / name).exists() for name in names)


def latest(folder: Path) -> PublishedSet | None:
    """Return the current set of a helpdesk's folder, None if nothing was published yet.

    It is as young as the last look that found nothing newer.
    """
    current = folder / "published" / "CURRENT"
    with store_errors(current, duckdb.Error):
        try:
            name = current.read_text("utf-8").strip()
        except FileNotFoundError:
            return None
        path = current.parent / name
        text = (path / "manifest.json").read_bytes()
    try:
        manifest = msgspec.json.decode(text, type=Manifest)
    except msgspec.MsgspecError as error:
        raise StoreError(f"{path}: unreadable manifest; remove {current} and sync") from error
    if manifest.schema_version != SCHEMA_VERSION:
        raise StoreError(
            f"{path} has schema version {manifest.schema_version}, this connector reads"
            f" {SCHEMA_VERSION}; run `connector sync` with the connector that should read it"
        )
    return PublishedSet(path, renewed(manifest, folder / f"{folder.name}.lock", name))


def attach(
    sets: Sequence[PublishedSet], *, memory_limit: str = READING
) -> duckdb.DuckDBPyConnection:
    """Open the sets in memory: a view a relation over all of them, `helpdesk` its first column.

    The view `helpdesks` has the names of those with tickets.
    """
    if not sets:
        raise StoreError("nothing is published yet; run `connector sync` first")
    with store_errors(sets[0].path, duckdb.Error):
        connection = engine(memory_limit).connect()
        for relation in RELATIONS:
            parts = " union all by name ".join(_select(one, relation) for one in sets)
            connection.execute(f"create temp view {relation} as {parts}")
        names = [_literal(one) for one in sets if one.manifest.counts.get("tickets", 1)]
        listed = f"[{', '.join(names)}]::varchar[]"
        connection.execute(f"create temp view helpdesks as select unnest({listed}) as helpdesk")
    return connection


def parquet(*paths: Path) -> str:
    """Return SQL, to stand after `from`, for the rows of files."""
    return f"read_parquet([{', '.join(map(quoted, paths))}])"


def quoted(path: Path | str) -> str:
    """Return a path, or a text, as a literal of SQL."""
    return "'" + str(path).replace("'", "''") + "'"


def _select(one: PublishedSet, relation: str) -> str:
    return f"select {_literal(one)} as helpdesk, * from {one.source(relation)}"


def _literal(one: PublishedSet) -> str:
    return "'" + one.manifest.helpdesk.replace("'", "''") + "'"


def _but(files: Sequence[Path], keys: Sequence[Path]) -> str:
    """Return a query for the rows of files but those of tickets that later parts tell."""
    rows = f"select * from {parquet(*files)} as told"
    return f"{rows} anti join {parquet(*keys)} as later using (ticket_id)" if keys else rows
