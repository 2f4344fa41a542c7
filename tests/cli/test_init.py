"""`connector init --from-helpdesk`: a mapping of what the helpdesk has, with no number made up."""

from __future__ import annotations

import tomllib
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from connector.cli.draft import Facts, ideas, render
from connector.cli.exits import ExitCode
from connector.config.mapping import Mappings, load_mappings
from connector.kpi.catalogue import definitions
from connector.model.kpi import KpiValue, Period
from connector.model.page import SchemaField
from connector.practice.server import PracticeServer
from tests.cli.cli import Cli

START, END = datetime(2026, 10, 1, tzinfo=UTC), datetime(2026, 11, 1, tzinfo=UTC)
STRANGE = ('Say "hi"', "Ünïcode & Söhne", "日本", "a\nb = 1", "X" * 60, "status", "C:\\temp", "__")


def facts(**known: Any) -> Facts:
    usual: dict[str, Any] = {
        "helpdesk": "support",
        "today": date(2026, 11, 18),
        "period": (date(2026, 10, 1), date(2027, 1, 1)),
        "groups": ("EMEA",),
    }
    return Facts(**usual | known)


def loaded(folder: Path, text: str) -> Mappings:
    (folder / "draft.toml").write_text(text, encoding="utf-8")
    return load_mappings([folder], definitions())


def value(id_: str, number: float, unit: str, n: int = 100) -> KpiValue:
    return KpiValue(
        id=id_, measure="x", clock="calendar", aggregate="median", unit=unit, value=number, n=n,
        where={}, period=Period(START, END), as_of=END,
    )  # fmt: skip


@pytest.fixture
def drafted(cli: Cli) -> Path:
    return cli.folder / "mappings" / "practice.toml"


def test_a_draft_names_what_the_helpdesk_has_and_passes_the_check(
    cli: Cli, server: PracticeServer, drafted: Path
) -> None:
    cli.mapping.unlink()
    ran = cli("init", "--from-helpdesk")
    assert ran.code == ExitCode.DONE, ran.said
    assert "practice.toml: 12 KPIs, 0 goals" in ran.flat
    assert "10 goals as comments, since no target is made up" in ran.flat
    text = drafted.read_text(encoding="utf-8")
    names = {group.name for group in server.world.directory.groups.values()}
    assert all(name in text for name in names)
    for known in ("Default Ticket Form", "Practice Pro", "Mobile app", "Europe/Berlin"):
        assert known in text
    assert set(tomllib.loads(text)) == {"kpi"}
    checked = cli("check")
    assert (checked.code, checked.err) == (ExitCode.DONE, "")


def test_after_a_sync_targets_are_what_was_measured(synced: Cli) -> None:
    ran = synced("init", "--from-helpdesk")
    assert ran.code == ExitCode.DONE, ran.said
    text = (synced.folder / "mappings" / "practice.toml").read_text(encoding="utf-8")
    goals = tomllib.loads(text)["goal"]
    assert goals
    assert {goal["baseline"] for goal in goals.values() if "target" in goal} == {"from_history"}
    assert text.count("# as it is now") == len(goals)
    checked = synced("check")
    assert (checked.code, checked.err) == (ExitCode.DONE, "")
    assert synced("goals").code == ExitCode.DONE


def test_what_is_there_is_never_touched(cli: Cli, drafted: Path) -> None:
    drafted.write_text("# mine\n", encoding="utf-8")
    ran = cli("init", "--from-helpdesk")
    assert ran.code == ExitCode.CONFIG
    assert "exists already" in ran.err
    assert drafted.read_text(encoding="utf-8") == "# mine\n"


def test_ids_of_other_files_are_left_to_them(cli: Cli, drafted: Path) -> None:
    assert cli("init", "--from-helpdesk").code == ExitCode.DONE
    assert "[kpi.csat_2]" in drafted.read_text(encoding="utf-8")  # starter.toml has a csat
    assert cli("check").code == ExitCode.DONE


def test_a_wrong_token_writes_nothing(cli: Cli, drafted: Path) -> None:
    cli.token = "wrong"
    ran = cli("init", "--from-helpdesk")
    assert ran.code == ExitCode.FAILED
    assert "check the credentials" in ran.err
    assert not drafted.exists()


def test_without_a_config_it_is_written_first(tmp_path: Path, server: PracticeServer) -> None:
    cli = Cli(tmp_path / "new")
    assert cli("init", "--from-helpdesk").code == ExitCode.CONFIG
    ran = cli("init", "--from-helpdesk", "--url", server.url)
    assert ran.code == ExitCode.CONFIG
    assert "ZENDESK_CLIENT_SECRET" in ran.err
    assert server.url in cli.config.read_text(encoding="utf-8")


@pytest.mark.parametrize("name", STRANGE)
def test_any_name_makes_a_mapping_that_loads(tmp_path: Path, name: str) -> None:
    field = SchemaField(id="7", title=name, kind="tagger", options={"a": name, "b": "B"})
    known = facts(groups=(name, name + "2"), forms=(name, "Other"), brands=(name,), fields=(field,))
    mappings = loaded(tmp_path, render(known, ideas(known), {}))
    assert (name,) in {kpi.where.get("group") for kpi in mappings.kpis.values()}
    assert mappings.goals == {}


def test_a_measured_value_becomes_a_target_that_is_reached(tmp_path: Path) -> None:
    known = facts()
    values = {
        "first_reply_emea": value("first_reply_emea", 3_601, "s"),
        "csat": value("csat", 0.8765, "ratio"),
        "reopened": value("reopened", 0.0812, "ratio"),
        "backlog": value("backlog", 412, "count", 412),
        "resolution": value("resolution", 90_000, "s", n=3),
    }
    goals = loaded(tmp_path, render(known, ideas(known), values)).goals
    assert set(goals) == {"first_reply_emea", "csat", "reopened", "backlog"}  # too few were solved
    aims = {id_: goal.target or goal.limit for id_, goal in goals.items()}
    numbers = {id_: aim.number for id_, aim in aims.items() if aim}
    assert numbers["first_reply_emea"] == 61 * 60
    assert numbers["csat"] == pytest.approx(0.87)
    assert numbers["reopened"] == pytest.approx(0.09)
    assert numbers["backlog"] == 412


def test_many_groups_have_the_main_ones_drafted() -> None:
    known = facts(groups=tuple(f"Group {number}" for number in range(20)))
    text = render(known, ideas(known), {})
    assert text.count("[kpi.first_reply_") == 6
    assert "and 8 more" in text
