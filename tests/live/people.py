"""What people do in each real helpdesk during a scripted day, through the helpdesk's own API."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol, runtime_checkable
from uuid import uuid4

import requests

from connector.model.ticket import Status
from connector.practice.clock import Clock
from connector.practice.helpdesk import ADMIN_EMAIL, TOKEN
from connector.practice.seed import seed_world
from connector.practice.server import PracticeServer
from connector.writeback.labels import field_specs
from tests.live.conftest import Settings
from tests.live.proxy import Proxy
from tests.live.redmine_desk import STATUS_IDS, called, fields, own_project, run_inside
from tests.live.roundup_desk import RoundupDesk

TIMEOUT_S = 60
AHEAD_S = 62
FIELDS = {"status": "Goal status", "outcome": "Goal outcome", "note": "Goal note"}
"""Titles of our fields by role."""


@runtime_checkable
class Merges(Protocol):
    """People of a helpdesk that has merging."""

    def merge(self, ticket: str, into: str) -> None:
        """Merge a ticket into another."""


@runtime_checkable
class ComesBetween(Protocol):
    """People who act between our reading of a ticket and our writing to it."""

    def on_write(self, ticket: str, action: Callable[[], None]) -> None:
        """Do something right before the connector next writes to a ticket."""


class People(ABC):
    """The people of one helpdesk. `kind` names it, `secrets` are for the environment.

    Statuses are ours: open, pending, solved. `ahead_s` is how far their clock is ahead of others.
    """

    kind: str
    ahead_s = 0
    secrets: Mapping[str, str] = {}
    admin_secrets: Mapping[str, str] = {}

    @abstractmethod
    def options(self) -> str:
        """Return `[helpdesk.options]` as TOML."""

    def prepare(self) -> None:  # noqa: B027  # nothing to do, as a rule
        """Do by hand what only an admin of the helpdesk can."""

    @abstractmethod
    def create(self) -> str:
        """Open a ticket as a customer."""

    @abstractmethod
    def reply(self, ticket: str) -> None:
        """Answer the customer as an agent."""

    @abstractmethod
    def assign(self, ticket: str, agent: int) -> None:
        """Give a ticket to the first (0) or second (1) agent."""

    @abstractmethod
    def set_status(self, ticket: str, status: str) -> None:
        """Move a ticket to another status."""

    @abstractmethod
    def delete(self, ticket: str) -> None:
        """Delete a ticket."""

    @abstractmethod
    def set_tags(self, ticket: str, *, add: str = "", remove: str = "") -> None:
        """Add or remove a tag by hand."""

    @abstractmethod
    def tags(self, ticket: str) -> set[str]:
        """Return the tags that the helpdesk shows."""

    @abstractmethod
    def fields(self, ticket: str) -> dict[str, str]:
        """Return what the helpdesk shows in our fields, by role; empty ones are left out."""

    def close(self) -> None:  # noqa: B027  # what is left does no harm, as a rule
        """Clean up."""


class RtPeople(People):
    """A queue of its own in a Request Tracker."""

    kind = "rt"

    def __init__(self, env: Settings, proxy: Proxy) -> None:
        self.env, self.proxy = env, proxy
        self.secrets = {"RT_TOKEN": env["RT_TOKEN"]}
        self.admin_secrets = {"RT_TOKEN": env["RT_ADMIN_TOKEN"]}
        self.queue = f"day-{uuid4().hex[:8]}"
        queue = self._call("POST", "queue", {"Name": self.queue})["id"]
        tags = {"Name": f"Tags {self.queue}", "Type": "FreeformMultiple", "Queue": int(queue)}
        self.tags_id = str(self._call("POST", "customfield", tags)["id"])

    def options(self) -> str:
        return (
            f'url = "{self.proxy.url}"\ntoken = {{ env = "RT_TOKEN" }}\n'
            f'queues = ["{self.queue}"]\ntags_field = "Tags {self.queue}"\nsettle_s = 1'
        )

    def create(self) -> str:
        body = {
            "Queue": self.queue,
            "Subject": "Printer",
            "Content": "Help",
            "Requestor": "customer1",
        }
        return str(self._call("POST", "ticket", body)["id"])

    def reply(self, ticket: str) -> None:
        body = {"Content": "On it", "ContentType": "text/plain"}
        self._call("POST", f"ticket/{ticket}/correspond", body)

    def assign(self, ticket: str, agent: int) -> None:
        self._call("PUT", f"ticket/{ticket}", {"Owner": ("alice", "bob")[agent]})

    def set_status(self, ticket: str, status: str) -> None:
        word = {"open": "open", "pending": "stalled", "solved": "resolved"}[status]
        self._call("PUT", f"ticket/{ticket}", {"Status": word})

    def delete(self, ticket: str) -> None:
        self._call("DELETE", f"ticket/{ticket}")

    def merge(self, ticket: str, into: str) -> None:
        self._call("PUT", f"ticket/{ticket}", {"MergeInto": int(into)})

    def set_tags(self, ticket: str, *, add: str = "", remove: str = "") -> None:
        there = [tag for tag in self._values(ticket)[self.tags_id][1] if tag != remove]
        body = {"CustomFields": {self.tags_id: [*there, *([add] if add else [])]}}
        self._call("PUT", f"ticket/{ticket}", body)

    def tags(self, ticket: str) -> set[str]:
        return set(self._values(ticket)[self.tags_id][1])

    def fields(self, ticket: str) -> dict[str, str]:
        by_title = dict(self._values(ticket).values())
        return {
            role: "\n".join(by_title[title])
            for role, title in FIELDS.items()
            if by_title.get(title)
        }

    def on_write(self, ticket: str, action: Callable[[], None]) -> None:
        self.proxy.before_next("PUT", f"/ticket/{ticket}", action)

    def _values(self, ticket: str) -> dict[str, tuple[str, list[str]]]:
        fields = self._call("GET", f"ticket/{ticket}")["CustomFields"]
        return {field["id"]: (field["name"], field["values"]) for field in fields}

    def _call(self, method: str, path: str, body: object = None) -> Any:
        answer = requests.request(
            method,
            f"{self.env['RT_URL']}/REST/2.0/{path}",
            json=body,
            headers={"Authorization": f"token {self.env['RT_ADMIN_TOKEN']}"},
            timeout=TIMEOUT_S,
        )
        assert answer.ok, answer.text
        return answer.json() if answer.content else None


class RedminePeople(People):
    """A project of its own in a Redmine; it has no merging."""

    kind = "redmine"
    AGENTS = ("connector", "alice")

    def __init__(self, env: Settings, proxy: Proxy, tags: Iterable[str]) -> None:
        self.env, self.proxy, self._offered = env, proxy, tuple(tags)
        self.secrets = {"REDMINE_KEY": env["RM_KEY"]}
        self.admin_secrets = {"REDMINE_KEY": env["RM_ADMIN_KEY"]}
        self._project = own_project(env)
        project = self._project.__enter__()
        self.project, self.project_id = project["identifier"], project["id"]
        users = self._call("GET", "users.json")["users"]
        self.user_ids = {user["login"]: user["id"] for user in users}

    def options(self) -> str:
        return (
            f'url = "{self.proxy.url}"\napi_key = {{ env = "REDMINE_KEY" }}\n'
            f'project = "{self.project}"\nsettle_s = 1'
        )

    def prepare(self) -> None:
        specs = field_specs("goal_", "en", stores_labels=True)
        made = {
            spec.title: ("list" if spec.options else "text", tuple(spec.options)) for spec in specs
        }
        run_inside(fields({"Tags": ("lists", self._offered), **made}))

    def create(self) -> str:
        issue = {"project_id": self.project_id, "subject": "Printer", "description": "Help"}
        return str(self._call("POST", "issues.json", {"issue": issue})["issue"]["id"])

    def reply(self, ticket: str) -> None:
        self._edit(ticket, {"notes": "On it"}, key="RM_KEY")

    def assign(self, ticket: str, agent: int) -> None:
        self._edit(ticket, {"assigned_to_id": self.user_ids[self.AGENTS[agent]]})

    def set_status(self, ticket: str, status: str) -> None:
        self._edit(ticket, {"status_id": STATUS_IDS[Status(status)]})

    def delete(self, ticket: str) -> None:
        self._call("DELETE", f"issues/{ticket}.json")

    def set_tags(self, ticket: str, *, add: str = "", remove: str = "") -> None:
        kept = sorted(({*self.tags(ticket)} - {remove}) | ({add} if add else set()))
        self._edit(ticket, {"custom_fields": [{"id": int(self.env["RM_CF_TAGS"]), "value": kept}]})

    def tags(self, ticket: str) -> set[str]:
        return set(self._values(ticket).get("Tags") or ())

    def fields(self, ticket: str) -> dict[str, str]:
        values = self._values(ticket)
        return {role: values[title] for role, title in FIELDS.items() if values.get(title)}

    def on_write(self, ticket: str, action: Callable[[], None]) -> None:
        self.proxy.before_next("PUT", f"/issues/{ticket}.json", action)

    def close(self) -> None:
        self._project.__exit__(None, None, None)

    def _values(self, ticket: str) -> dict[str, Any]:
        issue = self._call("GET", f"issues/{ticket}.json")["issue"]
        return {field["name"]: field["value"] for field in issue["custom_fields"]}

    def _edit(self, ticket: str, values: object, *, key: str = "RM_ADMIN_KEY") -> None:
        self._call("PUT", f"issues/{ticket}.json", {"issue": values}, key=key)

    def _call(self, method: str, path: str, body: Any = None, *, key: str = "RM_ADMIN_KEY") -> Any:
        return called(self.env["RM_URL"], self.env[key], method, path, body)


class RoundupPeople(People):
    """A Roundup tracker of its own; it has no merging, and no history over its API."""

    kind = "roundup"
    AGENTS = ("connector", "reader")

    def __init__(self, env: Settings, proxy: Proxy) -> None:
        self.env, self.proxy = env, proxy
        self.secrets = self.admin_secrets = {"ROUNDUP_PASSWORD": env["RU_ADMIN_PASS"]}
        self.desk = RoundupDesk(env, proxy)

    def options(self) -> str:
        return (
            f'url = "{self.proxy.url}"\nweb = "{self.desk.site}"\nuser = "admin"\n'
            'password = { env = "ROUNDUP_PASSWORD" }\nagents = ["connector", "reader"]\n'
            "settle_s = 1"
        )

    def prepare(self) -> None:
        """Begin with no tickets: a tracker has no projects to have one of its own."""
        for issue in self.desk.ask("GET", "issue?@fields=id&@verbose=0")["collection"]:
            self.desk.delete(issue["id"])

    def create(self) -> str:
        return self.desk.put()

    def reply(self, ticket: str) -> None:
        self.desk.reply(ticket, "connector")

    def assign(self, ticket: str, agent: int) -> None:
        self.desk.edit(ticket, {"assignedto": self.AGENTS[agent]})

    def set_status(self, ticket: str, status: str) -> None:
        self.desk.set_status(ticket, status)

    def delete(self, ticket: str) -> None:
        self.desk.delete(ticket)

    def set_tags(self, ticket: str, *, add: str = "", remove: str = "") -> None:
        if add:
            self.desk.tag(ticket, add)
        if remove:
            self.desk.edit(ticket, {"@op": "remove", "keyword": [remove]})

    def tags(self, ticket: str) -> set[str]:
        return {keyword["name"] for keyword in self.desk.show(ticket)["keyword"]}

    def fields(self, ticket: str) -> dict[str, str]:
        shown = self.desk.show(ticket)
        return {role: shown[f"goal_{role}"] for role in FIELDS if shown.get(f"goal_{role}")}

    def on_write(self, ticket: str, action: Callable[[], None]) -> None:
        self.proxy.before_next("PATCH", f"/issue/{ticket}", action)


class PracticePeople(People):
    """The practice helpdesk, which speaks Zendesk's formats.

    Its exports leave out the newest minute. So that it is not behind the others it lives a minute
    ahead of them, and what happened there is told a minute later.
    """

    kind = "zendesk"
    ahead_s = AHEAD_S

    def __init__(self) -> None:
        self.secrets = self.admin_secrets = {"PRACTICE_TOKEN": TOKEN}
        ahead = datetime.now(UTC) + timedelta(seconds=AHEAD_S)
        self.server = PracticeServer(seed_world(0, 7, clock=Clock(ahead, ticking=True)))
        self.server.__enter__()
        users = self.server.world.directory.users.values()
        self.agents = [user.id for user in users if user.role == "agent"][:2]
        self._action: tuple[str, Callable[[], None]] | None = None

    def options(self) -> str:
        return (
            f'url = "{self.server.url}"\nemail = "{ADMIN_EMAIL}"\n'
            'token = { env = "PRACTICE_TOKEN" }'
        )

    def create(self) -> str:
        body = {"subject": "Printer", "comment": {"body": "Help"}}
        return str(self.server.acts.create(body).id)

    def reply(self, ticket: str) -> None:
        self.server.acts.comment(int(ticket), self.agents[0], "On it")

    def assign(self, ticket: str, agent: int) -> None:
        self.server.acts.assign(int(ticket), self.agents[agent])

    def set_status(self, ticket: str, status: str) -> None:
        self.server.acts.set_status(int(ticket), status)

    def delete(self, ticket: str) -> None:
        self.server.acts.delete(int(ticket))

    def merge(self, ticket: str, into: str) -> None:
        self.server.acts.merge(int(ticket), int(into))

    def set_tags(self, ticket: str, *, add: str = "", remove: str = "") -> None:
        if add:
            self.server.acts.add_tags(int(ticket), add)
        if remove:
            self.server.acts.remove_tags(int(ticket), remove)

    def tags(self, ticket: str) -> set[str]:
        options = set(self._values(ticket).values())  # the option of a drop-down is a tag as well
        return set(self.server.world.ticket(int(ticket)).tags) - options

    def fields(self, ticket: str) -> dict[str, str]:
        values, by_title = self._values(ticket), dict[str, str]()
        for one in self.server.world.fields.custom():
            if one.id in values:
                by_title[one.title] = one.label(values[one.id])
        return {role: by_title[title] for role, title in FIELDS.items() if title in by_title}

    def close(self) -> None:
        self.server.__exit__(None, None, None)

    def _values(self, ticket: str) -> dict[int, str]:
        values = self.server.world.ticket(int(ticket)).values
        return {field: str(value) for field, value in values.items() if value}
