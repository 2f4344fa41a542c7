"""Published sets: immutable Parquet files of one account, which everybody but the writer reads.

A set is written beside the others and becomes current by one rename, so a run may die anywhere.
Relations that did not change since the last set are hard links to its files.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from pathlib import Path

import duckdb
import msgspec

from connector.errors import StoreError
from connector.store.engine import engine
from connector.store.faults import store_errors
from connector.store.schema import SCHEMA_VERSION
from connector.store.store import Store

RELATIONS = (
    "tickets",
    "native",
    "events",
    "people",
    "roles",
    "groups",
    "schedules",
    "schedule_intervals",
    "holidays",
    "ratings",
    "sla_policies",
    "sla_policy_metrics",
    "metric_events",
    "vendor_ids",
    "measures",
    "measured",
)

# tickets carry the vendor's id as text, for those who read the files without us
WITH_VENDOR_ID = """
select coalesce(vendor_ids.id, ticket_id::varchar) as id, tickets.*
from tickets left join vendor_ids on vendor_ids.kind = 'ticket' and vendor_ids.key = ticket_id
"""


class Manifest(msgspec.Struct, frozen=True, kw_only=True):
    """What a set holds and how old it is. `files` are its Parquet files by relation.

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
    """One immutable set of files."""

    path: Path
    manifest: Manifest

    def files(self, relation: str) -> tuple[Path, ...]:
        """Return the Parquet files of a relation."""
        return tuple(self.path / name for name in self.manifest.files[relation])


def publish(
    store: Store,
    folder: Path,
    *,
    run: str,
    through: datetime | None,
    read_at: datetime,
    server_time: datetime | None = None,
) -> PublishedSet:
    """Write what the store holds as a new set and make it current.

    The set before it stays for those who are still reading; older ones go.
    """
    home = folder / "published"
    with store_errors(home, duckdb.Error):
        home.mkdir(parents=True, exist_ok=True)
        before = latest(folder)
        target = _free_name(home, run)
        _sweep(home, keep=[before.path] if before else [])
        partial = home / f"{target.name}.partial"
        partial.mkdir()
    generations, counts = _to_publish(store), store.counts()
    with store_errors(partial, duckdb.Error):
        files = {
            relation: (_write(store, relation, partial, before, generations),)
            for relation in RELATIONS
        }
        manifest = Manifest(
            helpdesk=folder.name,
            run=run,
            through=through,
            read_at=read_at,
            server_time=server_time,
            schema_version=SCHEMA_VERSION,
            counts=counts,
            files=files,
            generations=generations,
            unknown=store.unknown(),
        )
        _write_text(partial / "manifest.json", msgspec.json.encode(manifest))
        _make_current(partial, target)
        _sweep(home, keep=[target, *([before.path] if before else [])])
    return PublishedSet(target, manifest)


def latest(folder: Path) -> PublishedSet | None:
    """Return the current set of a helpdesk's folder, None if nothing was published yet."""
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
    return PublishedSet(path, manifest)


def is_current(one: PublishedSet, store: Store) -> bool:
    """Tell whether publishing again would give readers nothing new, not even a younger age."""
    there, manifest = (_to_publish(store), store.unknown()), one.manifest
    same = (dict(manifest.generations), dict(manifest.unknown)) == there
    return same and manifest.through == store.through()


def attach(
    sets: Sequence[PublishedSet], *, memory_limit: str = "512MB"
) -> duckdb.DuckDBPyConnection:
    """Open the sets in memory: a view a relation over all of them, `helpdesk` its first column."""
    if not sets:
        raise StoreError("nothing is published yet; run `connector sync` first")
    with store_errors(sets[0].path, duckdb.Error):
        connection = engine(memory_limit).connect()
        for relation in RELATIONS:
            parts = " union all by name ".join(_select(one, relation) for one in sets)
            connection.execute(f"create temp view {relation} as {parts}")
    return connection


def _to_publish(store: Store) -> dict[str, int]:
    """Return the generations this set stands for; measures that are still due have none."""
    generations = dict.fromkeys(RELATIONS, 0) | store.generations()
    if store.counts()["changed"]:
        del generations["measures"]
    return generations


def _write(
    store: Store,
    relation: str,
    partial: Path,
    before: PublishedSet | None,
    generations: Mapping[str, int],
) -> str:
    """Link or write one relation into the set; return the file's name."""
    file = partial / f"{relation}.parquet"
    if before and _is_unchanged(relation, before.manifest.generations, generations):
        with suppress(OSError):  # a file system without hard links, or a set somebody removed
            os.link(before.files(relation)[0], file)
            return file.name
    query = WITH_VENDOR_ID if relation == "tickets" else f"from {relation}"
    store.connection.execute(
        f"copy ({query}) to {_quoted(file)} (format parquet, compression zstd)"
    )
    _sync(file)
    return file.name


def _is_unchanged(relation: str, before: Mapping[str, int], now: Mapping[str, int]) -> bool:
    parts = ("tickets", "vendor_ids") if relation == "tickets" else (relation,)
    return all(part in now and now[part] == before.get(part) for part in parts)


def _make_current(partial: Path, target: Path) -> None:
    _sync(partial)
    partial.rename(target)
    _sync(target.parent)
    pointer = target.parent / "CURRENT.partial"
    _write_text(pointer, target.name.encode())
    pointer.replace(target.parent / "CURRENT")
    _sync(target.parent)


def _free_name(home: Path, run: str) -> Path:
    name, number = home / run, 1
    while name.exists():
        number += 1
        name = home / f"{run}-{number}"
    return name


def _sweep(home: Path, keep: Iterable[Path]) -> None:
    """Remove sets nobody needs, and what a killed run left behind."""
    kept = set(keep)
    for path in home.iterdir():
        if path.is_dir() and path not in kept:
            shutil.rmtree(path, ignore_errors=True)


def _write_text(path: Path, text: bytes) -> None:
    path.write_bytes(text + b"\n")
    _sync(path)


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _select(one: PublishedSet, relation: str) -> str:
    files = ", ".join(_quoted(path) for path in one.files(relation))
    helpdesk = one.manifest.helpdesk.replace("'", "''")
    return f"select '{helpdesk}' as helpdesk, * from read_parquet([{files}])"


def _quoted(path: Path) -> str:
    return "'" + str(path).replace("'", "''") + "'"
