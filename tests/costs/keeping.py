"""The numbers kept in the repository: `kept.toml`, written by `python -m tests.costs`."""

from __future__ import annotations

import json
import platform
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from tests.costs.counting import Costs

PATH = Path(__file__).with_name("kept.toml")
HEAD = """\
# What a small fixed job costs. Written by `python -m tests.costs`, compared by tests/test_costs.py
# within the bounds of tests/costs/comparing.py; docs/performance.md says what is counted.
"""


@dataclass(frozen=True)
class Kept:
    """Costs by stage, and the interpreter they were counted on."""

    python: str
    stages: Mapping[str, Costs]

    def comparable(self, python: str, *, counts_instructions: bool) -> Mapping[str, Costs]:
        """Return what would be the same on another interpreter.

        Its version decides on calls and imports; instructions want the very same one.
        """
        dropped: set[str] = set()
        if not counts_instructions or python != self.python:
            dropped.add("instructions")
        if version(python) != version(self.python):
            dropped |= {"calls", "imports"}
        left = {
            stage: {kind: names for kind, names in costs.items() if kind not in dropped}
            for stage, costs in self.stages.items()
        }
        return {stage: costs for stage, costs in left.items() if costs}


def interpreter() -> str:
    """Return which Python this is: version, processor, compiler."""
    return f"{platform.python_version()}, {platform.machine()}, {platform.python_compiler()}"


def version(python: str) -> str:
    """Return the version of an interpreter, as far as calls depend on it."""
    return ".".join(python.split(".")[:2])


def load(path: Path = PATH) -> Kept:
    """Return the numbers kept."""
    document = tomllib.loads(path.read_text("utf-8"))
    return Kept(document["python"], document["stages"])


def text(kept: Kept) -> str:
    """Return the file's text."""
    lines = [HEAD, f"python = {json.dumps(kept.python)}"]
    for stage, costs in kept.stages.items():
        for kind in sorted(costs):
            lines.append(f"\n[stages.{json.dumps(stage)}.{kind}]")
            names = costs[kind]
            lines += [f"{json.dumps(name)} = {names[name]}" for name in sorted(names)]
    return "\n".join(lines) + "\n"
