"""A front that speaks TLS, a test authority, and a proxy that leads there; all on 127.0.0.1.

Clients written for the vendor insist on https, and some on the vendor's own host name. The front
ends TLS before any HTTP port; the proxy answers CONNECT for the names it is given and leads each to
a port of this machine, so that not even the address of a client has to be changed.

    python -m tests.practice.clients.tls http://127.0.0.1:8085 FOLDER

serves until it is stopped and says where; the authority's certificate is FOLDER/authority.pem.
"""

from __future__ import annotations

import base64
import binascii
import select
import shutil
import signal
import socket
import socketserver
import ssl
import subprocess
import sys
import threading
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlsplit

CHUNK = 1 << 16
PATIENCE_S = 30.0
REQUEST_LIMIT = 1 << 14
Address = tuple[str, int]
CONFIG = """\
[req]
distinguished_name = name
prompt = no
[name]
CN = A test authority
[authority]
basicConstraints = critical, CA:TRUE
keyUsage = critical, keyCertSign, cRLSign
subjectKeyIdentifier = hash
[server]
basicConstraints = CA:FALSE
keyUsage = critical, digitalSignature
extendedKeyUsage = serverAuth
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
subjectAltName = {names}
"""
NEW_KEY = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes")


def has_openssl() -> bool:
    """Tell whether certificates can be made here."""
    return shutil.which("openssl") is not None


class Authority:
    """A certificate authority nobody trusts, and one certificate of a server that it signed."""

    def __init__(self, folder: Path, *names: str) -> None:
        """Make both, for localhost, 127.0.0.1 and further host names."""
        self._folder = folder
        self.certificate = folder / "authority.pem"
        hosts = ", ".join(f"DNS:{name}" for name in ("localhost", *names))
        config = CONFIG.format(names=f"{hosts}, IP:127.0.0.1")
        (folder / "openssl.cnf").write_text(config, encoding="utf-8")
        self._make(
            *("req", "-x509", *NEW_KEY, "-config", "openssl.cnf", "-extensions", "authority"),
            *("-days", "2", "-keyout", "authority.key", "-out", "authority.pem"),
        )
        self._make(
            *("req", "-new", *NEW_KEY, "-config", "openssl.cnf", "-subj", "/CN=localhost"),
            *("-keyout", "server.key", "-out", "server.csr"),
        )
        self._make(
            *("x509", "-req", "-in", "server.csr", "-CA", "authority.pem", "-CAkey"),
            *("authority.key", "-CAcreateserial", "-extfile", "openssl.cnf"),
            *("-extensions", "server", "-days", "2", "-out", "server.pem"),
        )

    def context(self) -> ssl.SSLContext:
        """Return what a server needs to show its certificate."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self._folder / "server.pem", self._folder / "server.key")
        return context

    def _make(self, *arguments: str) -> None:
        command = ("openssl", *arguments)
        done = subprocess.run(command, cwd=self._folder, capture_output=True, check=False)
        assert done.returncode == 0, done.stderr.decode()


class Listener(ABC):
    """A loopback port; each connection is served in a thread for as long as the block lasts."""

    def __init__(self) -> None:
        self._server = _Server(self.serve)
        self.port = int(self._server.server_address[1])
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(0.05,), daemon=True
        )

    @abstractmethod
    def serve(self, client: socket.socket) -> None:
        """Serve one connection."""

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
        """Stop listening and end every connection."""
        self._server.shutdown()
        self._server.end_connections()
        self._server.server_close()
        self._thread.join(timeout=5)


class TlsFront(Listener):
    """Ends TLS and hands the bytes on to an HTTP port."""

    def __init__(self, authority: Authority, target: str) -> None:
        """Stand before the `http://host:port` of `target`."""
        self._context = authority.context()
        self._target = _address(target)
        super().__init__()
        self.url = f"https://localhost:{self.port}"

    def serve(self, client: socket.socket) -> None:
        """Shake hands, then pass bytes both ways."""
        with self._context.wrap_socket(client, server_side=True) as safe, _line(self._target) as on:
            _relay(safe, on)


class ConnectProxy(Listener):
    """An HTTP proxy for https: leads the host names it knows to ports of this machine.

    `asked` lists what clients asked for, as `host:port`; `login` is a `user:password` to demand.
    """

    def __init__(self, leads: Mapping[str, str], login: str = "") -> None:
        """Lead each `host:port` to the `https://host:port` of a front; refuse all others."""
        self._leads = {name: _address(url) for name, url in leads.items()}
        self._login = login
        self.asked: list[str] = []
        super().__init__()
        self.url = f"http://{login}{'@' if login else ''}127.0.0.1:{self.port}"

    def serve(self, client: socket.socket) -> None:
        """Answer one CONNECT, then pass bytes both ways."""
        request, *headers = _head(client)
        method, place, _ = f"{request}  ".split(" ", 2)
        self.asked.append(place)
        if self._login and self._login not in map(_login, headers):
            client.sendall(b"HTTP/1.1 407 Proxy Authentication Required\r\n\r\n")
        elif method != "CONNECT" or place not in self._leads:
            client.sendall(b"HTTP/1.1 403 Forbidden\r\n\r\n")
        else:
            with _line(self._leads[place]) as on:
                client.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
                _relay(client, on)


class _Server(socketserver.ThreadingTCPServer):
    daemon_threads = True
    request_queue_size = 128

    def __init__(self, serve: Callable[[socket.socket], None]) -> None:
        self._serve = serve
        self._open: set[socket.socket] = set()
        super().__init__(("127.0.0.1", 0), socketserver.BaseRequestHandler)

    def process_request(self, request: Any, client_address: Any) -> None:
        self._open.add(request)
        super().process_request(request, client_address)

    def finish_request(self, request: Any, client_address: Any) -> None:
        # a copy, because TLS takes over the socket it wraps
        with request.dup() as client:
            client.settimeout(PATIENCE_S)
            client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._serve(client)

    def shutdown_request(self, request: Any) -> None:
        self._open.discard(request)
        super().shutdown_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Stay quiet about clients that leave, or do not trust us."""
        if not isinstance(sys.exception(), OSError):
            super().handle_error(request, client_address)

    def end_connections(self) -> None:
        for request in tuple(self._open):
            self.shutdown_request(request)


def _relay(one: socket.socket, other: socket.socket) -> None:
    """Pass bytes both ways until either side ends."""
    while True:
        waiting = [s for s in (one, other) if isinstance(s, ssl.SSLSocket) and s.pending()]
        readable = waiting or select.select([one, other], [], [])[0]
        for source in readable:
            data = source.recv(CHUNK)
            if not data:
                return
            (other if source is one else one).sendall(data)


def _line(address: Address) -> socket.socket:
    line = socket.create_connection(address, timeout=PATIENCE_S)
    line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return line


def _address(url: str) -> Address:
    parts = urlsplit(url)
    assert parts.hostname is not None
    assert parts.port is not None
    return parts.hostname, parts.port


def _head(client: socket.socket) -> list[str]:
    """Return the lines of a request up to the empty one."""
    head = b""
    while not head.endswith(b"\r\n\r\n") and len(head) < REQUEST_LIMIT:
        data = client.recv(1)
        if not data:
            break
        head += data
    return head.decode("latin-1").split("\r\n")


def _login(header: str) -> str:
    """Return the user:password of a Proxy-Authorization header, or nothing."""
    name, _, value = header.partition(": ")
    if name.lower() != "proxy-authorization":
        return ""
    try:
        return base64.b64decode(value.removeprefix("Basic ")).decode("latin-1")
    except binascii.Error:
        return ""


def main(target: str, folder: str) -> None:
    """Stand before an HTTP port until the process is told to stop."""
    stopped = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stopped.set())
    Path(folder).mkdir(parents=True, exist_ok=True)
    with TlsFront(Authority(Path(folder)), target) as front:
        sys.stdout.write(f"{front.url} authority {folder}/authority.pem\n")
        sys.stdout.flush()
        stopped.wait()


if __name__ == "__main__":
    main(*sys.argv[1:3])
