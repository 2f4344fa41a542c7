"""Integer keys for vendor ids: strings as keys cost five times the CPU.

An id that is a plain decimal below 2^63 is its own key. Any other gets a negative key, rising in
the order of arrival, and stands in `vendor_ids`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import duckdb
import numpy as np

from connector.store.columns import Column

FIRST_KEY = -(2**62)  # rising from here, so that (at, event_id) keeps the order of arrival
LARGEST = 2**63 - 1

_TENS = 10 ** np.arange(1, 19, dtype=np.int64)

KNOWN = "select id, key from vendor_ids where kind = $kind and id in (select id from wanted)"
NEXT = "select coalesce(max(key) + 1, $first) from vendor_ids where kind = $kind"
ADD = "insert into vendor_ids select $kind, key, id from wanted"


class Keys:
    """Keys of one store; new ones are added in the transaction of the caller."""

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        """Work on this connection."""
        self._connection = connection
        self.grew = False

    def __call__(self, kind: str, ids: Sequence[str | None]) -> Column:
        """Return the key of each id, masked where the id is None."""
        column = _plain(ids)
        if column is None:
            column = self._looked_up(kind, ids)
        if None not in ids:
            return column
        return np.ma.masked_array(column, mask=[vendor_id is None for vendor_id in ids])

    def _looked_up(self, kind: str, ids: Sequence[str | None]) -> Column:
        distinct = [vendor_id for vendor_id in dict.fromkeys(ids) if vendor_id is not None]
        keys = dict(zip(distinct, self._mixed(kind, distinct), strict=True))
        return np.array(
            [0 if vendor_id is None else keys[vendor_id] for vendor_id in ids], dtype=np.int64
        )

    def find(self, kind: str, ids: Sequence[str]) -> dict[str, int]:
        """Return the keys of the ids that have one, adding none."""
        found = {vendor_id: int(vendor_id) for vendor_id in ids if _is_decimal(vendor_id)}
        rest = sorted(set(ids) - found.keys())
        return {**found, **self._known(kind, rest)} if rest else found

    def _mixed(self, kind: str, ids: Sequence[str]) -> list[int]:
        others = [vendor_id for vendor_id in ids if not _is_decimal(vendor_id)]
        keys = self._known(kind, others) if others else {}
        fresh = [name for name in others if name not in keys]
        if fresh:
            keys = {**keys, **self._add(kind, fresh)}
        return [keys[name] if name in keys else int(name) for name in ids]

    def _known(self, kind: str, ids: Sequence[str]) -> dict[str, int]:
        self._connection.register("wanted", {"id": np.array(ids, dtype=object)})
        rows = self._connection.execute(KNOWN, {"kind": kind}).fetchall()
        self._connection.unregister("wanted")
        return dict(rows)

    def _add(self, kind: str, ids: Sequence[str]) -> Mapping[str, int]:
        rows = self._connection.execute(NEXT, {"kind": kind, "first": FIRST_KEY}).fetchall()
        first = rows[0][0]
        keys = np.arange(first, first + len(ids), dtype=np.int64)
        self._connection.register("wanted", {"key": keys, "id": np.array(ids, dtype=object)})
        self._connection.execute(ADD, {"kind": kind})
        self._connection.unregister("wanted")
        self.grew = True
        return dict(zip(ids, keys.tolist(), strict=True))


def _is_decimal(vendor_id: str) -> bool:
    return (
        vendor_id.isascii()
        and vendor_id.isdigit()
        and (vendor_id[0] != "0" or vendor_id == "0")
        and int(vendor_id) <= LARGEST
    )


def _plain(ids: Sequence[str | None]) -> Column | None:
    """Return ids as numbers, 0 for None; None where one of them is no plain decimal."""
    texts = ["0" if vendor_id is None else vendor_id for vendor_id in ids]
    joined = "".join(texts)
    if not (joined.isascii() and joined.isdigit()):
        return None
    try:
        column = np.array(list(map(int, texts)), dtype=np.int64)
    except (ValueError, OverflowError):
        return None
    digits = np.searchsorted(_TENS, column, side="right") + 1
    return column if digits.sum() == len(joined) else None  # a zero in front makes another id
