"""The daemon: a run at an interval, a failing run is not the end, SIGTERM is."""

from __future__ import annotations

import signal
import subprocess

import pytest

from connector.cli.daemon import repeat, turn
from connector.practice.server import PracticeServer
from tests.cli.cli import Cli, FrozenWorkspace


class Told(Exception):  # noqa: N818  # it is no error
    """The test has seen enough."""


class Present:
    """A clock that only sleeping and working move."""

    def __init__(self, work_s: list[float]) -> None:
        self.now = 0.0
        self.work_s = work_s
        self.began: list[float] = []

    def once(self) -> None:
        if len(self.began) == len(self.work_s):
            raise Told
        self.began.append(self.now)
        self.now += self.work_s[len(self.began) - 1]

    def sleep(self, seconds: float) -> None:
        self.now += seconds


@pytest.mark.parametrize(
    ("work_s", "began"),
    [([10, 20, 30], [0, 300, 600]), ([400, 10, 10], [0, 400, 700])],
    ids=["from start to start", "a long run delays the next one, no more"],
)
def test_runs_start_at_the_interval(work_s: list[float], began: list[float]) -> None:
    present = Present(work_s)
    with pytest.raises(Told):
        repeat(present.once, 300.0, clock=lambda: present.now, sleep=present.sleep)
    assert present.began == began


def test_a_failing_run_is_told_and_over(cli: Cli, capsys: pytest.CaptureFixture[str]) -> None:
    workspace = FrozenWorkspace(cli.config, {"PRACTICE_TOKEN": ""})
    turn(workspace)
    assert "PRACTICE_TOKEN is empty" in capsys.readouterr().err
    turn(FrozenWorkspace(cli.config, cli.variables))
    assert "practice: read 300 tickets" in capsys.readouterr().out


def test_files_that_changed_are_read_again(cli: Cli) -> None:
    workspace = FrozenWorkspace(cli.config, cli.variables)
    assert workspace.settings.writeback.enabled
    cli.edit(cli.config, "enabled = true", "enabled = false")
    assert not workspace.reopened().settings.writeback.enabled


def test_a_mistake_that_is_there_from_the_start_ends_it(cli: Cli) -> None:
    cli.edit(cli.mapping, 'measure = "backlog"', 'measure = "baklog"')
    assert cli("daemon").code == 2


def test_sigterm_ends_it_without_a_complaint(cli: Cli, server: PracticeServer) -> None:
    with subprocess.Popen(
        cli.command("daemon"),
        env=cli.process_environ,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        assert "practice: read 300 tickets" in process.stdout.readline()
        process.send_signal(signal.SIGTERM)
        said = process.stderr.read()
    assert (process.returncode, said) == (0, "")
