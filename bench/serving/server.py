"""The page server on a loopback port: HTTPS, connections kept, every answer counted."""

from __future__ import annotations

import http.server
import socket
import socketserver
import ssl
import time
from collections import Counter
from collections.abc import Mapping
from email.utils import formatdate
from threading import RLock
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import msgspec

from bench.serving.export import Export
from bench.serving.life import BLOCK, life
from bench.serving.profiles import account
from connector.practice.helpdesk import Helpdesk
from connector.practice.limits import ACCOUNT, EXPORTS, Limits, RateLimiter
from connector.practice.refusal import Refusal, not_found
from connector.practice.routing import JSON
from connector.practice.server import API, ROUTES

Body = list[memoryview]
PATIENCE_S = 60.0


class PageServer:
    """What answers: the exports from formulas, all else from a practice account without tickets."""

    def __init__(self, *, tickets: int, end: int, slots: int, seed: int, limits: str) -> None:
        """Prepare the history; `url` is set once the port is known."""
        self._life = life(tickets, end, slots, seed)
        self._account = account(seed, BLOCK)
        self._seed = seed
        self._desk = Helpdesk(self._account.world, ROUTES, limits=Limits.named("off"))
        self._limiter = RateLimiter(Limits.named(limits), self._clock)
        self._ahead_s = 0.0
        self._lock = RLock()
        self.counts: Counter[str] = Counter()
        self.export = self._exported("")

    def listen_as(self, url: str) -> None:
        """Begin links with an address."""
        self._desk.url = url
        self.export = self._exported(url)

    def answer(
        self, method: str, target: str, headers: Mapping[str, str], body: bytes
    ) -> tuple[int, dict[str, str], Body]:
        """Answer one request: its status, more headers, and its body in parts."""
        parts = urlsplit(target)
        query = dict(parse_qsl(parts.query, keep_blank_values=True))
        with self._lock:
            if parts.path.startswith("/_"):
                return 200, {}, _json(self._told(method, parts.path, query))
            path = parts.path.removeprefix(API).removesuffix(".json")
            self.counts[f"{method} {_named(path)}"] += 1
            try:
                announced = self._admit(path)
                ours = self._export(path, query) if method == "GET" else None
            except Refusal as refusal:
                self.counts[str(refusal.status)] += 1
                return refusal.status, refusal.headers, _json(refusal.body)
            if ours is not None:
                return 200, announced, ours
            sent = msgspec.json.decode(body) if body else {}
            auth = headers.get("Authorization", "")
            answer = self._desk.answer(method, path, query, sent, auth)
        if answer.status >= http.HTTPStatus.BAD_REQUEST:
            self.counts[str(answer.status)] += 1
        return answer.status, announced | answer.headers, [memoryview(answer.rendered())]

    def _export(self, path: str, query: Mapping[str, str]) -> Body | None:
        match path:
            case "incremental/tickets/cursor":
                return self.export.tickets_by_cursor(query)
            case "incremental/tickets":
                return self.export.tickets_by_time(query)
            case "incremental/ticket_events":
                return self.export.ticket_events(query)
            case "tickets/count":
                return _json(self._count())
            case "tickets/show_many":
                figures = "metric_sets" in query.get("include", "")
                return self.export.shown(query.get("ids", ""), with_figures=figures)
        return None

    def _told(self, method: str, path: str, query: Mapping[str, str]) -> object:
        """Do what the bench itself asks for; these requests are not counted."""
        match method, path:
            case "GET", "/_counts":
                return dict(self.counts)
            case "POST", "/_forget":
                self.counts.clear()
                return {}
            case "POST", "/_change":
                return {"changed": self.change(int(query["tickets"]), query["spread"])}
            case "POST", "/_clock":
                self._ahead_s += float(query["seconds"])
                return {"ahead_s": self._ahead_s}
        raise not_found()

    def change(self, tickets: int, spread: str) -> int:
        """Change so many tickets, `recent` or `random` ones; return how many."""
        return self.export.changes.make(tickets, spread)

    def _exported(self, url: str) -> Export:
        return Export(self._life, self._account, url, self._seed)

    def _clock(self) -> float:
        return time.monotonic() + self._ahead_s

    def _admit(self, path: str) -> dict[str, str]:
        names = (ACCOUNT, EXPORTS) if path.startswith("incremental/") else (ACCOUNT,)
        return self._limiter.admit(names)

    def _count(self) -> object:
        now = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
        return {"count": {"value": self._life.tickets, "refreshed_at": now}}


class Listener(http.server.ThreadingHTTPServer):
    """A port of 127.0.0.1 that speaks TLS."""

    daemon_threads = True
    request_queue_size = 64

    def __init__(self, pages: PageServer, context: ssl.SSLContext, port: int = 0) -> None:
        """Take a free port unless one is named."""
        self.pages = pages
        self._context = context
        super().__init__(("127.0.0.1", port), _Handler)
        self.url = f"https://localhost:{self.server_address[1]}"
        pages.listen_as(self.url)

    def server_bind(self) -> None:
        """Bind without asking a name server who we are."""
        socketserver.TCPServer.server_bind(self)
        self.server_name, self.server_port = "127.0.0.1", int(self.server_address[1])

    def finish_request(self, request: Any, client_address: Any) -> None:
        """Shake hands in the connection's own thread."""
        with request.dup() as plain:
            plain.settimeout(PATIENCE_S)
            plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            with self._context.wrap_socket(plain, server_side=True) as safe:
                super().finish_request(safe, client_address)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Stay quiet about clients that leave, or do not trust us."""


class _Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = 0
    server: Listener

    def do_GET(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        sent = self.rfile.read(length) if length else b""
        headers = dict(self.headers)
        status, more, parts = self.server.pages.answer(self.command, self.path, headers, sent)
        size = sum(len(part) for part in parts)
        lines = [
            f"HTTP/1.1 {status} {http.HTTPStatus(status).phrase}",
            f"Date: {formatdate(usegmt=True)}",
            f"Content-Type: {JSON}",
            f"Content-Length: {size}",
            *(f"{name}: {value}" for name, value in more.items()),
        ]
        head = "\r\n".join([*lines, "", ""]).encode("latin-1")
        self.connection.sendall(b"".join((head, *parts)))

    do_POST = do_PUT = do_DELETE = do_GET  # noqa: N815  # the names are the library's

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Keep no log."""


def _json(document: object) -> Body:
    return [memoryview(msgspec.json.encode(document))]


def _named(path: str) -> str:
    """Return a path with `{}` for its ids."""
    return "/".join("{}" if part.isdigit() else part for part in path.split("/"))
