"""A proxy before a real server: forwards, fails on purpose, lets people act in between."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit

LEFT_OUT = frozenset({"connection", "keep-alive", "transfer-encoding", "content-length", "host"})
TIMEOUT_S = 60


class Sent:
    """One request that passed: `status` is what came back, None while it is under way."""

    def __init__(self, method: str, path: str) -> None:
        self.method = method
        self.path = path
        self.status: int | None = None


class Proxy:
    """Forwards to one real server; every request is kept in `sent`."""

    def __init__(self, target: str) -> None:
        """Take the origin of the real server, such as http://127.0.0.1:18085."""
        parts = urlsplit(target)
        assert parts.hostname
        self.target = (parts.hostname, parts.port or 80)
        self.sent: list[Sent] = []
        self._failures: list[tuple[int, Mapping[str, str]]] = []
        self._actions: list[tuple[str, str, Callable[[], None]]] = []
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)

    @property
    def url(self) -> str:
        """Return the proxy's own origin."""
        return f"http://127.0.0.1:{self._server.server_port}"

    def fail_next(self, status: int, headers: Mapping[str, str] | None = None) -> None:
        """Answer the next request with a status of our own; the real server never sees it."""
        self._failures.append((status, headers or {}))

    def before_next(self, method: str, path: str, action: Callable[[], None]) -> None:
        """Do something, once, right before a request of this kind is forwarded."""
        self._actions.append((method, path, action))

    def count(self, method: str, path: str = "") -> int:
        """Return how many requests of this kind passed."""
        return sum(one.method == method and path in one.path for one in self.sent)

    def failure(self) -> tuple[int, Mapping[str, str]] | None:
        """Take the next failure, if one is due."""
        return self._failures.pop(0) if self._failures else None

    def act(self, method: str, path: str) -> None:
        """Do what was asked for before this request."""
        due = [one for one in self._actions if one[0] == method and one[1] in path][:1]
        for one in due:
            self._actions.remove(one)
            one[2]()

    def __enter__(self) -> Self:
        """Begin to serve."""
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Stop."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


def _handler(proxy: Proxy) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _pass(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            seen = Sent(self.command, self.path)
            proxy.sent.append(seen)
            failure = proxy.failure()
            if failure is not None:
                seen.status, headers = failure
                self._answer(seen.status, [*headers.items()], b"")
                return
            proxy.act(self.command, self.path)
            seen.status, found, answer = self._forward(body)
            self._answer(seen.status, found, answer)

        def _forward(self, body: bytes) -> tuple[int, list[tuple[str, str]], bytes]:
            connection = HTTPConnection(*proxy.target, timeout=TIMEOUT_S)
            try:
                headers = {k: v for k, v in self.headers.items() if k.lower() not in LEFT_OUT}
                headers["Host"] = "{}:{}".format(*proxy.target)
                connection.request(self.command, self.path, body or None, headers)
                response = connection.getresponse()
                answer = response.read()
                kept = [(k, v) for k, v in response.getheaders() if k.lower() not in LEFT_OUT]
            finally:
                connection.close()
            return response.status, kept, answer

        def _answer(self, status: int, headers: list[tuple[str, str]], body: bytes) -> None:
            self.send_response_only(status)
            for name, value in headers:
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(body)

        do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = _pass  # noqa: N815  # http.server's names

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    return Handler
