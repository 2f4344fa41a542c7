"""Making what the store holds a published set: what changed, or all of it where that is cheaper.

A set is written beside the others and becomes current by one rename, so a run may die anywhere. It
takes over the files of the set before, and adds a part with the tickets that changed. Small parts
are put together as they gather, so that there are few of them, and when a good deal of all tickets
stands in parts the set is written whole.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

import duckdb
import msgspec

from connector.store.faults import store_errors
from connector.store.published import (
    OF_TICKETS,
    RELATIONS,
    Manifest,
    Part,
    PublishedSet,
    latest,
    parquet,
    quoted,
)
from connector.store.schema import SCHEMA_VERSION
from connector.store.store import Store
from connector.store.unpublished import Unpublished

MOST_IN_PARTS = 1 / 16
"""A set is written whole when more of its tickets than this share stand in parts."""
GROWTH = 4
"""A part joins a later one that is not so many times smaller; so there are few, each written few
times."""

# tickets carry the vendor's id as text, for those who read the files without us
WITH_VENDOR_ID = """
select coalesce(vendor_ids.id, ticket_id::varchar) as id, tickets.*
from tickets left join vendor_ids on vendor_ids.kind = 'ticket' and vendor_ids.key = ticket_id
"""
MEASURES = "select distinct measure, clock from measures order by all"


class Content(NamedTuple):
    """What a set is made of; `files` and `parts` as in its manifest."""

    files: Mapping[str, tuple[str, ...]]
    parts: tuple[Part, ...]


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
        before = latest(folder)
        partial, target = _begun(home, run, before)
    generations, counts = _to_publish(store), store.counts()
    identity, sequence = _numbered(store, before)
    with store_errors(partial, duckdb.Error):
        content = _Writing(store, partial, before, generations, counts["tickets"]).write(sequence)
        manifest = Manifest(
            helpdesk=folder.name,
            run=run,
            through=through,
            read_at=read_at,
            server_time=server_time,
            schema_version=SCHEMA_VERSION,
            counts=counts,
            files=content.files,
            parts=content.parts,
            generations=generations,
            store=identity,
            sequence=sequence,
            unknown=store.unknown(),
        )
        _write_text(partial / "manifest.json", msgspec.json.encode(manifest))
        _make_current(partial, target)
        _sweep(home, keep=[target, *([before.path] if before else [])])
    with store.transaction():
        Unpublished(store.connection).settle(sequence)
    return PublishedSet(target, manifest)


def _begun(home: Path, run: str, before: PublishedSet | None) -> tuple[Path, Path]:
    """Return an empty folder for a new set, and what it will be called."""
    home.mkdir(parents=True, exist_ok=True)
    target = _free_name(home, run)
    _sweep(home, keep=[before.path] if before else [])
    partial = home / f"{target.name}.partial"
    partial.mkdir()
    return partial, target


def _numbered(store: Store, before: PublishedSet | None) -> tuple[str, int]:
    """Return what tells the store from others, and the number of its next set."""
    fresh = Unpublished(store.connection)
    with store.transaction():
        identity = fresh.identify()
    return identity, max(fresh.sequence, before.manifest.sequence if before else 0) + 1


def is_current(one: PublishedSet, store: Store) -> bool:
    """Tell whether publishing again would give readers nothing new, not even a younger age."""
    there, manifest = (_to_publish(store), store.unknown()), one.manifest
    same = (dict(manifest.generations), dict(manifest.unknown)) == there
    return same and manifest.through == store.through()


def _to_publish(store: Store) -> dict[str, int]:
    """Return the generations this set stands for; measures that are still due have none."""
    generations = dict.fromkeys(RELATIONS, 0) | store.generations()
    if store.has_changed:
        del generations["measures"]
    return generations


class _Writing:
    """Writes the files of one set into a folder, taking over what it can from the set before."""

    def __init__(
        self,
        store: Store,
        folder: Path,
        before: PublishedSet | None,
        generations: Mapping[str, int],
        tickets: int,
    ) -> None:
        self._con = store.connection
        self._tickets = tickets
        self._folder = folder
        self._fresh = Unpublished(store.connection)
        is_of_store = before is not None and _is_of(before.manifest, self._fresh)
        self._before = before if before and is_of_store and before.is_whole() else None
        told = self._before.manifest.generations if self._before else {}
        self._moved = {name for name in RELATIONS if not _is_same(name, told, generations)}

    def write(self, sequence: int) -> Content:
        """Write what is new as a part with this number, or all of it."""
        before, moved = self._before, self._moved
        kept = self._kept_parts(before) if before else None
        if before is None or kept is None:
            return Content({name: self._whole(name) for name in RELATIONS}, ())
        for name in (name for part in kept for name in part.files()):
            _carry(before.path / name, self._folder)
        files = {
            name: self._carried(before, name)
            if name in OF_TICKETS or name not in moved
            else self._copied(name)
            for name in RELATIONS
        }
        joined = {name for part in before.manifest.parts[len(kept) :] for name in part.relations}
        wanted = tuple(name for name in OF_TICKETS if name in moved | joined)
        return Content(files, (*kept, self._part(sequence, wanted)) if wanted else kept)

    def _kept_parts(self, before: PublishedSet) -> tuple[Part, ...] | None:
        """Return the parts that stay as they are; None where the set has to be written whole.

        `to_publish` is left with the tickets that the parts that stay do not tell as they are now.
        """
        parts, size = list(before.manifest.parts), self._fresh.take()
        is_untold = size == 0 and not self._moved.isdisjoint(OF_TICKETS)
        in_parts = size + sum(part.tickets for part in parts)
        if self._fresh.is_all() or is_untold or in_parts > MOST_IN_PARTS * self._tickets:
            return None
        while parts and parts[-1].tickets <= GROWTH * size:
            size = self._fresh.add(parquet(before.path / parts.pop().keys))
        return tuple(parts)

    def _part(self, number: int, relations: Sequence[str]) -> Part:
        """Write a part with the tickets of `to_publish`."""
        ((tickets,),) = self._con.execute("select count(*) from to_publish").fetchall()
        part = Part(name=f"{number:06}", tickets=tickets, relations=tuple(relations))
        self._export("from to_publish order by ticket_id", part.keys)
        for relation in relations:
            chosen = f"{_rows(relation)} where ticket_id in (from to_publish)"
            self._export(chosen, part.file(relation))
        return part

    def _whole(self, relation: str) -> tuple[str, ...]:
        """Write all rows of a relation, or take over its files where they tell all of it."""
        before = self._before
        if before and relation not in self._moved and not before.has_parts(relation):
            return self._carried(before, relation)
        return self._copied(relation)

    def _carried(self, before: PublishedSet, relation: str) -> tuple[str, ...]:
        for file in before.files(relation):
            _carry(file, self._folder)
        return before.manifest.files[relation]

    def _copied(self, relation: str) -> tuple[str, ...]:
        name = f"{relation}.parquet"
        query = self._by_measure() if relation == "measures" else _rows(relation)
        self._export(query, name)
        return (name,)

    def _by_measure(self) -> str:
        """Return a query for the rows of one measure and clock after the other, undated ones last.

        In each they stay in the order of the store, about that of time. So whoever asks for one KPI
        and a period reads few row groups.
        """
        found = self._con.execute(MEASURES).fetchall()
        dated = (
            f'{_is("measure", measure)} and {_is("clock", clock)} and "at" is not null'
            for measure, clock in found
        )
        return " union all ".join(
            f"(from measures where {test})" for test in (*dated, '"at" is null')
        )

    def _export(self, query: str, name: str) -> None:
        file = self._folder / name
        self._con.execute(f"copy ({query}) to {quoted(file)} (format parquet, compression zstd)")
        _sync(file)


def _is_of(manifest: Manifest, fresh: Unpublished) -> bool:
    """Tell whether a set was made from this store, so late that all changes since are known."""
    return manifest.store == fresh.identity and manifest.sequence >= fresh.sequence


def _rows(relation: str) -> str:
    return WITH_VENDOR_ID if relation == "tickets" else f"from {relation}"


def _is(column: str, value: str | None) -> str:
    return f"{column} is null" if value is None else f"{column} = {quoted(value)}"


def _is_same(relation: str, before: Mapping[str, int], now: Mapping[str, int]) -> bool:
    return relation in now and now[relation] == before.get(relation)


def _carry(file: Path, folder: Path) -> None:
    """Let a file of one set be in another as well."""
    target = folder / file.name
    try:
        os.link(file, target)
    except OSError:  # a file system without hard links
        shutil.copyfile(file, target)
        _sync(target)


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
