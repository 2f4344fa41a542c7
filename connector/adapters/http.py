"""What every adapter that speaks HTTP shares: a guarded session, and errors in our own words.

The session sends nothing to any other origin than the configured one, bounds the size of every
answer, and raises our error for every answer that is no success, so a vendor library's own
retrying and sleeping never starts.
"""

from __future__ import annotations

import ipaddress
import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any, TypeVar
from urllib.parse import urlsplit

import msgspec
import requests
from requests.adapters import HTTPAdapter

from connector.adapters.limits import announced, announced_windows, http_date, retry_after
from connector.errors import (
    AdapterError,
    AuthenticationError,
    ProtocolError,
    RateLimitedError,
    UnavailableError,
)
from connector.model.page import Limits

T = TypeVar("T")
TIMEOUT_S = (10.0, 60.0)
"""How long connecting, and then each silence, may last."""

ANSWER_S = 300.0
MAX_BODY = 256 * 1024 * 1024
MAX_ERROR_BODY = 64 * 1024
MAX_REDIRECTS = 3
CHUNK = 64 * 1024
_ERROR_NAME = re.compile(r"[A-Za-z][A-Za-z_ ]{0,60}")
_STATUS_NOT_AUTHORISED = (401, 403)
_STATUS_TRY_LATER = (408, 409, 425)
_REDIRECTS = (301, 302, 303, 307, 308)


def checked_url(text: str) -> str:
    """Return the origin of a helpdesk's address; raise ValueError for anything but an origin.

    Plain http is allowed to loopback only, because the credentials travel with every request.
    """
    parts = urlsplit(text.strip())
    if parts.scheme not in {"https", "http"} or not parts.hostname:
        raise ValueError("is not an address like https://acme.example.com")
    if parts.username or parts.password:
        raise ValueError("must not hold credentials")
    if parts.path not in {"", "/"} or parts.query or parts.fragment:
        raise ValueError("must be the address alone, without a path")
    if parts.scheme == "http" and not is_loopback(parts.hostname):
        raise ValueError("must start with https:// (plain http is for loopback only)")
    _ = parts.port  # raises ValueError when it is no number
    return f"{parts.scheme}://{parts.netloc}"


def checked_address(text: str) -> str:
    """Return the address of a helpdesk that may live in a folder of its server, without a slash.

    Raises ValueError for what `checked_url` refuses, but for the folder.
    """
    parts = urlsplit(text.strip())
    origin_alone = parts._replace(path="").geturl()
    return checked_url(origin_alone) + parts.path.rstrip("/")


def is_loopback(host: str) -> bool:
    """Tell whether a host name means this machine."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


class _BoundedBody:
    """The raw answer, which stops with an error once it is larger or slower than it may be."""

    def __init__(self, raw: Any, most: int, clock: Callable[[], float]) -> None:
        self._raw = raw
        self._most = most
        self._clock = clock
        self._begun = clock()

    def stream(self, _: int | None = None, *, decode_content: bool = True) -> Iterator[bytes]:
        """Yield the decoded body piece by piece as it comes, up to the bounds."""
        seen = 0
        while chunk := self._raw.read1(CHUNK, decode_content=decode_content):
            seen += len(chunk)
            if seen > self._most:
                raise ProtocolError(f"the answer is larger than {self._most:,} bytes")
            if self._clock() - self._begun > ANSWER_S:
                raise UnavailableError(f"the answer takes longer than {ANSWER_S:.0f} s")
            yield chunk

    def __getattr__(self, name: str) -> Any:
        return getattr(self._raw, name)


class HelpdeskSession(requests.Session):
    """A session for one origin; counts its requests and remembers the announced limits."""

    def __init__(self, kind: str, url: str, *, timeout_s: tuple[float, float], most: int) -> None:
        """Guard everything that is sent to, or comes back from, `url`."""
        super().__init__()
        self.kind = kind
        self.url = checked_url(url)
        self.max_redirects = MAX_REDIRECTS
        self.sent = 0
        self.limits: Limits | None = None
        self.windows: dict[str, Limits] = {}
        self.server_time: datetime | None = None
        self._timeout_s = timeout_s
        self._most = most
        self.hooks["response"].append(self._judge)
        # retrying is decided in one wrapper, so the transport itself never repeats a request
        self.mount(self.url, HTTPAdapter(max_retries=0))

    @property
    def announced(self) -> dict[str, Limits]:
        """Return the limits last announced, by window; `""` is the one of the whole account."""
        return self.windows | ({"": self.limits} if self.limits else {})

    def send(self, request: requests.PreparedRequest, **kwargs: Any) -> requests.Response:
        """Send one request, refusing other origins; redirects of reads pass here again."""
        if origin(request.url or "") != origin(self.url):
            host = urlsplit(request.url or "").hostname
            raise ProtocolError(
                f"{self.kind}: refused to follow a link to {host}; see the url option"
            )
        if kwargs.get("timeout") is None:
            kwargs["timeout"] = self._timeout_s
        if request.method != "GET":
            kwargs["allow_redirects"] = False
        self.sent += 1
        return super().send(request, **kwargs)

    def _judge(self, response: requests.Response, *_: Any, **__: Any) -> requests.Response:
        most = self._most if response.ok else min(self._most, MAX_ERROR_BODY)
        response.raw = _BoundedBody(response.raw, most, time.monotonic)
        self.server_time = http_date(response.headers.get("Date")) or self.server_time
        self.limits = announced(response.headers) or self.limits
        self.windows |= announced_windows(response.headers)
        follows = response.status_code in _REDIRECTS and response.request.method == "GET"
        if not response.ok or (response.status_code in _REDIRECTS and not follows):
            raise refusal(self.kind, response, self.server_time)
        return response


def open_session(
    kind: str,
    url: str,
    *,
    auth: requests.auth.AuthBase | None = None,
    timeout_s: tuple[float, float] = TIMEOUT_S,
    most: int = MAX_BODY,
) -> HelpdeskSession:
    """Return a session for one helpdesk; proxies and authorities come from the environment."""
    session = HelpdeskSession(kind, url, timeout_s=timeout_s, most=most)
    session.auth = auth
    session.headers["User-Agent"] = "helpdesk-goal-connector"
    session.headers["Accept"] = "application/json"
    return session


def origin(url: str) -> tuple[str, str, int | None]:
    """Return scheme, host and port: what decides who gets our credentials."""
    parts = urlsplit(url)
    port = parts.port or {"https": 443, "http": 80}.get(parts.scheme)
    return parts.scheme, (parts.hostname or "").lower(), port


def refusal(kind: str, response: requests.Response, now: datetime | None) -> AdapterError:
    """Return our error for an answer that is no success; it quotes nothing but the error's name."""
    status = response.status_code
    wait_s = retry_after(response.headers, now)
    path = urlsplit(response.url).path
    message = f"{kind} answered {status}{_error_name(response)} to {response.request.method} {path}"
    if status in _STATUS_NOT_AUTHORISED:
        return AuthenticationError(
            f"{message}; check the credentials and their role", status=status
        )
    error: Callable[..., AdapterError] = ProtocolError
    if status == requests.codes.too_many_requests:
        error = RateLimitedError
    elif status >= requests.codes.server_error or status in _STATUS_TRY_LATER:
        error = UnavailableError
    elif status in _REDIRECTS:
        host = urlsplit(response.headers.get("Location", "")).hostname
        message = f"{message}, a redirect to {host or 'another path'}; see the url option"
    return error(message, status=status, retry_after_s=wait_s)


def _error_name(response: requests.Response) -> str:
    try:
        name = msgspec.json.decode(response.content, type=dict[str, Any]).get("error")
    except (
        msgspec.MsgspecError,
        UnicodeDecodeError,
        requests.RequestException,
        AdapterError,
    ):
        return ""  # the status says enough
    # a description may quote what a person wrote; the name of an error never does
    return f" {name}" if isinstance(name, str) and _ERROR_NAME.fullmatch(name) else ""


@contextmanager
def translated_errors(kind: str) -> Iterator[None]:
    """Turn broken connections and unreadable answers into our errors, without quoting them."""
    try:
        yield
    except requests.exceptions.SSLError as error:
        raise ProtocolError(
            f"{kind}: the certificate is not trusted; see REQUESTS_CA_BUNDLE"
        ) from error
    except requests.exceptions.ProxyError as error:
        raise UnavailableError(f"{kind}: the proxy does not answer; see HTTPS_PROXY") from error
    except (requests.exceptions.TooManyRedirects, requests.exceptions.InvalidURL) as error:
        raise ProtocolError(f"{kind}: the address leads nowhere; see the url option") from error
    except requests.exceptions.Timeout as error:
        raise UnavailableError(f"{kind} did not answer in time") from error
    except requests.exceptions.JSONDecodeError as error:
        raise UnavailableError(f"{kind} sent unreadable JSON") from error
    except requests.exceptions.ConnectionError as error:
        raise UnavailableError(f"{kind} cannot be reached, or broke the connection off") from error
    except requests.exceptions.ChunkedEncodingError as error:
        raise UnavailableError(f"{kind} broke its answer off") from error
    except requests.RequestException as error:
        raise UnavailableError(
            f"{kind}: {type(error).__name__} while reading the answer"
        ) from error


def decode(kind: str, response: requests.Response, decoder: msgspec.json.Decoder[T]) -> T:
    """Decode an answer once, straight from its bytes.

    Text that is no JSON is worth another try; JSON of another shape than promised is not.
    """
    if "html" in response.headers.get("Content-Type", ""):
        raise UnavailableError(f"{kind} answered {_path(response)} with a web page instead of JSON")
    try:
        return decoder.decode(response.content)
    except msgspec.ValidationError as error:
        raise ProtocolError(
            f"{kind} answered {_path(response)} in another shape: {error}"
        ) from error
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise UnavailableError(f"{kind} answered {_path(response)} with unreadable JSON") from error


def _path(response: requests.Response) -> str:
    return urlsplit(response.url).path
