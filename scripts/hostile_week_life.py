"""A week of tickets in the practice helpdesk, with or without the connector writing to them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from hostile_week_rules import MARKS, post_all
from quiet_quarter_story import HOUR, START, Step, Story

from connector.adapters.base import Adapter
from connector.cli.workspace import Workspace
from connector.model.page import TicketField
from connector.pipeline.job import Job
from connector.pipeline.run import RunRequest, run
from connector.practice.clock import Clock
from connector.practice.directory import User
from connector.practice.feed import Audit
from connector.practice.helpdesk import ADMIN_EMAIL
from connector.practice.seed import seed_world
from connector.practice.server import PracticeServer
from connector.practice.world import Change, World
from connector.writeback.labels import field_specs
from connector.writeback.loops import loops
from connector.writeback.ownership import Names
from connector.writeback.reach import Reach

TOKEN = "PRACTICE_TOKEN"  # noqa: S105  # the name of a variable
SHORT = timedelta(minutes=5)
OFTEN = (timedelta(days=2, hours=9), timedelta(days=2, hours=12))
"""On the third morning runs are five minutes apart, at all other times an hour."""
HISTORY = 400
FOREIGN = ("vip", "case-7", "goal_of_the_week", "goal__old_system__at_risk")
"""Tags that people put on tickets; two of them begin as ours do."""
CONFIG = """
[[helpdesk]]
name = "practice"
kind = "zendesk"
[helpdesk.options]
url = "{url}"
email = "{email}"
token = {{ env = "{token}" }}
[helpdesk.limits]
share_of_exports = 1.0
share_of_requests = 1.0
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
period = {period}
baseline = "3 h"
target = "55 min"
ticket = {{ limit = "4 h", due_soon = "30 min" }}
show = {{ status = "at_once", tag = true }}

[goal.backlog_in_hand]
kind = "anti_goal"
title = "The backlog stays in hand"
kpi = "backlog"
owner = "Lead"
period = {period}
limit = {limit}
warning = {warning}
show = {{ status = "at_once" }}
"""


class Present(Workspace):
    """The folder of the week at the helpdesk's own time, never really waiting."""

    def __init__(self, folder: Path, world: World) -> None:
        super().__init__(folder / "config.toml", {TOKEN: "practice-token"})
        self._clock = world.clock

    def now(self) -> datetime:  # type: ignore[override]  # the time of this folder's helpdesk
        return datetime.fromtimestamp(self._clock.now(), tz=UTC)

    @staticmethod
    def sleep(seconds: float) -> None:
        del seconds


@dataclass
class Week:
    """What happened in one week: which rules fired because of whom, and what we wrote."""

    fired: Mapping[tuple[str, str], int]
    kinds: Mapping[str, str]
    listed: frozenset[str]
    audits: list[Audit]
    foreign: Mapping[int, frozenset[str]]
    runs: int = 0
    ours: frozenset[str] = frozenset()
    fields: frozenset[int] = frozenset()
    counts: Counter[str] = field(default_factory=Counter)


def week(folder: Path, story: Story, *, writes: bool, each: timedelta = HOUR) -> Week:
    """Let a week pass under the same rules and the same people, with the connector or without."""
    world = seed_world(HISTORY, story.seed, clock=Clock(START - HOUR), rules=True, slas=True)
    people = People(world)
    with PracticeServer(world, limits="generous") as server:
        place = _project(folder, server, world)
        job = place.job()
        adapter, fields = _set_up(job)
        status = next(one.id for one in fields if one.role == "status")
        post_all(server.url, status)
        names = Names(job.settings.writeback.tag_prefix)
        listed = _listed(adapter, names, fields, job)
        begin = len(world.feed)
        counts: Counter[str] = Counter()
        steps = story.steps()
        step = next(steps, None)
        runs = 0
        for now in moments(story, each):
            while step is not None and step.at <= now:
                people.do(server, step)
                step = next(steps, None)
            world.clock.reach(now.timestamp())
            if writes:
                runs += 1
                counts += _run(place)
        adapter.close()
        place.close()
        reactions = world.reactions
        if reactions is None:
            raise SystemExit("the helpdesk has no rules")
        return Week(
            fired=dict(reactions.fired),
            kinds={rule.title: rule.kind for rule in reactions.rules.values()},
            listed=listed,
            audits=[a for a in world.feed[begin:] if _is_ours(world, a)],
            foreign=_foreign(world, names.vocabulary(job.mappings.goals)),
            runs=runs,
            ours=names.vocabulary(job.mappings.goals),
            fields=frozenset(int(one.id) for one in fields),
            counts=counts,
        )


def moments(story: Story, each: timedelta = HOUR) -> Iterator[datetime]:
    """Yield when runs are: every hour, and on one morning every five minutes."""
    now = START
    while now < story.end:
        yield now
        is_often = START + OFTEN[0] <= now < START + OFTEN[1]
        now += SHORT if is_often else each


class People:
    """Customers and agents who do what the story says."""

    def __init__(self, world: World) -> None:
        users = world.directory.users.values()
        self.world = world
        self.customers = [one.id for one in users if one.role == "end-user"]
        self.agents = [one.id for one in users if one.role == "agent"]
        self.groups = list(world.directory.groups)
        self.ids: dict[int, int] = {}

    def do(self, server: PracticeServer, step: Step) -> None:
        """Do one step; closing is left to the helpdesk's own automation."""
        self.world.clock.reach(step.at.timestamp())
        acts, agent = server.acts, self.agents[step.ticket % len(self.agents)]
        if step.ticket not in self.ids:
            self.ids[step.ticket] = acts.create(self._letter(step.ticket)).id
            return
        ticket = self.world.ticket(self.ids[step.ticket])
        if step.status == "closed" or ticket.status == "closed":
            return
        if step.says == "customer":
            acts.comment(ticket.id, ticket.requester_id, "Any news?")
        elif step.says:
            is_public = step.says == "agent"
            acts.comment(ticket.id, agent, "We look at it.", public=is_public, status=step.status)
        else:
            acts.set_status(ticket.id, step.status)
        if step.says == "agent" and step.ticket % 4 == 0:
            acts.add_tags(ticket.id, FOREIGN[1 + step.ticket // 4 % 3], author_id=agent)

    def _letter(self, number: int) -> dict[str, object]:
        return {
            "subject": f"Question {number}",
            "comment": {"body": "Help"},
            "requester_id": self.customers[number % len(self.customers)],
            "group_id": self.groups[number % len(self.groups)],
            "priority": ("low", "normal", "high", "urgent")[number % 4],
            "tags": [FOREIGN[0]] if number % 3 == 0 else [],
        }


def _project(folder: Path, server: PracticeServer, world: World) -> Present:
    dates = f"{{ start = {START:%Y-%m-%d}, end = {START + timedelta(days=14):%Y-%m-%d} }}"
    config = CONFIG.format(url=server.url, email=ADMIN_EMAIL, token=TOKEN)
    unsolved = sum(t.status in {"new", "open", "pending", "hold"} for t in world.tickets.values())
    mapping = MAPPING.format(period=dates, warning=unsolved + 25, limit=unsolved + 40)
    (folder / "mappings").mkdir(parents=True)
    (folder / "config.toml").write_text(config, "utf-8")
    (folder / "mappings" / "goals.toml").write_text(mapping, "utf-8")
    return Present(folder, world)


def _set_up(job: Job) -> tuple[Adapter, tuple[TicketField, ...]]:
    """Create our fields, as `connector setup --apply` does."""
    helpdesk, settings = job.helpdesks()[0], job.settings.writeback
    adapter = job.open_adapter(helpdesk)
    plan = adapter.plan_fields(field_specs(settings.tag_prefix, settings.labels))
    job.state.save_fields(helpdesk.name, adapter.apply_fields(plan))
    return adapter, job.state.fields(helpdesk.name)


def _listed(
    adapter: Adapter, names: Names, fields: tuple[TicketField, ...], job: Job
) -> frozenset[str]:
    """Return the titles of the rules that `connector check` names."""
    rules = adapter.read_rules()  # type: ignore[attr-defined]  # what a job opens can
    reach = Reach(user=adapter.check().id, names=names, fields=fields, goals=job.mappings.goals)
    return frozenset(one.title for one in loops(rules, reach))


def _run(place: Present) -> Counter[str]:
    """Run once as `connector sync` does; return what became of the plan."""
    report = run(place.job(), RunRequest()).report.helpdesks[0]
    if report.error:
        raise SystemExit(report.error)
    writes = report.writes
    names = ("planned", "written", "conflict", "locked", "missing", "rejected", "deferred")
    return Counter({name: getattr(writes, name) for name in names})


def _user(world: World) -> User:
    return next(one for one in world.directory.users.values() if one.email == ADMIN_EMAIL)


def _is_ours(world: World, audit: Audit) -> bool:
    return audit.via.channel == "api" and audit.author_id == _user(world).id


def _foreign(world: World, ours: frozenset[str]) -> dict[int, frozenset[str]]:
    """Return what tickets wear besides our labels and what rules put there."""
    return {key: frozenset(t.tags) - ours - MARKS for key, t in world.tickets.items()}


def changes(audit: Audit) -> Iterator[Change]:
    """Yield the changes of fields and tags in one update."""
    return (one for one in audit.changes if isinstance(one, Change))
