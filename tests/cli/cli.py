"""Runs commands the way a person does: in this process, or in one of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from typer.testing import CliRunner

from connector.cli.main import app
from connector.cli.templates import render_template
from connector.cli.workspace import Workspace
from connector.practice.helpdesk import ADMIN_EMAIL, TOKEN

NOW = datetime(2026, 11, 18, 10, 0, tzinfo=UTC)  # a Wednesday
CONFIG = """\
[[helpdesk]]
name = "practice"
kind = "zendesk"
[helpdesk.options]
url = "{url}"
email = "{email}"
token = {{ env = "PRACTICE_TOKEN" }}
history_since = 2026-05-01T00:00:00Z
[helpdesk.limits]
share_of_exports = 1.0
share_of_requests = 1.0
[writeback]
enabled = true
max_share = 1.0
"""


class FrozenWorkspace(Workspace):
    """A workspace whose present stands still."""

    @staticmethod
    def now() -> datetime:
        return NOW


@dataclass(frozen=True)
class Ran:
    """What a command said and how it ended."""

    code: int
    out: str
    err: str

    @property
    def said(self) -> str:
        return self.out + self.err

    @property
    def flat(self) -> str:
        """Return the output without its line breaks."""
        return " ".join(self.out.split())


@dataclass
class Cli:
    """The command line in one folder."""

    folder: Path
    token: str = TOKEN
    columns: int = 120
    environ: dict[str, str] = field(default_factory=dict)

    @property
    def config(self) -> Path:
        return self.folder / "config.toml"

    @property
    def mapping(self) -> Path:
        return self.folder / "mappings" / "starter.toml"

    @property
    def variables(self) -> dict[str, str]:
        known = {"PRACTICE_TOKEN": self.token, "COLUMNS": str(self.columns)}
        return {**known, **self.environ}

    def __call__(self, *arguments: str) -> Ran:
        """Run a command in this process, at a fixed present."""
        result = CliRunner().invoke(
            app,
            ["--config", str(self.config), *arguments],
            obj=FrozenWorkspace,
            env={**self.variables, "CONNECTOR_DEBUG": None},
        )
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        return Ran(result.exit_code, result.stdout, result.stderr)

    def command(self, *arguments: str) -> list[str]:
        """Return the command of a process of its own."""
        run = "from connector.cli.main import run; run()"
        return [sys.executable, "-c", run, "--config", str(self.config), *arguments]

    def process(self, *arguments: str) -> Ran:
        """Run a command in a process of its own."""
        done = subprocess.run(
            self.command(*arguments),
            env=self.process_environ,
            capture_output=True,
            text=True,
            check=False,
        )
        return Ran(done.returncode, done.stdout, done.stderr)

    @property
    def process_environ(self) -> dict[str, str]:
        kept = {key: value for key, value in os.environ.items() if not key.startswith("CONNECTOR")}
        return {**kept, **self.variables}

    def edit(self, path: Path, old: str, new: str) -> int:
        """Exchange a piece of a file that occurs once, and return its line."""
        text = path.read_text(encoding="utf-8")
        assert text.count(old) == 1, f"{old!r} occurs {text.count(old)} times"
        path.write_text(text.replace(old, new), encoding="utf-8")
        return text[: text.index(old)].count("\n") + 1


def write_folder(folder: Path, url: str) -> Path:
    """Write a configuration and the starter mapping for a helpdesk at an address."""
    (folder / "mappings").mkdir(parents=True)
    mapping = render_template("starter", NOW.date())
    (folder / "mappings" / "starter.toml").write_text(mapping, encoding="utf-8")
    (folder / "config.toml").write_text(CONFIG.format(url=url, email=ADMIN_EMAIL), encoding="utf-8")
    return folder
