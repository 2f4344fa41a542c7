"""What a look leaves behind that finds nothing new: the time of the lock file, and not one byte.

A run that reads an empty page knows that the published set is complete up to a later instant. That
is told by the modification time of `NAME.lock`: when, by our clock, we looked last. Readers add the
time since the set was written to its age, so data that nobody changed does not look old.

The last digits of the time say which set it is about. A time that something else gave the file, as
a copy of the folder does, says nothing: the set is as old then as it was written.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING
from zlib import crc32

import msgspec

from connector.store.lock import Lease

if TYPE_CHECKING:
    from connector.store.published import Manifest, PublishedSet

MS_NS = 1_000_000
MILLISECOND = timedelta(milliseconds=1)
SKEW = timedelta(minutes=1)
"""So far two clocks may have come apart since the set was written."""
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def note_look(lease: Lease, one: PublishedSet, *, through: datetime, now: datetime) -> bool:
    """Note that a set is complete up to an instant of the helpdesk's clock.

    Tells whether that could be noted: not where a file system rounds times, where a clock was set
    since the set was written, and for a set that does not know how far it reaches.
    """
    manifest = one.manifest
    if manifest.through is None or through < manifest.through:
        return False
    looked = manifest.read_at + (through - manifest.through)
    if abs(looked - now) > SKEW:
        return False
    lease.set_time(_marked((looked - EPOCH) // MILLISECOND, one.path.name))
    return looked - renewed(manifest, lease.path, one.path.name).read_at < MILLISECOND


def renewed(manifest: Manifest, lock: Path, name: str) -> Manifest:
    """Return what is known of the set of this name by the last look; often the same."""
    try:
        told = lock.stat().st_mtime_ns
    except OSError:
        return manifest
    looked = EPOCH + told // MS_NS * MILLISECOND
    more = looked - manifest.read_at
    if manifest.through is None or more <= timedelta() or told != _marked(told // MS_NS, name):
        return manifest
    at = manifest.server_time
    return msgspec.structs.replace(
        manifest,
        through=manifest.through + more,
        read_at=looked,
        server_time=None if at is None else at + more,
    )


def _marked(milliseconds: int, name: str) -> int:
    """Return an instant in nanoseconds whose last digits tell which set it is about."""
    return milliseconds * MS_NS + crc32(f"{name} {milliseconds}".encode()) % MS_NS
