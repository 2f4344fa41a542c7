#!/usr/bin/env python3
"""Run the whole job on the UCI incident log, and hold its KPI values against a computation apart.

    scripts/real_run.py ../shared/data/uci-incidents/incident_event_log.csv.gz

Loads the log into the practice helpdesk twice, as it was on 16 May 2016 and as it was in the end,
and runs the ordinary commands against its HTTP port: the first shows goals being judged and written
in the middle of their period, the second is compared with uci_reference.py. docs/real-run.md was
made by this script.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

HERE = Path(__file__).resolve().parent
EXAMPLE = HERE.parent / "examples" / "uci-incidents"
MIDDLE, END = "2016-05-16T12:00:00+00:00", "2017-03-01T00:00:00+00:00"
START, STOP = "2016-03-01", "2016-06-01"
TOLERANCE = 1e-9


@contextmanager
def helpdesk(log: str, now: str) -> Iterator[str]:
    """Serve the log as it was at an instant; yield the address."""
    command = [sys.executable, str(HERE / "load_uci.py"), "--serve", "--limits", "generous"]
    with subprocess.Popen([*command, "--now", now, log], stdout=subprocess.PIPE, text=True) as one:
        try:
            assert one.stdout is not None
            for line in one.stdout:
                print(line, end="")
                if "http://" in line:
                    yield line.split("at ")[1].split("/agent")[0]
                    break
        finally:
            one.terminate()


def connector(folder: Path, url: str, *arguments: str, quiet: bool = False) -> str:
    """Run one command as a person would, and print what it prints."""
    environ = {
        **os.environ,
        "PRACTICE_TOKEN": "practice-token",
        "CONNECTOR_HELPDESK__INCIDENTS__OPTIONS__URL": url,
    }
    command = [sys.executable, "-c", "from connector.cli.main import run; run()", *arguments]
    started = time.monotonic()
    done = subprocess.run(
        command, cwd=folder, env=environ, capture_output=True, text=True, check=False
    )
    if done.returncode:
        sys.exit(done.stdout + done.stderr)
    if not quiet:
        print(f"\n$ connector {' '.join(arguments)}")
        print(done.stdout.rstrip())
        print(f"# {time.monotonic() - started:.1f} s")
    return done.stdout


@contextmanager
def folder() -> Iterator[Path]:
    """Copy the example to an empty folder."""
    with tempfile.TemporaryDirectory(prefix="real-run-") as name:
        yield Path(shutil.copytree(EXAMPLE, Path(name) / "incidents"))


def in_the_middle(log: str) -> None:
    """Judge the goals half way through the quarter and show them on the open tickets."""
    print("== The log as it was on 16 May 2016")
    with folder() as place, helpdesk(log, MIDDLE) as url:
        connector(place, url, "setup", "--apply")
        connector(place, url, "sync", "--dry-run")
        connector(place, url, "goals")
        connector(place, url, "sync")
        connector(place, url, "sync")


def in_the_end(log: str, *, shows: bool = True) -> int:
    """Measure the whole log and compare; return how many values differ."""
    print("\n== The whole log")
    with folder() as place, helpdesk(log, END) as url:
        connector(place, url, "setup", "--apply", quiet=True)
        connector(place, url, "sync")
        options = ("--from", START, "--to", STOP)
        if shows:
            connector(place, url, "goals")
            connector(place, url, "kpis", *options)
        values = json.loads(connector(place, url, "kpis", *options, "--json", quiet=True))
    return compare(log, {value["id"]: value["value"] for value in values})


def compare(log: str, ours: dict[str, float]) -> int:
    """Print both computations side by side."""
    sys.path.insert(0, str(HERE))
    from uci_reference import kpis

    period = [datetime.fromisoformat(day).replace(tzinfo=UTC) for day in (START, STOP)]
    theirs = kpis(Path(log), *period)
    print(f"\n{'KPI':22} {'connector':>18} {'computed apart':>18}")
    differing = 0
    for name, value in theirs.items():
        differs = abs(ours[name] - value) > TOLERANCE * max(1.0, abs(value))
        differing += differs
        print(f"{name:22} {ours[name]:18.10g} {value:18.10g}{'  DIFFERS' if differs else ''}")
    print(f"{len(theirs) - differing} of {len(theirs)} values are the same")
    return differing


def main() -> int:
    """Play both parts."""
    in_the_middle(sys.argv[1])
    return 1 if in_the_end(sys.argv[1]) else 0


if __name__ == "__main__":
    sys.exit(main())
