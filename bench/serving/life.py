"""When things happen to the tickets of the page server, by formulas, so that any number fits.

A ticket comes in every minute, a hundred of them are a block. Each has the same ten things happen
to it, one of each slot, some blocks later and in another order within the block. The last blocks
are still on their way when the history ends.
"""

from __future__ import annotations

from random import Random

import msgspec
import numpy as np

from bench.serving.strips import Numbers

BLOCK = 100
"""Tickets in a block."""
ROUND_S = 60
"""One ticket comes in, and one thing of each slot happens."""
SLOT_S = 6
BLOCK_S = BLOCK * ROUND_S
FIRST_TICKET = 1_000_001
FIRST_AUDIT = 29_000_000_000_000
STRIDE = 32

LATER = (0, 0, 1, 2, 3, 3, 4, 4, 6, 57)
"""How many blocks after its ticket came in each slot happens."""
STATUS = (
    *("new", "open", "pending", "open", "open"),
    *("open", "open", "open", "solved", "closed"),
)
"""The status of a ticket after each slot."""
SOLVED = 8
SLOTS = len(LATER)


class Life(msgspec.Struct, frozen=True):
    """The history of `tickets` tickets from `begin` on, in epoch seconds; `slots` things each."""

    tickets: int
    begin: int
    slots: int
    orders: tuple[Numbers, ...]
    """For each slot: which ticket of its block each round is about."""
    rounds: tuple[Numbers, ...]
    """For each slot: in which round of its block each ticket has its turn."""

    @property
    def blocks(self) -> int:
        """Return the number of blocks."""
        return self.tickets // BLOCK

    @property
    def end(self) -> int:
        """Return when the last ticket came in."""
        return self.begin + self.blocks * BLOCK_S

    @property
    def stages(self) -> int:
        """Return how many slots a ticket has been through at the most; one at least."""
        return max(1, self.slots)

    def stage(self, block: int) -> int:
        """Return how many slots the tickets of a block have been through."""
        return sum(block + later < self.blocks for later in LATER[: self.stages])

    def slot_at(self, slot: int) -> Numbers:
        """Return for each ticket of a block when a slot is, in seconds since the block began."""
        return LATER[slot] * BLOCK_S + self.rounds[slot] * ROUND_S + slot * SLOT_S

    @property
    def settled(self) -> int:
        """Return how many blocks changed for the last time before any block that is under way."""
        return max(0, self.blocks - 2 * LATER[self.stages - 1])

    @property
    def solved(self) -> int:
        """Return the number of tickets that have been solved; all, where none ever is."""
        return max(0, self.blocks - LATER[SOLVED]) * BLOCK or self.tickets


def life(tickets: int, end: int, slots: int, seed: int) -> Life:
    """Return the history that ends at an epoch second."""
    random = Random(seed)  # noqa: S311  # seeded on purpose
    orders: dict[int, Numbers] = {0: np.arange(BLOCK)}
    for later in LATER:
        if later not in orders:
            order = list(range(BLOCK))
            random.shuffle(order)
            orders[later] = np.array(order)
    chosen = tuple(orders[later] for later in LATER)
    begin = end - tickets // BLOCK * BLOCK_S
    return Life(tickets, begin, slots, chosen, tuple(np.argsort(order) for order in chosen))
