"""Proxies and own certificate authorities, as the environment names them, on real connections."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from pydantic import SecretStr

from connector.adapters.zendesk.adapter import ZendeskAdapter
from connector.adapters.zendesk.settings import ZendeskSettings
from connector.errors import ProtocolError, UnavailableError
from connector.model.page import Stream
from connector.practice.helpdesk import ADMIN_EMAIL, TOKEN, USUAL
from connector.practice.seed import empty_world
from connector.practice.server import PracticeServer
from tests.cli.cli import NOW, Cli, write_folder
from tests.conftest import PUBLIC_HOST
from tests.practice.clients.tls import Authority, ConnectProxy, TlsFront

PUBLIC_URL = f"https://{PUBLIC_HOST}"
VARIABLES = ("HTTPS_PROXY", "HTTP_PROXY", "ALL_PROXY", "NO_PROXY", "CURL_CA_BUNDLE")
ADMIN_NAME = "Goal Connector"
LOGIN = "goals:secret"


@dataclass
class Desk:
    """A helpdesk behind TLS, reached by its port or, through a proxy, by its public name."""

    server: PracticeServer
    front: TlsFront
    proxy: ConnectProxy


@pytest.fixture(autouse=True)
def trusted(authority: Authority, monkeypatch: pytest.MonkeyPatch) -> None:
    """Trust the authority, and know of no proxy but those that a test names."""
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(authority.certificate))


@pytest.fixture
def desk(authority: Authority) -> Iterator[Desk]:
    with (
        PracticeServer(empty_world(NOW)) as server,
        TlsFront(authority, server.url) as front,
        ConnectProxy({f"{PUBLIC_HOST}:443": front.url}) as proxy,
    ):
        yield Desk(server, front, proxy)


def checked(url: str) -> str:
    """Return who the adapter says it is at an address, having read a page too."""
    settings = ZendeskSettings(url=url, email=ADMIN_EMAIL, token=SecretStr(TOKEN))
    return asked(settings)


def asked(settings: ZendeskSettings) -> str:
    adapter = ZendeskAdapter(settings, watched_fields=frozenset())
    try:
        assert len(adapter.read(Stream.GROUPS).records) > 0
        return adapter.check().name
    finally:
        adapter.close()


def test_an_own_authority_is_trusted(desk: Desk) -> None:
    assert checked(desk.front.url) == ADMIN_NAME
    assert desk.server.desk.served > 0


def test_an_authority_that_nobody_named_is_not(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("REQUESTS_CA_BUNDLE")
    with pytest.raises(ProtocolError, match="REQUESTS_CA_BUNDLE"):
        checked(desk.front.url)
    assert desk.server.desk.served == 0


def test_a_certificate_for_another_host_is_refused(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    with ConnectProxy({"other.zendesk.com:443": desk.front.url}) as proxy:
        monkeypatch.setenv("HTTPS_PROXY", proxy.url)
        with pytest.raises(ProtocolError, match="not trusted"):
            checked("https://other.zendesk.com")
    assert desk.server.desk.served == 0


def test_a_proxy_is_used(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", desk.proxy.url)
    assert checked(PUBLIC_URL) == ADMIN_NAME
    assert set(desk.proxy.asked) == {f"{PUBLIC_HOST}:443"}


def test_tokens_are_fetched_through_the_proxy_too(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", desk.proxy.url)
    settings = ZendeskSettings(
        url=PUBLIC_URL,
        client_id=USUAL.client_id,
        client_secret=SecretStr(USUAL.client_secret),
    )
    assert asked(settings) == ADMIN_NAME
    assert len(desk.proxy.asked) >= 2  # one line for tokens, one for all else


def test_a_proxy_gets_the_login_in_its_address(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    with ConnectProxy({f"{PUBLIC_HOST}:443": desk.front.url}, login=LOGIN) as proxy:
        monkeypatch.setenv("HTTPS_PROXY", proxy.url)
        assert checked(PUBLIC_URL) == ADMIN_NAME
        monkeypatch.setenv("HTTPS_PROXY", proxy.url.replace(LOGIN, "goals:guess"))
        with pytest.raises(UnavailableError, match="HTTPS_PROXY") as caught:
            checked(PUBLIC_URL)
    assert "guess" not in str(caught.value)


def test_hosts_in_no_proxy_are_reached_directly(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", desk.proxy.url)
    monkeypatch.setenv("NO_PROXY", "localhost")
    assert checked(desk.front.url) == ADMIN_NAME
    assert desk.proxy.asked == []


def test_a_proxy_that_is_not_there_is_named(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    with ConnectProxy({}) as gone:
        pass
    monkeypatch.setenv("HTTPS_PROXY", gone.url)
    with pytest.raises(UnavailableError, match="HTTPS_PROXY"):
        checked(PUBLIC_URL)
    assert desk.server.desk.served == 0


def test_a_whole_run_goes_through_proxy_and_tls(
    desk: Desk, authority: Authority, tmp_path: Path
) -> None:
    cli = Cli(write_folder(tmp_path / "job", PUBLIC_URL))
    cli.environ = {
        "HTTPS_PROXY": desk.proxy.url,
        "REQUESTS_CA_BUNDLE": str(authority.certificate),
    }
    desk.server.desk.url = PUBLIC_URL
    desk.server.acts.create({"subject": "Help", "comment": {"body": "It broke"}})
    desk.server.clock.advance(3600)
    assert cli.process("setup", "--apply").code == 0
    ran = cli.process("sync")
    assert ran.code == 0, ran.said
    assert set(desk.proxy.asked) == {f"{PUBLIC_HOST}:443"}


def test_the_front_runs_by_itself(desk: Desk, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "tests.practice.clients.tls", desk.server.url, str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        url, _, certificate = process.stdout.readline().split()
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("REQUESTS_CA_BUNDLE", certificate)
            assert checked(url) == ADMIN_NAME
        process.terminate()
    assert process.returncode == 0
