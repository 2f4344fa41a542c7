"""SIGKILL at random points of a command: the next runs end where an undisturbed one ends."""

from __future__ import annotations

import json
import os
import random
import signal
import threading
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

import pytest

from connector.practice.routing import Answer
from tests.victim import started
from tests.whole import ENVIRON, PagedServer, Whole, labels

LONGEST_S = 60
UNDO_KILLS = 5
REQUESTS = 7
"""A client dies within so many requests."""

KILLS_OF_A_DESK = 30
MOST_RUNS = KILLS_OF_A_DESK + 1

DELAY_S = 0.06
FAULTS = ("429", "429-bare", "409", "500", "503", "reset", "lost", "short", "cut", "html")
EVERY = 4
"""One in so many requests goes wrong where faults are on."""


class Deadly(PagedServer):
    """A practice helpdesk that kills its client at a request of its choice, or a little later."""

    def __init__(self, seed: int, *, errs: bool) -> None:
        super().__init__(seed=seed, limits="generous")
        self._random = random.Random(seed)  # noqa: S311  # which points are hit shall be the same
        self.errs = errs
        self._left = 0
        self._victim: int | None = None

    def aim(self, victim: int | None) -> None:
        """Choose when this client dies; None lets it live."""
        self._left = self._random.randint(1, REQUESTS)
        self._victim = victim

    def answer(self, method: str, target: str, headers: Mapping[str, str], body: bytes) -> Answer:
        """Answer, and kill before or after if it is time."""
        self._left -= 1
        is_time = self._left == 0
        if is_time and self._random.random() < 0.3:
            self._shoot()
        answer = super().answer(method, target, headers, body)
        if is_time:
            threading.Timer(self._random.uniform(0.0, DELAY_S), self._shoot).start()
        if self.errs and self._random.random() * EVERY < 1:
            self.faults.fail_next("", self._random.choice(FAULTS))
        return answer

    def recover(self) -> None:
        """Let nothing go wrong any more."""
        self.errs = False
        super().recover()

    def _shoot(self) -> None:
        if self._victim is not None:
            with suppress(ProcessLookupError):
                os.kill(self._victim, signal.SIGKILL)


SYNC = ("sync", "--json")
UNDO = ("undo", "--all", "--apply")


def under_fire(whole: Whole, server: Deadly, command: tuple[str, ...]) -> int:
    """Run a command until it survives; return how often it was killed."""
    for kills in range(MOST_RUNS):
        process = started(whole.folder, ENVIRON, server.clock.now(), command)
        server.aim(process.pid if kills < KILLS_OF_A_DESK else None)
        process.join(LONGEST_S)
        server.aim(None)
        if process.exitcode != -signal.SIGKILL:
            said = (whole.folder / "err").read_text(encoding="utf-8")
            assert process.exitcode == 0, said
            return kills
    pytest.fail("a run that was left alone did not come to its end")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("wanted", "errs"), [(30, False), (60, True)], ids=["no faults", "faults on"]
)
def test_killed_runs_end_where_an_undisturbed_run_ends(
    tmp_path: Path, wanted: int, *, errs: bool
) -> None:
    kills, seed = 0, 0
    while kills < wanted:
        seed += 1
        with PagedServer(seed=seed) as server:
            calm = Whole(tmp_path / f"calm-{seed}", server)
            assert calm("setup", "--apply").code == 0
            assert calm("sync").code == 0
            expected = calm.settled()
        with Deadly(seed, errs=errs) as fire:
            noisy = Whole(tmp_path / f"fire-{seed}", fire)
            assert noisy("setup", "--apply").code == 0
            kills += under_fire(noisy, fire, SYNC)
            report = json.loads((noisy.folder / "out").read_text(encoding="utf-8"))
            assert report["status"] == "ok"
            fire.recover()
            assert noisy.settled() == expected


@pytest.mark.slow
@pytest.mark.parametrize("errs", [False, True], ids=["no faults", "faults on"])
def test_a_killed_undo_ends_where_nothing_of_ours_is_left(tmp_path: Path, *, errs: bool) -> None:
    kills, seed = 0, 0
    while kills < UNDO_KILLS:
        seed += 1
        with Deadly(seed, errs=False) as fire:
            whole = Whole(tmp_path / f"undone-{seed}", fire)
            assert whole("setup", "--apply").code == 0
            before = labels(fire)
            assert whole("sync").code == 0
            assert labels(fire) != before
            fire.clock.advance(120)
            fire.errs = errs
            kills += under_fire(whole, fire, UNDO)
            fire.recover()
            assert labels(fire) == before
            assert "nothing to take back" in whole("undo", "--all").out
