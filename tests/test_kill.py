"""SIGKILL at random points of `connector sync`: the next runs end where an undisturbed one ends."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from connector.practice.clock import Clock
from connector.practice.helpdesk import ADMIN_EMAIL, TOKEN
from connector.practice.seed import seed_world
from connector.practice.server import PracticeServer

NOW = datetime(2026, 11, 18, 10, tzinfo=UTC)
TICKETS = 1_200
KILLS = 30
MOST_RUNS = 150
COMMAND = [sys.executable, "-c", "from connector.cli.main import run; run()"]
CONFIG = f"""
[[helpdesk]]
name = "practice"
kind = "zendesk"
[helpdesk.options]
email = "{ADMIN_EMAIL}"
token = {{ env = "PRACTICE_TOKEN" }}
[helpdesk.limits]
share_of_exports = 1.0
share_of_requests = 1.0
[writeback]
enabled = true
max_share = 1.0
"""


class Deadly(PracticeServer):
    """A practice helpdesk that kills its client at a request of its choice, or a little later."""

    def __init__(self, seed: int) -> None:
        clock = Clock(NOW)
        super().__init__(seed_world(TICKETS, seed, clock=clock), limits="generous", job_polls=1)
        self._random = random.Random(seed)  # noqa: S311  # which points are hit shall be the same
        self._left = 0
        self._victim: subprocess.Popen[bytes] | None = None

    def aim(self, victim: subprocess.Popen[bytes]) -> None:
        """Choose when this client dies."""
        self._left = self._random.randint(1, 6)
        self._victim = victim

    def answer(self, method: str, target: str, headers: Mapping[str, str], body: bytes) -> Any:
        """Answer, and kill before or after if it is time."""
        self._left -= 1
        is_time = self._left == 0 and self._victim is not None
        if is_time and self._random.random() < 0.3:
            self._shoot()
        answer = super().answer(method, target, headers, body)
        if is_time:
            threading.Timer(self._random.uniform(0.0, 0.5), self._shoot).start()
        return answer

    def _shoot(self) -> None:
        if self._victim is not None and self._victim.poll() is None:
            self._victim.send_signal(signal.SIGKILL)


def start(folder: Path, url: str, *arguments: str) -> subprocess.Popen[bytes]:
    environ = {
        **os.environ,
        "PRACTICE_TOKEN": TOKEN,
        "CONNECTOR_HELPDESK__PRACTICE__OPTIONS__URL": url,
    }
    return subprocess.Popen(
        [*COMMAND, *arguments],
        cwd=folder,
        env=environ,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )


def call(folder: Path, url: str, *arguments: str) -> str:
    """Run a command to its end; it must succeed."""
    process = start(folder, url, *arguments)
    out, err = process.communicate(timeout=120)
    assert process.returncode == 0, err.decode() + out.decode()
    return out.decode()


def new_folder(folder: Path) -> Path:
    (folder / "mappings").mkdir(parents=True)
    (folder / "config.toml").write_text(CONFIG, encoding="utf-8")
    starter = Path(__file__).resolve().parents[1] / "mappings" / "starter.toml"
    (folder / "mappings" / "starter.toml").write_text(starter.read_text("utf-8"), "utf-8")
    return folder


def labels(server: PracticeServer) -> dict[int, Any]:
    """Return what every ticket of the helpdesk shows: its tags and custom field values."""
    world = server.world
    return {key: (sorted(t.tags), dict(t.values)) for key, t in world.tickets.items()}


def settled(folder: Path, server: PracticeServer) -> dict[str, Any]:
    """Let own writes become visible, read them, and return everything that must be the same."""
    server.clock.advance(120)
    call(folder, server.url, "sync")
    exports = {
        table: sorted(call(folder, server.url, "export", table, "-").splitlines())
        for table in ("tickets", "events", "measures")
    }
    return {**exports, "labels": labels(server)}


def sync_under_fire(folder: Path, server: Deadly) -> int:
    """Run `sync` until one run survives; return how many were killed."""
    kills = 0
    for _ in range(MOST_RUNS):
        process = start(folder, server.url, "sync", "--json")
        server.aim(process)
        out, err = process.communicate(timeout=120)
        if process.returncode == -signal.SIGKILL:
            kills += 1
        else:
            assert process.returncode == 0, err.decode()
            assert json.loads(out)["status"] == "ok"
            return kills
    pytest.fail(f"no run came to its end in {MOST_RUNS} tries")


@contextmanager
def desks(seed: int) -> Iterator[tuple[Deadly, Deadly]]:
    with Deadly(seed) as one, Deadly(seed) as other:
        yield one, other


@pytest.mark.slow
def test_killed_runs_end_where_an_undisturbed_run_ends(tmp_path: Path) -> None:
    kills = 0
    for seed in range(1, 9):
        with desks(seed) as (calm, fire):
            quiet = new_folder(tmp_path / f"calm-{seed}")
            call(quiet, calm.url, "setup", "--apply")
            call(quiet, calm.url, "sync")
            noisy = new_folder(tmp_path / f"fire-{seed}")
            call(noisy, fire.url, "setup", "--apply")
            kills += sync_under_fire(noisy, fire)
            assert settled(noisy, fire) == settled(quiet, calm)
        if kills >= KILLS:
            return
    pytest.fail(f"only {kills} runs were killed")
