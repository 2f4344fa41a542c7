"""A practice helpdesk in a process of its own, and a folder that reads it."""

from __future__ import annotations

import json
import subprocess
import sys
import urllib.request
from base64 import b64encode
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from importlib.resources import files
from pathlib import Path
from typing import Any

from bench.timing import ROOT
from connector.cli.templates import with_period
from connector.practice.control import CONTROL_TOKEN
from connector.practice.helpdesk import ADMIN_EMAIL, TOKEN

ENVIRON = {"PRACTICE_TOKEN": TOKEN}
WITHHELD_S = 120
"""The export never shows the last minute."""
A_BATCH = 100
CONFIG = """
[[helpdesk]]
name = "practice"
kind = "zendesk"
[helpdesk.options]
url = "{url}"
email = "{email}"
token = {{ env = "PRACTICE_TOKEN" }}
[helpdesk.limits]
share_of_exports = 1.0
share_of_requests = 1.0
[writeback]
enabled = true
max_share = 1.0
"""


class Desk:
    """A practice helpdesk that is up; what happens there is ordered through its HTTP port."""

    def __init__(self, url: str) -> None:
        """Speak to the helpdesk at an address."""
        self.url = url
        self.new: list[int] = []

    def create(self, number: int) -> None:
        """Open tickets, which stay new; time goes on until the export shows them."""
        for place in range(number):
            body = {"subject": f"Ticket {place}", "comment": {"body": "Help"}}
            self.new.append(self._control("act", act="create", args=[body])["id"])
        self.wait()

    def change(self, number: int, status: str) -> None:
        """Change the status of tickets that were created."""
        for start in range(0, number, A_BATCH):
            ids = ",".join(map(str, self.new[start : min(start + A_BATCH, number)]))
            path = f"api/v2/tickets/update_many.json?ids={ids}"
            self._send("PUT", path, {"ticket": {"status": status}}, _basic())
        self.wait()

    def wait(self) -> None:
        """Let time go on until the export shows what happened."""
        self._control("advance", seconds=WITHHELD_S)

    def _control(self, call: str, **body: object) -> dict[str, Any]:
        return self._send("POST", f"practice/control/{call}", body, f"Bearer {CONTROL_TOKEN}")

    def _send(self, method: str, path: str, body: object, auth: str) -> dict[str, Any]:
        request = urllib.request.Request(  # noqa: S310  # our own helpdesk, on loopback
            f"{self.url}/{path}",
            data=json.dumps(body).encode(),
            headers={"Authorization": auth, "Content-Type": "application/json"},
            method=method,
        )
        with urllib.request.urlopen(request, timeout=60) as answer:  # noqa: S310
            found: dict[str, Any] = json.load(answer)
        return found


def _basic() -> str:
    return f"Basic {b64encode(f'{ADMIN_EMAIL}/token:{TOKEN}'.encode()).decode()}"


@contextmanager
def helpdesk(tickets: int) -> Iterator[Desk]:
    """Start a practice helpdesk with wide limits; stop it by its process id."""
    command = [sys.executable, "-m", "connector.practice", "--limits", "generous"]
    with subprocess.Popen(
        [*command, "--tickets", str(tickets), "--prepare"],
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
    ) as process:
        try:
            assert process.stdout is not None
            words: Sequence[str] = process.stdout.readline().split()
            found = (word for word in words if word.startswith("http://127.0.0.1:"))
            yield Desk(next(found).rstrip(",").removesuffix("/agent"))
        finally:
            process.terminate()


def lay_out(folder: Path, url: str) -> None:
    """Write a config that reads and writes this helpdesk, and the goals of the demo."""
    today = datetime.now(tz=UTC).date()
    goals = files("connector.cli").joinpath("demo.toml").read_text(encoding="utf-8")
    period = (today - timedelta(days=60), today + timedelta(days=31))
    (folder / "mappings").mkdir(parents=True)
    (folder / "mappings" / "goals.toml").write_text(with_period(goals, *period), "utf-8")
    (folder / "config.toml").write_text(CONFIG.format(url=url, email=ADMIN_EMAIL), "utf-8")
