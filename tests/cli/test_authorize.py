"""`connector authorize`: what a person sees who grants access, and what goes wrong."""

from __future__ import annotations

import socket
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from connector.cli.exits import ExitCode
from connector.practice.helpdesk import AGENT_EMAIL, USUAL
from connector.practice.server import PracticeServer
from tests.browser import Authorizing, free_port
from tests.cli.cli import Cli

ENVIRON = {"PRACTICE_SECRET": USUAL.client_secret}
CLIENT = """client_id = "goal_connector"
client_secret = { env = "PRACTICE_SECRET" }
refresh_token = { file = "refresh-token" }
"""
API_TOKEN = 'email = "goals@practice.example"\ntoken = { env = "PRACTICE_TOKEN" }\n'


@pytest.fixture
def desk(cli: Cli) -> Cli:
    """Return the command line of a folder whose OAuth client was granted nothing yet."""
    cli.edit(cli.config, API_TOKEN, CLIENT)
    cli.environ |= ENVIRON
    return cli


def asking(desk: Cli, *more: str) -> Authorizing:
    return Authorizing(desk.config, desk.variables, more)


def kept(desk: Cli) -> Path:
    return desk.folder / "refresh-token"


def test_a_browser_grants_access_and_check_then_works(desk: Cli) -> None:
    with asking(desk) as run:
        back = run.decide()
        assert "can be closed" in run.visit(back).text
        code, said = run.ended()
    assert code == ExitCode.DONE, said
    assert "practice: access granted by Goal Connector (admin), and kept" in said
    assert kept(desk).stat().st_mode & 0o777 == 0o600
    ran = desk("check")
    assert ran.code == ExitCode.DONE, ran.said
    assert "connected as Goal Connector (admin)" in ran.flat


def test_nothing_secret_is_shown(desk: Cli) -> None:
    with asking(desk) as run:
        back = run.decide()
        run.visit(back)
        _, said = run.ended()
    (code,) = parse_qs(urlsplit(back).query)["code"]
    for secret in (code, USUAL.client_secret, kept(desk).read_text().strip(), "practice-bearer"):
        assert secret not in said


def test_what_is_no_answer_is_turned_away_and_the_wait_goes_on(desk: Cli) -> None:
    with asking(desk) as run:
        start = f"http://127.0.0.1:{run.port}"
        strays = ("/favicon.ico", "/granted", "/granted?code=x", "/other?code=x&state=y")
        assert [run.visit(start + stray).status_code for stray in strays] == [404] * 4
        run.visit(run.decide())
        assert run.ended()[0] == ExitCode.DONE


@pytest.mark.parametrize(
    ("decision", "said_so"),
    [
        ("deny=", "access was denied in the browser"),
        (f"approve={AGENT_EMAIL}", "Plain Agent, who is agent"),
    ],
)
def test_a_refusal_is_told_in_words(desk: Cli, decision: str, said_so: str) -> None:
    with asking(desk) as run:
        run.visit(run.decide(decision))
        code, said = run.ended()
    assert (code, said_so in said) == (ExitCode.FAILED, True), said
    assert not kept(desk).exists()


def test_a_helpdesk_that_does_not_answer_is_asked_again_by_running_again(
    desk: Cli, server: PracticeServer
) -> None:
    server.faults.fail_next("oauth/tokens", "503")
    with asking(desk) as run:
        run.visit(run.decide())
        code, said = run.ended()
    assert code == ExitCode.FAILED
    assert "nothing was kept: run the command again" in said
    assert not kept(desk).exists()


def test_a_wrong_state_is_refused(desk: Cli) -> None:
    with asking(desk) as run:
        run.visit(f"http://127.0.0.1:{run.port}/granted?code=forged&state=forged")
        code, said = run.ended()
    assert code == ExitCode.FAILED
    assert "its state is another" in said
    assert "forged" not in said


def test_a_browser_elsewhere_ends_at_an_address_that_can_be_pasted(desk: Cli) -> None:
    with asking(desk, "--paste") as run:
        code, said = run.ended(f"  {run.decide()}")
    assert code == ExitCode.DONE, said
    assert "paste all of that address here" in said
    assert f"must list http://127.0.0.1:{run.port}/granted as redirect URL" in said
    assert kept(desk).exists()


@pytest.mark.parametrize("pasted", ["only-a-code", "https://127.0.0.1/granted?code=x", " "])
def test_what_is_pasted_must_be_the_whole_address(desk: Cli, pasted: str) -> None:
    with asking(desk, "--paste") as run:
        code, said = run.ended(pasted)
    assert code == ExitCode.CONFIG
    assert "is not the address a browser ends up at" in said


def test_a_browser_that_was_closed_is_not_waited_for_without_end(desk: Cli) -> None:
    ran = desk("authorize", "practice", "--port", str(free_port()), "--wait", "0")
    assert ran.code == ExitCode.FAILED
    assert "no browser came back within 0 seconds" in ran.err
    assert not kept(desk).exists()


def test_a_port_that_is_taken_is_named(desk: Cli) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        ran = desk("authorize", "practice", "--port", str(port), "--wait", "0")
    assert ran.code == ExitCode.CONFIG
    assert f"port {port} cannot be used" in ran.err
    assert "http://127.0.0.1:PORT/granted" in ran.err


def test_a_file_that_cannot_be_written_is_told_before_anybody_is_asked(desk: Cli) -> None:
    kept(desk).with_name("refresh-token.new").mkdir()
    ran = desk("authorize", "practice", "--wait", "0")
    assert ran.code == ExitCode.FAILED
    assert "cannot be kept" in ran.err
    assert "http" not in ran.out


def test_the_option_that_names_the_file_is_asked_for(cli: Cli) -> None:
    ran = cli("authorize", "practice")
    assert ran.code == ExitCode.CONFIG
    assert 'write refresh_token = { file = "PATH" } under [helpdesk.options]' in ran.err


def test_a_helpdesk_without_such_a_way_says_so(cli: Cli) -> None:
    cli.edit(cli.config, 'kind = "zendesk"', 'kind = "memory"')
    ran = cli("authorize", "practice")
    assert ran.code == ExitCode.CONFIG
    assert "memory has no such way" in ran.err


def test_an_unknown_helpdesk_is_refused_with_the_known_ones(cli: Cli) -> None:
    ran = cli("authorize", "nowhere")
    assert ran.code == ExitCode.CONFIG
    assert "no helpdesk is called nowhere" in ran.err


@pytest.mark.parametrize("command", ["check", "sync", "setup"])
@pytest.mark.parametrize("content", [None, " \n"])
def test_a_grant_that_is_not_there_names_the_command_that_gets_one(
    desk: Cli, command: str, content: str | None
) -> None:
    if content is not None:
        kept(desk).write_text(content, encoding="utf-8")
    ran = desk(command)
    assert ran.code == ExitCode.CONFIG
    assert "get one with `connector authorize practice`" in ran.err


def test_a_grant_that_was_revoked_names_the_command_too(desk: Cli, server: PracticeServer) -> None:
    kept(desk).write_text("spent\n", encoding="utf-8")
    assert server.desk.grants.revoke() == 0
    ran = desk("check")
    assert ran.code == ExitCode.FAILED
    assert "grant access anew with `connector authorize`" in ran.flat
