"""Faults of the disk and of the databases as `StoreError`, with what to do."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from connector.errors import StoreError

ADVICE = (
    (
        (
            "No space left",
            "not enough disk space",
            "File too large",
            "disk is full",
            "max_temp_directory_size",
        ),
        "free some disk space and run again; nothing is lost",
    ),
    (("disk I/O error",), "check the space on the disk, and the disk, and run again"),
    (("Out of Memory", "memory limit"), "give the store more memory and run again"),
    (("Permission denied", "Read-only file system"), "give this user the right to write there"),
    (
        ("Could not set lock", "database is locked"),
        "another program has the file open; close it and run again",
    ),
    (
        ("not a valid DuckDB", "Corrupt", "checksum", "malformed", "not a database"),
        "put back a copy; a store (not the state) may be moved away and is read again",
    ),
)
OTHERWISE = "run again; if it stays so, move the folder away and sync again"


@contextmanager
def store_errors(path: Path, kind: type[Exception]) -> Iterator[None]:
    """Turn what a database (`kind`) and the system raise inside the block into a `StoreError`."""
    try:
        yield
    except (kind, OSError) as error:
        text = str(error).partition("\n")[0]
        raise StoreError(f"{path}: {text}; {advice(text)}") from error


def advice(text: str) -> str:
    """Say what to do about a fault."""
    for signs, what in ADVICE:
        if any(sign.lower() in text.lower() for sign in signs):
            return what
    return OTHERWISE
