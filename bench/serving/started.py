"""The page server in a process of its own, for as long as a block lasts."""

from __future__ import annotations

import http.client
import json
import ssl
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import Any
from urllib.parse import urlsplit

from bench.timing import ROOT

TOKEN = "practice-token"  # noqa: S105  # a made-up secret of a made-up helpdesk
EMAIL = "goals@practice.example"
PATIENCE_S = 60.0


class Served:
    """A page server that runs: where it is, whom to trust, and what it was asked."""

    def __init__(self, told: dict[str, Any], process_id: int) -> None:
        """Take over what the server said of itself."""
        self.url: str = told["url"]
        self.ca: str = told["ca"]
        self.tickets: int = told["tickets"]
        self.events: int = told["events"]
        self.process_id = process_id
        self._context = ssl.create_default_context(cafile=self.ca)

    @property
    def environ(self) -> dict[str, str]:
        """Return the variables by which clients trust the server's certificate."""
        return {"REQUESTS_CA_BUNDLE": self.ca, "SSL_CERT_FILE": self.ca}

    def counts(self) -> dict[str, int]:
        """Return how often each path was asked for, and how often a request was refused."""
        found: dict[str, int] = self._ask("GET", "_counts")
        return found

    def forget(self) -> None:
        """Count from nothing again."""
        self._ask("POST", "_forget")

    def change(self, tickets: int, spread: str = "random") -> None:
        """Let tickets change: `recent` or `random` ones."""
        self._ask("POST", f"_change?tickets={tickets}&spread={spread}")

    def advance(self, seconds: float) -> None:
        """Let the minute of the rate limits go on."""
        self._ask("POST", f"_clock?seconds={seconds}")

    def _ask(self, method: str, path: str) -> Any:
        place = urlsplit(self.url).netloc
        line = http.client.HTTPSConnection(place, timeout=PATIENCE_S, context=self._context)
        with closing(line):
            line.request(method, f"/{path}")
            return json.loads(line.getresponse().read())


@contextmanager
def serving(tickets: int, *options: object) -> Iterator[Served]:
    """Serve so many tickets in a process of its own; `options` are those of its command line."""
    command = [sys.executable, "-m", "bench.serving", "--while-read", "--tickets", str(tickets)]
    process = subprocess.Popen(
        [*command, *map(str, options)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        cwd=ROOT,
        text=True,
    )
    with process:
        assert process.stdin is not None
        assert process.stdout is not None
        line = process.stdout.readline()
        assert line, f"the page server ended with {process.wait()}"
        try:
            yield Served(json.loads(line), process.pid)
        finally:
            process.stdin.close()
