from __future__ import annotations

import gzip
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

import msgspec
import pytest
import requests
import responses
from hypothesis import given
from hypothesis import strategies as st

from connector.adapters.http import (
    ANSWER_S,
    HelpdeskSession,
    _BoundedBody,
    checked_url,
    decode,
    open_session,
    translated_errors,
)
from connector.adapters.limits import announced, announced_windows, retry_after
from connector.errors import (
    AdapterError,
    AuthenticationError,
    ProtocolError,
    RateLimitedError,
    UnavailableError,
)

URL = "https://acme.example.com"
NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)


@pytest.fixture
def mock() -> Iterator[responses.RequestsMock]:
    with responses.RequestsMock(assert_all_requests_are_fired=False) as mock:
        yield mock


@pytest.fixture
def session() -> HelpdeskSession:
    return open_session("desk", URL, most=1000)


def get(session: HelpdeskSession, path: str = "/a") -> requests.Response:
    with translated_errors("desk"):
        return session.get(URL + path)


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        (400, ProtocolError),
        (401, AuthenticationError),
        (403, AuthenticationError),
        (404, ProtocolError),
        (408, UnavailableError),
        (409, UnavailableError),
        (422, ProtocolError),
        (429, RateLimitedError),
        (500, UnavailableError),
        (502, UnavailableError),
        (503, UnavailableError),
    ],
)
def test_every_answer_that_is_no_success_is_an_error(
    session: HelpdeskSession,
    mock: responses.RequestsMock,
    status: int,
    expected: type[AdapterError],
) -> None:
    mock.get(f"{URL}/a", status=status)
    with pytest.raises(expected) as caught:
        get(session)
    assert type(caught.value) is expected
    assert caught.value.status == status


def test_the_wait_comes_with_the_error(
    session: HelpdeskSession, mock: responses.RequestsMock
) -> None:
    mock.get(f"{URL}/a", status=429, headers={"Retry-After": "93"})
    with pytest.raises(RateLimitedError) as caught:
        get(session)
    assert caught.value.retry_after_s == 93


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("7", 7.0),
        ("2.5", 2.5),
        ("-3", 0.0),
        ("", None),
        ("soon", None),
        ("Sun, 22 Nov 2026 12:01:30 GMT", 90.0),
        ("Sun, 22 Nov 2026 11:00:00 GMT", 0.0),
    ],
)
def test_retry_after_is_seconds_or_a_date_of_the_server(header: str, seconds: float | None) -> None:
    assert retry_after({"Retry-After": header}, NOW) == seconds


def test_an_error_quotes_its_name_but_not_what_people_wrote(
    session: HelpdeskSession, mock: responses.RequestsMock
) -> None:
    body = {"error": "RecordInvalid", "description": "Subject: my password is hunter2"}
    mock.get(f"{URL}/a", status=422, json=body)
    with pytest.raises(ProtocolError, match="RecordInvalid") as caught:
        get(session)
    assert "hunter2" not in str(caught.value)


def test_an_error_name_that_is_prose_is_left_out(
    session: HelpdeskSession, mock: responses.RequestsMock
) -> None:
    mock.get(f"{URL}/a", status=422, json={"error": "Dear Ann, 4 of 5 <are> broken!"})
    with pytest.raises(ProtocolError) as caught:
        get(session)
    assert "Ann" not in str(caught.value)


def test_credentials_never_stand_in_a_message(mock: responses.RequestsMock) -> None:
    session = open_session("desk", URL, auth=requests.auth.HTTPBasicAuth("ann", "hunter2"))
    mock.get(f"{URL}/a", status=401, json={"error": "invalid_token"})
    with pytest.raises(AuthenticationError) as caught:
        get(session)
    assert "hunter2" not in str(caught.value) + repr(caught.value)


def test_nothing_is_sent_to_another_host(
    session: HelpdeskSession, mock: responses.RequestsMock
) -> None:
    mock.get("https://evil.example.com/a", json={})
    with pytest.raises(ProtocolError, match=r"evil\.example\.com"):
        session.get("https://evil.example.com/a")
    assert len(mock.calls) == 0
    assert session.sent == 0


@pytest.mark.parametrize("url", ["http://acme.example.com/a", "https://acme.example.com:8443/a"])
def test_nothing_is_sent_to_another_scheme_or_port(session: HelpdeskSession, url: str) -> None:
    with pytest.raises(ProtocolError):
        session.get(url)


def test_a_redirect_to_another_host_is_refused(
    session: HelpdeskSession, mock: responses.RequestsMock
) -> None:
    mock.get(f"{URL}/a", status=302, headers={"Location": "https://evil.example.com/a"})
    mock.get("https://evil.example.com/a", json={})
    with pytest.raises(ProtocolError):
        get(session)
    assert len(mock.calls) == 1


def test_a_redirect_on_the_same_host_is_followed(
    session: HelpdeskSession, mock: responses.RequestsMock
) -> None:
    mock.get(f"{URL}/a", status=302, headers={"Location": "/b"})
    mock.get(f"{URL}/b", json={"b": 1})
    assert get(session).json() == {"b": 1}
    assert session.sent == 2


def test_redirects_without_end_are_an_error(
    session: HelpdeskSession, mock: responses.RequestsMock
) -> None:
    mock.get(f"{URL}/a", status=302, headers={"Location": "/a"})
    with pytest.raises(ProtocolError):
        get(session)


def test_a_write_is_never_redirected(
    session: HelpdeskSession, mock: responses.RequestsMock
) -> None:
    mock.put(f"{URL}/a", status=302, headers={"Location": "/b"})
    with pytest.raises(ProtocolError, match="redirect"):
        session.put(f"{URL}/a", json={})


def test_an_answer_that_is_too_large_is_cut_off(
    session: HelpdeskSession, mock: responses.RequestsMock
) -> None:
    mock.get(f"{URL}/a", body=b"x" * 1001)
    with pytest.raises(ProtocolError, match="larger"):
        get(session)


def test_an_answer_of_just_the_largest_size_is_read(
    session: HelpdeskSession, mock: responses.RequestsMock
) -> None:
    mock.get(f"{URL}/a", body=b"x" * 1000)
    assert len(get(session).content) == 1000


def test_an_error_that_is_too_large_is_still_told_by_its_status(
    session: HelpdeskSession, mock: responses.RequestsMock
) -> None:
    mock.get(f"{URL}/a", status=503, body=b"x" * 1001)
    with pytest.raises(UnavailableError, match="503"):
        get(session)


def test_a_packed_answer_is_bounded_by_its_unpacked_size(
    session: HelpdeskSession, mock: responses.RequestsMock
) -> None:
    packed = gzip.compress(b"x" * 1001)
    mock.get(f"{URL}/a", body=packed, headers={"Content-Encoding": "gzip"})
    assert len(packed) < 100
    with pytest.raises(ProtocolError, match="larger"):
        get(session)


class Dripping:
    """A body that comes byte by byte, a minute apart: no silence is too long, but the whole is."""

    def __init__(self) -> None:
        self.now = 0.0

    def clock(self) -> float:
        return self.now

    def read1(self, _: int, *, decode_content: bool) -> bytes:
        self.now += 59
        return b" "


def test_an_answer_that_drips_is_cut_off() -> None:
    raw = Dripping()
    with pytest.raises(UnavailableError, match="takes longer"):
        list(_BoundedBody(raw, 1000, raw.clock).stream())
    assert raw.now <= ANSWER_S + 59


@contextmanager
def line(*sent: bytes) -> Iterator[str]:
    """Serve one connection on loopback that answers so and then falls silent until the end."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        over = threading.Event()

        def serve() -> None:
            connection, _ = listening.accept()
            with connection:
                connection.recv(65_536)
                for piece in sent:
                    connection.sendall(piece)
                over.wait(10)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        over.set()
        thread.join(10)


@pytest.mark.parametrize(
    "sent", [(), (b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n", b"{")], ids=["head", "body"]
)
def test_a_silence_ends_in_our_error(sent: tuple[bytes, ...]) -> None:
    with (
        line(*sent) as url,
        open_session("desk", url, timeout_s=(1.0, 0.1)) as session,
        pytest.raises(UnavailableError),
        translated_errors("desk"),
    ):
        session.get(f"{url}/a")


@pytest.mark.parametrize("length", [b"Content-Length: 9", b"Transfer-Encoding: chunked"])
def test_a_body_shorter_than_promised_is_our_error(length: bytes) -> None:
    body = b"9\r\n{" if b"chunked" in length else b"{"
    with (
        closing_line(b"HTTP/1.1 200 OK\r\n" + length + b"\r\n\r\n" + body) as url,
        open_session("desk", url) as session,
        pytest.raises(UnavailableError),
        translated_errors("desk"),
    ):
        session.get(f"{url}/a")


@contextmanager
def closing_line(sent: bytes) -> Iterator[str]:
    """Serve one connection on loopback that is closed right after the answer."""
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def serve() -> None:
            connection, _ = listening.accept()
            with connection:
                connection.recv(65_536)
                connection.sendall(sent)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        thread.join(10)


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (requests.ConnectionError("refused"), UnavailableError),
        (requests.exceptions.ReadTimeout("slow"), UnavailableError),
        (requests.exceptions.ChunkedEncodingError("cut"), UnavailableError),
        (requests.exceptions.ContentDecodingError("gzip"), UnavailableError),
        (requests.exceptions.ProxyError("proxy"), UnavailableError),
        (requests.exceptions.SSLError("self-signed"), ProtocolError),
        (requests.exceptions.InvalidURL("url"), ProtocolError),
    ],
)
def test_a_broken_connection_is_our_error(
    session: HelpdeskSession,
    mock: responses.RequestsMock,
    error: Exception,
    expected: type[AdapterError],
) -> None:
    mock.get(f"{URL}/a", body=error)
    with pytest.raises(expected) as caught:
        get(session)
    assert caught.value.__cause__ is error


@pytest.mark.parametrize(
    ("body", "content_type", "expected"),
    [
        (b'{"a": 1', "application/json", UnavailableError),
        (b"", "application/json", UnavailableError),
        (b"\xff\xfe", "application/json", UnavailableError),
        (b"<html>Maintenance</html>", "text/html; charset=utf-8", UnavailableError),
        (b'{"a": "text"}', "application/json", ProtocolError),
        (b"[]", "application/json", ProtocolError),
    ],
)
def test_an_unreadable_answer_is_worth_a_try_and_a_wrong_one_is_not(
    session: HelpdeskSession,
    mock: responses.RequestsMock,
    body: bytes,
    content_type: str,
    expected: type[AdapterError],
) -> None:
    mock.get(f"{URL}/a", body=body, content_type=content_type)
    response = get(session)
    with pytest.raises(expected):
        decode("desk", response, msgspec.json.Decoder(dict[str, int]))


def test_limits_and_the_servers_time_are_remembered(
    session: HelpdeskSession, mock: responses.RequestsMock
) -> None:
    headers = {
        "Date": "Sun, 22 Nov 2026 12:00:00 GMT",
        "X-Rate-Limit": "700",
        "X-Rate-Limit-Remaining": "12",
        "zendesk-ratelimit-incremental-exports": "total=10; remaining=0; resets=31",
    }
    mock.get(f"{URL}/a", json={}, headers=headers)
    get(session)
    assert session.server_time == NOW
    assert session.limits is not None
    assert (session.limits.total, session.limits.remaining) == (700, 12)
    window = session.windows["incremental-exports"]
    assert (window.total, window.remaining, window.resets_in_s) == (10, 0, 31)


@pytest.mark.parametrize(
    "headers",
    [
        {"X-Rate-Limit": "400", "X-Rate-Limit-Remaining": "390"},
        {"ratelimit-limit": "400", "ratelimit-remaining": "390", "ratelimit-reset": "13"},
        {"rate-limit": "400", "rate-limit-remaining": "390", "rate-limit-reset": "13"},
        {"X-RateLimit-Limit": "400", "X-RateLimit-Remaining": "390"},
    ],
)
def test_each_family_of_limit_headers_is_read(headers: dict[str, str]) -> None:
    limits = announced(requests.structures.CaseInsensitiveDict(headers))
    assert limits is not None
    assert (limits.total, limits.remaining) == (400, 390)


def test_the_older_spelling_of_a_window_is_read() -> None:
    headers = {"zendesk-rate-limit-tickets-index": "total=100; remaining=99; resets=60"}
    assert announced_windows(headers)["tickets-index"].total == 100


@given(st.dictionaries(st.text(max_size=20), st.text(max_size=40)))
def test_no_header_breaks_the_reading_of_limits(headers: dict[str, str]) -> None:
    announced(headers)
    announced_windows(headers)
    retry_after(headers, NOW)


@given(st.text(max_size=40))
def test_no_wait_is_ever_below_nothing(header: str) -> None:
    wait = retry_after({"Retry-After": header}, NOW)
    assert wait is None or wait >= 0


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("https://acme.example.com", "https://acme.example.com"),
        ("https://acme.example.com/", "https://acme.example.com"),
        ("https://acme.example.com:8443", "https://acme.example.com:8443"),
        ("http://127.0.0.1:8080", "http://127.0.0.1:8080"),
        ("http://localhost:8080", "http://localhost:8080"),
        ("http://[::1]:8080", "http://[::1]:8080"),
    ],
)
def test_an_address_is_reduced_to_its_origin(given: str, expected: str) -> None:
    assert checked_url(given) == expected


@pytest.mark.parametrize(
    "text",
    [
        "",
        "acme",
        "acme.example.com",
        "ftp://acme.example.com",
        "https://",
        "http://acme.example.com",
        "http://127.0.0.1.evil.example",
        "https://ann:secret@acme.example.com",
        "https://acme.example.com/api/v2",
        "https://acme.example.com?x=1",
        "https://acme.example.com:port",
    ],
)
def test_an_address_that_leads_elsewhere_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        checked_url(text)
