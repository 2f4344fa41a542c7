"""The surface that users script against: commands, options, JSON keys, exit codes."""

from __future__ import annotations

import inspect
import json
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
import typer

from connector.cli.commands import SUMMARIES, module_of
from connector.cli.exits import ExitCode, exit_code_of
from connector.cli.main import app
from connector.errors import (
    AuthenticationError,
    ConnectorError,
    LockedError,
    MappingError,
    Problem,
    SettingsError,
    StoreError,
    UnavailableError,
    UsageError,
)
from connector.practice.seed import seed_world
from connector.practice.server import PracticeServer
from tests.cli.cli import NOW, Cli, write_folder

SYNC = {"run", "started_at", "finished_at", "status", "helpdesks", "goals"}
HELPDESK = {
    "name", "kind", "requests", "tickets_read", "events_read", "writes", "duration_s", "error",
}  # fmt: skip
WRITES = {
    "planned", "written", "conflict", "locked", "missing", "rejected", "deferred", "parked",
}  # fmt: skip
GOAL = {
    "id", "kind", "title", "level", "scope", "kpi", "period", "baseline", "target", "value",
    "unit", "n", "grade", "raw", "status", "flags", "forecast", "as_of", "why",
    "frozen", "versions",
}  # fmt: skip
KPI = {
    "id", "measure", "clock", "aggregate", "unit", "value", "n", "low", "high", "where", "period",
    "as_of", "flags", "frozen", "versions",
}  # fmt: skip


def designed(shared: Path) -> set[tuple[str, str]]:
    """Return each command of the design with each of its options, and once with none."""
    text = (shared / "design.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `connector (\w+)([^`]*)` \|", text, re.MULTILINE)
    found = {(name, "") for name, _ in rows}
    return found | {
        (name, option) for name, rest in rows for option in re.findall(r"--[\w-]+", rest)
    }


def built() -> set[tuple[str, str]]:
    group: Any = typer.main.get_command(app)
    commands = group.commands.items()
    return {(name, "") for name, _ in commands} | {
        (name, option)
        for name, command in commands
        for parameter in command.params
        for option in parameter.opts
    }


def test_every_command_and_option_of_the_design_exists(shared: Path) -> None:
    assert len(designed(shared)) > 30
    assert designed(shared) - built() == set()


@pytest.mark.parametrize("name", SUMMARIES)
def test_the_overview_says_of_a_command_what_its_own_help_begins_with(name: str) -> None:
    first, *_ = str(inspect.getdoc(module_of(name).command)).split("\n\n")
    said = SUMMARIES[name].removesuffix(".")
    assert " ".join(first.split()).startswith(said)


def test_sync_has_the_promised_keys(cli: Cli) -> None:
    document = json.loads(cli("sync", "--json").out)
    assert set(document) >= SYNC
    (helpdesk,) = document["helpdesks"]
    assert set(helpdesk) >= HELPDESK
    assert set(helpdesk["writes"]) >= WRITES
    assert document["goals"]
    assert all(set(goal) >= GOAL for goal in document["goals"])


def test_goals_and_kpis_have_the_promised_keys(synced: Cli) -> None:
    for goal in json.loads(synced("goals", "--json").out):
        assert set(goal) >= GOAL
        assert set(goal["period"]) == {"start", "end"}
    for kpi in json.loads(synced("kpis", "--json").out):
        assert set(kpi) >= KPI


def test_a_failed_sync_is_a_document_too(cli: Cli) -> None:
    cli.token = "wrong"
    ran = cli("sync", "--json")
    assert ran.code == ExitCode.FAILED
    document = json.loads(ran.out)
    assert document["status"] == "failed"
    assert "401" in document["helpdesks"][0]["error"]


def test_a_run_that_cannot_write_is_partial(cli: Cli) -> None:
    ran = cli("sync")
    assert ran.code == ExitCode.PARTIAL
    assert "run `connector setup --apply`" in ran.out


def test_a_brake_that_holds_is_partial_and_an_approval_releases_it(
    cli: Cli, server: PracticeServer
) -> None:
    cli.edit(cli.config, "max_share = 1.0", "max_share = 0.01")
    assert cli("setup", "--apply").code == ExitCode.DONE
    ran = cli("sync")
    assert ran.code == ExitCode.PARTIAL
    keys = re.findall(r"--approve (\w+:\w+)", ran.flat)
    assert keys
    approvals = [word for key in keys for word in ("--approve", key)]
    ran = cli("sync", *approvals)
    assert "--approve" not in ran.out
    assert "wrote" in ran.out


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (SettingsError([Problem("x")]), 2),
        (MappingError([Problem("x")]), 2),
        (UsageError("x"), 2),
        (AuthenticationError("x"), 1),
        (UnavailableError("x"), 1),
        (StoreError("x"), 1),
        (LockedError("x"), 4),
    ],
)
def test_exit_codes_say_who_has_to_act(error: ConnectorError, code: int) -> None:
    assert exit_code_of(error) == code


def test_a_dry_run_shows_a_diff_and_writes_nothing(cli: Cli, server: PracticeServer) -> None:
    assert cli("setup", "--apply").code == ExitCode.DONE
    ran = cli("sync", "--dry-run")
    assert ran.code == ExitCode.DONE
    assert re.search(r"^\s+\+ Goal status: ", ran.out, re.MULTILINE)
    assert re.search(r"would write \d+ tickets", ran.flat)
    tickets = server.world.tickets.values()
    assert not any(tag.startswith("goal_") for ticket in tickets for tag in ticket.tags)


def test_a_dry_run_says_how_long_writing_takes_under_the_limits(tmp_path: Path) -> None:
    with PracticeServer(seed_world(60, 7, NOW), limits="generous") as server:
        cli = Cli(write_folder(tmp_path / "goals", server.url))
        assert cli("setup", "--apply").code == ExitCode.DONE
        ran = cli("sync", "--dry-run", "--json")
        (plan,) = json.loads(ran.out)["plans"]
        assert plan["minutes"] == plan["requests"] / 100_000
        ran = cli("sync", "--dry-run")
    assert "about 4 requests and less than a minute at our share of the limits" in ran.flat


def test_what_init_writes_passes_the_check(tmp_path: Path) -> None:
    cli = Cli(tmp_path / "new", environ={"ZENDESK_CLIENT_SECRET": "x"})
    url = "https://acme.zendesk.com"
    assert cli("init", str(cli.folder), "--url", url).code == ExitCode.DONE
    ran = cli("check", "--offline")
    assert (ran.code, ran.err) == (ExitCode.DONE, "")


def test_explain_tells_a_goal_a_kpi_and_a_ticket(synced: Cli) -> None:
    goal = synced("explain", "goal", "faster_first_reply").out
    assert "because" in goal
    assert "Waiting is the first thing" in goal
    assert "Tickets that weigh most" in goal
    kpi = synced("explain", "kpi", "full_resolution").out
    assert re.search(r"source +Zendesk", kpi)
    written = json.loads(synced("export", "events", "-").out.splitlines()[-1])["ticket"]
    ticket = synced("explain", "ticket", "practice", written).out
    assert "First reply time" in ticket
    assert "Timeline" in ticket


def test_explain_tells_what_a_ticket_shows_and_why(synced: Cli) -> None:
    written = json.loads(synced("export", "journal", "-").out.splitlines()[0])["ticket"]
    ticket = synced("explain", "ticket", "practice", written).out
    assert re.search(r"Goal status +\w+", ticket)
    assert re.search(r"Faster first reply +. \w+", ticket)


def test_status_names_tickets_that_are_written_too_often(cli: Cli, server: PracticeServer) -> None:
    config = cli.folder / "config.toml"
    config.write_text(
        config.read_text(encoding="utf-8") + "max_writes_per_hour = 1\n", encoding="utf-8"
    )
    assert cli("setup", "--apply").code == ExitCode.DONE
    assert cli("sync").code == ExitCode.DONE
    written = {str(t.id) for t in server.world.tickets.values() if is_ours(t.tags)}
    document = json.loads(cli("status", "--json").out)
    assert document["helpdesks"][0]["written_often"] == dict.fromkeys(written, "1 writes")
    assert any("`connector check` lists the triggers" in line for line in document["advice"])


def is_ours(tags: Iterable[str]) -> bool:
    return any(tag.startswith("goal_") for tag in tags)


def test_status_advises(cli: Cli) -> None:
    assert "start with `connector check`" in cli("status").out
    cli.token = "wrong"
    cli("sync")
    said = cli("status").out
    assert "the last run failed" in said
    assert "nothing was read yet" in said
