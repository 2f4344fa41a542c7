"""Whole runs of the command line against a practice helpdesk that cuts its streams into pages."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import requests
from requests.adapters import HTTPAdapter
from typer.testing import CliRunner

from connector.adapters.retrying import RetryingAdapter
from connector.cli.main import app
from connector.cli.templates import with_period
from connector.cli.workspace import PATIENCE_S, Workspace
from connector.config.settings import HelpdeskTable
from connector.practice.access import Access
from connector.practice.clock import Clock
from connector.practice.helpdesk import ADMIN_EMAIL, TOKEN, USUAL
from connector.practice.limits import Limits
from connector.practice.routing import Answer
from connector.practice.seed import seed_world
from connector.practice.server import PracticeServer
from tests.run import MAPPING as FIRST_QUARTER

NOW = datetime(2026, 11, 18, 10, tzinfo=UTC)
TICKETS = 60
OPEN = 12
API = "/api/v2/"
NEVER_S = 600.0
SILENCE_S = 0.05
"""How long a client waits for an answer that will not come."""

PAGES = {
    "incremental/tickets/cursor": ("per_page", 5),
    "incremental/ticket_events": ("per_page", 28),
    "incremental/users/cursor": ("per_page", 5),
    "satisfaction_ratings": ("page[size]", 2),
}
"""How many rows a page has, so that a small helpdesk has several of every stream."""

TABLES = ("tickets", "events", "measures")
CONFIG = """
[[helpdesk]]
name = "practice"
kind = "zendesk"
[helpdesk.options]
url = "{url}"
{credentials}
[helpdesk.limits]
share_of_exports = 1.0
share_of_requests = 1.0
[writeback]
enabled = {writes}
max_share = 1.0
"""
API_TOKEN = f'email = "{ADMIN_EMAIL}"\ntoken = {{ env = "PRACTICE_TOKEN" }}'
OAUTH_CLIENT = f"""client_id = "{USUAL.client_id}"
client_secret = {{ env = "PRACTICE_SECRET" }}"""
ENVIRON = {"PRACTICE_TOKEN": TOKEN, "PRACTICE_SECRET": USUAL.client_secret, "COLUMNS": "120"}
MAPPING = with_period(FIRST_QUARTER, date(2026, 11, 1), date(2027, 2, 1))


class PagedServer(PracticeServer):
    """A practice helpdesk with small pages that remembers what it served and errs on order."""

    def __init__(
        self,
        tickets: int = TICKETS,
        seed: int = 7,
        *,
        access: Access = USUAL,
        limits: Limits | str = "off",
        pages: Mapping[str, tuple[str, int]] = PAGES,
    ) -> None:
        world = seed_world(tickets, seed, clock=Clock(NOW))
        super().__init__(world, access=access, limits=limits)
        for number in range(OPEN):
            self.acts.create({"subject": f"Ticket {number}", "comment": {"body": "Help"}})
            self.clock.advance(60)
        self.clock.advance(120)
        self._pages = pages
        self.served: list[tuple[str, str]] = []
        self._planned: dict[str, list[tuple[str, int]]] = {}

    def fail_between(self, path: str, *kinds: str, count: int = 1) -> None:
        """After each request of a path that is served, let the next ones go wrong in a new way."""
        self._planned[path] = [(kind, count) for kind in kinds]

    def recover(self) -> None:
        """Let nothing go wrong any more."""
        self._planned.clear()
        self.faults.clear()

    def answer(self, method: str, target: str, headers: Mapping[str, str], body: bytes) -> Answer:
        """Answer with a page of the size that is wanted here, and remember the request."""
        target = self._paged(target)
        self.served.append((method, target))
        answer = super().answer(method, target, headers, body)
        for path, kinds in self._planned.items():
            if path in target and kinds and not self.faults._coming:
                self.order(path, *kinds.pop(0))
        return answer

    def order(self, path: str, kind: str, count: int = 1) -> None:
        """Let the next requests of a path go wrong; a slow answer does not come in our time."""
        self.faults.fail_next(path, kind, count, seconds=NEVER_S)

    def will_be_silent(self, method: str, path: str) -> bool:
        """Tell whether the answer to this request will not come in our time."""
        due = (fault for fault in self.faults._coming if fault.concerns(method, path))
        return next((fault.kind == "slow" for fault in due), False)

    @property
    def is_due_to_err(self) -> bool:
        """Tell whether a fault that was ordered has not come yet."""
        return any(self._planned.values()) or bool(self.faults._coming)

    def count(self, path: str) -> int:
        """Return how many requests of a path were served."""
        return sum(1 for _, target in self.served if path in target)

    def reads(self) -> Counter[str]:
        """Return how often each page was served."""
        return Counter(target for method, target in self.served if method == "GET")

    def _paged(self, target: str) -> str:
        parts = urlsplit(target)
        path = parts.path.removeprefix(API).removesuffix(".json")
        if path not in self._pages:
            return target
        name, size = self._pages[path]
        return f"{parts.path}?{urlencode(dict(parse_qsl(parts.query)) | {name: str(size)})}"


@dataclass(frozen=True)
class Ran:
    """What a command said and how it ended."""

    code: int
    out: str
    err: str


@dataclass
class Whole:
    """The command line in a folder of its own, at the helpdesk's time, never really waiting."""

    folder: Path
    server: PagedServer
    credentials: str = API_TOKEN
    writes: bool = True
    slept: list[float] = field(default_factory=list)

    def __post_init__(self) -> None:
        (self.folder / "mappings").mkdir(parents=True)
        text = CONFIG.format(
            url=self.server.url, credentials=self.credentials, writes=str(self.writes).lower()
        )
        (self.folder / "config.toml").write_text(text, encoding="utf-8")
        (self.folder / "mappings" / "goals.toml").write_text(MAPPING, encoding="utf-8")

    @property
    def root(self) -> Path:
        return self.folder / "var" / "practice"

    def __call__(self, *arguments: str) -> Ran:
        """Run a command in this process."""
        result = CliRunner().invoke(
            app,
            ["--config", str(self.folder / "config.toml"), *arguments],
            obj=self._workspace(),
            env={**ENVIRON, "CONNECTOR_DEBUG": None},
        )
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        return Ran(result.exit_code, result.stdout, result.stderr)

    def exports(self) -> dict[str, list[str]]:
        """Return everything that was stored of tickets and people's work, in a fixed order."""
        return {table: sorted(self("export", table, "-").out.splitlines()) for table in TABLES}

    def settled(self) -> dict[str, Any]:
        """Let own writes become visible, read them, and return all that must be the same."""
        self.server.clock.advance(120)
        ran = self("sync")
        assert ran.code == 0, ran.out + ran.err
        return {**self.exports(), "labels": labels(self.server)}

    def _workspace(self) -> type[Workspace]:
        server, slept = self.server, self.slept

        class Present(Workspace):
            @staticmethod
            def now() -> datetime:
                return datetime.fromtimestamp(server.clock.now(), tz=UTC)

            @staticmethod
            def sleep(seconds: float) -> None:
                slept.append(seconds)

            def open_adapter(
                self, helpdesk: HelpdeskTable, *, patience_s: float = PATIENCE_S
            ) -> RetryingAdapter:
                adapter = super().open_adapter(helpdesk, patience_s=patience_s)
                session = adapter.inner._client.session  # type: ignore[attr-defined]
                session.mount(session.url, Transport(server))
                return adapter

        return Present


class Transport(HTTPAdapter):
    """Sends requests, and waits only a moment for an answer that will not come."""

    def __init__(self, server: PagedServer) -> None:
        super().__init__(max_retries=0)
        self._server = server

    def send(self, request: requests.PreparedRequest, *args: Any, **kwargs: Any) -> Any:
        """Send one request."""
        if self._server.will_be_silent(request.method or "", request.path_url):
            kwargs["timeout"] = SILENCE_S
        return super().send(request, *args, **kwargs)


def labels(server: PracticeServer) -> dict[int, Any]:
    """Return what every ticket of the helpdesk shows: its tags and custom field values."""
    tickets = server.world.tickets
    return {key: (sorted(t.tags), dict(t.values)) for key, t in tickets.items()}
