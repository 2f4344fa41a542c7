"""Keeps what the names in mappings stand for: asks the helpdesk where only it knows, and pins."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import msgspec

from connector.adapters.base import Adapter
from connector.config.settings import HelpdeskTable
from connector.kpi.lookup import NAMED, PIN_SEPARATOR, Lookup
from connector.model.page import Schema
from connector.pipeline.job import Job
from connector.pipeline.naming import (
    BY_ID,
    lacking,
    names_in,
    pins_of,
    watched_fields,
    wheres_of,
)
from connector.store.state import State

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

ASKED_FOR = timedelta(days=1)
"""How long a helpdesk is not asked again for names that it does not have."""


class Asked(msgspec.Struct, frozen=True):
    """Which names a helpdesk was asked for without avail, and when."""

    names: tuple[tuple[str, str], ...]
    at: datetime


def learn(job: Job, helpdesk: HelpdeskTable, adapter: Adapter) -> None:
    """Ask a helpdesk for the names that only it knows, and pin those that it has."""
    _forget_unused(job, helpdesk)
    state, now = job.state, job.clock()
    missing = lacking(wheres_of(job, helpdesk), state.pins(helpdesk.name))
    if not missing or _was_asked(state, helpdesk.name, missing, now):
        return
    pin_schema(job, helpdesk, adapter.discover())
    missing = lacking(wheres_of(job, helpdesk), state.pins(helpdesk.name))
    asked = msgspec.json.encode(Asked(tuple(missing), now)).decode()
    state.put(f"asked:{helpdesk.name}", asked)


def pin_schema(job: Job, helpdesk: HelpdeskTable, schema: Schema) -> None:
    """Pin every name of the mappings that a helpdesk knows and that was not pinned yet."""
    _pin(job.state, helpdesk.name, pins_of(wheres_of(job, helpdesk), schema))


def pin_known(job: Job, helpdesk: HelpdeskTable, con: DuckDBPyConnection) -> None:
    """Pin the names that what was read knows: of groups and staff."""
    used = names_in(wheres_of(job, helpdesk)) - job.state.pins(helpdesk.name).keys()
    new = [name for name in used if name[0] in NAMED]
    if not new:
        return
    lookup = Lookup(con)
    found = {(key, name): lookup.ids(key, helpdesk.name, name) for key, name in new}
    pins = {name: PIN_SEPARATOR.join(ids) for name, ids in found.items() if ids}
    _pin(job.state, helpdesk.name, pins)


def fields_to_watch(job: Job, helpdesk: str) -> frozenset[str]:
    """Return the fields whose values are wanted now, but were not when tickets were read."""
    seen = job.state.get(_watched(helpdesk)) or ""
    return watched_fields(job.state.pins(helpdesk)) - frozenset(seen.split())


def note_watched(job: Job, helpdesk: str) -> None:
    """Remember which fields every ticket is read with from now on."""
    wanted = watched_fields(job.state.pins(helpdesk))
    if wanted or job.state.get(_watched(helpdesk)):
        job.state.put(_watched(helpdesk), " ".join(sorted(wanted)))


def ask_again_at(state: State, helpdesk: str) -> datetime | None:
    """Return when a helpdesk is asked again for names that it did not have; None: not at all."""
    text = state.get(f"asked:{helpdesk}")
    last = None if text is None else msgspec.json.decode(text, type=Asked)
    return last.at + ASKED_FOR if last and last.names else None


def _watched(helpdesk: str) -> str:
    return f"watched:{helpdesk}"


def _pin(state: State, helpdesk: str, found: Mapping[tuple[str, str], str]) -> None:
    """Keep what was pinned before: a name stays with its id."""
    known = state.pins(helpdesk)
    for (dimension, name), id_ in found.items():
        if (dimension, name) not in known:
            state.pin(helpdesk, dimension, {name: id_})


def _forget_unused(job: Job, helpdesk: HelpdeskTable) -> None:
    """Let go of names that no mapping uses any more, so that they may mean something new."""
    used = names_in(wheres_of(job, helpdesk))
    pinned = job.state.pins(helpdesk.name)
    unused = [key for key in pinned if key[0] in {*BY_ID, "field"} and key not in used]
    job.state.unpin(helpdesk.name, unused)


def _was_asked(state: State, helpdesk: str, missing: list[tuple[str, str]], now: datetime) -> bool:
    text = state.get(f"asked:{helpdesk}")
    if text is None:
        return False
    last = msgspec.json.decode(text, type=Asked)
    return now - last.at < ASKED_FOR and set(missing) <= set(last.names)
