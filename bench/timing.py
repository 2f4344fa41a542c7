"""Ratios of two ways to do the same, taken in turns in one process, and the memory of one way."""

from __future__ import annotations

import json
import os
import platform
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from statistics import median
from typing import Any

import msgspec

ROOT = Path(__file__).resolve().parents[1]


class Cost(msgspec.Struct, frozen=True):
    """What one run took; CPU seconds do not suffer from what else the machine does."""

    wall_s: float
    cpu_s: float


class Figure(msgspec.Struct, frozen=True, kw_only=True):
    """One measured figure and its bound, None where nothing was promised.

    The bound is the most the value may be, with `at_least` the least. `unit` is one of `x` (times),
    `share`, `MB`, `s`, `/s` or a word for what is counted. `rounds` are the costs behind a ratio,
    in order, `notes` what else belongs to the figure.
    """

    name: str
    value: float
    bound: float | None = None
    unit: str
    at_least: bool = False
    rounds: dict[str, list[Cost]] = {}
    notes: dict[str, float] = {}

    @property
    def is_kept(self) -> bool:
        """Tell whether the figure keeps its bound, if it has one."""
        if self.bound is None:
            return True
        return self.value >= self.bound if self.at_least else self.value <= self.bound


def cost(work: Callable[[], object]) -> Cost:
    """Run something once."""
    wall, cpu = time.perf_counter(), time.process_time()
    work()
    return Cost(time.perf_counter() - wall, time.process_time() - cpu)


def in_turns(rounds: int, **ways: Callable[[], object]) -> dict[str, list[Cost]]:
    """Run the ways in turns, A B A B, after one round that is not counted."""
    found: dict[str, list[Cost]] = {name: [] for name in ways}
    for number in range(rounds + 1):
        for name, work in ways.items():
            taken = cost(work)
            if number:
                found[name].append(taken)
    return found


def ratio(found: dict[str, list[Cost]], one: str, other: str) -> float:
    """Return the median cost of one way over that of the other, by CPU time."""
    return median(c.cpu_s for c in found[one]) / median(c.cpu_s for c in found[other])


def wall_ratio(found: dict[str, list[Cost]], one: str, other: str) -> float:
    """Return the same by the clock on the wall."""
    return median(c.wall_s for c in found[one]) / median(c.wall_s for c in found[other])


def alone(module: str, *arguments: object) -> dict[str, Any]:
    """Run a module in a process of its own; return what it prints as JSON, its last line."""
    command = [sys.executable, "-m", module, *map(str, arguments)]
    ran = subprocess.run(command, check=True, stdout=subprocess.PIPE, cwd=ROOT, text=True)
    document: dict[str, Any] = json.loads(ran.stdout.splitlines()[-1])
    return document


def peak_mb() -> float:
    """Return the most memory that this process ever held.

    Where the system tells it, that is since the program began: `ru_maxrss` may be the parent's.
    """
    status = Path("/proc/self/status")
    if status.exists():
        for line in status.read_text("utf-8").splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) / 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def machine() -> dict[str, str | float]:
    """Describe the machine, as far as it matters."""
    pages, size = os.sysconf("SC_PHYS_PAGES"), os.sysconf("SC_PAGE_SIZE")
    return {
        "system": f"{platform.system()} {platform.release()}",
        "processor": _processor(),
        "cores": os.cpu_count() or 0,
        "memory_gb": round(pages * size / 2**30, 1),
        "python": platform.python_version(),
        "duckdb": version("duckdb"),
        "load": round(os.getloadavg()[0], 1),
    }


def _processor() -> str:
    info = Path("/proc/cpuinfo")
    if info.exists():
        for line in info.read_text("utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.machine()
