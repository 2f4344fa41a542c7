"""A folder with a config and mappings, and a job wired over it, for tests of whole runs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from connector.adapters.base import Adapter
from connector.adapters.memory import MemoryHelpdesk
from connector.adapters.registry import open_adapter
from connector.config.mapping import load_mappings
from connector.config.settings import HelpdeskTable, load_settings, resolve_secrets
from connector.kpi.catalogue import definitions
from connector.model.run import RunReport
from connector.model.ticket import Person, Role
from connector.pipeline.job import Job, Silence
from connector.pipeline.run import RunRequest, RunResult, run
from connector.store.state import State
from connector.writeback.labels import field_specs

CONFIG = """
[[helpdesk]]
name = "memory"
kind = "memory"
[helpdesk.options]
account = "memory"
token = { env = "MEMORY_TOKEN" }
[writeback]
enabled = true
max_share = 1.0
"""
MAPPING = """
[kpi.first_reply]
measure = "first_reply_time"
aggregate = "median"

[kpi.backlog]
measure = "backlog"

[goal.faster_first_reply]
title = "Faster first reply"
kpi = "first_reply"
owner = "Lead"
period = { start = 2026-01-01, end = 2026-04-01 }
baseline = "95 min"
target = "60 min"
ticket = { limit = "60 min", due_soon = "15 min" }
show = { status = "at_once", tag = true }

[goal.backlog_in_hand]
kind = "anti_goal"
title = "The backlog stays in hand"
kpi = "backlog"
owner = "Lead"
period = { start = 2026-01-01, end = 2026-04-01 }
limit = 5
show = { status = "at_once" }
"""
AGENT = "10"
CUSTOMER = "20"


@dataclass
class Runner:
    """Runs jobs over one folder as often as a test wants, against helpdesks that the test moves."""

    folder: Path
    environ: Mapping[str, str] = field(default_factory=lambda: {"MEMORY_TOKEN": "secret"})
    now: datetime | None = None

    def __post_init__(self) -> None:
        (self.folder / "mappings").mkdir(parents=True, exist_ok=True)
        self.write("config.toml", CONFIG)
        self.write("mappings/goals.toml", MAPPING)

    def write(self, name: str, text: str) -> None:
        """Write a file a person would write."""
        (self.folder / name).write_text(text, encoding="utf-8")

    def job(self, clock: datetime) -> Job:
        """Wire a job as the command line does, with a clock that stands still."""
        settings = load_settings(self.folder / "config.toml", self.environ)
        found = definitions()
        folders = [self.folder / name for one in settings.helpdesk for name in one.mappings]
        settings.store.path.mkdir(parents=True, exist_ok=True)
        state = State.open(settings.store.path / "state.sqlite")

        def opened(helpdesk: HelpdeskTable) -> Adapter:
            options = resolve_secrets(helpdesk.options, self.environ, self.folder, helpdesk.name)
            watched = frozenset(one.id for one in state.fields(helpdesk.name))
            return open_adapter(
                helpdesk, options, watched_fields=watched, budget_s=0.0, sleep=lambda _: None
            )

        return Job(
            settings=settings,
            mappings=load_mappings(list(dict.fromkeys(folders)), found),
            definitions=found,
            state=state,
            open_adapter=opened,
            clock=lambda: clock,
            sleep=lambda _: None,
            progress=Silence(),
        )

    def set_up(self, desk: MemoryHelpdesk) -> None:
        """Create our fields, as `connector setup --apply` does."""
        job = self.job(desk.now)
        for helpdesk in job.helpdesks():
            with job.open_adapter(helpdesk) as adapter:
                specs = field_specs(job.settings.writeback.tag_prefix, "en")
                job.state.save_fields(
                    helpdesk.name, adapter.apply_fields(adapter.plan_fields(specs))
                )

    def run(self, desk: MemoryHelpdesk, **request: object) -> RunResult:
        """Run once, at the helpdesk's own time."""
        return run(self.job(desk.now), RunRequest(**request))  # type: ignore[arg-type]


def staffed(name: str = "memory") -> MemoryHelpdesk:
    """Return a helpdesk with one agent and one customer."""
    desk = MemoryHelpdesk(name)
    desk.add_person(Person(id=AGENT, role=Role.AGENT, name="Ann"))
    desk.add_person(Person(id=CUSTOMER, role=Role.CUSTOMER))
    return desk


def asked(desk: MemoryHelpdesk) -> str:
    """Let the customer open a ticket."""
    ticket = desk.put(requester_id=CUSTOMER, submitter_id=CUSTOMER, channel="email", status="new")
    desk.comment(ticket, by=CUSTOMER)
    return ticket


def written(report: RunReport) -> int:
    """Return how many tickets a run wrote."""
    return sum(one.writes.written for one in report.helpdesks)
