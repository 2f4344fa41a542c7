"""Stretches of JSON printed once, whose numbers and times are filled in by the thousand.

A hole is a text `#NAME#` that stands for a whole number, or `@NAME@` inside a text. Every value of
a name is printed equally wide, so no byte of a stretch ever moves.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.int64]
Bytes = NDArray[np.uint8]

TIMES = "iso_"
"""What the name of an instant begins with: its values are epoch seconds, printed as ISO text."""
WIDTHS = {"ticket": 7, "requester": 14, "audit": 14, "epoch": 10}
"""The width of numbers, by the part of the name before the first underscore."""
ISO_WIDTH = len("2026-01-01T00:00:00Z")

_HOLE = re.compile(rb'"#(\w+)#"|@(\w+)@')
_DAY_S = 86_400
_FIRST_DAY = date(1990, 1, 1)
_DAYS = 30_000


def _texts(texts: Sequence[str]) -> Bytes:
    return np.frombuffer("".join(texts).encode(), dtype=np.uint8).reshape(len(texts), -1)


_DIGITS = _texts([f"{number:04d}" for number in range(10_000)])
_DATES = _texts([f"{_FIRST_DAY + timedelta(days=day):%Y-%m-%d}T" for day in range(_DAYS)])
_CLOCK = _texts([f"{s // 3600:02d}:{s // 60 % 60:02d}:{s % 60:02d}Z" for s in range(_DAY_S)])
_BEGIN = int(datetime(1990, 1, 1, tzinfo=UTC).timestamp())


class Strip:
    """Items of JSON joined by commas, with holes."""

    def __init__(self, items: Sequence[object]) -> None:
        """Print the items; `item` in a hole's value is the place of an item among them."""
        parts: list[bytes] = []
        holes: dict[str, tuple[list[int], list[int]]] = {}
        self.starts: list[int] = []
        at = 0
        for number, item in enumerate(items):
            self.starts.append(at)
            printed = _filled(msgspec.json.encode(item), holes, number, at) + b","
            parts.append(printed)
            at += len(printed)
        self.starts.append(at)
        self._blank = np.frombuffer(b"".join(parts), dtype=np.uint8)
        self._holes = [
            (name, np.array(rows), np.array(places)[:, None] + np.arange(_width(name)))
            for name, (rows, places) in holes.items()
        ]

    def __len__(self) -> int:
        """Return the number of items."""
        return len(self.starts) - 1

    def filled(self, values: Mapping[str, Numbers]) -> memoryview:
        """Return the items, each with a comma behind it; a name has a value for each item."""
        out = self._blank.copy()
        for name, rows, places in self._holes:
            out[places] = printed(name, values[name])[rows]
        return out.data

    def one(self, **values: int) -> bytes:
        """Return the only item, with its comma."""
        return bytes(self.filled({name: np.array([value]) for name, value in values.items()}))


def printed(name: str, values: Numbers) -> Bytes:
    """Return a row of bytes for each value."""
    if name.startswith(TIMES):
        days, seconds = np.divmod(values - _BEGIN, _DAY_S)
        return np.concatenate([_DATES[days], _CLOCK[seconds]], axis=1)
    width = _width(name)
    chunks = []
    for _ in range(0, width, 4):
        values, rest = np.divmod(values, 10_000)
        chunks.append(_DIGITS[rest])
    return np.concatenate(chunks[::-1], axis=1)[:, -width:]


def _width(name: str) -> int:
    return ISO_WIDTH if name.startswith(TIMES) else WIDTHS[name.partition("_")[0]]


def _filled(item: bytes, holes: dict[str, Any], number: int, at: int) -> bytes:
    """Return an item with room for its values, whose places are noted in `holes`."""
    out = bytearray()
    end = 0
    for match in _HOLE.finditer(item):
        name = (match[1] or match[2]).decode()
        out += item[end : match.start()]
        rows, places = holes.setdefault(name, ([], []))
        rows.append(number)
        places.append(at + len(out))
        out += b"0" * _width(name)
        end = match.end()
    return bytes(out + item[end:])
