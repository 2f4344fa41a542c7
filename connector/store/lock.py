"""One writer a helpdesk: a lock on `NAME.lock`, with a rising fence that every commit checks.

DuckDB's own lock can be lost, so this one is taken before the store is opened. The system releases
it when the process ends, however it ends. Who is about to write signs the file; who only looks
holds the lock and leaves every byte as it is. The file's time is no one's but `looks`'.
"""

from __future__ import annotations

import fcntl
import json
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
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
        """Take the lock and sign it, or raise `LockedError` naming the holder; never waits."""
        self.take()
        self.sign()
        return self

    def take(self) -> Self:
        """Take the lock without signing it: who does so writes nothing until `sign`."""
        if self._handle is not None:
            raise LockedError(f"{self.path} is already held by this run")
        with self._told_errors():
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self._handle, self.fence = self._locked_handle(), 0
        return self

    def sign(self) -> None:
        """Say in the file who holds it, and raise the fence; calling twice is harmless."""
        if self._handle is None or self.fence:
            return
        with self._told_errors():
            now = self._clock()
            self.fence = max(_fence(_read(self._handle)) + 1, int(now))
            since = datetime.fromtimestamp(now, tz=UTC).isoformat(timespec="seconds")
            self._write({"fence": self.fence, "pid": os.getpid(), "since": since})
            os.fsync(self._handle)

    def release(self) -> None:
        """Give the lock back, and take our name off it; calling twice is harmless."""
        if self._handle is not None:
            with suppress(OSError):  # a full disk: the name stays, and misleads nobody for long
                if self.fence and _fence(_read(self._handle)) == self.fence:
                    self._write({"fence": self.fence})
            os.close(self._handle)
            self._handle = None

    def was_given_back(self) -> bool:
        """Tell whether whoever signed last came to an end that we know of."""
        return self._handle is not None and "pid" not in _read(self._handle)

    def set_time(self, nanoseconds: int) -> None:
        """Give the file a time, in nanoseconds since 1970; not a byte of it changes."""
        if self._handle is not None:
            with self._told_errors():
                os.utime(self._handle, ns=(nanoseconds, nanoseconds))

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

    def _write(self, signature: dict[str, Any]) -> None:
        assert self._handle is not None
        before = os.fstat(self._handle).st_mtime_ns
        os.pwrite(self._handle, json.dumps(signature).ljust(120).encode() + b"\n", 0)
        os.utime(self._handle, ns=(before, before))

    @contextmanager
    def _told_errors(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            self.release()
            raise StoreError(
                f"{self.path}: {error.strerror}; check disk space and rights"
            ) from error


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
