"""Compares what was counted with the numbers kept, and says what grew or fell."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from tests.costs.counting import Costs
from tests.costs.keeping import Kept

Counts = Mapping[str, int]


@dataclass(frozen=True)
class Bound:
    """How far a count may be from the number kept: each name by itself, or all of a stage."""

    share: float
    each: bool


BOUNDS = {
    "requests": Bound(0.0, each=True),
    "pages": Bound(0.0, each=True),
    "imports": Bound(0.0, each=True),
    "rows": Bound(0.02, each=True),
    "duckdb": Bound(0.03, each=False),
    "sqlite": Bound(0.03, each=False),
    "calls": Bound(0.05, each=False),
    "modules": Bound(0.05, each=False),
    "instructions": Bound(0.05, each=True),
}
TITLES = {
    "requests": "requests to the helpdesk",
    "pages": "pages",
    "imports": "foreign packages imported",
    "rows": "rows changed in DuckDB",
    "duckdb": "statements sent to DuckDB",
    "sqlite": "statements sent to SQLite",
    "calls": "calls made by our functions",
    "modules": "modules of ours imported",
    "instructions": "instructions of the processor",
}
SHOWN = 6
"""So many names a total is explained by."""


def moved(kept: Kept, found: Kept) -> list[str]:
    """Return a line for each count that is out of bounds, of those that are comparable at all."""
    counts_instructions = any("instructions" in costs for costs in found.stages.values())
    return differences(
        kept.comparable(found.python, counts_instructions=counts_instructions),
        Kept(kept.python, found.stages).comparable(
            found.python, counts_instructions=counts_instructions
        ),
    )


def differences(kept: Mapping[str, Costs], found: Mapping[str, Costs]) -> list[str]:
    """Return a line for each count that is out of bounds; none if all are within."""
    return [
        f"{stage}: {line}"
        for stage in _names(kept, found)
        for kind in _names(kept.get(stage, {}), found.get(stage, {}))
        for line in _of_kind(kind, _at(kept, stage, kind), _at(found, stage, kind))
    ]


def _at(costs: Mapping[str, Costs], stage: str, kind: str) -> Counts:
    return costs.get(stage, {}).get(kind, {})


def _of_kind(kind: str, kept: Counts, found: Counts) -> Iterator[str]:
    bound, title = BOUNDS[kind], TITLES[kind]
    if bound.each:
        for name in _names(kept, found):
            before, now = kept.get(name, 0), found.get(name, 0)
            if _is_beyond(before, now, bound.share):
                yield f"{title}: {name} {_moved(before, now)}"
        return
    before, now = sum(kept.values()), sum(found.values())
    if _is_beyond(before, now, bound.share):
        yield f"{title}: {_moved(before, now)}, more than {bound.share:.0%}{_most(kept, found)}"


def _most(kept: Counts, found: Counts) -> str:
    """Return the names that account for most of a difference."""
    moved = {name: found.get(name, 0) - kept.get(name, 0) for name in _names(kept, found)}
    ordered = sorted((name for name in moved if moved[name]), key=lambda name: -abs(moved[name]))
    told = (f"{name} {kept.get(name, 0)} -> {found.get(name, 0)}" for name in ordered[:SHOWN])
    return ": " + ", ".join(told)


def _is_beyond(before: int, now: int, share: float) -> bool:
    return abs(now - before) > share * before


def _moved(before: int, now: int) -> str:
    return f"{'grew' if now > before else 'fell'} from {before:,} to {now:,}"


def _names(kept: Mapping[str, object], found: Mapping[str, object]) -> list[str]:
    return list(dict.fromkeys([*kept, *found]))
