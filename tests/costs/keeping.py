"""The numbers kept in the repository: `kept.toml`, written by `python -m tests.costs`."""

from __future__ import annotations

import json
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
    """Costs by stage, and the version of Python that `calls` and `imports` belong to."""

    python: str
    stages: Mapping[str, Costs]

    def on(self, python: str) -> Mapping[str, Costs]:
        """Return what can be compared on a version of Python."""
        if python == self.python:
            return self.stages
        return {stage: without_calls(costs) for stage, costs in self.stages.items()}


def without_calls(costs: Costs) -> Costs:
    """Return costs without those that another version of Python counts in another way."""
    return {kind: names for kind, names in costs.items() if kind not in {"calls", "imports"}}


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
