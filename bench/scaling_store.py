"""Small stores, read once through the command line from a practice helpdesk: what each thing costs.

    scripts/scaling --measure

Sizes and CPU are taken at two sizes, so that what a ticket costs is told from what a run costs.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import msgspec

from bench.kpis import KPIS
from bench.scaling_publish import Published, published
from connector.practice.clock import Clock
from connector.practice.helpdesk import ADMIN_EMAIL, TOKEN
from connector.practice.limits import Limits
from connector.practice.seed import seed_world
from connector.practice.server import PracticeServer

SMALL, LARGE, MANY = 1_000, 16_000, 9
FEW = 100
"""Tickets of the two stores; and accounts of a third run, with so many tickets each."""

RUN = """
import atexit, sys
from pathlib import Path
from connector.cli.main import run
told = Path("/proc/self/status")
atexit.register(lambda: sys.stderr.write(told.read_text().partition("VmHWM:")[2].split()[0]))
run()
"""
"""The command line, which tells at its end how much memory it held at most, in kB."""

KEPT = Path(__file__).with_name("scaling_measured.json")
NO_LIMIT = 1_000_000_000
LIVE_S = 3_600.0
ROUNDS = 3
HELPDESK = """
[[helpdesk]]
name = "{name}"
kind = "zendesk"
[helpdesk.options]
url = "{url}"
email = "{email}"
token = {{ env = "PRACTICE_TOKEN" }}
"""
GOAL = """
[goal.{name}]
title = "{name}"
kpi = "{name}"
owner = "Lead"
period = {{ start = 2026-10-01, end = 2027-01-01 }}
baseline = "95 min"
target = "60 min"
"""


class Ran(msgspec.Struct, frozen=True):
    """What one run of the command line took."""

    cpu_s: float
    wall_s: float
    peak_mb: float


class Measured(msgspec.Struct, frozen=True, kw_only=True):
    """What a store holds and takes on the disk, and what its first and its idle runs took."""

    tickets: int
    events: int
    measures: int
    store_bytes: int
    published_bytes: dict[str, int]
    first: Ran
    idle: Ran
    busy: Ran
    changed: int


class Stores(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that was measured; `one` and `many` are idle runs over so many accounts."""

    small: Measured
    large: Measured
    accounts: int
    one: Ran
    many: Ran
    published: list[Published]


def measured(folder: Path) -> Stores:
    """Read both stores and the many accounts; some minutes."""
    small, large = (_store(folder / f"{tickets}", tickets) for tickets in (SMALL, LARGE))
    one, many = _fleets(folder)
    return Stores(
        small=small,
        large=large,
        accounts=MANY,
        one=one,
        many=many,
        published=published(folder),
    )


def _fleets(folder: Path) -> tuple[Ran, Ran]:
    """Return idle runs of one account and of many, the quickest of each, taken in turns."""
    with _practice(FEW) as server:
        homes = [folder / "one", folder / "many"]
        for home, accounts in zip(homes, (1, MANY), strict=True):
            _lay_out(home, server, accounts)
            _sync(home)
        server.clock.advance(120)
        for home in homes:
            _sync(home)
        rounds = [[_sync(home) for home in homes] for _ in range(ROUNDS)]
    one, many = (min(runs, key=lambda ran: ran.wall_s) for runs in zip(*rounds, strict=True))
    return one, many


def _store(home: Path, tickets: int) -> Measured:
    with _practice(tickets) as server:
        _lay_out(home, server, 1)
        first = _sync(home)
        root = home / "var" / "a0"
        counts = _counts(root / "store.duckdb")
        size = (root / "store.duckdb").stat().st_size
        current = root / "published" / (root / "published" / "CURRENT").read_text("utf-8").strip()
        published = {p.stem: p.stat().st_size for p in current.glob("*.parquet")}
        idle = _idle(home, server)
        server.live(LIVE_S)
        server.clock.advance(120)
        before = counts["events"]
        busy = _sync(home)
        return Measured(
            **counts,
            store_bytes=size,
            published_bytes=published,
            first=first,
            idle=idle,
            busy=busy,
            changed=_counts(root / "store.duckdb")["events"] - before,
        )


def _practice(tickets: int) -> PracticeServer:
    limits = Limits(
        account=NO_LIMIT, exports=NO_LIMIT, updates=NO_LIMIT, ticket=NO_LIMIT, jobs=NO_LIMIT
    )
    world = seed_world(tickets, 7, clock=Clock(datetime.now(tz=UTC)))
    return PracticeServer(world, limits=limits)


def _lay_out(home: Path, server: PracticeServer, accounts: int) -> None:
    (home / "mappings").mkdir(parents=True)
    config = "".join(
        HELPDESK.format(name=f"a{number}", url=server.url, email=ADMIN_EMAIL)
        for number in range(accounts)
    )
    (home / "config.toml").write_text(config, encoding="utf-8")
    text = "".join(
        f'[kpi.{name}]\nmeasure = "{kpi.measure}"\n'
        + (f'aggregate = "{kpi.aggregate}"\n' if kpi.aggregate not in {None, "within"} else "")
        + (f'clock = "{kpi.clock}"\n' if kpi.clock == "business" else "")
        for name, kpi in KPIS.items()
    )
    text += "".join(GOAL.format(name=name) for name in ("reply_median", "full_resolution"))
    (home / "mappings" / "goals.toml").write_text(text, encoding="utf-8")


def _idle(home: Path, server: PracticeServer) -> Ran:
    """Return the cheapest of some runs that find nothing new."""
    server.clock.advance(120)
    _sync(home)
    return min((_sync(home) for _ in range(ROUNDS)), key=lambda ran: ran.cpu_s)


def _sync(home: Path) -> Ran:
    command = [sys.executable, "-c", RUN, "--config", str(home / "config.toml")]
    begun = time.perf_counter()
    with tempfile.TemporaryFile() as said:
        child = subprocess.Popen(
            [*command, "sync"],
            cwd=home,
            env={**os.environ, "PRACTICE_TOKEN": TOKEN},
            stdout=said,
            stderr=said,
        )
        _, status, used = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
        said.seek(0)
        text = said.read().decode()
        if child.returncode:
            raise SystemExit(text)
    cpu_s = used.ru_utime + used.ru_stime
    return Ran(cpu_s, time.perf_counter() - begun, int(text.split()[-1]) / 1024)


def _counts(path: Path) -> dict[str, int]:
    with duckdb.connect(path, read_only=True) as con:
        found = {}
        for table in ("tickets", "events", "measures"):
            row = con.execute(f"select count(*) from {table}").fetchone()
            found[table] = int(row[0]) if row else 0
        return found


def main() -> None:
    """Measure once, and keep what was found."""
    with tempfile.TemporaryDirectory() as folder:
        found = measured(Path(folder))
    KEPT.write_bytes(msgspec.json.format(msgspec.json.encode(found), indent=2) + b"\n")


if __name__ == "__main__":
    main()
