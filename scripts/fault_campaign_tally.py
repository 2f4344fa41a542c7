"""Counts the campaign, by kind of fault, and prints it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

HEAD = ("fault", "injected", "recovered", "requests repeated", "runs until quiet")


@dataclass
class Tally:
    """What was injected so far, and what it took to be quiet again."""

    injected: Counter[str] = field(default_factory=Counter)
    recovered: Counter[str] = field(default_factory=Counter)
    repeated: Counter[str] = field(default_factory=Counter)
    until_quiet: dict[str, Counter[int]] = field(default_factory=dict)
    figures: Counter[str] = field(default_factory=Counter)
    violations: list[str] = field(default_factory=list)
    tell: Callable[[str], None] = lambda _: None

    @property
    def total(self) -> int:
        return self.injected.total()

    def end_round(self, met: Counter[str], runs: int, found: list[str]) -> None:
        """Count the faults of a round that ended; they are recovered if nothing was found."""
        self.injected += met
        self.violations += found
        for one in found:
            self.tell(f"VIOLATION: {one}")
        if not found:
            self.recovered += met
        for kind, count in met.items():
            self.until_quiet.setdefault(kind, Counter())[runs] += count

    def table(self) -> str:
        """Return the table, a row for each kind, the most frequent first."""
        lines = [f"| {' | '.join(HEAD)} |", "|---|---|---|---|---|"]
        for kind, count in sorted(self.injected.items(), key=lambda item: (-item[1], item[0])):
            runs = self.until_quiet[kind]
            cells = (kind, count, self.recovered[kind], self.repeated[kind], _spread(runs))
            lines.append(f"| {' | '.join(map(str, cells))} |")
        total = (self.total, self.recovered.total(), self.repeated.total())
        lines.append(f"| **all** | {' | '.join(f'{one:,}' for one in total)} | |")
        return "\n".join(lines)

    def said(self) -> str:
        """Return the other figures, one a line."""
        return "\n".join(f"- {name}: {count:,}" for name, count in self.figures.items())


def _spread(runs: Counter[int]) -> str:
    mean = sum(number * count for number, count in runs.items()) / runs.total()
    return f"{mean:.1f}, most {max(runs)}"
