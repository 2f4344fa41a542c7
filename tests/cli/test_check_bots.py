"""`connector check` names accounts that answer faster than people can."""

from __future__ import annotations

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
    with cli.config.open("a", encoding="utf-8") as file:
        file.write(f'[helpdesk.people]\nbots = ["{robot}"]\n')
    assert "which no human does" not in cli("check").flat
