"""The far side of a real Redmine: a project of its own, and what people do there."""

from __future__ import annotations

import math
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import requests

from connector.errors import AdapterError
from connector.model.page import FieldSpec
from connector.model.ticket import Status
from tests.live.proxy import Proxy

SOURCES = Path("/usr/share/redmine")
STATE = Path("/var/tmp/realhelpdesk-redmine")  # noqa: S108  # where the start script keeps it
STATUS_IDS = {
    Status.NEW: 1,
    Status.OPEN: 2,
    Status.SOLVED: 3,
    Status.PENDING: 4,
    Status.CLOSED: 5,
}
MANAGER, READER = "Manager", "Reader"
TIMEOUT_S = 60
# What an admin does by hand in the web pages, since REST cannot.
MAKE_FIELD = """
cf = IssueCustomField.find_by(name: '%(name)s') || IssueCustomField.new(name: '%(name)s',
  field_format: '%(form)s', multiple: %(multiple)s, is_for_all: true, is_filter: true,
  visible: true, tracker_ids: Tracker.all.map(&:id))
cf.possible_values = ((cf.possible_values || []) + %(offer)s).uniq if '%(form)s' == 'list'
cf.save!
"""


# Tickets that all change in one instant, as after an edit of many.
MAKE_CROWD = """
now = Time.now.utc.change(usec: 500_000)
Issue.insert_all((1..%(size)d).map { |i| { project_id: %(project)d, subject: "Crowd #{i}",
  tracker_id: 1, status_id: 1, priority_id: 2, author_id: User.find_by(login: 'alice').id,
  lft: 1, rgt: 2, created_on: now, updated_on: now } })
Issue.where(project_id: %(project)d).update_all('root_id = id')
"""


def crowd(project_id: int, size: int) -> str:
    """Return the script that puts tickets of one instant into a project."""
    return MAKE_CROWD % {"project": project_id, "size": size}


def fields(wanted: Mapping[str, tuple[str, Sequence[str]]]) -> str:
    """Return the script that makes fields (name to format and values), or adds values."""
    return "".join(
        MAKE_FIELD
        % {
            "name": name,
            "form": form.removesuffix("s"),
            "multiple": str(form.endswith("s")).lower(),
            "offer": "[" + ", ".join(f"'{value}'" for value in offer) + "]",
        }
        for name, (form, offer) in wanted.items()
    )


def run_inside(script: str) -> None:
    """Run a script inside of Redmine, as its admin could; this takes seconds."""
    gems = Path("/usr/share/rubygems-integration/all/gems").glob("bundler-*")
    bundler = max(path.name.removeprefix("bundler-") for path in gems)
    environment = {
        "PATH": "/usr/sbin:/usr/bin:/sbin:/bin",
        "HOME": str(STATE / "home"),
        "TZ": "UTC",
        "LC_ALL": "C.UTF-8",
        "RAILS_ENV": "production",
        "REDMINE_INSTANCE": "realhelpdesk",
        "BUNDLER_VERSION": bundler,
        "SCHEMA": "/dev/null",
    }
    who = ["setpriv", "--reuid=www-data", "--regid=www-data", "--clear-groups"]
    command = [*who, "bundle", "exec", "rails", "runner", script]
    subprocess.run(command, cwd=SOURCES, env=environment, check=True, capture_output=True)


class RedmineDesk:
    """One project of a real Redmine, moved by an agent's key, behind a proxy."""

    def __init__(
        self, proxy: Proxy, settings: Mapping[str, str], project: Mapping[str, Any]
    ) -> None:
        self.proxy = proxy
        self.project = project["identifier"]
        self.project_id = int(project["id"])
        self.tags_id = int(settings["RM_CF_TAGS"])
        self._url = settings["RM_URL"]
        self._key = settings["RM_KEY"]
        self._changed_at = 0.0

    def call(self, method: str, path: str, body: Any = None) -> Any:
        """Send one request as an agent, past the proxy."""
        return called(self._url, self._key, method, path, body)

    def put(self, **values: Any) -> str:
        issue = {"project_id": self.project_id, "subject": "Printer on fire", **values}
        made = self.call("POST", "issues.json", {"issue": issue})
        self._changed_at = time.time()
        return str(made["issue"]["id"])

    def edit(self, ticket_id: str, **values: Any) -> None:
        self.call("PUT", f"issues/{ticket_id}.json", {"issue": values})
        self._changed_at = time.time()

    def set_status(self, ticket_id: str, status: str) -> None:
        self.edit(ticket_id, status_id=STATUS_IDS[Status(status)])

    def tags(self, ticket_id: str) -> list[str]:
        issue = self.call("GET", f"issues/{ticket_id}.json")["issue"]
        fields = {field["id"]: field["value"] for field in issue["custom_fields"]}
        return list(fields[self.tags_id])

    def set_tags(self, ticket_id: str, *tags: str) -> None:
        self.edit(ticket_id, custom_fields=[{"id": self.tags_id, "value": list(tags)}])

    def tag(self, ticket_id: str, *tags: str) -> None:
        self.set_tags(ticket_id, *dict.fromkeys((*self.tags(ticket_id), *tags)))

    def delete(self, ticket_id: str) -> None:
        self.call("DELETE", f"issues/{ticket_id}.json")
        self._changed_at = time.time()

    def advance(self, seconds: float) -> None:
        """Wait until the second of the last change is closed; a day is as good as a week."""
        closed_at = math.floor(self._changed_at) + 1.05
        time.sleep(max(0.0, min(closed_at - time.time(), seconds)))

    def fail_next(self, error: AdapterError) -> None:
        headers = {"Retry-After": str(error.retry_after_s)} if error.retry_after_s else {}
        self.proxy.fail_next(error.status or 503, headers)

    def missing_id(self) -> str:
        return "99999999"

    def make_fields(self, specs: Sequence[FieldSpec]) -> None:
        """Do nothing: an admin made them when the session began, which takes seconds."""


def called(url: str, key: str, method: str, path: str, body: Any = None) -> Any:
    """Send one request; return what it answers."""
    headers = {"X-Redmine-API-Key": key}
    answer = requests.request(
        method, f"{url}/{path}", headers=headers, json=body, timeout=TIMEOUT_S
    )
    answer.raise_for_status()
    return answer.json() if answer.content else None


@contextmanager
def own_project(settings: Mapping[str, str], parent: int | None = None) -> Iterator[Any]:
    """Make a project with the agent and the reader as members, and delete it at the end."""

    def admin(method: str, path: str, body: Any = None) -> Any:
        return called(settings["RM_URL"], settings["RM_ADMIN_KEY"], method, path, body)

    name = f"live-{time.time_ns():x}"
    wanted = {"name": name, "identifier": name, "is_public": False, "parent_id": parent}
    project = admin("POST", "projects.json", {"project": wanted})["project"]
    roles = {role["name"]: role["id"] for role in admin("GET", "roles.json")["roles"]}
    users = {user["login"]: user["id"] for user in admin("GET", "users.json")["users"]}
    for login, role in (("connector", MANAGER), ("alice", MANAGER), ("reader", READER)):
        member = {"user_id": users[login], "role_ids": [roles[role]]}
        admin("POST", f"projects/{project['id']}/memberships.json", {"membership": member})
    try:
        yield project
    finally:
        admin("DELETE", f"projects/{project['id']}.json")
