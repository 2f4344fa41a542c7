"""Where a browser comes back to after somebody decided: an address on loopback, for a while."""

from __future__ import annotations

import http.server
import queue
import socketserver
import threading
from collections.abc import Mapping
from types import TracebackType
from typing import Self
from urllib.parse import parse_qsl, urlsplit

from connector.errors import UsageError

HOST = "127.0.0.1"
PATH = "/granted"
SILENCE_S = 5.0
"""How long a connection may say nothing."""
PAGE = """<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Connector</title></head>
<body style="font:16px/1.5 system-ui,sans-serif;margin:4rem auto;max-width:32rem">
<p>{said}</p></body></html>
"""
HEARD = "Your answer has arrived. How it went is said in the terminal; this window can be closed."
NOT_HERE = "There is nothing here: open the address that the terminal shows."


def redirect_url(port: int) -> str:
    """Return the address that is registered with the helpdesk."""
    return f"http://{HOST}:{port}{PATH}"


def answer_in(address: str) -> Mapping[str, str] | None:
    """Return the parameters of the address a browser was sent to; None if it is no such address."""
    told = dict(parse_qsl(urlsplit(address.strip()).query))
    return told if "error" in told or {"code", "state"} <= told.keys() else None


class Listener:
    """Listens for one answer while the block lasts; what else comes is turned away."""

    def __init__(self, port: int) -> None:
        """Take the port, or refuse where somebody else has it."""
        self._answers: queue.SimpleQueue[Mapping[str, str]] = queue.SimpleQueue()
        try:
            self._server = _Server((HOST, port), _Handler)
        except OSError as error:
            raise UsageError(
                f"port {port} cannot be used ({error.strerror}): choose another with --port and"
                f" register {redirect_url(port).replace(str(port), 'PORT')} with it, or use --paste"
            ) from error
        self._server.answers = self._answers
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(0.05,), daemon=True
        )

    @property
    def url(self) -> str:
        """Return the address it listens at."""
        return redirect_url(int(self._server.server_address[1]))

    def answer(self, limit_s: float) -> Mapping[str, str] | None:
        """Return the parameters the browser came with; None when it has not come in time."""
        try:
            return self._answers.get(timeout=limit_s)
        except queue.Empty:
            return None

    def __enter__(self) -> Self:
        """Begin to listen."""
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Stop listening."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(timeout=SILENCE_S)


class _Server(http.server.ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    answers: queue.SimpleQueue[Mapping[str, str]]

    def server_bind(self) -> None:
        """Bind without asking a name server who we are."""
        socketserver.TCPServer.server_bind(self)
        self.server_name, self.server_port = HOST, int(self.server_address[1])

    def handle_error(self, request: object, client_address: object) -> None:
        """Stay quiet about connections that browsers drop."""


class _Handler(http.server.BaseHTTPRequestHandler):
    timeout = SILENCE_S
    server: _Server

    def do_GET(self) -> None:
        """Take the answer, if it is one."""
        is_here = urlsplit(self.path).path == PATH
        answer = answer_in(self.path) if is_here else None
        if answer is None:
            self._say(http.HTTPStatus.NOT_FOUND, NOT_HERE)
            return
        self._say(http.HTTPStatus.OK, HEARD)
        self.server.answers.put(answer)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Keep no log: the address holds the code."""

    def _say(self, status: http.HTTPStatus, said: str) -> None:
        body = PAGE.format(said=said).encode()
        self.send_response_only(status)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Cache-Control", "no-store")
        self.send_header("Referrer-Policy", "no-referrer")
        self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(body)
