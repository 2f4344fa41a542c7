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
    faults: int, seed: int, folder: Path, tell: Callable[[str], None] = lambda _: None
) -> Tally:
    """Play until so many faults were injected."""
    tally, run = Tally(tell=tell), 0
    while tally.total < faults:
        with ExitStack() as stack:
            world = World(folder / str(seed), seed, tally, stack)
            for _ in range(ROUNDS):
                world.play(run, RUNS)
                run += RUNS
                if tally.total >= faults:
                    break
            world.take_back()
            world.end()
        tell(f"seed {seed}: {tally.total} faults, {len(tally.violations)} violations")
        seed += 1
    return tally
