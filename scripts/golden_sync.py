"""Serve golden inputs, and let the ordinary `connector sync` read them into a project."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from golden_columns import key_of
from golden_history import instant
from load_golden import Tables, load_world

from connector.practice.server import PracticeServer
from connector.store.published import PublishedSet, latest

TOKEN = "PRACTICE_TOKEN"  # noqa: S105  # the name of a variable
CONFIG = """
[[helpdesk]]
name = "golden"
kind = "zendesk"

[helpdesk.options]
url = "{url}"
email = "goals@practice.example"
token = {{ env = "{token}" }}
history_since = {since:%Y-%m-%dT%H:%M:%SZ}
comment_channels = [{channels}]

[helpdesk.limits]                   # nobody else uses this helpdesk
share_of_exports = 1.0
share_of_requests = 1.0
"""
"""Every message of these inputs is a row of `ticket_comment_data`, so that every channel's replies
are proven to be comments."""
EARLIER = timedelta(days=1)


def write_project(
    folder: Path, url: str, tables: Tables, kpis: Sequence[Mapping[str, Any]]
) -> None:
    """Write a config and a mapping as an admin would."""
    rows = tables["ticket_data"]
    begin = datetime.fromtimestamp(min(instant(row["created_at"]) for row in rows), tz=UTC)
    channels = ", ".join(sorted({f'"{row["via_channel"]}"' for row in rows}))
    config = CONFIG.format(url=url, token=TOKEN, since=begin - EARLIER, channels=channels)
    (folder / "config.toml").write_text(config, "utf-8")
    mappings = folder / "mappings"
    mappings.mkdir()
    parts = [_table(key_of(kpi), kpi) for kpi in kpis]
    (mappings / "golden.toml").write_text("\n".join(parts), "utf-8")


def sync(folder: Path) -> str:
    """Run the command as a person would; return what it says."""
    command = [sys.executable, "-c", "from connector.cli.main import run; run()", "sync"]
    environ = {**os.environ, TOKEN: "practice-token"}
    done = subprocess.run(
        command, cwd=folder, env=environ, capture_output=True, text=True, check=False
    )
    if done.returncode:
        sys.exit(f"connector sync failed\n{done.stdout}{done.stderr}")
    return done.stdout.strip()


def synced(
    tables: Tables, at: datetime, folder: Path, kpis: Sequence[Mapping[str, Any]]
) -> tuple[str, PublishedSet]:
    """Serve the inputs as of an instant, sync them, and return what was said and published."""
    with PracticeServer(load_world(tables, at), limits="generous") as server:
        write_project(folder, server.url, tables, kpis)
        said = sync(folder)
    found = latest(folder / "var" / "golden")
    assert found is not None
    return said, found


def _table(name: str, kpi: Mapping[str, Any]) -> str:
    lines = [f"[kpi.{name}]", *(f"{key} = {_toml(value)}" for key, value in kpi.items())]
    return "\n".join([*lines, ""])


def _toml(value: Any) -> str:
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{key} = {_toml(one)}" for key, one in value.items()) + " }"
    if isinstance(value, list):
        return "[" + ", ".join(map(_toml, value)) + "]"
    return f'"{value}"' if isinstance(value, str) else str(value)
