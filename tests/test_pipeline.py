"""Whole runs against helpdesks in memory: what is read, judged and written, and what never is."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from itertools import count
from pathlib import Path

import msgspec
import pytest

from connector.adapters.memory import MemoryHelpdesk
from connector.errors import LockedError, SettingsError, UnavailableError, UsageError
from connector.model.run import RunStatus
from connector.pipeline.evaluating import kpi_values
from connector.pipeline.judging import goal_reports
from connector.pipeline.run import RunRequest, run
from connector.pipeline.undoing import undo
from connector.pipeline.views import views
from connector.store.lock import Lease
from tests.run import AGENT, CONFIG, MAPPING, Runner, asked, staffed, written

MINUTE = 60
REQUESTS_BEFORE_A_WRITE = 5  # tickets, events, ratings, a look at our fields and at the tickets


@pytest.fixture
def desk() -> MemoryHelpdesk:
    return staffed()


@pytest.fixture
def runner(tmp_path: Path, desk: MemoryHelpdesk) -> Runner:
    runner = Runner(tmp_path)
    runner.set_up(desk)
    return runner


def ours(desk: MemoryHelpdesk, ticket: str) -> dict[str, str]:
    """Return what a ticket shows of ours, by the title of the field."""
    fields = desk.tickets[ticket].fields
    return {desk.fields[key].title: value for key, value in fields.items() if value}


def many_replied(desk: MemoryHelpdesk, count: int, minutes: float) -> list[str]:
    """Let tickets come in and be replied to after some minutes each."""
    tickets = []
    for _ in range(count):
        ticket = asked(desk)
        desk.advance(minutes * MINUTE)
        desk.comment(ticket, by=AGENT)
        desk.set_status(ticket, "solved", by=AGENT)
        tickets.append(ticket)
    return tickets


def test_a_run_shows_on_an_open_ticket_what_is_due(desk: MemoryHelpdesk, runner: Runner) -> None:
    ticket = asked(desk)
    desk.advance(50 * MINUTE)
    report = runner.run(desk).report
    assert report.status == RunStatus.OK
    assert ours(desk, ticket)["Goal outcome"] == "goal_outcome__due_soon"
    assert "goal__faster_first_reply__due_soon" in desk.tickets[ticket].tags


def test_a_second_run_right_after_the_first_writes_nothing(
    desk: MemoryHelpdesk, runner: Runner
) -> None:
    asked(desk)
    desk.advance(50 * MINUTE)
    assert written(runner.run(desk).report) == 1
    again = runner.run(desk)
    assert again.plans[0].is_empty
    assert written(again.report) == 0


def test_an_idle_run_sends_one_request(desk: MemoryHelpdesk, runner: Runner) -> None:
    asked(desk)
    for _ in range(2):
        runner.run(desk)
        desk.advance(MINUTE)
    before = desk.requests
    runner.run(desk)
    assert desk.requests - before == 1


def test_a_dry_run_changes_nothing_in_the_helpdesk(desk: MemoryHelpdesk, runner: Runner) -> None:
    ticket = asked(desk)
    desk.advance(50 * MINUTE)
    before = desk.tickets[ticket]
    result = runner.run(desk, dry_run=True)
    assert [change.change.ticket_id for change in result.plans[0].changes] == [ticket]
    assert desk.tickets[ticket] == before


def test_foreign_tags_and_fields_stay(desk: MemoryHelpdesk, runner: Runner) -> None:
    ticket = asked(desk)
    desk.tag(ticket, "vip", "goal_of_ours")
    desk.set_field(ticket, "77", "theirs")
    desk.advance(50 * MINUTE)
    runner.run(desk)
    assert {"vip", "goal_of_ours"} <= set(desk.tickets[ticket].tags)
    assert desk.tickets[ticket].fields["77"] == "theirs"


def test_a_solved_ticket_is_written_once_with_how_it_ended(
    desk: MemoryHelpdesk, runner: Runner
) -> None:
    ticket = asked(desk)
    desk.advance(50 * MINUTE)
    runner.run(desk)
    desk.comment(ticket, by=AGENT)
    desk.set_status(ticket, "solved", by=AGENT)
    desk.advance(MINUTE)
    assert written(runner.run(desk).report) == 1
    assert ours(desk, ticket)["Goal outcome"] == "goal_outcome__met"
    assert written(runner.run(desk).report) == 0


def test_a_pending_ticket_is_left_alone(desk: MemoryHelpdesk, runner: Runner) -> None:
    ticket = asked(desk)
    desk.set_status(ticket, "pending", by=AGENT)
    desk.advance(2 * 60 * MINUTE)
    runner.run(desk)
    assert ours(desk, ticket) == {}


def test_goals_are_judged_on_what_was_measured(desk: MemoryHelpdesk, runner: Runner) -> None:
    many_replied(desk, 12, 30)
    desk.advance(40 * 24 * 60 * MINUTE)
    asked(desk)
    by_id = {goal.id: goal for goal in runner.run(desk).report.goals}
    goal = by_id["faster_first_reply"]
    assert (goal.status, goal.value, goal.n) == ("on_track", 30 * MINUTE, 12)
    assert by_id["backlog_in_hand"].status == "safe"


def test_writing_is_off_until_an_admin_turns_it_on(desk: MemoryHelpdesk, runner: Runner) -> None:
    runner.write("config.toml", CONFIG.replace("enabled = true", "enabled = false"))
    ticket = asked(desk)
    desk.advance(50 * MINUTE)
    runner.run(desk)
    assert ours(desk, ticket) == {}


def test_a_pilot_keeps_other_tickets_out(desk: MemoryHelpdesk, runner: Runner) -> None:
    pilot = desk.add_group("Pilot")
    inside, outside = asked(desk), asked(desk)
    desk.put(inside, group_id=pilot, status="open")
    runner.write("config.toml", CONFIG + 'only = { group = ["Pilot"] }\n')
    desk.advance(50 * MINUTE)
    runner.run(desk)
    assert ours(desk, inside)
    assert ours(desk, outside) == {}


def test_many_tickets_at_once_wait_for_approval(desk: MemoryHelpdesk, runner: Runner) -> None:
    runner.write("config.toml", CONFIG.replace("max_share = 1.0", "max_share = 0.2"))
    tickets = [asked(desk) for _ in range(8)]
    held = runner.run(desk).report
    assert held.status == RunStatus.PARTIAL
    assert all(ours(desk, ticket) == {} for ticket in tickets)
    runner.run(desk, approvals=("backlog_in_hand:off_track",))
    assert all("Goal status" in ours(desk, ticket) for ticket in tickets)


def test_the_brake_in_the_helpdesk_stops_all_writing(desk: MemoryHelpdesk, runner: Runner) -> None:
    status = next(key for key, one in desk.fields.items() if one.title == "Goal status")
    desk.fields[status] = msgspec.structs.replace(desk.fields[status], active=False)
    ticket = asked(desk)
    desk.advance(50 * MINUTE)
    report = runner.run(desk).report
    assert report.status == RunStatus.PARTIAL
    assert ours(desk, ticket) == {}


def test_without_set_up_nothing_is_written_and_the_run_says_why(tmp_path: Path) -> None:
    desk = staffed()
    asked(desk)
    desk.advance(50 * MINUTE)
    report = Runner(tmp_path).run(desk).report
    assert report.status == RunStatus.PARTIAL
    assert "connector setup --apply" in " ".join(report.helpdesks[0].notes)


def test_two_runs_at_once_are_refused(desk: MemoryHelpdesk, runner: Runner) -> None:
    folder = runner.job(desk.now).folder("memory")
    with Lease(folder), pytest.raises(LockedError):
        runner.run(desk)


def test_a_helpdesk_that_fails_does_not_stop_the_others(
    tmp_path: Path, desk: MemoryHelpdesk
) -> None:
    second = staffed("second")
    runner = Runner(tmp_path)
    runner.write(
        "config.toml",
        CONFIG + '[[helpdesk]]\nname = "second"\nkind = "memory"\n'
        '[helpdesk.options]\naccount = "second"\ntoken = { env = "MEMORY_TOKEN" }\n',
    )
    runner.set_up(desk)
    ticket = asked(second)
    second.advance(50 * MINUTE)
    desk.fail_next(UnavailableError("memory: down for maintenance", status=503), times=9)
    report = runner.run(desk).report
    assert report.status == RunStatus.FAILED
    assert [one.error for one in report.helpdesks] == ["memory: down for maintenance", None]
    assert ours(second, ticket)["Goal outcome"] == "goal_outcome__due_soon"


def test_one_goal_spans_two_helpdesks(tmp_path: Path, desk: MemoryHelpdesk) -> None:
    second = staffed("second")
    runner = Runner(tmp_path)
    runner.write(
        "config.toml",
        CONFIG + '[[helpdesk]]\nname = "second"\nkind = "memory"\n'
        '[helpdesk.options]\naccount = "second"\ntoken = { env = "MEMORY_TOKEN" }\n',
    )
    many_replied(desk, 6, 10)
    many_replied(second, 6, 30)
    desk.advance(2 * 60 * MINUTE)
    values = {goal.id: goal for goal in runner.run(desk, dry_run=True).report.goals}
    assert (values["faster_first_reply"].n, values["faster_first_reply"].value) == (12, 20 * MINUTE)


def test_as_of_shows_how_it_stood(desk: MemoryHelpdesk, runner: Runner) -> None:
    tickets = [asked(desk) for _ in range(3)]
    desk.advance(60 * MINUTE)
    then = desk.now
    desk.advance(60 * MINUTE)
    for ticket in tickets:
        desk.comment(ticket, by=AGENT)
        desk.set_status(ticket, "solved", by=AGENT)
    desk.advance(60 * MINUTE)
    job = runner.job(desk.now)
    runner.run(desk)
    with views(job) as seen, views(job, then) as past:
        now_open = {goal.id: goal.value for goal in goal_reports(job, seen)}["backlog_in_hand"]
        then_open = {goal.id: goal.value for goal in goal_reports(job, past)}["backlog_in_hand"]
        replies = {value.id: value.n for value in kpi_values(job, past)}["first_reply"]
    assert (now_open, then_open, replies) == (0, 3, 0)


def test_as_of_never_writes(desk: MemoryHelpdesk, runner: Runner) -> None:
    ticket = asked(desk)
    desk.advance(50 * MINUTE)
    runner.run(desk, as_of=desk.now - timedelta(minutes=1))
    assert ours(desk, ticket) == {}


def test_undo_takes_back_what_was_written(desk: MemoryHelpdesk, runner: Runner) -> None:
    ticket = asked(desk)
    desk.tag(ticket, "vip")
    desk.advance(50 * MINUTE)
    runner.run(desk)
    undone = undo(runner.job(desk.now), run=None, is_applied=True)
    assert undone[0].report is not None
    assert undone[0].report.counts.written == 1
    assert ours(desk, ticket) == {}
    assert desk.tickets[ticket].tags == ("vip",)


def test_an_unknown_approval_is_refused(desk: MemoryHelpdesk, runner: Runner) -> None:
    with pytest.raises(UsageError, match="GOAL:STATE"):
        runner.run(desk, approvals=("faster_first_replay:at_risk",))


def test_a_run_that_died_is_settled_by_the_next(desk: MemoryHelpdesk, runner: Runner) -> None:
    """The answer was lost after the helpdesk applied the change: nothing is written twice."""
    ticket = asked(desk)
    desk.advance(50 * MINUTE)
    job = runner.job(desk.now)
    result = runner.run(desk, dry_run=True)
    intents = [planned.intent for planned in result.plans[0].changes]
    job.state.record_intent("dead", "memory", intents, at=desk.now)
    adapter = job.open_adapter(job.helpdesks()[0])
    adapter.submit([planned.change for planned in result.plans[0].changes])
    after = runner.run(desk)
    assert after.plans[0].is_empty
    assert ours(desk, ticket)["Goal outcome"] == "goal_outcome__due_soon"
    assert [row.outcome for row in job.state.journal_rows("dead")] == ["written"]


def test_a_dry_run_shows_what_an_approval_would_do_and_grants_none(
    desk: MemoryHelpdesk, runner: Runner
) -> None:
    runner.write("config.toml", CONFIG.replace("max_share = 1.0", "max_share = 0.2"))
    for _ in range(8):
        asked(desk)
    dry = runner.run(desk, dry_run=True, approvals=("backlog_in_hand:off_track",))
    assert dry.plans[0].held == ()
    assert runner.run(desk).plans[0].held != ()


def test_a_run_that_a_mistake_cuts_short_is_remembered_as_failed(
    desk: MemoryHelpdesk, runner: Runner
) -> None:
    asked(desk)
    runner.run(desk)
    runner.write("config.toml", CONFIG + 'only = { group = ["Nobody"] }\n')
    with pytest.raises(SettingsError):
        runner.run(desk)
    assert runner.job(desk.now).state.runs(1)[0].status == RunStatus.FAILED


def test_a_mistake_in_one_mapping_stops_its_goals_alone(
    desk: MemoryHelpdesk, runner: Runner
) -> None:
    asked(desk)
    astray = 'measure = "backlog"\nwhere = { group = ["Nobody"] }'
    runner.write("mappings/goals.toml", MAPPING.replace('measure = "backlog"', astray))
    report = runner.run(desk).report
    assert report.status == RunStatus.PARTIAL
    assert [goal.id for goal in report.goals] == ["faster_first_reply"]
    (problem,) = report.problems
    assert problem.startswith("goal backlog_in_hand is not judged: ")


def test_a_ticket_solved_while_writing_failed_is_told_how_it_ended_later(
    desk: MemoryHelpdesk, runner: Runner
) -> None:
    runner.run(desk)
    ticket = asked(desk)
    desk.advance(90 * MINUTE)
    desk.comment(ticket, by=AGENT)
    desk.set_status(ticket, "solved", by=AGENT)
    desk.fail_next(UnavailableError("memory: gone", status=503), after=REQUESTS_BEFORE_A_WRITE)
    assert runner.run(desk).report.status == RunStatus.FAILED
    desk.advance(MINUTE)
    runner.run(desk)
    assert ours(desk, ticket)["Goal outcome"] == "goal_outcome__missed"


def flapping(desk: MemoryHelpdesk, runner: Runner, times: int) -> list[int]:
    """Let the backlog pass its limit and come back, again and again; return what runs wrote."""
    counts = []
    for _ in range(times):
        more = [asked(desk) for _ in range(5)]
        counts.append(written(runner.run(desk).report))
        desk.advance(5 * MINUTE)
        for ticket in more:
            desk.set_status(ticket, "solved", by=AGENT)
        counts.append(written(runner.run(desk).report))
        desk.advance(5 * MINUTE)
    return counts


BACKLOG_ONLY = MAPPING.partition("[goal.faster_first_reply]")[0] + (
    "[goal.backlog_in_hand]" + MAPPING.partition("[goal.backlog_in_hand]")[2]
)


def test_a_goal_that_flaps_is_not_shown_as_flapping(desk: MemoryHelpdesk, runner: Runner) -> None:
    runner.write("mappings/goals.toml", BACKLOG_ONLY)
    staying = [asked(desk) for _ in range(2)]
    assert flapping(desk, runner, 4) == [7, 0, 5, 0, 5, 0, 5, 0]
    assert all(ours(desk, t)["Goal status"] == "goal_status__off_track" for t in staying)
    goal = runner.run(desk).report.goals[0]
    assert goal.status != "violated"


def test_a_goal_that_is_better_for_long_enough_is_shown_so_in_the_daily_run(
    desk: MemoryHelpdesk, runner: Runner
) -> None:
    runner.write("mappings/goals.toml", BACKLOG_ONLY)
    staying = [asked(desk) for _ in range(2)]
    flapping_ones = [asked(desk) for _ in range(5)]
    runner.run(desk)
    for ticket in flapping_ones:
        desk.set_status(ticket, "solved", by=AGENT)
    desk.advance(MINUTE)
    runner.run(desk)
    desk.advance(11 * 60 * MINUTE)
    assert written(runner.run(desk).report) == 0
    desk.advance(2 * 60 * MINUTE)
    assert written(runner.run(desk).report) == 0
    desk.advance(9 * 60 * MINUTE)
    assert written(runner.run(desk).report) == len(staying)
    assert all(ours(desk, t)["Goal status"] == "goal_status__on_track" for t in staying)


def test_a_ticket_that_is_written_again_and_again_waits_for_the_hour(
    desk: MemoryHelpdesk, runner: Runner
) -> None:
    runner.write("config.toml", CONFIG + "max_writes_per_hour = 2\n")
    runner.write("mappings/goals.toml", BACKLOG_ONLY)
    staying = [asked(desk) for _ in range(2)]
    assert written(runner.run(desk).report) == len(staying)
    more = [asked(desk) for _ in range(3)]
    assert written(runner.run(desk).report) == len(staying) + len(more)
    assert ours(desk, staying[0])["Goal status"] == "goal_status__at_risk"
    last = [asked(desk) for _ in range(2)]
    report = runner.run(desk).report
    assert (written(report), report.status) == (len(more) + len(last), RunStatus.PARTIAL)
    assert "2 tickets were written 2 times within an hour and wait" in report.helpdesks[0].notes
    desk.advance(60 * MINUTE)
    assert written(runner.run(desk).report) == len(staying)
    assert ours(desk, staying[0])["Goal status"] == "goal_status__off_track"


def test_what_did_not_fit_into_the_interval_is_deferred_and_comes_first(
    desk: MemoryHelpdesk, runner: Runner
) -> None:
    runner.write("mappings/goals.toml", BACKLOG_ONLY)
    tickets = [asked(desk) for _ in range(150)]
    minutes = (desk.now + timedelta(minutes=number) for number in count())
    ticking = replace(runner.job(desk.now), clock=lambda: next(minutes))
    report = run(ticking, RunRequest()).report
    writes = report.helpdesks[0].writes
    assert (writes.written, writes.deferred) == (100, 50)
    desk.advance(10 * MINUTE)
    newest = [asked(desk) for _ in range(3)]
    planned = runner.run(desk, dry_run=True).plans[0].changes
    order = [one.change.ticket_id for one in planned]
    assert set(order[:50]) == set(tickets[100:])
    assert set(order[50:]) == set(newest)


FOR_EACH = """
[kpi.backlog]
measure = "backlog"

[goal.calm]
kind = "anti_goal"
title = "Calm"
kpi = "backlog"
owner = "Lead"
period = { start = 2026-01-01, end = 2026-04-01 }
limit = 2
for_each = "group"
show = { status = "at_once", tag = true }
"""


def our_tags(desk: MemoryHelpdesk, ticket: str) -> set[str]:
    return {tag for tag in desk.tickets[ticket].tags if tag.startswith("goal__calm_of_")}


def test_tags_of_goals_for_each_team_follow_the_ticket_and_can_be_taken_back(
    desk: MemoryHelpdesk, runner: Runner
) -> None:
    runner.write("mappings/goals.toml", FOR_EACH)
    one, other = desk.add_group("One"), desk.add_group("Other")
    tickets = [asked(desk) for _ in range(4)]
    for ticket in tickets:
        desk.put(ticket, group_id=one, status="open")
    runner.run(desk)
    assert all(our_tags(desk, t) == {f"goal__calm_of_{one}__off_track"} for t in tickets)
    desk.put(tickets[0], group_id=other)
    desk.advance(MINUTE)
    runner.run(desk)
    assert our_tags(desk, tickets[0]) == set()
    assert our_tags(desk, tickets[1]) == {f"goal__calm_of_{one}__off_track"}
    undo(runner.job(desk.now), run=None, is_applied=True)
    assert not any(our_tags(desk, ticket) or ours(desk, ticket) for ticket in tickets)


def test_tags_of_a_team_that_is_gone_are_removed(desk: MemoryHelpdesk, runner: Runner) -> None:
    runner.write("mappings/goals.toml", FOR_EACH)
    one, other = desk.add_group("One"), desk.add_group("Other")
    tickets = [asked(desk) for _ in range(4)]
    for ticket in tickets:
        desk.put(ticket, group_id=one, status="open")
    runner.run(desk)
    desk.groups[one] = msgspec.structs.replace(desk.groups[one], deleted=True)
    for ticket in tickets[:2]:
        desk.put(ticket, group_id=other)
    desk.advance(25 * 60 * MINUTE)
    runner.run(desk)
    left = {f"goal__calm_of_{other}__at_risk"}
    assert [our_tags(desk, ticket) for ticket in tickets] == [left, left, set(), set()]
