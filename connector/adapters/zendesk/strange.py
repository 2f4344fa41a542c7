"""Counts what a page of events says that nobody understands, by names of kinds and keys alone."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence

import msgspec
from msgspec import Raw

from connector.adapters.zendesk.parse import named
from connector.adapters.zendesk.words import (
    CHANGE_KEYS,
    CHANGES,
    EVENT_KEYS,
    FRAME,
    KNOWN_KEYS,
    SILENT,
    SILENT_KEYS,
)

MOST_NAMES = 8
Entry = Mapping[str, Raw]


class Strange:
    """Looks at one page again, for its names; `names` decodes it so.

    `entries` counts whole events and entries, `keys` what stands unknown beside the understood.
    """

    def __init__(self, names: Callable[[], Sequence[Entry]]) -> None:
        self.entries: Counter[str] = Counter()
        self.keys: Counter[str] = Counter()
        self._names = names
        self._events: Sequence[Entry] | None = None
        self._counted: set[tuple[int, int]] = set()
        self._looked_at: set[int] = set()

    def look_at(self, place: int) -> None:
        """Look at this event, in which anything may stand; others are known to be usual."""
        self._looked_at.add(place)

    def count_bare(self, entries: int) -> None:
        """Count changes that name nothing."""
        if entries:
            self.entries["Change"] += entries

    def count_event(self, place: int) -> None:
        """Count an event that lacks what an event needs."""
        self.entries[f"event {_listed(self._page()[place].keys() - FRAME)}".strip()] += 1
        self._counted.add((place, -1))

    def has_counted(self, place: int, number: int) -> bool:
        """Count an entry, unless it turns out to tell only of what no KPI asks for."""
        child = _entries(self._page()[place])[number]
        kind = _kind(child)
        label = kind or "entry"
        keys = child.keys() - FRAME
        if "field_name" in child:
            keys = {str(_value(child["field_name"]))}
        if keys and keys <= SILENT_KEYS:
            return False
        shown = "" if label not in CHANGES and kind is not None else f" {_listed(keys)}"
        self.entries[f"{label}{shown}".strip()] += 1
        self._counted.add((place, number))
        return True

    def count_keys(self) -> None:
        """Count every key that nobody knows, in events and entries that are understood."""
        if not self._looked_at:
            return
        for place, event in enumerate(self._page()):
            if place not in self._looked_at or (place, -1) in self._counted:
                continue
            for key in event.keys() - EVENT_KEYS:
                self.keys[f"event {named(key)}"] += 1
            for number, child in enumerate(_entries(event)):
                if (place, number) not in self._counted:
                    self._count_keys_of(child)

    def _count_keys_of(self, child: Entry) -> None:
        strange = child.keys() - CHANGE_KEYS
        if not strange:
            return
        kind = _kind(child)
        if kind in SILENT:
            return
        label = kind or "entry"
        for key in strange - KNOWN_KEYS.get(label, frozenset()):
            if not key.isdigit():  # a custom field
                self.keys[f"{label} {named(key)}"] += 1

    def _page(self) -> Sequence[Entry]:
        if self._events is None:
            self._events = self._names()
        return self._events


def keys_of(raw: Raw) -> dict[str, Raw]:
    """Return the keys of an object with values that are not decoded; all else has none."""
    try:
        return msgspec.json.decode(raw, type=dict[str, Raw])
    except msgspec.ValidationError:
        return {}


def _entries(event: Entry) -> list[dict[str, Raw]]:
    children = msgspec.json.decode(event.get("child_events", b"[]"), type=list[Raw])
    return [keys_of(child) for child in children]


def _kind(child: Entry) -> str | None:
    """Return the kind of an entry, None where it has none; one that is no word is unreadable."""
    found = (_value(child[key]) for key in ("event_type", "type") if key in child)
    kind = next((kind for kind in found if kind is not None), None)
    return None if kind is None else named(kind)


def _value(raw: Raw) -> object:
    return msgspec.json.decode(raw)


def _listed(keys: set[str]) -> str:
    return " ".join(sorted(map(named, keys))[:MOST_NAMES])
