"""`connector demo`: the whole job against the built-in practice helpdesk, on loopback.

The helpdesk runs in a process of its own and is read through its HTTP port, like any other.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from importlib.resources import files
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated, Any

import typer

from connector.cli.output import clean, console
from connector.cli.workspace import Workspace
from connector.errors import ConnectorError

TICKETS = 40_000
HOUR_S = 3_600
CONFIG = """\
[[helpdesk]]
name = "practice"
kind = "zendesk"
[helpdesk.options]
url = "{url}"
email = "{email}"
token = {{ env = "PRACTICE_TOKEN" }}
history_since = {since:%Y-%m-%d}T00:00:00Z
[helpdesk.limits]
share_of_exports = 1.0
share_of_requests = 1.0
[writeback]
enabled = true
max_share = 1.0          # on a real helpdesk keep the default: many tickets wait for approval
"""


def command(
    context: typer.Context,
    keep: Annotated[
        bool, typer.Option("--keep", help="Leave the helpdesk up until Ctrl-C.")
    ] = False,
    tickets: Annotated[int, typer.Option("--tickets", help="How many tickets it has.")] = TICKETS,
) -> None:
    """Show the whole job: set up, read, measure, judge, plan, write, and again."""
    del context
    with TemporaryDirectory(prefix="connector-demo-") as folder, _helpdesk(tickets) as url:
        Demo(Path(folder), url, is_kept=keep).play()
        if keep:
            console().print(f"\nThe helpdesk stays up at {url}/agent until you press Ctrl-C.")
            signal.pause()


class Demo:
    """A customer's first morning with the connector, played through the ordinary commands."""

    def __init__(self, folder: Path, url: str, *, is_kept: bool = False) -> None:
        self.folder = folder
        self.url = url
        self.is_kept = is_kept
        self.out = console()

    def play(self) -> None:
        """Play it from the first set-up to a run that has nothing to do."""
        self._configure()
        self._say("1. Create the three ticket fields that goal status is shown in")
        self._run("setup", "--apply")
        self._say("2. What would happen: everything is read, nothing is written")
        self._run("sync", "--dry-run")
        self._say("3. How the goals stand, and on what numbers")
        self._run("goals")
        self._run("kpis")
        self._say("4. The same for real: only tickets that show something new are written")
        self._run("sync")
        self._say("5. An hour of helpdesk life passes")
        happened = _control(self.url, "live", {"seconds": HOUR_S})["happened"]
        self.out.print(
            clean("   " + ", ".join(f"{count} {what}" for what, count in happened.items()))
        )
        self._say("6. Sync again: only what changed is read, only new states are written")
        self._run("sync")
        self._say("7. And once more: nothing to do")
        self._run("sync")
        self._say("8. What an agent sees")
        for ticket, label in self._examples():
            self.out.print(f"   {self.url}/agent/tickets/{ticket}   {label.lower()}")
        if not self.is_kept:
            self.out.print("   (open them in a browser while `connector demo --keep` is running)")

    def _configure(self) -> None:
        from connector.cli.templates import with_period
        from connector.practice.helpdesk import ADMIN_EMAIL, TOKEN

        os.environ["PRACTICE_TOKEN"] = TOKEN
        today = Workspace.now().date()
        since = today - timedelta(days=160)  # reaches the baseline of the goals
        goals = files("connector.cli").joinpath("demo.toml").read_text(encoding="utf-8")
        period = (today - timedelta(days=60), today + timedelta(days=31))
        (self.folder / "mappings").mkdir()
        (self.folder / "mappings" / "goals.toml").write_text(with_period(goals, *period))
        (self.folder / "config.toml").write_text(
            CONFIG.format(url=self.url, email=ADMIN_EMAIL, since=since)
        )

    def _say(self, text: str) -> None:
        self.out.print(f"\n[bold]{text}[/bold]")

    def _run(self, *arguments: str) -> None:
        from connector.cli.main import app

        self.out.print(f"[dim]$ connector {' '.join(arguments)}[/dim]")
        sys.stdout.flush()
        code = app(
            ["--config", str(self.folder / "config.toml"), *arguments], standalone_mode=False
        )
        if code:
            raise ConnectorError(f"`connector {' '.join(arguments)}` ended with exit code {code}")

    def _examples(self) -> list[tuple[str, str]]:
        """Return a ticket for each outcome that was written, and what it shows."""
        workspace = Workspace(self.folder / "config.toml")
        outcome = next(f for f in workspace.state.fields("practice") if f.role == "outcome")
        found: dict[str, str] = {}
        for row in workspace.state.journal_rows():
            value = row.fields_after.get(outcome.id)
            if row.outcome == "written" and value is not None:
                found[value] = row.ticket
        return [(found[v], label) for v, label in outcome.options.items() if v in found][:3]


@contextmanager
def _helpdesk(tickets: int) -> Iterator[str]:
    """Start the practice helpdesk on a free loopback port; stop it by its process id."""
    out = console()
    out.print(f"Starting a practice helpdesk with {tickets:,} tickets ...")
    started = time.monotonic()
    arguments = ["--tickets", str(tickets), "--limits", "generous"]
    with subprocess.Popen(
        [sys.executable, "-m", "connector.practice", *arguments],
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            assert process.stdout is not None
            url = _url(process.stdout.readline())
            out.print(f"It listens on {url} after {time.monotonic() - started:.1f} s.")
            yield url
        finally:
            process.terminate()


def _url(line: str) -> str:
    words = [word for word in line.split() if word.startswith("http://127.0.0.1:")]
    if not words:
        raise ConnectorError(
            "the practice helpdesk did not start; run `python -m connector.practice`"
        )
    return words[0].rstrip(",").removesuffix("/agent")


def _control(url: str, call: str, body: dict[str, Any]) -> dict[str, Any]:
    from connector.practice.control import CONTROL_TOKEN

    request = urllib.request.Request(  # noqa: S310  # our own helpdesk, on loopback
        f"{url}/practice/control/{call}",
        data=json.dumps(body).encode(),
        headers={"Authorization": f"Bearer {CONTROL_TOKEN}", "Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=60) as answer:  # noqa: S310
        found: dict[str, Any] = json.load(answer)
    return found
