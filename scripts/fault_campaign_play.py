"""Plays worlds of the campaign, one seed after the other, until enough was injected."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

from fault_campaign_tally import Tally
from fault_campaign_world import World

ROUNDS = 6
"""How many rounds a world has before everything is taken back."""

RUNS = 2
"""How many runs of a round are under fire."""


def played(
    faults: int,
    seed: int,
    folder: Path,
    tell: Callable[[str], None] = lambda _: None,
    *,
    rounds: int = ROUNDS,
) -> Tally:
    """Play whole worlds until so many faults were injected; a seed is always the same world."""
    tally = Tally(tell=tell)
    while tally.total < faults:
        with ExitStack() as stack:
            world = World(folder / str(seed), seed, tally, stack)
            first = seed * ROUNDS * RUNS
            for number in range(first, first + rounds * RUNS, RUNS):
                world.play(number, RUNS)
            world.take_back()
            world.end()
        tell(f"seed {seed}: {tally.total} faults, {len(tally.violations)} violations")
        seed += 1
    return tally
