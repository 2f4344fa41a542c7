"""Credentials of a Zendesk account: asked before every request, renewed, never shown."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests
import responses
from pydantic import SecretStr

from connector.adapters.registry import checked_options
from connector.adapters.retrying import RetryingAdapter
from connector.adapters.zendesk.adapter import ZendeskAdapter
from connector.adapters.zendesk.auth import LARGEST_ANSWER, ClientCredentials
from connector.adapters.zendesk.client import ZendeskClient
from connector.adapters.zendesk.credentials import credentials
from connector.adapters.zendesk.settings import ZendeskSettings
from connector.cli.first_config import render_config
from connector.config.secrets import resolve_secrets
from connector.config.settings import load_settings
from connector.errors import (
    AdapterError,
    AuthenticationError,
    ProtocolError,
    RateLimitedError,
    UnavailableError,
)
from connector.model.change import Outcome, TicketChange
from connector.model.page import Stream
from connector.model.ticket import Person, Role
from tests.contract.adapter_contract import Reading, write
from tests.fakes.zendesk import URL, FakeZendesk, TokenDesk

SECRET = "hunter2"


class Clock:
    """A monotonic clock that a test moves."""

    def __init__(self) -> None:
        self.at = 5_000.0

    def __call__(self) -> float:
        return self.at


@pytest.fixture
def mock() -> Iterator[responses.RequestsMock]:
    with responses.RequestsMock(assert_all_requests_are_fired=False) as mock:
        yield mock


@pytest.fixture
def tokens(mock: responses.RequestsMock) -> TokenDesk:
    return TokenDesk(mock, client_id="goals", client_secret=SECRET)


@pytest.fixture
def desk(mock: responses.RequestsMock, tokens: TokenDesk) -> FakeZendesk:
    return FakeZendesk(mock, page_size=2, tokens=tokens)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def provider(tokens: TokenDesk, clock: Clock) -> Iterator[ClientCredentials]:
    provider = ClientCredentials(URL, "goals", SecretStr(SECRET), clock=clock)
    yield provider
    provider.close()


def settings(secret: str = SECRET) -> ZendeskSettings:
    return ZendeskSettings(url=URL, client_id="goals", client_secret=SecretStr(secret))


def connect(secret: str = SECRET) -> ZendeskAdapter:
    return ZendeskAdapter(settings(secret), watched_fields=frozenset())


def test_the_grant_names_the_client_its_scopes_and_a_lifetime(
    tokens: TokenDesk, provider: ClientCredentials
) -> None:
    assert provider.header() == "Bearer token-1"
    (request,) = tokens.asked
    assert request.method == "POST"
    assert request.url == f"{URL}/oauth/tokens"
    assert request.headers["Content-Type"] == "application/json"
    assert json.loads(request.body or "") == {
        "grant_type": "client_credentials",
        "client_id": "goals",
        "client_secret": SECRET,
        "scope": "read write",
        "expires_in": 1800,
    }


def test_no_token_is_asked_for_before_it_is_needed(tokens: TokenDesk) -> None:
    with connect() as adapter:
        assert adapter.requests == 0
    assert tokens.asked == []


def test_a_token_serves_until_shortly_before_its_end(
    tokens: TokenDesk, provider: ClientCredentials, clock: Clock
) -> None:
    tokens.expires_in = 1800
    headers = []
    for passed in (0, 1739, 1, 1739, 1):
        clock.at += passed
        headers.append(provider.header())
    assert [header[-1] for header in headers] == ["1", "1", "2", "2", "3"]


def test_a_token_without_an_end_serves_for_good(
    tokens: TokenDesk, provider: ClientCredentials, clock: Clock
) -> None:
    tokens.expires_in = None
    first = provider.header()
    clock.at += 10 * 365 * 24 * 3600
    assert provider.header() == first


def test_a_token_that_lives_shorter_than_the_margin_is_used_all_the_same(
    tokens: TokenDesk, provider: ClientCredentials, clock: Clock
) -> None:
    tokens.expires_in = 40
    assert provider.header() == provider.header()
    clock.at += 20
    assert provider.header() == "Bearer token-2"


def test_the_time_a_token_takes_to_arrive_counts_as_spent(
    mock: responses.RequestsMock, clock: Clock
) -> None:
    def slowly(_: requests.PreparedRequest) -> tuple[int, dict[str, str], str]:
        clock.at += 90
        return 200, {}, '{"access_token": "slow", "expires_in": 400}'

    mock.add_callback("POST", f"{URL}/oauth/tokens", callback=slowly)
    provider = ClientCredentials(URL, "goals", SecretStr(SECRET), clock=clock)
    provider.header()
    clock.at += 249
    provider.header()
    assert len(mock.calls) == 1
    clock.at += 1
    provider.header()
    assert len(mock.calls) == 2


def test_an_expired_token_is_renewed_once_and_the_request_repeated(
    desk: FakeZendesk, tokens: TokenDesk
) -> None:
    client = ZendeskClient(settings())
    client.fetch("users/me")
    tokens.revoke()
    client.fetch("users/me")
    assert len(tokens.asked) == 2
    signed = [request.headers["Authorization"] for request in desk.asked]
    assert signed == ["Bearer token-1", "Bearer token-1", "Bearer token-2"]
    assert client.sent == 5


def test_zenpy_too_goes_on_with_a_new_token(desk: FakeZendesk, tokens: TokenDesk) -> None:
    with connect() as adapter:
        before = adapter.check()
        tokens.revoke()
        assert adapter.check() == before


def test_a_fresh_token_that_is_refused_is_the_end_with_advice(
    desk: FakeZendesk, tokens: TokenDesk
) -> None:
    tokens.uses = 0
    with connect() as adapter, pytest.raises(AuthenticationError, match="active admin") as caught:
        adapter.read(Stream.TICKETS)
    assert caught.value.status == 401
    assert len(tokens.asked) == 2
    assert len(desk.asked) == 2


def test_a_403_renews_nothing(desk: FakeZendesk, tokens: TokenDesk) -> None:
    client = ZendeskClient(settings())
    desk.reply_next(403)
    with pytest.raises(AuthenticationError):
        client.fetch("users/me")
    assert len(tokens.asked) == 1


def test_credentials_that_cannot_be_renewed_are_asked_once(mock: responses.RequestsMock) -> None:
    desk = FakeZendesk(mock)
    fixed = ZendeskSettings(url=URL, access_token=SecretStr("stolen"))
    with pytest.raises(AuthenticationError) as caught:
        ZendeskClient(fixed).fetch("users/me")
    assert caught.value.status == 401
    assert len(desk.asked) == 1


def test_a_wrong_secret_says_where_to_look_and_is_tried_once(
    desk: FakeZendesk, tokens: TokenDesk
) -> None:
    with connect("wrong") as adapter, pytest.raises(AuthenticationError) as caught:
        adapter.read(Stream.TICKETS)
    message = str(caught.value)
    assert "client_id or client_secret is wrong" in message
    assert "environment variable" in message
    assert len(tokens.asked) == 1
    assert desk.asked == []


def test_a_secret_that_is_changed_in_mid_run_says_where_to_look(
    desk: FakeZendesk, tokens: TokenDesk
) -> None:
    with connect() as adapter:
        adapter.read(Stream.TICKETS)
        tokens.revoke()
        tokens.client_secret = "changed"
        with pytest.raises(AuthenticationError, match="client_secret is wrong") as caught:
            adapter.read(Stream.TICKETS)
    assert "active admin" not in str(caught.value)
    assert len(tokens.asked) == 2


@pytest.mark.parametrize("status", [400, 403, 404, 410, 422])
def test_a_refused_token_call_is_never_taken_for_the_answer_to_a_request(
    desk: FakeZendesk, tokens: TokenDesk, status: int
) -> None:
    tokens.reply = (status, '{"error": "invalid_scope"}')
    with connect() as adapter:
        for call in (adapter.discover, lambda: adapter.read(Stream.TICKETS, "1767603600:c1")):
            with pytest.raises(AuthenticationError, match="client_id") as caught:
                call()
            assert caught.value.status is None
    assert len(tokens.asked) == 2


@pytest.mark.parametrize(
    ("status", "body", "expected"),
    [
        (429, "{}", RateLimitedError),
        (503, "{}", UnavailableError),
        (200, "{", UnavailableError),
        (200, "<html>", UnavailableError),
        (200, "{}", ProtocolError),
        (200, '{"access_token": ""}', ProtocolError),
        (200, '{"access_token": "a\\r\\nX-Evil: 1"}', ProtocolError),
        (200, '{"access_token": "abc\\n"}', ProtocolError),
        (200, " " * (LARGEST_ANSWER + 1), ProtocolError),
        (302, "", ProtocolError),
    ],
)
def test_a_token_call_that_goes_wrong_is_our_error(
    tokens: TokenDesk,
    provider: ClientCredentials,
    status: int,
    body: str,
    expected: type[AdapterError],
) -> None:
    tokens.reply = (status, body)
    with pytest.raises(expected) as caught:
        provider.header()
    assert type(caught.value) is expected
    assert "Evil" not in str(caught.value)


def test_a_token_call_that_finds_nobody_is_our_error(mock: responses.RequestsMock) -> None:
    mock.post(f"{URL}/oauth/tokens", body=requests.ConnectionError("refused"))
    with pytest.raises(UnavailableError):
        ClientCredentials(URL, "goals", SecretStr(SECRET)).header()


def test_a_token_call_that_fails_for_now_is_tried_again(
    desk: FakeZendesk, tokens: TokenDesk
) -> None:
    tokens.reply = (503, "{}")
    slept: list[float] = []

    def sleep(seconds: float) -> None:
        slept.append(seconds)
        tokens.reply = None

    with connect() as bare:
        assert RetryingAdapter(bare, sleep=sleep).check().role == "admin"
    assert slept == [1]


def test_the_token_call_is_not_signed_by_a_netrc_file(
    tokens: TokenDesk,
    provider: ClientCredentials,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    netrc = tmp_path / "netrc"
    host = urlsplit(URL).hostname
    netrc.write_text(f"machine {host} login ann password hunter3\n")
    monkeypatch.setenv("NETRC", str(netrc))
    provider.header()
    assert "Authorization" not in tokens.asked[0].headers


def test_a_closed_line_has_forgotten_its_token(
    tokens: TokenDesk, provider: ClientCredentials
) -> None:
    provider.header()
    provider.close()
    provider.close()
    assert "token-1" not in str(vars(provider))
    assert provider.header() == "Bearer token-2"


@pytest.mark.parametrize("status", [400, 401, 403, 503])
def test_secrets_are_never_shown(
    desk: FakeZendesk, tokens: TokenDesk, caplog: pytest.LogCaptureFixture, status: int
) -> None:
    caplog.set_level("DEBUG")
    with connect() as adapter:
        adapter.read(Stream.TICKETS)
        provider = adapter._client.credentials
        shown = [repr(provider), str(vars(provider)), repr(settings())]
        tokens.revoke()
        tokens.reply = (status, json.dumps({"error": "bad", "error_description": SECRET}))
        with pytest.raises(AdapterError) as caught:
            adapter.read(Stream.TICKETS)
    error: BaseException | None = caught.value
    while error is not None:
        shown += [str(error), repr(error)]
        error = error.__cause__ or error.__context__
    everything = "\n".join([*shown, caplog.text])
    assert SECRET not in everything
    assert "token-1" not in everything


@pytest.mark.parametrize("uses", [1, 2, 3])
@pytest.mark.parametrize("stream", [Stream.TICKETS, Stream.EVENTS, Stream.PEOPLE])
def test_no_page_is_lost_or_doubled_when_tokens_expire_on_the_way(
    desk: FakeZendesk, tokens: TokenDesk, stream: Stream, uses: int
) -> None:
    for place in range(9):
        desk.put()
        desk.desk.add_person(Person(id=str(900 + place), role=Role.CUSTOMER))
        desk.advance(60)
    desk.event_page_size = 4
    desk.advance(60)
    with connect() as adapter:
        undisturbed = Reading(adapter, stream)
    tokens.uses = uses
    with connect() as adapter:
        disturbed = Reading(adapter, stream)
    assert disturbed.versions() == undisturbed.versions()
    assert len(disturbed.pages) == len(undisturbed.pages) >= 2
    assert len(tokens.asked) > 2


def test_a_write_is_done_once_when_the_token_expires_on_the_way(
    desk: FakeZendesk, tokens: TokenDesk
) -> None:
    ticket_id = desk.put()
    with connect() as adapter:
        adapter.check()
        tokens.revoke()
        results = write(adapter, TicketChange(ticket_id=ticket_id, add_tags=("goal_x",)))
    assert results[ticket_id].outcome == Outcome.WRITTEN
    assert len(desk.jobs) == 1


def test_an_api_token_is_advised_against_and_a_client_is_not() -> None:
    old = ZendeskSettings(url=URL, email="a@example.com", token=SecretStr("t"))
    assert "2027-04-30" in credentials(old).advice
    assert credentials(settings()).advice == ""


CREDENTIALS: dict[str, Any] = {
    "client_id": "goals",
    "client_secret": SecretStr("s"),
    "access_token": SecretStr("a"),
    "email": "a@example.com",
    "token": SecretStr("t"),
}


@pytest.mark.parametrize(
    ("names", "header"),
    [
        ("client_id client_secret", "Bearer token-1"),
        ("access_token", "Bearer a"),
        ("email token", "Basic YUBleGFtcGxlLmNvbS90b2tlbjp0"),
    ],
)
def test_each_kind_of_credentials_signs_in_its_own_way(
    tokens: TokenDesk, names: str, header: str
) -> None:
    tokens.client_secret = "s"
    given = {name: CREDENTIALS[name] for name in names.split()}
    assert credentials(ZendeskSettings(url=URL, **given)).header() == header


@pytest.mark.parametrize(
    ("names", "message"),
    [
        ("", "needs credentials: client_id and client_secret, or access_token, or email and token"),
        ("client_id", "needs client_secret beside client_id"),
        ("client_secret", "needs client_id beside client_secret"),
        ("email", "needs token beside email"),
        ("token", "needs email beside token"),
        (
            "client_id client_secret access_token",
            "needs one kind of credentials, not 2: client_id and client_secret, or access_token",
        ),
        ("client_id token", "not 2: client_id and client_secret, or email and token"),
        ("client_id client_secret access_token email token", "not 3"),
    ],
)
def test_just_one_kind_of_credentials_is_taken(names: str, message: str) -> None:
    given = {name: CREDENTIALS[name] for name in names.split()}
    with pytest.raises(ValueError, match=message):
        ZendeskSettings(url=URL, **given)


def test_credentials_that_are_empty_are_not_there() -> None:
    with pytest.raises(ValueError, match="needs client_secret beside client_id"):
        ZendeskSettings(url=URL, client_id="goals", client_secret=SecretStr(""))


EXAMPLE = (Path(__file__).parents[2] / "config.example.toml").read_text(encoding="utf-8")


@pytest.mark.parametrize("text", [EXAMPLE, render_config()], ids=["example", "init"])
def test_the_configs_we_ship_name_options_that_the_adapter_takes(text: str, tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_text(text, encoding="utf-8")
    (helpdesk,) = load_settings(tmp_path / "config.toml", {}).helpdesk
    environ = {"ZENDESK_CLIENT_SECRET": "s"}
    options = resolve_secrets(helpdesk.options, environ, tmp_path, helpdesk.name)
    taken = checked_options(helpdesk, options)
    assert isinstance(taken, ZendeskSettings)
    assert taken.client_id == "goal_connector"


def test_the_vendors_own_example_of_a_token_is_read(shared: Path, tokens: TokenDesk) -> None:
    file = shared / "fixtures" / "zendesk" / "oauth_vendor-spec_tokens.json"
    example = json.loads(file.read_text())["interactions"][0]["response"]
    tokens.reply = (example["status"], json.dumps(example["body"]))
    provider = ClientCredentials(URL, "goals", SecretStr(SECRET), clock=Clock())
    assert provider.header() == f"Bearer {example['body']['access_token']}"
    assert provider._renew_at == Clock().at + 86_400 - 60
