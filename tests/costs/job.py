"""The job whose costs are counted: a practice helpdesk over HTTP, from a first sync to writing."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from base64 import b64encode
from collections import Counter
from pathlib import Path
from urllib.parse import urlsplit

from connector.cli.exits import ExitCode
from connector.practice.helpdesk import ADMIN_EMAIL, TOKEN
from tests.costs.counting import Costs, Tally, counted
from tests.costs.instructions import instructions, missing
from tests.whole import API, PagedServer, Whole

SEED = 7
TICKETS = 50
NEW = 50
"""Open tickets beside those that a helpdesk of the tests begins with; all of them are written."""
FEW = 10
ONE_PAGE = {"start_time": "0", "include": "metric_sets", "per_page": "100"}
ID = r"[^/]*[0-9][^/]*"
PAGES = {
    "incremental/tickets/cursor": ("per_page", 25),
    "incremental/ticket_events": ("per_page", 100),
    "incremental/users/cursor": ("per_page", 25),
    "satisfaction_ratings": ("page[size]", 5),
}
SMALL_SHARE = 0.01
"""Modules that make less of all calls are counted together."""
REST = "all others"
HELP = """
import json, sys
before = set(sys.modules)
from connector.cli.main import app
app(["--help"], standalone_mode=False)
print(json.dumps(sorted(set(sys.modules) - before)), file=sys.stderr)
"""


class Stages:
    """A folder and its helpdesk, and what each stage of their life cost."""

    def __init__(self, folder: Path) -> None:
        self.server = PagedServer(TICKETS, SEED, pages=PAGES)
        for number in range(NEW):
            self.server.acts.create({"subject": f"More {number}", "comment": {"body": "Help"}})
        self.server.clock.advance(600)
        self._folder = folder
        self.whole = Whole(folder / "goals", self.server, writes=False)
        self.costs: dict[str, Costs] = {}
        self._tally = Tally()

    def instructions(self) -> dict[str, Costs]:
        """Return what reading a page of tickets costs the processor, nothing where unknown."""
        key = b64encode(f"{ADMIN_EMAIL}/token:{TOKEN}".encode()).decode()
        path = "incremental/tickets/cursor.json"
        page = self.server.desk.answer("GET", path, ONE_PAGE, {}, f"Basic {key}").rendered()
        found = None if missing() else instructions(page, self._folder)
        return {"a page": {"instructions": {"decode, make columns": found}}} if found else {}

    def live(self) -> dict[str, Costs]:
        """Return the costs of each stage, by kind and name."""
        with self.server:
            self._stage("first sync")
            self._quietly("sync")  # what the first one was too early to read
            self._stage("nothing new")
            self._change(FEW)
            self._stage("few changes")
            self._permit_writing()
            self._stage("writing")
        return self.costs

    def _stage(self, name: str) -> None:
        before = len(self.server.served)
        with counted(self._tally):
            self._sync()
        costs = self._tally.take()
        costs["requests"] = requests(self.server.served[before:])
        costs["calls"] = _large(costs["calls"])
        self.costs[name] = costs
        self.server.clock.advance(120)

    def _sync(self) -> None:
        ran = self.whole("sync")
        assert ran.code == ExitCode.DONE, ran.out + ran.err

    def _quietly(self, *command: str) -> None:
        ran = self.whole(*command)
        assert ran.code == ExitCode.DONE, ran.out + ran.err
        self.server.clock.advance(120)

    def _change(self, number: int) -> None:
        unsolved = [t.id for t in self.server.world.tickets.values() if t.status == "new"]
        for ticket in unsolved[:number]:
            self.server.acts.set_status(ticket, "open")
        self.server.clock.advance(120)

    def _permit_writing(self) -> None:
        config = self.whole.folder / "config.toml"
        text = config.read_text(encoding="utf-8")
        config.write_text(text.replace("enabled = false", "enabled = true"), encoding="utf-8")
        self._quietly("setup", "--apply")


def requests(served: list[tuple[str, str]]) -> dict[str, int]:
    """Return how often each path was asked for, whatever ids are in it."""
    paths = (
        f"{method} {re.sub(ID, 'ID', urlsplit(target).path.removeprefix(API))}"
        for method, target in served
    )
    return dict(Counter(path.removesuffix(".json") for path in paths))


def imports() -> Costs:
    """Return what `connector --help` imports: foreign packages, and modules of ours by package."""
    command = [sys.executable, "-c", HELP]
    ran = subprocess.run(command, capture_output=True, text=True, check=True)
    return imported(json.loads(ran.stderr.splitlines()[-1]))


def imported(modules: list[str]) -> Costs:
    """Return foreign packages, one each, and how many modules each package of ours has loaded."""
    parts = [name.split(".") for name in modules]
    foreign = {
        first: 1
        for first, *_ in parts
        if first != "connector" and first not in sys.stdlib_module_names and first[0] != "_"
    }
    ours = Counter(".".join(names[:2]) for names in parts if names[0] == "connector")
    return {"imports": foreign, "modules": dict(ours)}


def count(folder: Path) -> dict[str, Costs]:
    """Do the job and return its costs, by stage, kind and name."""
    stages = Stages(folder)
    return {"connector --help": imports(), **stages.live(), **stages.instructions()}


def counted_apart() -> dict[str, Costs]:
    """Do the job in a process of its own, which nothing warmed and no hash shuffles."""
    command = [sys.executable, "-m", "tests.costs", "--print"]
    root = Path(__file__).resolve().parents[2]
    environ = {**os.environ, "PYTHONHASHSEED": "0"}
    ran = subprocess.run(
        command, capture_output=True, text=True, check=False, cwd=root, env=environ
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    costs: dict[str, Costs] = json.loads(ran.stdout)
    return costs


def _large(calls: dict[str, int]) -> dict[str, int]:
    least = SMALL_SHARE * sum(calls.values())
    large = {name: number for name, number in calls.items() if number >= least}
    return {**large, REST: sum(calls.values()) - sum(large.values())}
