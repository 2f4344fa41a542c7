"""What only a process of its own shows: signals, locks, full disks, imports, bugs."""

from __future__ import annotations

import fcntl
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from connector.cli.exits import ExitCode
from connector.practice.server import PracticeServer
from tests.cli.cli import Cli

HEAVY = ("duckdb", "requests", "numpy", "pydantic", "zenpy", "structlog", "tenacity")


# a test run that was started in the background passes on that SIGINT is ignored
HEEDS_SIGINT = "import signal; signal.signal(signal.SIGINT, signal.default_int_handler); "


def start(cli: Cli, *arguments: str) -> subprocess.Popen[str]:
    python, option, code, *rest = cli.command(*arguments)
    return subprocess.Popen(
        [python, option, HEEDS_SIGINT + code, *rest],
        env=cli.process_environ,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_help_imports_nothing_heavy() -> None:
    code = (
        "import sys\nfrom connector.cli.main import app\n"
        "app(['--help'], standalone_mode=False)\n"
        f"sys.stderr.write(','.join(n for n in {HEAVY!r} if n in sys.modules))"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "catalogue" in ran.stdout
    assert ran.stderr == ""


def test_help_imports_the_module_of_no_command() -> None:
    code = (
        "import sys\nfrom connector.cli.commands import SUMMARIES\n"
        "from connector.cli.main import app\napp(['--help'], standalone_mode=False)\n"
        "loaded = [n for n in sys.modules if n.removeprefix('connector.cli.') in SUMMARIES]\n"
        "sys.stderr.write(','.join(loaded))"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "catalogue" in ran.stdout
    assert ran.stderr == ""


@pytest.mark.parametrize("command", ["sync", "undo --all --apply", "setup --remove --apply"])
def test_another_run_holds_the_lock(synced: Cli, command: str) -> None:
    with (synced.folder / "var" / "practice" / "practice.lock").open("r+") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        ran = synced.process(*command.split())
    assert ran.code == ExitCode.LOCKED
    assert "practice.lock is held by" in ran.err
    assert "Traceback" not in ran.err


def test_reading_goes_on_while_another_run_holds_the_lock(synced: Cli) -> None:
    with (synced.folder / "var" / "practice" / "practice.lock").open("r+") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        assert synced.process("goals").code == ExitCode.DONE


def test_an_interrupted_run_says_so_and_the_next_one_goes_on(
    cli: Cli, server: PracticeServer
) -> None:
    server.faults.fail_next("incremental/ticket_events", "503", 1000)
    with start(cli, "sync") as process:
        assert process.stderr is not None
        assert "call repeated" in process.stderr.readline()  # it waits before it asks again
        process.send_signal(signal.SIGINT)
        said = process.stderr.read()
    assert process.returncode == ExitCode.INTERRUPTED
    assert "Nothing is lost" in said
    assert "Traceback" not in said
    server.faults.clear()
    assert cli("setup", "--apply").code == ExitCode.DONE
    ran = cli("sync")
    assert ran.code == ExitCode.DONE
    assert "read 0 tickets" in ran.out


def test_a_full_disk_is_one_message_and_the_next_run_goes_on(cli: Cli) -> None:
    limited = ["bash", "-c", 'ulimit -f 300; exec "$@"', "-", *cli.command("sync")]
    ran = subprocess.run(
        limited, env=cli.process_environ, capture_output=True, text=True, check=False
    )
    assert ran.returncode == ExitCode.FAILED
    assert "disk space" in ran.stdout + ran.stderr
    assert "Traceback" not in ran.stderr
    assert cli("setup", "--apply").code == ExitCode.DONE
    assert cli("sync").code == ExitCode.DONE


BUG = """
import sys
from connector.cli import main
from connector.cli.exits import reported
def boom() -> None:
    {"secret of a ticket": 1}["nothing"]
main.app.command("boom")(reported(boom))
sys.argv = ["connector", *sys.argv[1:]]
main.run()
"""


def test_a_bug_is_one_line_without_what_it_holds() -> None:
    ran = subprocess.run(
        [sys.executable, "-c", BUG, "boom"], capture_output=True, text=True, check=False
    )
    assert (ran.returncode, ran.stdout) == (ExitCode.FAILED, "")
    assert ran.stderr.startswith("internal error: KeyError in ")
    assert "--debug" in ran.stderr
    assert ran.stderr.count("\n") == 1
    assert "nothing" not in ran.stderr


def test_debug_shows_the_trace_of_a_bug() -> None:
    ran = subprocess.run(
        [sys.executable, "-c", BUG, "--debug", "boom"], capture_output=True, text=True, check=False
    )
    assert ran.returncode == ExitCode.FAILED
    assert "Traceback" in ran.stderr
    assert "KeyError: 'nothing'" in ran.stderr


def test_debug_shows_the_trace_of_an_error(cli: Cli) -> None:
    ran = cli.process("--debug", "goals")
    assert ran.code == ExitCode.FAILED
    assert "Traceback" in ran.err
    assert "error: nothing has been read yet" in ran.err


def test_the_console_script_is_the_same_command(tmp_path: Path) -> None:
    script = Path(sys.executable).parent / "connector"
    if not script.exists():
        pytest.skip("the project is not installed here")
    ran = subprocess.run([script, "--version"], capture_output=True, text=True, check=True)
    assert ran.stdout.strip()


def test_a_line_for_a_pipe_is_one_line_and_needs_no_console(synced: Cli) -> None:
    python, option, code, *rest = synced.command("sync")
    told = "; sys.stderr.write(str('rich.console' in sys.modules))"
    code = f"import sys, atexit; atexit.register(lambda: {told[2:]}); {code}"
    environ = {k: v for k, v in synced.process_environ.items() if k != "COLUMNS"}
    ran = subprocess.run(
        [python, option, code, *rest], env=environ, capture_output=True, text=True, check=False
    )
    assert ran.stdout.startswith("practice: read ")
    assert ran.stderr == "False"
