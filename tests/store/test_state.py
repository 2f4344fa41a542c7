"""The state: what is journaled, believed, remembered, and survives a crash."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterator
from importlib import resources
from pathlib import Path

import msgspec
import pytest

from connector.errors import StoreError
from connector.model.change import Outcome, WriteResult
from connector.model.goal import GoalReport
from connector.model.kpi import Period, Version
from connector.model.page import TicketField
from connector.store.database import SCRIPTS, STATE_VERSION
from connector.store.goal_history import GoalHistory
from connector.store.journal import Believed, Intent
from connector.store.state import State
from connector.store.versions import Versions
from tests.store.records import at


@pytest.fixture
def state(tmp_path: Path) -> Iterator[State]:
    with State.open(tmp_path / "state.sqlite") as opened:
        yield opened


def intent(ticket: str = "1", **more: object) -> Intent:
    known: dict[str, object] = {
        "add_tags": ("goal_a",),
        "fields_before": {"9": None},
        "fields_after": {"9": "at_risk"},
    }
    return msgspec.convert({"ticket_id": ticket, **known, **more}, Intent)


def result(ticket: str = "1", outcome: Outcome = Outcome.WRITTEN) -> WriteResult:
    return WriteResult(ticket_id=ticket, outcome=outcome)


def report(goal: str = "g", minutes: float = 0, status: str = "on_track") -> GoalReport:
    return GoalReport(
        id=goal,
        kind="key_result",
        title="Faster",
        level="team",
        scope="",
        kpi="k",
        period=Period(at(0), at(10)),
        baseline=1.0,
        target=2.0,
        value=1.5,
        unit="s",
        n=3,
        grade=0.5,
        raw=0.5,
        status=status,
        flags=(),
        forecast=None,
        as_of=at(minutes),
        why="because",
    )


def test_a_run_has_no_end_until_it_is_finished(state: State) -> None:
    state.start_run("r1", at=at(0), args="sync")
    assert state.runs()[0].finished_at is None
    state.finish_run("r1", at=at(1), status="ok", report="{}")
    assert (state.runs()[0].finished_at, state.runs()[0].status) == (at(1), "ok")


def test_runs_are_listed_newest_first(state: State) -> None:
    for number in range(3):
        state.start_run(f"r{number}", at=at(number))
    assert [run.run for run in state.runs(2)] == ["r2", "r1"]


def test_an_intent_is_open_until_its_outcome_is_known(state: State) -> None:
    batch = state.record_intent("r1", "support", [intent("1"), intent("2")], at=at(0))
    state.record_receipt(batch, "job-7", at=at(1))
    state.record_outcomes(batch, [result("1")], at=at(2))
    (left,) = state.open_batches("support")
    assert (left.job, [i.ticket_id for i in left.intents]) == ("job-7", ["2"])
    state.record_outcomes(batch, [result("2", Outcome.LOCKED)], at=at(3))
    assert state.open_batches("support") == []


def test_an_intent_that_may_not_have_been_sent_says_so(state: State) -> None:
    state.record_intent("r1", "support", [intent()], at=at(0))
    assert state.open_batches("support")[0].submitted_at is None
    assert state.open_batches("other") == []


def test_the_journal_keeps_what_was_there_before(state: State) -> None:
    batch = state.record_intent("r1", "support", [intent(remove_tags=["goal_b"])], at=at(0))
    state.record_outcomes(batch, [result()], at=at(1))
    (row,) = state.journal_rows("r1")
    assert (row.ticket, row.tags_added, row.tags_removed) == ("1", ("goal_a",), ("goal_b",))
    assert (row.fields_before, row.fields_after) == ({"9": None}, {"9": "at_risk"})
    assert (row.at, row.outcome) == (at(0), "written")
    assert list(state.journal_rows("r2")) == []


def test_only_written_changes_are_believed(state: State) -> None:
    batch = state.record_intent("r1", "support", [intent("1"), intent("2")], at=at(0))
    state.record_outcomes(batch, [result("1"), result("2", Outcome.CONFLICT)], at=at(1))
    assert state.believed("support") == {
        "1": Believed(at=at(1), fields={"9": "at_risk"}, tags=frozenset({"goal_a"}))
    }


def test_beliefs_add_up_over_writes(state: State) -> None:
    first = state.record_intent("r1", "support", [intent(add_tags=["goal_a", "goal_b"])], at=at(0))
    state.record_outcomes(first, [result()], at=at(1))
    change = intent(add_tags=[], remove_tags=["goal_a"], fields_after={"9": None})
    second = state.record_intent("r2", "support", [change], at=at(2))
    state.record_outcomes(second, [result()], at=at(3))
    belief = state.believed("support")["1"]
    assert (belief.tags, belief.fields, belief.at) == (frozenset({"goal_b"}), {"9": None}, at(3))


def test_a_belief_given_with_the_outcome_is_kept_as_given(state: State) -> None:
    batch = state.record_intent("r1", "support", [intent()], at=at(0))
    given = Believed(at=at(1), fields={"9": "x"}, corrected=frozenset({"9"}))
    state.record_outcomes(batch, [result()], at=at(1), left={"1": given})
    assert state.believed("support") == {"1": given}
    state.forget("support", ["1"])
    assert state.believed("support") == {}


def test_batches_are_marked_undone(state: State) -> None:
    batch = state.record_intent("r1", "support", [intent()], at=at(0))
    state.record_outcomes(batch, [result()], at=at(1))
    state.mark_undone([batch], by="r2")
    assert [row.is_undone for row in state.journal_rows()] == [True]


def test_a_failed_transaction_leaves_nothing(state: State) -> None:
    with pytest.raises(StoreError):
        state.record_intent("r1", "support", [intent("1"), intent("1")], at=at(0))
    assert state.open_batches("support") == []


def test_goals_keep_their_history(state: State) -> None:
    state.save_evaluations("r1", [report(minutes=0), report("h", minutes=0)])
    state.save_evaluations("r2", [report(minutes=5, status="at_risk")])
    assert [found.as_of for found in state.history("g")] == [at(0), at(5)]
    assert [found.as_of for found in state.history("g", since=at(1))] == [at(5)]
    last = state.last_evaluations()
    assert {goal: found.status for goal, found in last.items()} == {
        "g": "at_risk",
        "h": "on_track",
    }


def test_fields_are_replaced_whole(state: State) -> None:
    status = TicketField(role="status", id="9", title="Goal status", options={"a": "A"})
    note = TicketField(role="note", id="10", title="Goal note", active=False)
    state.save_fields("support", [status, note])
    assert state.fields("support") == (note, status)
    state.save_fields("support", [status])
    assert state.fields("support") == (status,)
    assert state.fields("other") == ()


def test_pins_are_kept_by_dimension_and_name(state: State) -> None:
    state.pin("support", "group", {"EMEA": "1", "APAC": "2"})
    state.pin("support", "group", {"EMEA": "3"})
    assert state.pins("support") == {("group", "EMEA"): "3", ("group", "APAC"): "2"}


def refuse(state: State, reason: str = "locked", stamp: float = 0) -> None:
    state.refuse("support", "1", reason=reason, stamp=at(stamp), at=at(9))


def test_a_ticket_refused_the_same_way_three_times_is_parked(state: State) -> None:
    refuse(state)
    refuse(state)
    assert not state.refusals("support")["1"].is_parked
    refuse(state)
    assert state.refusals("support")["1"].is_parked


def test_another_reason_or_a_change_starts_the_count_again(state: State) -> None:
    refuse(state)
    refuse(state, reason="rejected")
    refuse(state, reason="rejected", stamp=1)
    assert state.refusals("support")["1"].count == 1
    state.allow("support", ["1"])
    assert state.refusals("support") == {}


def test_a_change_that_is_taken_back_again_and_again_is_parked(state: State) -> None:
    """Each try leaves a newer version behind, which nobody else has touched."""
    for seen, left in ((0, 1), (1, 2), (2, 3)):
        state.refuse("support", "1", reason="rejected", stamp=at(seen), left=at(left), at=at(9))
    found = state.refusals("support")["1"]
    assert (found.is_parked, found.stamp) == (True, at(3))
    state.refuse("support", "1", reason="rejected", stamp=at(5), left=at(6), at=at(9))
    assert not state.refusals("support")["1"].is_parked


def test_approvals_expire(state: State) -> None:
    state.approve("g", "off_track", until=at(10))
    assert state.approvals(at(9)) == {("g", "off_track")}
    assert state.approvals(at(10)) == frozenset()


def test_the_last_daily_instant_is_kept_by_helpdesk(state: State) -> None:
    state.save_daily("support", at(1))
    assert (state.last_daily("support"), state.last_daily("other")) == (at(1), None)


def test_everything_is_there_after_reopening(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "state.sqlite"
    with State.open(path) as state:
        state.put("name", "value")
    with State.open(path) as state:
        assert state.get("name") == "value"


@pytest.mark.parametrize("found", range(1, STATE_VERSION))
def test_an_older_file_is_raised_and_loses_nothing(tmp_path: Path, found: int) -> None:
    path = tmp_path / "state.sqlite"
    with sqlite3.connect(path) as connection:
        for name in SCRIPTS[:found]:
            script = resources.files("connector.store").joinpath(name).read_text("utf-8")
            connection.executescript(script)
        connection.execute("insert into meta values ('kept', 'yes')")
        connection.execute(f"pragma user_version = {found}")
    connection.close()
    for _ in range(2):
        with State.open(path) as state:
            assert state.get("kept") == "yes"
            assert state.rows("select count(*) from versions") == [(0,)]
            assert state.rows("select count(*) from days") == [(0,)]
            assert state.rows("pragma user_version") == [(3,)]


def test_a_frozen_value_of_an_older_file_is_still_there(tmp_path: Path) -> None:
    path = tmp_path / "state.sqlite"
    period = Period(at(0), at(10))
    frozen = Version(version=1, value=0.5, n=4, frozen_at=at(11), as_of=at(11))
    with State.open(path) as state:
        Versions(state, "k", "m", period).keep(frozen, None)
        with state.transaction() as connection:
            for table in ("days", "goal_versions", "checkins", "closings"):
                connection.execute(f"drop table {table}")
            connection.execute("pragma user_version = 2")
    with State.open(path) as state:
        assert Versions(state, "k", "m", period).kept(at(12)) == (frozen,)
        assert GoalHistory(state).last_days() == {}


def test_another_version_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "state.sqlite"
    connection = sqlite3.connect(path)
    connection.execute("pragma user_version = 99")
    connection.close()
    with pytest.raises(StoreError, match="version 99, this connector needs 3"):
        State.open(path)


def test_a_file_that_is_no_database_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "state.sqlite"
    path.write_text("this is no database, but a text long enough to have a header" * 10)
    with pytest.raises(StoreError, match="not a database"):
        State.open(path)


def test_threads_of_a_run_share_the_file(state: State) -> None:
    def work(number: int) -> None:
        for step in range(20):
            batch = state.record_intent("r1", f"d{number}", [intent(str(step))], at=at(step))
            state.record_outcomes(batch, [result(str(step))], at=at(step))

    threads = [threading.Thread(target=work, args=[number]) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(list(state.journal_rows())) == 80
    assert all(len(state.believed(f"d{number}")) == 20 for number in range(4))


DIE_IN_A_BATCH = """
import os, signal, sys
from pathlib import Path
from connector.store.state import State
from connector.store.versions import Versions
from tests.store.records import at
from tests.store.test_state import intent, result

state = State.open(Path(sys.argv[1]))
batch = state.record_intent("r1", "support", [intent("1")], at=at(0))
with state.transaction():
    state.record_outcomes(batch, [result("1")], at=at(1))
    os.kill(os.getpid(), signal.SIGKILL)
"""


def test_a_kill_before_the_outcome_leaves_the_intent_open(tmp_path: Path) -> None:
    path = tmp_path / "state.sqlite"
    command = [sys.executable, "-c", DIE_IN_A_BATCH, str(path)]
    ended = subprocess.run(command, check=False, env={**os.environ}, capture_output=True)
    assert ended.returncode < 0, ended.stderr
    with State.open(path) as state:
        assert [i.ticket_id for i in state.open_batches("support")[0].intents] == ["1"]
        assert state.believed("support") == {}


def test_a_pin_that_is_let_go_may_mean_something_else(state: State) -> None:
    state.pin("support", "group", {"EMEA": "10", "APAC": "12"})
    state.unpin("support", [("group", "EMEA"), ("group", "nobody")])
    assert state.pins("support") == {("group", "APAC"): "12"}
