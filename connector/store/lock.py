"""One writer a helpdesk: a lock on `NAME.lock`, with a rising fence that every commit checks.

DuckDB's own lock can be lost, so this one is taken before the store is opened. The system releases
it when the process ends, however it ends.
"""

from __future__ import annotations

import fcntl
import json
import os
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Self

from connector.errors import LockedError, StoreError


class Lease:
    """The right to write one helpdesk's store, held while the block runs.

    `fence` is larger for every later holder. It starts from the clock, so that it also rises
    after somebody removed the lock file.
    """

    def __init__(self, folder: Path, *, clock: Callable[[], float] = time.time) -> None:
        """Name the folder of one helpdesk; nothing is touched before `acquire`."""
        self.path = folder / f"{folder.name}.lock"
        self.fence = 0
        self._clock = clock
        self._handle: int | None = None

    def acquire(self) -> Self:
        """Take the lock or raise `LockedError` naming the holder; never waits."""
        if self._handle is not None:
            raise LockedError(f"{self.path} is already held by this run")
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self._handle = self._locked_handle()
            self._sign(self._handle)
        except OSError as error:
            self.release()
            raise StoreError(
                f"{self.path}: {error.strerror}; check disk space and rights"
            ) from error
        return self

    def release(self) -> None:
        """Give the lock back; calling twice is harmless."""
        if self._handle is not None:
            os.close(self._handle)
            self._handle = None

    def is_held(self) -> bool:
        """Tell whether the lock file is still the one that was locked."""
        if self._handle is None:
            return False
        try:
            there = self.path.stat()
        except OSError:
            return False
        ours = os.fstat(self._handle)
        return (there.st_dev, there.st_ino) == (ours.st_dev, ours.st_ino)

    def check(self) -> None:
        """Raise `StoreError` if the lock is lost: whoever writes asks before every write."""
        if not self.is_held():
            raise StoreError(f"the lock {self.path} was lost; nothing more is written; run again")

    def __enter__(self) -> Self:
        """Take the lock unless `acquire` already did."""
        return self if self._handle is not None else self.acquire()

    def __exit__(self, *_: object) -> None:
        """Give the lock back."""
        self.release()

    def _locked_handle(self) -> int:
        handle = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            holder = _read(handle)
            os.close(handle)
            raise LockedError(_busy(self.path, holder)) from error
        except OSError:
            os.close(handle)
            raise
        return handle

    def _sign(self, handle: int) -> None:
        now = self._clock()
        self.fence = max(_fence(_read(handle)) + 1, int(now))
        started = datetime.fromtimestamp(now, tz=UTC).isoformat(timespec="seconds")
        text = json.dumps({"fence": self.fence, "pid": os.getpid(), "since": started})
        os.pwrite(handle, text.ljust(120).encode() + b"\n", 0)
        os.fsync(handle)


def _read(handle: int) -> dict[str, Any]:
    try:
        found = json.loads(os.pread(handle, 4096, 0))
    except ValueError:  # new, or cut off by a crash
        return {}
    return found if isinstance(found, dict) else {}


def _fence(signature: dict[str, Any]) -> int:
    fence = signature.get("fence")
    return fence if isinstance(fence, int) else 0


def _busy(path: Path, holder: dict[str, Any]) -> str:
    who = (
        f"process {holder['pid']} since {holder['since']}"
        if {"pid", "since"} <= set(holder)
        else "a run"
    )
    return f"{path} is held by {who}; wait for it to end, or stop it"
