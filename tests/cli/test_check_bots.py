"""`connector check` names accounts that answer faster than people can."""

from __future__ import annotations

import json

from connector.cli.exits import ExitCode
from connector.kpi.suspects import MANY
from connector.practice.server import PracticeServer
from tests.cli.cli import Cli


def robot_id(server: PracticeServer) -> int:
    """Return an agent who answered nothing so far."""
    world = server.world
    users = world.directory.users.values()
    return next(user.id for user in users if user.role == "agent")


def test_an_account_that_answers_within_seconds_is_named_until_it_is_listed(
    cli: Cli, server: PracticeServer
) -> None:
    robot = robot_id(server)
    cli("sync")
    assert "which no human does" not in cli("check").flat
    for number in range(10 * MANY):
        ticket = server.acts.create({"subject": f"New {number}", "comment": {"body": "Please"}})
        server.acts.comment(ticket.id, robot, "We have received your message")
    server.clock.advance(120)
    cli("sync")
    ran = cli("check")
    assert ran.code == ExitCode.DONE
    assert f"({robot}) answers within" in ran.flat
    assert f'put "{robot}" under bots' in ran.flat
    before = cli.config.read_text(encoding="utf-8")
    for listed in ("bots", "humans"):
        cli.config.write_text(f'{before}[helpdesk.people]\n{listed} = ["{robot}"]\n', "utf-8")
        assert "which no human does" not in cli("check").flat


def replied(cli: Cli) -> int:
    values = json.loads(cli("kpis", "--json").out)
    return sum(one["n"] for one in values if one["measure"] == "first_reply_time")


def test_a_suspected_account_gives_no_first_replies_until_it_is_listed_as_human(
    cli: Cli, server: PracticeServer
) -> None:
    robot = robot_id(server)
    for number in range(10 * MANY):
        ticket = server.acts.create({"subject": f"New {number}", "comment": {"body": "Please"}})
        server.clock.advance(5)  # a reply in the second of creation is part of the opening
        server.acts.comment(ticket.id, robot, "We have received your message")
    server.clock.advance(120)
    cli("sync")
    before = replied(cli)
    cli("check")
    cli("sync")
    assert replied(cli) < before
    with cli.config.open("a", encoding="utf-8") as file:
        file.write(f'[helpdesk.people]\nhumans = ["{robot}"]\n')
    cli("sync")
    assert replied(cli) == before
