"""A helpdesk of which some tickets changed: pages over TLS, made of what a store holds."""

from __future__ import annotations

import tempfile
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb
import msgspec

from bench.serving.life import BLOCK
from bench.serving.server import Body, Listener, PageServer
from bench.serving.started import TOKEN
from tests.practice.clients.tls import Authority

AGO_S = 100
SPAN_S = 5
"""How long ago tickets change, for the last minute is never shown, and within how many seconds."""
FIRST_AUDIT = 10**12
AUDITS = 8
TEXT = "The printer on the third floor says that it is out of paper, and it is not. " * 36
ORDERS = {
    "recent": "if(nth <= {half}, 0, if(is_recent, 1, 2)), hash(ticket_id + {seed})",
    "random": "hash(ticket_id + {seed})",
}
"""Which tickets change: half of them the newest and the others of the last 90 days, or any."""
CHOSEN = """
select
  ticket_id, status, created_at, requester_id, assignee_id, group_id, brand_id, form_id, channel,
  priority, type
from (
  select *, row_number() over (order by ticket_id desc) as nth,
    created_at >= max(created_at) over () - interval 90 day as is_recent
  from tickets
)
order by {order} limit {count}
"""
Row = tuple[Any, ...]
Json = dict[str, Any]


class Moved(msgspec.Struct, frozen=True):
    """A ticket that changed: when, and what the exports say of it, as JSON."""

    at: int
    ticket: bytes
    event: bytes


class ChangingServer(PageServer):
    """Tells of the tickets that it was told have changed; what else is asked, the practice does."""

    def __init__(self) -> None:
        """Begin with nothing that changed."""
        now = int(time.time())
        super().__init__(tickets=BLOCK, end=now - now % 60, slots=10, seed=7, limits="off")
        self.moved: list[Moved] = []

    def let_change(self, store: Path, count: int, spread: str, seed: int) -> None:
        """Let tickets of a store change: a comment of the agent, and another status."""
        rows = _chosen(store, ORDERS[spread].format(half=count // 2, seed=seed), count)
        after = self.moved[-1].at + 1 if self.moved else 0
        start = max(after, int(time.time()) - AGO_S)
        for place, row in enumerate(rows):
            at = start + place * SPAN_S // count
            self.moved.append(_moved(row, at, FIRST_AUDIT + len(self.moved) * AUDITS))

    def _export(self, path: str, query: Mapping[str, str]) -> Body | None:
        match path:
            case "incremental/tickets/cursor":
                place = int(query["cursor"]) if "cursor" in query else self._since(query)
                rest: Json = {"after_cursor": str(len(self.moved)), "end_of_stream": True}
                return _page("tickets", [one.ticket for one in self.moved[place:]], rest)
            case "incremental/ticket_events":
                place = self._since(query)
                end = self.moved[-1].at if self.moved[place:] else int(query["start_time"])
                rest = {"end_time": end, "end_of_stream": True}
                return _page("ticket_events", [one.event for one in self.moved[place:]], rest)
        return None

    def _since(self, query: Mapping[str, str]) -> int:
        start = int(query["start_time"])
        return sum(one.at < start for one in self.moved)


class Changing(msgspec.Struct, frozen=True):
    """A server that runs: what to tell it, where it is, and variables by which it is trusted."""

    server: ChangingServer
    url: str
    environ: dict[str, str]


@contextmanager
def changing() -> Iterator[Changing]:
    """Serve in a thread for as long as the block lasts."""
    with tempfile.TemporaryDirectory() as folder:
        authority = Authority(Path(folder))
        server, trusted = ChangingServer(), str(authority.certificate)
        environ = {"REQUESTS_CA_BUNDLE": trusted, "SSL_CERT_FILE": trusted, "BENCH_TOKEN": TOKEN}
        with Listener(server, authority.context()) as listener:
            thread = threading.Thread(target=listener.serve_forever, args=(0.05,), daemon=True)
            thread.start()
            yield Changing(server, listener.url, environ)
            listener.shutdown()
            thread.join()


def _chosen(store: Path, order: str, count: int) -> list[Row]:
    with duckdb.connect(store, read_only=True) as con:
        return con.execute(CHOSEN.format(order=order, count=count)).fetchall()


def _moved(row: Row, at: int, audit: int) -> Moved:
    key, before, created_at, requester, assignee, group, brand, form, channel, priority, kind = row
    status = "pending" if before == "open" else "open"
    then = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(at))
    ticket = {
        "id": key,
        "status": status,
        "created_at": f"{created_at.isoformat()}Z",
        "updated_at": then,
        "generated_timestamp": at,
        "via": {"channel": channel},
        "type": kind,
        "priority": priority,
        "subject": TEXT[:60],
        "description": TEXT,
        "requester_id": requester,
        "assignee_id": assignee,
        "group_id": group,
        "brand_id": brand,
        "ticket_form_id": form,
        "tags": [],
        "custom_fields": [{"id": number, "value": None} for number in range(10)],
    }
    return Moved(at, msgspec.json.encode(ticket), msgspec.json.encode(_event(row, at, audit)))


def _event(row: Row, at: int, audit: int) -> Json:
    key, before, assignee = row[0], row[1], row[4]
    status = "pending" if before == "open" else "open"
    said = {"event_type": "Comment", "author_id": assignee, "public": True, "body": TEXT[:120]}
    change = {"event_type": "Change", "status": status, "previous_value": before}
    return {
        "id": audit,
        "ticket_id": key,
        "timestamp": at,
        "created_at": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(at)),
        "updater_id": assignee,
        "via": "Web form",
        "event_type": "Audit",
        "child_events": [
            {"id": audit + place, "via": "Web form", **one}
            for place, one in enumerate((change, said), start=1)
        ],
    }


def _page(name: str, rows: list[bytes], rest: Json) -> Body:
    head, tail = f'{{"{name}":['.encode(), b"]," + msgspec.json.encode(rest)[1:]
    return [memoryview(head), memoryview(b",".join(rows)), memoryview(tail)]
