"""Somebody at a terminal with `connector authorize`, and the browser beside it."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Self

import requests


def free_port() -> int:
    """Return a port of this machine that nobody listens at."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass
class Authorizing:
    """The command in a process of its own, from the address it shows to its end."""

    config: Path
    environ: Mapping[str, str]
    more: tuple[str, ...] = ()
    port: int = field(default_factory=free_port)
    url: str = ""
    shown: list[str] = field(default_factory=list)

    def __enter__(self) -> Self:
        """Start the command, and read up to the address."""
        run = "from connector.cli.main import run; run()"
        line = ("--config", str(self.config), "authorize", "practice", "--port", str(self.port))
        kept = {key: value for key, value in os.environ.items() if not key.startswith("CONNECTOR")}
        self._process = subprocess.Popen(
            [sys.executable, "-c", run, *line, *self.more],
            env={**kept, **self.environ, "COLUMNS": "1000"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            bufsize=0,  # nothing beyond the address is taken from what is still to be read
        )
        assert self._process.stdout is not None
        while said := self._process.stdout.readline().decode():
            self.shown.append(said)
            if said.startswith("http"):
                self.url = said.strip()
                break
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """End the command if it has not ended."""
        self._process.kill()
        self._process.communicate()

    def decide(self, decision: str = "approve=") -> str:
        """Decide on the page, and return the address the browser is sent to."""
        with requests.Session() as session:
            session.trust_env = False
            there = f"{self.url}&{decision}"
            answer = session.get(there, allow_redirects=False, timeout=10)
        assert answer.status_code == 302, answer.text
        return str(answer.headers["Location"])

    def visit(self, address: str) -> requests.Response:
        """Open an address of the command's own."""
        with requests.Session() as session:
            session.trust_env = False
            return session.get(address, timeout=10)

    def ended(self, pasted: str = "") -> tuple[int, str]:
        """Paste something if there is anything to, and return how the command ends."""
        typed = f"{pasted}\n".encode() if pasted else None
        out, err = self._process.communicate(typed, timeout=60)
        return self._process.returncode, "".join(self.shown) + out.decode() + err.decode()
