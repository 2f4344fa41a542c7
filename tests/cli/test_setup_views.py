"""`connector setup --views`: shown first, made once, and only what setup made is ever touched."""

from __future__ import annotations

from dataclasses import replace

import pytest

from connector.cli.exits import ExitCode
from connector.practice.server import PracticeServer
from connector.practice.view_routes import UNSOLVED, View, tickets_in
from tests.cli.cli import Cli

TITLES = ["Goal at risk", "Due soon"]


def titles(server: PracticeServer) -> list[str]:
    return [view.title for view in server.world.views.values()]


def foreign(server: PracticeServer, title: str) -> View:
    """Let somebody have a view of their own."""
    view = View(99, title, (UNSOLVED,))
    server.world.views[view.id] = view
    return view


def test_views_are_shown_and_made_only_with_apply(cli: Cli, server: PracticeServer) -> None:
    ran = cli("setup", "--views")
    assert ran.code == ExitCode.DONE
    assert "+ create view 'Goal at risk' Unsolved tickets that count for a goal" in ran.flat
    assert "+ create view 'Due soon'" in ran.flat
    assert "they stay empty until our fields are there" in ran.flat
    assert titles(server) == []
    assert cli("setup", "--views", "--apply").code == ExitCode.DONE
    assert titles(server) == TITLES


def test_a_second_setup_changes_nothing(cli: Cli, server: PracticeServer) -> None:
    cli("setup", "--views", "--apply")
    before = dict(server.world.views)
    ran = cli("setup", "--views", "--apply")
    assert "= keep view 'Goal at risk'" in ran.flat
    assert "no view is to be changed" in ran.flat
    assert server.world.views == before


def test_the_views_show_what_a_run_wrote(cli: Cli, server: PracticeServer) -> None:
    cli("setup", "--apply")
    cli("setup", "--views", "--apply")
    at_risk, due_soon = server.world.views.values()
    assert tickets_in(server.world, at_risk) == []
    assert cli("sync").code == ExitCode.DONE
    fields = {one.title: one.id for one in server.world.fields.by_id.values()}
    shown = {one.id for one in tickets_in(server.world, at_risk)}
    told = {
        one.id
        for one in server.world.tickets.values()
        if one.values.get(fields["Goal status"]) == "goal_status__at_risk"
    }
    assert shown == told != set()
    assert str(fields["Goal status"]) in at_risk.columns
    assert str(fields["Goal outcome"]) in due_soon.columns


def test_another_language_renames_our_views(cli: Cli, server: PracticeServer) -> None:
    cli("setup", "--views", "--apply")
    ids = list(server.world.views)
    cli.edit(cli.config, "max_share = 1.0", 'max_share = 1.0\nlabels = "de"')
    assert "~ bring up to date view 'Ziel gefährdet': it was 'Goal at risk'" in (
        cli("setup", "--views", "--apply").flat
    )
    assert titles(server) == ["Ziel gefährdet", "Bald fällig"]
    assert list(server.world.views) == ids
    assert "no view is to be changed" in cli("setup", "--views", "--apply").flat


@pytest.mark.parametrize("arguments", [("--views", "--remove"), ("--remove",)])
def test_removing_takes_our_views_and_no_other(
    cli: Cli, server: PracticeServer, arguments: tuple[str, ...]
) -> None:
    mine = foreign(server, "Mine")
    cli("setup", "--apply")
    cli("setup", "--views", "--apply")
    assert "- remove view 'Due soon'" in cli("setup", *arguments).flat
    assert len(server.world.views) == 3
    assert cli("setup", *arguments, "--apply").code == ExitCode.DONE
    assert server.world.views == {mine.id: mine}
    assert "no view is to be changed" in cli("setup", "--views", "--remove", "--apply").flat


def test_a_view_of_somebody_else_with_our_title_is_left_alone(
    cli: Cli, server: PracticeServer
) -> None:
    mine = foreign(server, "Due soon")
    ran = cli("setup", "--views", "--apply")
    assert ran.code == ExitCode.PARTIAL
    assert "! leave alone: view 'Due soon': the view 'Due soon' (99) has that title" in ran.flat
    assert server.world.views[mine.id] == mine
    assert sorted(titles(server)) == ["Due soon", "Goal at risk"]
    cli("setup", "--views", "--remove", "--apply")
    assert server.world.views == {mine.id: mine}


def test_a_view_that_a_person_changed_is_theirs(cli: Cli, server: PracticeServer) -> None:
    cli("setup", "--views", "--apply")
    number, due_soon = next(
        (number, view) for number, view in server.world.views.items() if view.title == "Due soon"
    )
    theirs = replace(due_soon, every=(UNSOLVED,))
    server.world.views[number] = theirs
    assert "keep view 'Due soon': somebody changed it" in cli("setup", "--views", "--apply").flat
    ran = cli("setup", "--views", "--remove", "--apply")
    assert ran.code == ExitCode.PARTIAL
    assert server.world.views == {number: theirs}


def test_a_view_that_was_deleted_is_made_again(cli: Cli, server: PracticeServer) -> None:
    cli("setup", "--views", "--apply")
    del server.world.views[min(server.world.views)]
    cli("setup", "--views", "--apply")
    assert sorted(titles(server)) == sorted(TITLES)
    assert "= keep view 'Goal at risk'" in cli("setup", "--views").flat


def test_a_lost_answer_makes_no_view_twice(cli: Cli, server: PracticeServer) -> None:
    server.faults.fail_next("/api/v2/views", "lost", method="POST")
    assert cli("setup", "--views", "--apply").code == ExitCode.DONE
    assert sorted(titles(server)) == sorted(TITLES)


def test_views_whose_setup_was_cut_off_are_taken_over(cli: Cli, server: PracticeServer) -> None:
    cli("setup", "--views", "--apply")
    (cli.folder / "var" / "state.sqlite").unlink()
    ran = cli("setup", "--views", "--apply")
    assert "= take over (an earlier setup made it) view 'Due soon'" in ran.flat
    assert sorted(titles(server)) == sorted(TITLES)
    cli("setup", "--views", "--remove", "--apply")
    assert titles(server) == []


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_user_who_may_not_manage_views_is_told_what_is_missing(
    cli: Cli, server: PracticeServer, method: str
) -> None:
    server.faults.fail_next("/api/v2/views", "403", method=method)
    ran = cli("setup", "--views", "--apply")
    assert ran.code == ExitCode.FAILED
    assert "may add and edit shared views" in " ".join(ran.err.split())
    assert titles(server) == []
