"""What bad input gets: one clear message, the right exit code, nothing half-written, no trace."""

from __future__ import annotations

import json
import re
import socket
from collections.abc import Iterator

import pytest

from connector.cli.exits import ExitCode
from connector.practice.helpdesk import AGENT_EMAIL
from connector.practice.server import PracticeServer
from tests.cli.cli import Cli, Ran


def is_untouched(server: PracticeServer) -> bool:
    """Tell whether no ticket of the helpdesk carries anything of ours."""
    tickets = server.world.tickets.values()
    return not any(tag.startswith("goal_") for ticket in tickets for tag in ticket.tags)


def told(ran: Ran, code: ExitCode, *words: str) -> None:
    """Assert that a command ended so, said these words on standard error, and showed no trace."""
    assert (ran.code, ran.out) == (code, "")
    assert "Traceback" not in ran.err
    for word in words:
        assert word in ran.err


@pytest.mark.parametrize("command", ["check", "sync", "setup --apply"])
def test_a_wrong_token(cli: Cli, server: PracticeServer, command: str) -> None:
    cli.token = "t0ps3cret"
    ran = cli(*command.split())
    assert ran.code == ExitCode.FAILED
    assert "practice" in ran.said
    assert "401" in ran.said
    assert "check the credentials" in ran.said
    assert "t0ps3cret" not in ran.said
    assert is_untouched(server)


def test_a_token_that_is_not_there(cli: Cli) -> None:
    cli.token = ""
    told(
        cli("check"),
        ExitCode.CONFIG,
        "config.toml:7: helpdesk.practice.options.token",
        "PRACTICE_TOKEN is empty",
    )
    told(cli("sync"), ExitCode.CONFIG, "PRACTICE_TOKEN is empty")


@pytest.mark.parametrize("command", ["check", "sync"])
def test_an_agent_instead_of_an_admin(cli: Cli, command: str) -> None:
    cli.edit(cli.config, "goals@practice.example", AGENT_EMAIL)
    ran = cli(command)
    assert ran.code == ExitCode.FAILED
    assert re.search("admin|role", ran.said)


def test_an_agent_may_not_create_fields(cli: Cli, server: PracticeServer) -> None:
    cli.edit(cli.config, "goals@practice.example", AGENT_EMAIL)
    before = len(server.world.fields.by_id)
    ran = cli("setup", "--apply")
    assert ran.code == ExitCode.FAILED
    assert re.search("admin|role", ran.err)
    assert len(server.world.fields.by_id) == before


@pytest.fixture
def closed_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


@pytest.fixture
def silent_port() -> Iterator[int]:
    """Return a port that takes calls and never answers."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        yield int(listening.getsockname()[1])


def test_nobody_listens(cli: Cli, server: PracticeServer, closed_port: int) -> None:
    cli.edit(cli.config, server.url, f"http://127.0.0.1:{closed_port}")
    ran = cli("check")
    assert ran.code == ExitCode.FAILED
    assert f"http://127.0.0.1:{closed_port}" in ran.out
    assert "cannot be reached" in ran.out


def test_somebody_listens_and_says_nothing(
    cli: Cli, server: PracticeServer, silent_port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("connector.cli.check.FIRST_ANSWER_S", 0.2)
    cli.edit(cli.config, server.url, f"http://127.0.0.1:{silent_port}")
    ran = cli("check")
    assert ran.code == ExitCode.FAILED
    assert "no answer within" in ran.out
    assert "check the url" in ran.out


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("http://acme.zendesk.com", "https://"),
        ("acme.zendesk.com", "is not an address"),
        ("https://acme.zendesk.com/agent", "without a path"),
        ("https://goals:secret@acme.zendesk.com", "must not hold a"),
    ],
)
@pytest.mark.parametrize("command", ["check", "check --offline", "sync"])
def test_a_malformed_address(
    cli: Cli, server: PracticeServer, url: str, said: str, command: str
) -> None:
    line = cli.edit(cli.config, server.url, url)
    ran = cli(*command.split())
    told(ran, ExitCode.CONFIG, f"config.toml:{line}: helpdesk.practice.options.url", said)
    assert "secret@" not in ran.err


@pytest.mark.parametrize("fault", ["html", "nonsense", "short", "503"])
def test_a_helpdesk_that_returns_nonsense(cli: Cli, server: PracticeServer, fault: str) -> None:
    server.faults.fail_next("", fault, 1000)
    ran = cli("check")
    assert ran.code == ExitCode.FAILED
    assert re.search("web page|shape|broke|cannot|answered|anonymous", ran.out)


def test_nonsense_for_a_moment_is_overcome(cli: Cli, server: PracticeServer) -> None:
    server.faults.fail_next("users/me", "503", 1)
    assert cli("check").code == ExitCode.DONE


def test_json_stays_one_document_when_calls_are_repeated(cli: Cli, server: PracticeServer) -> None:
    server.faults.fail_next("incremental/tickets", "503", 1)
    ran = cli("sync", "--json")
    assert json.loads(ran.out)["status"] == "partial"  # the fields are not set up
    assert "call repeated" in ran.err


def test_there_is_no_config(cli: Cli) -> None:
    cli.config.unlink()
    for command in ("check", "sync", "goals", "status", "setup"):
        told(cli(command), ExitCode.CONFIG, "does not exist", "`connector init` writes one")


def test_everything_wrong_is_told_at_once(cli: Cli, server: PracticeServer) -> None:
    cli.token = ""
    cli.edit(cli.config, f'url = "{server.url}"', f'urll = "{server.url}"')
    cli.edit(cli.mapping, 'kpi = "first_reply"', 'kpi = "first_repl"')
    cli.edit(cli.mapping, 'measure = "backlog"', 'measure = "baklog"')
    ran = cli("check")
    told(
        ran,
        ExitCode.CONFIG,
        'helpdesk.practice.options.urll: unknown key; did you mean "url"?',
        "PRACTICE_TOKEN is empty",
        'goal.faster_first_reply.kpi: there is no KPI "first_repl"; did you mean "first_reply"?',
        'there is no measure "baklog"; did you mean "backlog"?',
    )
    assert ran.err.count("  • ") == int(ran.err.split()[0])


def test_mappings_are_checked_beside_a_broken_config(cli: Cli) -> None:
    cli.edit(cli.config, "max_share = 1.0", "max_shar = 1.0")
    cli.edit(cli.mapping, 'measure = "backlog"', 'measure = "baklog"')
    told(cli("check"), ExitCode.CONFIG, 'did you mean "max_share"?', 'did you mean "backlog"?')


@pytest.mark.parametrize("command", ["check --offline", "sync", "goals"])
@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('kpi = "csat"', 'kpi = "csta"', 'there is no KPI "csta"; did you mean "csat"?'),
        ('target = "90 %"', 'targt = "90 %"', 'unknown key; did you mean "target"?'),
        ('target = "90 %"', 'target = "90 min"', "happier_customers.target"),
        ('limit = "4 h"', 'limit = "4 hrz"', "unknown unit"),
        ("warning = 300", "warning = 500", "on the wrong side"),
    ],
)
def test_a_mapping_with_a_mistake(cli: Cli, old: str, new: str, said: str, command: str) -> None:
    line = cli.edit(cli.mapping, old, new)
    told(cli(*command.split()), ExitCode.CONFIG, f"starter.toml:{line}: ", said)
    assert not (cli.folder / "var" / "practice").exists()


def test_a_target_on_the_wrong_side_of_the_baseline(cli: Cli) -> None:
    text = cli.mapping.read_text(encoding="utf-8")
    text = text.replace('baseline = "from_history"', 'baseline = "30 min"', 1)
    cli.mapping.write_text(text, encoding="utf-8")
    told(
        cli("sync"),
        ExitCode.CONFIG,
        "goal.faster_first_reply.target",
        "the target 1 h is on the wrong side of the baseline 30 min",
    )


def test_a_period_that_ends_before_it_starts(cli: Cli) -> None:
    text = cli.mapping.read_text(encoding="utf-8")
    text = text.replace("end = 2027-01-01", "end = 2026-01-01", 1)
    cli.mapping.write_text(text, encoding="utf-8")
    said = "the period ends on 2026-01-01, before it starts on 2026-10-01"
    told(cli("sync"), ExitCode.CONFIG, "goal.faster_first_reply.period", said)


@pytest.fixture
def astray(cli: Cli) -> int:
    """Name a group that the helpdesk does not have; return the line."""
    new = '[kpi.backlog]\nwhere = { group = ["Bilings"] }\nmeasure'
    return cli.edit(cli.mapping, "[kpi.backlog]\nmeasure", new)


def test_a_group_the_helpdesk_does_not_have_at_check(cli: Cli, astray: int) -> None:
    ran = cli("check")
    assert ran.code == ExitCode.CONFIG
    assert f"starter.toml:{astray + 1}: kpi.backlog.where.group" in ran.err
    assert 'group "Bilings" does not exist in practice; did you mean "Billing"?' in ran.err


def test_a_group_the_helpdesk_does_not_have_stops_the_goals_that_use_it_alone(
    cli: Cli, astray: int
) -> None:
    ran = cli("sync")
    assert ran.code == ExitCode.PARTIAL
    said = (
        f"goal backlog_in_hand is not judged: {cli.mapping}:{astray}: kpi.backlog.where.group:"
        " group Bilings does not exist in practice; did you mean Billing?"
    )
    assert "".join(said.split()) in "".join(ran.out.split())
    assert "goal backlog_in_hand is not judged" in cli("status").flat
    goals = cli("goals", "--json")
    assert goals.code == ExitCode.PARTIAL
    judged = {goal["id"] for goal in json.loads(goals.out)}
    assert judged == {
        "customers_looked_after",
        "faster_first_reply",
        "happier_customers",
        "solved_for_good",
    }
    assert "goal backlog_in_hand is not judged" in goals.err
    kpis = cli("kpis", "--json")
    assert kpis.code == ExitCode.PARTIAL
    assert "backlog" not in {kpi["id"] for kpi in json.loads(kpis.out)}
    assert "KPI backlog is not measured" in kpis.err
    groups = cli("kpis", "--by", "group", "--json")
    assert groups.code == ExitCode.PARTIAL
    assert {kpi["id"] for kpi in json.loads(groups.out)} == {
        kpi["id"] for kpi in json.loads(kpis.out)
    }
    assert "KPI backlog is not measured" in groups.err
    assert cli("explain", "goal", "happier_customers").code == ExitCode.DONE
    told(cli("explain", "goal", "backlog_in_hand"), ExitCode.CONFIG, "Bilings does not exist")


def test_an_unknown_group_in_the_pilot(cli: Cli) -> None:
    with cli.config.open("a", encoding="utf-8") as file:
        file.write('only = { group = ["Nobody"] }\n')
    ran = cli("check")
    assert ran.code == ExitCode.CONFIG
    assert 'writeback.only.group: group "Nobody" does not exist in practice' in ran.err
    assert cli("setup", "--apply").code == ExitCode.DONE
    ran = cli("sync")
    assert ran.code == ExitCode.CONFIG
    assert "writeback.only.group" in ran.err


@pytest.mark.parametrize(
    "command",
    [
        "goals",
        "kpis",
        "explain goal happier_customers",
        "explain ticket practice 1",
        "export goals -",
        "export kpis -",
        "export tickets -",
    ],
)
def test_nothing_was_read_yet(cli: Cli, command: str) -> None:
    told(cli(*command.split()), ExitCode.FAILED, "run `connector sync` first")


@pytest.mark.parametrize(
    ("command", "said"),
    [
        ("sync --helpdesk suport", "no helpdesk is called suport"),
        ("explain goal happier_custmers", 'did you mean "happier_customers"?'),
        ("explain kpi csta", 'did you mean "csat"?'),
        ("explain ticket practice 99999999", "has no ticket 99999999"),
        ("explain ticket nobody 1", "no helpdesk is called nobody"),
        ("explain ticket 1", "explain ticket HELPDESK ID"),
        ("undo --run 20200101T000000.000000Z", "wrote nothing"),
        ("undo", "--run ID"),
        ("sync --as-of yesterday", "'yesterday' is no time"),
        ("goals --as-of 2026-13-01", "is no time"),
        ("kpis --from 2026-10-01 --to 2026-09-01", "is not after --from"),
        ("sync --as-of 2099-01-01", "lies in the future"),
        ("kpis --from 2099-01-01", "lies in the future"),
        ("sync --approve happier_customers", "--approve takes GOAL:STATE"),
        ("sync --approve happier_customers:purple", "states are"),
        ("sync --approve nobody:at_risk", "goals are"),
        ("schema nothing", "there is no schema nothing"),
        ("init --template nothing", "there is no template nothing"),
    ],
)  # fmt: skip
def test_what_does_not_exist(synced: Cli, command: str, said: str) -> None:
    told(synced(*command.split()), ExitCode.CONFIG, said)


@pytest.mark.parametrize(
    "arguments",
    [
        ["syn"],
        ["sync", "--halp"],
        ["explain", "thing", "x"],
        ["export", "tickets", "-", "--format", "xls"],
    ],
)
def test_a_slip_on_the_command_line(cli: Cli, arguments: list[str]) -> None:
    ran = cli(*arguments)
    assert ran.code == ExitCode.CONFIG
    assert "Traceback" not in ran.err


def test_init_never_overwrites(cli: Cli) -> None:
    before = cli.config.read_text(encoding="utf-8")
    told(cli("init", str(cli.folder)), ExitCode.CONFIG, "exists already")
    assert cli.config.read_text(encoding="utf-8") == before


def test_init_where_nothing_can_be_written(cli: Cli) -> None:
    told(cli("init", "/proc/nothing"), ExitCode.CONFIG, "cannot be written")


def test_a_store_of_another_version(synced: Cli) -> None:
    import duckdb

    with duckdb.connect(str(synced.folder / "var" / "practice" / "store.duckdb")) as con:
        con.execute("update meta set value = '99' where name = 'schema_version'")
    ran = synced("sync")
    assert ran.code == ExitCode.FAILED
    assert "99" in ran.out
    assert "failed" in ran.out


def test_a_state_of_another_version(synced: Cli) -> None:
    import sqlite3

    con = sqlite3.connect(synced.folder / "var" / "state.sqlite")
    con.execute("pragma user_version = 99")
    con.close()
    told(synced("sync"), ExitCode.FAILED, "99", "use the connector that wrote it")


def test_a_published_set_that_is_broken(synced: Cli) -> None:
    for path in synced.folder.glob("var/practice/published/*/measures.parquet"):
        path.write_bytes(b"not parquet")
    ran = synced("kpis")
    assert ran.code == ExitCode.FAILED
    assert "measures.parquet" in ran.err
    assert "Traceback" not in ran.err


def test_a_state_that_is_no_database(synced: Cli) -> None:
    (synced.folder / "var" / "state.sqlite").write_bytes(b"x" * 5000)
    for name in ("state.sqlite-wal", "state.sqlite-shm"):
        (synced.folder / "var" / name).unlink(missing_ok=True)
    told(synced("status"), ExitCode.FAILED, "state.sqlite", "put back a copy")


def test_a_place_where_nothing_can_be_kept(cli: Cli) -> None:
    cli.environ["CONNECTOR_STORE__PATH"] = "/proc/nothing"
    told(cli("sync"), ExitCode.FAILED, "/proc/nothing")
