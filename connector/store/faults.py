"""Faults of the disk and of the database as `StoreError`, with what to do."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb

from connector.errors import StoreError

ADVICE = (
    (
        ("No space left", "not enough disk space", "File too large", "max_temp_directory_size"),
        "free some disk space and run again; nothing is lost",
    ),
    (("Out of Memory", "memory limit"), "give the store more memory and run again"),
    (("Permission denied", "Read-only file system"), "give this user the right to write there"),
    (("Could not set lock",), "another program has the file open; close it and run again"),
    (
        ("not a valid DuckDB", "Corrupt", "checksum", "serializ"),
        "move the folder away and sync again: all of it can be re-read from the helpdesk",
    ),
)
OTHERWISE = "run again; if it stays so, move the folder away and sync again"


@contextmanager
def store_errors(path: Path) -> Iterator[None]:
    """Turn what DuckDB and the system raise inside the block into a `StoreError` about `path`."""
    try:
        yield
    except (duckdb.Error, OSError) as error:
        text = str(error).partition("\n")[0]
        raise StoreError(f"{path}: {text}; {advice(text)}") from error


def advice(text: str) -> str:
    """Say what to do about a fault."""
    for signs, what in ADVICE:
        if any(sign.lower() in text.lower() for sign in signs):
            return what
    return OTHERWISE
