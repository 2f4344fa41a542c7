"""Refresh tokens of Zendesk: each use spends one, and its successor is never lost by us."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import FrameType
from typing import Any

import pytest
import requests
import responses
from pydantic import SecretStr

from connector.adapters.zendesk.client import ZendeskClient
from connector.adapters.zendesk.rotation import RefreshedToken, TokenFile
from connector.adapters.zendesk.settings import ZendeskSettings
from connector.config.secrets import FileSecret, resolve_secrets
from connector.errors import AuthenticationError, FatalError, UnavailableError
from tests.fakes.zendesk import URL, FakeZendesk, TokenDesk

FIRST = "refresh-0"
SHORT = 14
"""Lines of code between the answer and the disk."""


class KilledError(BaseException):
    """The process ended here."""


@pytest.fixture
def mock() -> Iterator[responses.RequestsMock]:
    with responses.RequestsMock(assert_all_requests_are_fired=False) as mock:
        yield mock


@pytest.fixture
def tokens(mock: responses.RequestsMock) -> TokenDesk:
    tokens = TokenDesk(mock, client_id="goals", client_secret="hunter2")
    tokens.refresh_token = FIRST
    return tokens


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "refresh-token"
    path.write_text(FIRST + "\n", encoding="utf-8")
    path.chmod(0o644)
    return path


def provider(path: Path) -> RefreshedToken:
    return RefreshedToken(URL, "goals", SecretStr("hunter2"), path)


def options(**values: Any) -> dict[str, Any]:
    return {"url": URL, "client_id": "goals", "client_secret": SecretStr("hunter2"), **values}


def killed_at(line: int, call: Callable[[], object]) -> str:
    """Run a call up to the given line of the module under test; return the source line, or ''."""
    seen = 0
    where = ""

    def trace(frame: FrameType, event: str, _: object) -> Any:
        nonlocal seen, where
        if not frame.f_code.co_filename.endswith("rotation.py"):
            return None
        if event == "line":
            seen += 1
            if seen == line:
                text = Path(frame.f_code.co_filename).read_text(encoding="utf-8")
                where = text.splitlines()[frame.f_lineno - 1].strip()
                raise KilledError
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        call()
    except KilledError:
        pass
    finally:
        sys.settrace(before)
    return where


def test_the_grant_names_the_token_and_asks_for_long_lives(tokens: TokenDesk, path: Path) -> None:
    assert provider(path).header() == "Bearer token-1"
    (request,) = tokens.asked
    assert json.loads(request.body or "") == {
        "grant_type": "refresh_token",
        "refresh_token": FIRST,
        "client_id": "goals",
        "client_secret": "hunter2",
        "scope": "read write",
        "expires_in": 1800,
        "refresh_token_expires_in": 7_772_400,
    }


def test_the_new_token_is_in_the_file_before_anything_is_asked_with_it(
    mock: responses.RequestsMock, tokens: TokenDesk, path: Path
) -> None:
    stood: list[str] = []

    def answer(_: requests.PreparedRequest) -> tuple[int, dict[str, str], str]:
        stood.append(path.read_text(encoding="utf-8"))
        return 200, {}, "{}"

    mock.add_callback("GET", f"{URL}/api/v2/users/me", callback=answer)
    secret = FileSecret(FIRST, path)
    ZendeskClient(ZendeskSettings(**options(refresh_token=secret))).fetch("users/me")
    assert stood == ["refresh-1\n"]
    assert tokens.refresh_token == "refresh-1"


def test_the_file_is_for_its_owner_alone(tokens: TokenDesk, path: Path) -> None:
    provider(path).header()
    assert path.stat().st_mode & 0o777 == 0o600


def test_every_use_spends_a_token_and_the_next_one_follows(tokens: TokenDesk, path: Path) -> None:
    desk = provider(path)
    assert [desk.header(), desk.renew(), desk.header()] == [
        "Bearer token-1",
        True,
        "Bearer token-2",
    ]
    assert path.read_text(encoding="utf-8") == "refresh-2\n"


def test_two_processes_share_the_file(tokens: TokenDesk, path: Path) -> None:
    one, two = provider(path), provider(path)
    assert [one.header(), two.header()] == ["Bearer token-1", "Bearer token-2"]
    assert one.renew()
    assert path.read_text(encoding="utf-8") == "refresh-3\n"


def test_an_expired_token_is_renewed_on_the_way(
    mock: responses.RequestsMock, tokens: TokenDesk, path: Path
) -> None:
    FakeZendesk(mock, tokens=tokens)
    client = ZendeskClient(ZendeskSettings(**options(refresh_token=FileSecret(FIRST, path))))
    client.fetch("users/me")
    tokens.revoke()
    client.fetch("users/me")
    assert path.read_text(encoding="utf-8") == "refresh-2\n"


def test_killed_at_any_line_a_token_is_left_that_works(
    mock: responses.RequestsMock, tokens: TokenDesk, path: Path
) -> None:
    line = 0
    lost: list[tuple[int, str]] = []
    while True:
        line += 1
        for one in path.parent.iterdir():
            one.unlink()
        path.write_text(FIRST + "\n", encoding="utf-8")
        tokens.refresh_token = FIRST
        where = killed_at(line, provider(path).header)
        if not where:
            break
        # a process that ended holds no lock; this one lives on, so its lock is thrown away
        path.with_name("refresh-token.lock").unlink(missing_ok=True)
        try:
            provider(path).header()
        except AuthenticationError:
            lost.append((line, where))
    assert line > 40
    # Zendesk deletes the old token when it answers, so the new one is in memory alone until it is
    # written: a stretch of a few lines that neither wait nor ask anybody, and no other
    first, last = lost[0], lost[-1]
    assert [number for number, _ in lost] == list(range(first[0], last[0] + 1))
    assert last[1].startswith("os.write(handle, content)")
    assert len(lost) <= SHORT


def test_a_full_disk_is_found_before_the_token_is_spent(tokens: TokenDesk, path: Path) -> None:
    path.with_name("refresh-token.new").mkdir()
    with pytest.raises(FatalError, match="cannot be kept"):
        provider(path).header()
    assert tokens.asked == []
    assert tokens.refresh_token == FIRST


def test_a_token_that_an_admin_put_there_later_wins_over_an_interrupted_one(
    tokens: TokenDesk, path: Path
) -> None:
    left = path.with_name("refresh-token.new")
    left.write_text("older\n", encoding="utf-8")
    path.unlink()
    path.write_text(FIRST, encoding="utf-8")
    assert TokenFile(path).read() == FIRST


def test_a_token_call_that_fails_leaves_the_file_alone(tokens: TokenDesk, path: Path) -> None:
    tokens.reply = (503, "{}")
    with pytest.raises(UnavailableError):
        provider(path).header()
    assert path.read_text(encoding="utf-8") == FIRST + "\n"
    tokens.reply = None
    assert provider(path).header()


def test_an_answer_without_a_new_token_keeps_the_old_one(tokens: TokenDesk, path: Path) -> None:
    tokens.reply = (200, '{"access_token": "a"}')
    assert provider(path).header() == "Bearer a"
    assert path.read_text(encoding="utf-8") == FIRST + "\n"


def test_a_spent_token_says_where_a_new_one_goes(tokens: TokenDesk, path: Path) -> None:
    path.write_text("spent", encoding="utf-8")
    with pytest.raises(AuthenticationError, match="grant access anew") as caught:
        provider(path).header()
    assert str(path) in str(caught.value)
    assert "spent" not in str(caught.value).replace(str(path), "")
    assert caught.value.status is None


def test_a_wrong_client_secret_spends_nothing(tokens: TokenDesk, path: Path) -> None:
    tokens.client_secret = "changed"
    with pytest.raises(AuthenticationError, match="client_secret is wrong"):
        provider(path).header()
    assert tokens.refresh_token == FIRST


def test_a_file_that_is_gone_is_named(tokens: TokenDesk, tmp_path: Path) -> None:
    with pytest.raises(FatalError, match="No such file"):
        provider(tmp_path / "nowhere").header()
    assert tokens.asked == []


def test_the_config_hands_over_where_the_token_came_from(tmp_path: Path, path: Path) -> None:
    given = {"refresh_token": {"file": path.name}}
    fetched = resolve_secrets(given, {}, tmp_path, "support")
    taken = ZendeskSettings(**options(**fetched)).refresh_token
    assert isinstance(taken, FileSecret)
    assert (taken.path, taken.get_secret_value()) == (path, FIRST)
    assert FIRST not in repr(taken)


def test_a_refresh_token_from_the_environment_is_refused() -> None:
    with pytest.raises(ValueError, match=r"refresh_token = { file"):
        ZendeskSettings(**options(refresh_token=SecretStr(FIRST)))


def test_a_refresh_token_needs_its_client(path: Path) -> None:
    with pytest.raises(ValueError, match="client_id and client_secret beside refresh_token"):
        ZendeskSettings(url=URL, refresh_token=FileSecret(FIRST, path))
