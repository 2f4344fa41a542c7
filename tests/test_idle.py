"""Runs that find nothing new: one request, not one byte, and nothing that is due is missed."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import NamedTuple

import pytest

from connector.cli.exits import ExitCode
from connector.errors import LockedError, UnavailableError
from connector.model.run import RunReport, RunStatus
from connector.pipeline.judging import goal_reports
from connector.pipeline.run import RunRequest
from connector.pipeline.run import run as run_job
from connector.pipeline.views import views
from connector.store.journal import Intent
from connector.store.lock import Lease
from connector.store.published import latest
from tests.run import AGENT, CONFIG, MAPPING, Runner, asked, staffed, written
from tests.whole import PagedServer, Whole

MINUTE = 60
HOUR = 60 * MINUTE


class Seen(NamedTuple):
    """A file: what it holds, which one it is, and when it was written."""

    inode: int
    size: int
    digest: str
    mtime_ns: int | None


class Quiet:
    """A helpdesk in which nothing happens any more, and a connector that knows all of it."""

    def __init__(self, folder: Path) -> None:
        self.desk = staffed()
        self.runner = Runner(folder)
        self.runner.set_up(self.desk)
        self.ticket = asked(self.desk)
        self.desk.advance(5 * MINUTE)

    @property
    def root(self) -> Path:
        """Return the folder of everything local."""
        return self.runner.folder / "var"

    def run(self) -> RunReport:
        """Run once."""
        return self.runner.run(self.desk).report

    def settle(self) -> None:
        """Run until there is nothing to do."""
        for _ in range(4):
            self.run()
            self.desk.advance(2 * MINUTE)

    def files(self) -> dict[str, Seen]:
        """Return all local files; of the lock alone the time may move."""
        return {
            str(path.relative_to(self.root)): _seen(path)
            for path in sorted(self.root.rglob("*"))
            if path.is_file()
        }

    def is_idle(self) -> bool:
        """Run once; tell whether that wrote nothing."""
        before = self.files()
        assert self.run().status == RunStatus.OK
        return self.files() == before


def _seen(path: Path) -> Seen:
    found = path.stat()
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    is_lock = path.suffix == ".lock"
    return Seen(found.st_ino, found.st_size, digest, None if is_lock else found.st_mtime_ns)


@pytest.fixture
def quiet(tmp_path: Path) -> Quiet:
    found = Quiet(tmp_path)
    found.settle()
    return found


def test_a_run_that_finds_nothing_new_writes_nothing(quiet: Quiet) -> None:
    assert quiet.is_idle()
    quiet.desk.advance(5 * MINUTE)
    assert quiet.is_idle()


def test_a_run_that_finds_nothing_new_is_one_request(quiet: Quiet) -> None:
    before = quiet.desk.requests
    assert quiet.run().helpdesks[0].requests == 1
    assert quiet.desk.requests - before == 1


def test_a_run_that_finds_nothing_new_tells_how_goals_stand(quiet: Quiet) -> None:
    report = quiet.run()
    with views(quiet.runner.job(quiet.desk.now)) as seen:
        assert report.goals == goal_reports(quiet.runner.job(quiet.desk.now), seen)
    assert [goal.id for goal in report.goals] == ["faster_first_reply", "backlog_in_hand"]
    assert report.goals[0].as_of == quiet.desk.visible_until


def test_data_that_was_looked_at_is_as_young_as_the_look(quiet: Quiet) -> None:
    quiet.desk.advance(10 * MINUTE)
    assert quiet.is_idle()
    published = latest(quiet.root / "memory")
    assert published is not None
    assert published.manifest.through == quiet.desk.visible_until
    assert published.manifest.read_at == quiet.desk.now
    assert published.manifest.age_s(quiet.desk.now) == 0


def test_a_copy_of_the_folder_is_no_younger_than_what_was_written(quiet: Quiet) -> None:
    before = latest(quiet.root / "memory")
    quiet.desk.advance(10 * MINUTE)
    assert quiet.is_idle()
    shutil.copytree(quiet.root, quiet.runner.folder / "copy", copy_function=shutil.copyfile)
    copied = latest(quiet.runner.folder / "copy" / "memory")
    assert copied is not None
    assert before is not None
    assert copied.manifest.through is not None
    assert before.manifest.through is not None
    assert copied.manifest.through <= before.manifest.through


def test_a_second_run_is_refused_while_one_only_looks(quiet: Quiet) -> None:
    with Lease(quiet.root / "memory").take(), pytest.raises(LockedError, match="held by a run"):
        quiet.run()


def test_a_new_ticket_ends_the_rest_and_its_page_is_read_once(quiet: Quiet) -> None:
    asked(quiet.desk)
    quiet.desk.advance(2 * MINUTE)
    before = quiet.desk.requests
    report = quiet.run()
    assert report.helpdesks[0].tickets_read == 1
    assert quiet.desk.requests - before == report.helpdesks[0].requests
    assert report.goals[1].value == 2


def test_a_helpdesk_that_fails_is_told_as_in_every_run(quiet: Quiet) -> None:
    quiet.desk.fail_next(UnavailableError("memory: down for maintenance", status=503), times=1)
    report = quiet.run()
    assert (report.status, report.helpdesks[0].error) == (
        RunStatus.FAILED,
        "memory: down for maintenance",
    )
    assert quiet.runner.job(quiet.desk.now).state.runs(1)[0].status == RunStatus.FAILED


def due_soon(quiet: Quiet) -> None:
    """Let the ticket come so close to its limit that it has to be shown."""
    quiet.desk.advance(35 * MINUTE)


def next_day(quiet: Quiet) -> None:
    """Let a day begin."""
    quiet.desk.advance(24 * HOUR)


def changed_mapping(quiet: Quiet) -> None:
    """Let a goal ask for more."""
    quiet.runner.write("mappings/goals.toml", MAPPING.replace('"60 min"\n', '"50 min"\n', 1))


def changed_config(quiet: Quiet) -> None:
    """Let goals be shown in another language."""
    quiet.runner.write("config.toml", CONFIG + 'labels = "de"\n')


def open_batch(quiet: Quiet) -> None:
    """Let a write be under way whose run died."""
    state = quiet.runner.job(quiet.desk.now).state
    state.record_intent("died", "memory", [Intent(ticket_id=quiet.ticket)], at=quiet.desk.now)


def another_run(quiet: Quiet) -> None:
    """Let a run begin that was killed."""
    quiet.runner.job(quiet.desk.now).state.start_run("99990101T000000Z", at=quiet.desk.now)


def killed_holder(quiet: Quiet) -> None:
    """Leave the name of somebody on the lock who did not give it back."""
    lease = Lease(quiet.root / "memory").acquire()
    assert lease._handle is not None
    os.close(lease._handle)


def written_store(quiet: Quiet) -> None:
    """Let the file of the store be another one."""
    os.utime(quiet.root / "memory" / "store.duckdb")


def new_field(quiet: Quiet) -> None:
    """Let what we know of our fields change."""
    state = quiet.runner.job(quiet.desk.now).state
    state.save_fields("memory", state.fields("memory")[:1])


def note_of_another_version(quiet: Quiet) -> None:
    """Let what the last run noted be what nobody here can read."""
    quiet.runner.job(quiet.desk.now).state.put("rest:memory", '{"since": 5}')


@pytest.mark.parametrize(
    "what",
    [
        note_of_another_version,
        due_soon,
        next_day,
        changed_mapping,
        changed_config,
        open_batch,
        another_run,
        killed_holder,
        written_store,
        new_field,
    ],
)
def test_what_is_due_ends_the_rest(quiet: Quiet, what: Callable[[Quiet], None]) -> None:
    assert quiet.is_idle()
    what(quiet)
    before = quiet.runner.job(quiet.desk.now).state.runs(50)
    quiet.run()
    assert len(quiet.runner.job(quiet.desk.now).state.runs(50)) == len(before) + 1


def test_a_ticket_that_is_due_soon_is_shown_by_time_alone(quiet: Quiet) -> None:
    assert quiet.is_idle()
    due_soon(quiet)
    assert written(quiet.run()) == 1
    shown = quiet.desk.tickets[quiet.ticket].tags
    assert "goal__faster_first_reply__due_soon" in shown


def test_a_day_that_begins_is_judged_and_kept(quiet: Quiet) -> None:
    assert quiet.is_idle()
    state = quiet.runner.job(quiet.desk.now).state
    before = state.rows("select count(*) from days")
    next_day(quiet)
    quiet.run()
    assert state.rows("select count(*) from days") > before


def test_the_daily_instant_ends_the_rest(tmp_path: Path) -> None:
    quiet = Quiet(tmp_path)
    due_at = (quiet.desk.now + timedelta(hours=2)).strftime("%H:%M:00")
    quiet.runner.write("config.toml", f"{CONFIG}daily_at = {due_at}\n")
    quiet.desk.comment(quiet.ticket, by=AGENT)
    quiet.desk.set_status(quiet.ticket, "solved", by=AGENT)
    quiet.desk.advance(2 * MINUTE)
    quiet.settle()
    assert quiet.is_idle()
    quiet.desk.advance(2 * HOUR)
    assert not quiet.is_idle()


def test_who_asks_for_more_gets_a_whole_run(quiet: Quiet) -> None:
    assert quiet.is_idle()
    runs = len(quiet.runner.job(quiet.desk.now).state.runs(50))
    for request in (RunRequest(dry_run=True), RunRequest(full=True)):
        quiet.desk.advance(1)
        run_job(quiet.runner.job(quiet.desk.now), request)
    assert len(quiet.runner.job(quiet.desk.now).state.runs(50)) == runs + 2


def test_status_says_when_it_was_asked_and_how_young_the_data_is(tmp_path: Path) -> None:
    with PagedServer(20, pages={}) as server:
        whole = Whole(tmp_path / "goals", server, writes=False)
        assert whole("sync").code == ExitCode.DONE
        assert "nothing new when asked" not in whole("status").out
        server.clock.advance(120)
        assert whole("sync").code == ExitCode.DONE
        server.clock.advance(HOUR)
        assert whole("sync").code == ExitCode.DONE
        server.clock.advance(90)
        told = whole("status").out
        (one,) = json.loads(whole("status", "--json").out)["helpdesks"]
    looked = datetime.fromisoformat(one["looked_at"])
    assert server.clock.now() - looked.timestamp() == pytest.approx(90, abs=2)
    assert f"practice: nothing new when asked at {looked:%Y-%m-%d %H:%M} UTC" in told
    assert looked - datetime.fromisoformat(one["through"]) <= timedelta(seconds=61)
