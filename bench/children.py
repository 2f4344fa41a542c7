"""What a program of others cost: a process with all its children, seen from outside."""

from __future__ import annotations

import os
import resource
import subprocess
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from threading import Thread
from typing import IO

import msgspec

GLANCE_S = 0.02
TOLD = 1_500
MARKED = 40
"""A line is looked at for its mark so far; records are long, and begin with what they are."""


class Ran(msgspec.Struct, frozen=True, kw_only=True):
    """What a program took. `marked` lines of its output had the mark; `last` is its last line."""

    wall_s: float
    cpu_s: float
    peak_mb: float
    marked: int
    last: str


class ProgramError(RuntimeError):
    """A program ended badly, or did not end in time."""


def ran(
    command: Sequence[str | Path],
    *,
    folder: Path,
    environ: Mapping[str, str],
    mark: bytes = b"",
    limit_s: float = 600,
) -> Ran:
    """Run a program in a folder, with these variables only; its errors go to a file there.

    CPU seconds are those of the process and of all children it waited for; memory is the most that
    the tree held, looked at every 20 ms, where the first process counts with its own high-water
    mark. Raises ProgramError with the end of its errors.
    """
    errors = folder / "errors.txt"
    started = time.perf_counter()
    with errors.open("wb") as told:
        child = subprocess.Popen(
            command,
            cwd=folder,
            env=dict(environ),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=told,
        )
    assert child.stdout is not None
    output = _Output(child.stdout, mark)
    usage, peak_kb = _watched(child, started + limit_s)
    output.join()
    child.stdout.close()
    if child.returncode:
        end = errors.read_text("utf-8", "replace")[-TOLD:]
        raise ProgramError(f"{command[0]} ended with {child.returncode}: {end}")
    return Ran(
        wall_s=time.perf_counter() - started,
        cpu_s=usage.ru_utime + usage.ru_stime,
        peak_mb=peak_kb / 1024,
        marked=output.marked,
        last=output.last.decode("utf-8", "replace"),
    )


class _Output(Thread):
    """Reads what a program prints, so that it never waits, and keeps next to nothing of it."""

    def __init__(self, stream: IO[bytes], mark: bytes) -> None:
        super().__init__(daemon=True)
        self.marked = 0
        self.last = b""
        self._stream, self._mark = stream, mark
        self.start()

    def run(self) -> None:
        mark, marked, line = self._mark, 0, b""
        for line in self._stream:
            if mark and mark in line[:MARKED]:
                marked += 1
        self.marked, self.last = marked, line


def _watched(child: subprocess.Popen[bytes], until: float) -> tuple[resource.struct_rusage, int]:
    """Wait for a process; return what it used, and the most memory of its tree in kB."""
    peak_kb = 0
    while True:
        peak_kb = max(peak_kb, _tree_kb(child.pid))
        found, status, usage = os.wait4(child.pid, os.WNOHANG)
        if found:
            child.returncode = os.waitstatus_to_exitcode(status)
            return usage, peak_kb
        if time.perf_counter() > until:
            child.kill()
        time.sleep(GLANCE_S)


def _tree_kb(pid: int) -> int:
    """Return the memory of a process at its highest, and that of all below it now."""
    return max(_held_kb(pid, "VmHWM:"), sum(_held_kb(one, "VmRSS:") for one in _tree(pid)))


def _tree(pid: int) -> list[int]:
    found = [pid]
    for one in found:
        try:
            tasks = list(Path(f"/proc/{one}/task").iterdir())
            texts = [(task / "children").read_text() for task in tasks]
        except OSError:  # it has ended, or the system does not tell
            continue
        found += [int(child) for text in texts for child in text.split()]
    return found


def _held_kb(pid: int, what: str) -> int:
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) for line in lines if line.startswith(what)), 0)
