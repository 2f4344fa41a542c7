"""The practice helpdesk on a loopback port: HTTP/1.1, connections kept, each answer one send."""

from __future__ import annotations

import http.server
import socket
import socketserver
import threading
from collections.abc import Mapping
from email.utils import formatdate
from types import TracebackType
from typing import Any, Self
from urllib.parse import parse_qsl, urlsplit

import msgspec

from connector.practice import (
    batch_routes,
    consent,
    directory_routes,
    export,
    field_routes,
    group_sla_routes,
    oauth_routes,
    rule_routes,
    settings_routes,
    sla_routes,
    ticket_routes,
    unusual_routes,
)
from connector.practice.access import Access
from connector.practice.acts import Acts
from connector.practice.clock import Clock
from connector.practice.control import CONTROL_TOKEN, Control
from connector.practice.faults import Faults
from connector.practice.helpdesk import USUAL, Helpdesk
from connector.practice.limits import Limits
from connector.practice.pages import index_page, ticket_page
from connector.practice.refusal import Refusal, bad_request, not_found
from connector.practice.routing import Answer
from connector.practice.world import World

API = "/api/v2/"
OAUTH = "/oauth/tokens"
AGENT = "/agent"
CONTROL = "/practice/control"
ROUTES = (
    *export.ROUTES,
    *batch_routes.ROUTES,
    *ticket_routes.ROUTES,
    *field_routes.ROUTES,
    *directory_routes.ROUTES,
    *rule_routes.ROUTES,
    *sla_routes.ROUTES,
    *group_sla_routes.ROUTES,
    *settings_routes.ROUTES,
    *oauth_routes.ROUTES,
    *unusual_routes.ROUTES,
)


class PracticeServer:
    """A practice helpdesk that listens on 127.0.0.1 for as long as the block lasts."""

    def __init__(
        self,
        world: World,
        *,
        port: int = 0,
        limits: Limits | str = "off",
        access: Access = USUAL,
        control_token: str = CONTROL_TOKEN,
        public_url: str = "",
        job_polls: int = 1,
    ) -> None:
        """Take a free port unless one is named; links begin with `public_url` if given."""
        chosen = Limits.named(limits) if isinstance(limits, str) else limits
        self.world = world
        self.desk = Helpdesk(world, ROUTES, limits=chosen, access=access, job_polls=job_polls)
        self.control = Control(self.desk, control_token)
        self._server = _Server(("127.0.0.1", port), _Handler)
        self._server.practice = self
        self.port = int(self._server.server_address[1])
        self.url = f"http://127.0.0.1:{self.port}"
        self.desk.url = public_url or self.url
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(0.05,), daemon=True
        )

    @property
    def clock(self) -> Clock:
        """Return the helpdesk's clock."""
        return self.world.clock

    @property
    def acts(self) -> Acts:
        """Return the hands of its people."""
        return self.desk.acts

    @property
    def faults(self) -> Faults:
        """Return the faults to order."""
        return self.desk.faults

    def live(self, seconds: float) -> dict[str, int]:
        """Let helpdesk life go on for a while and say what happened, by kind."""
        return self.control.live(seconds)

    def ticket_url(self, ticket_id: int) -> str:
        """Return the address of the page an agent would see."""
        return f"{self.url}{AGENT}/tickets/{ticket_id}"

    def start(self) -> None:
        """Begin to listen."""
        self._thread.start()

    def stop(self) -> None:
        """Stop listening and close every connection."""
        self._server.stopped.set()
        self._server.shutdown()
        self._server.close_connections()
        self._server.server_close()
        self._thread.join(timeout=5)

    def __enter__(self) -> Self:
        """Begin to listen."""
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Stop listening."""
        self.stop()

    def answer(self, method: str, target: str, headers: Mapping[str, str], body: bytes) -> Answer:
        """Answer one request to any part of the helpdesk."""
        parts = urlsplit(target)
        query = _query(parts.query)
        auth = headers.get("Authorization", "")
        try:
            if parts.path.startswith(API):
                path = parts.path.removeprefix(API)
                return self.desk.answer(method, path, query, _decoded(body), auth)
            if parts.path == OAUTH:
                return self.desk.grant(method, _decoded(body))
            if parts.path == consent.PATH:
                return self.desk.consent(query)
            if parts.path.startswith(CONTROL):
                return self.control.answer(
                    method, parts.path.removeprefix(CONTROL).strip("/"), _decoded(body), auth
                )
            return self._page(parts.path.rstrip("/"))
        except Refusal as refusal:
            return Answer(refusal.body, refusal.status, headers=refusal.headers)

    def _page(self, path: str) -> Answer:
        with self.world.lock:
            if path in {"", AGENT}:
                return index_page(self.world)
            number = path.removeprefix(f"{AGENT}/tickets/")
            if number.isdigit():
                return ticket_page(self.world, int(number))
        raise not_found()


def _query(text: str) -> dict[str, str]:
    """Return the parameters; one that is repeated has its values joined by commas."""
    query: dict[str, str] = {}
    for name, value in parse_qsl(text, keep_blank_values=True):
        query[name] = f"{query[name]},{value}" if name in query else value
    return query


def _decoded(body: bytes) -> dict[str, Any]:
    if not body:
        return {}
    try:
        decoded = msgspec.json.decode(body)
    except msgspec.DecodeError:
        raise bad_request("Unprocessable JSON") from None
    return decoded if isinstance(decoded, dict) else {}


class _Server(http.server.ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128
    practice: PracticeServer

    def __init__(self, address: tuple[str, int], handler: type[_Handler]) -> None:
        self._open: set[socket.socket] = set()
        self.stopped = threading.Event()
        super().__init__(address, handler)

    def server_bind(self) -> None:
        """Bind without asking a name server who we are."""
        socketserver.TCPServer.server_bind(self)
        self.server_name, self.server_port = "127.0.0.1", int(self.server_address[1])

    def process_request(self, request: Any, client_address: Any) -> None:
        self._open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        self._open.discard(request)
        super().shutdown_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Stay quiet about connections that clients drop."""

    def close_connections(self) -> None:
        for request in tuple(self._open):
            self.shutdown_request(request)


class _Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = 1 << 20
    server: _Server

    def do_GET(self) -> None:
        self._serve()

    do_POST = do_PUT = do_DELETE = do_GET  # noqa: N815  # the names are the library's

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Keep no log."""

    def _serve(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        body = self.rfile.read(length) if length else b""
        practice = self.server.practice
        fault = None
        if API in self.path or OAUTH in self.path:
            fault = practice.faults.take(self.command, self.path)
        kind = None if fault is None else fault.kind
        if kind == "reset":
            self._drop()
            return
        answer = fault.instead() if fault is not None else None
        if answer is None:
            answer = practice.answer(self.command, self.path, dict(self.headers), body)
        if kind == "lost":
            self._drop()
            return
        if fault is not None and kind == "slow":
            self.server.stopped.wait(fault.seconds)
        if kind == "cut":
            whole = answer.rendered()
            answer = Answer(whole[: len(whole) // 2], answer.status, headers=answer.headers)
        self._send(answer, cut=kind == "short")

    def _drop(self) -> None:
        self.close_connection = True
        self.connection.shutdown(socket.SHUT_RDWR)

    def _send(self, answer: Answer, *, cut: bool) -> None:
        body = answer.rendered()
        self.send_response_only(answer.status)
        self.send_header("Date", formatdate(self.server.practice.world.now(), usegmt=True))
        if answer.status != http.HTTPStatus.NO_CONTENT:
            self.send_header("Content-Type", answer.content_type)
            self.send_header("Content-Length", str(len(body)))
        for name, value in answer.headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body[: len(body) // 2] if cut else body)
        self.wfile.flush()
        if cut:
            self._drop()
