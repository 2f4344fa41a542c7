"""How long somebody who waits for an answer is made to wait."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager

from connector.errors import FatalError


@contextmanager
def answered_within(seconds: float) -> Iterator[None]:
    """Raise `FatalError` when the block takes longer, whatever it waits for.

    A helpdesk behind a dead route, or one that takes the call and says nothing, would otherwise
    hold the command for as long as a nightly run may wait. For the main thread only.
    """

    def give_up(*_: object) -> None:
        raise FatalError(
            f"no answer within {seconds:.0f} s; check the url in config.toml, the network, and"
            " HTTPS_PROXY if there is a proxy"
        )

    before = signal.signal(signal.SIGALRM, give_up)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
