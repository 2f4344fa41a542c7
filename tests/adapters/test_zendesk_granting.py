"""Access to Zendesk that a person grants: asked for safely, kept only when it is of use."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator, Mapping
from itertools import count
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
import requests
from pydantic import SecretStr

from connector.adapters.registry import asks_permission
from connector.adapters.zendesk.adapter import ZendeskAdapter
from connector.adapters.zendesk.granting import ZendeskPermission
from connector.adapters.zendesk.settings import ZendeskSettings
from connector.config.secrets import FileSecret, resolve_secrets
from connector.errors import (
    AuthenticationError,
    FatalError,
    ProtocolError,
    SettingsError,
    UnavailableError,
)
from connector.practice.access import Access
from connector.practice.helpdesk import AGENT_EMAIL, USUAL
from connector.practice.routing import Answer
from connector.practice.seed import empty_world
from connector.practice.server import PracticeServer
from tests.cli.cli import NOW

BACK = "http://127.0.0.1:9/granted"


class Recorder(PracticeServer):
    """A practice helpdesk that remembers what was asked of its OAuth side."""

    def __init__(self, access: Access = USUAL) -> None:
        super().__init__(empty_world(NOW), access=access)
        self.asked: list[tuple[str, str, bytes]] = []
        self.gives_refresh_tokens = True

    def answer(self, method: str, target: str, headers: Mapping[str, str], body: bytes) -> Answer:
        """Answer, and remember tokens that are asked for and given back."""
        answer = super().answer(method, target, headers, body)
        if "oauth/tokens" in target:
            self.asked.append((method, target, body))
            if isinstance(answer.body, dict) and not self.gives_refresh_tokens:
                answer.body.pop("refresh_token", None)
        return answer


@pytest.fixture
def server() -> Iterator[Recorder]:
    with Recorder() as running:
        yield running


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "refresh-token"


def settings(server: PracticeServer, path: Path, **changes: Any) -> ZendeskSettings:
    given = {
        "url": server.url,
        "client_id": USUAL.client_id,
        "client_secret": SecretStr(USUAL.client_secret),
        "refresh_token": FileSecret("", path),
    }
    return ZendeskSettings(**given | changes)


def asked(server: PracticeServer, path: Path, **changes: Any) -> ZendeskPermission:
    return ZendeskPermission(settings(server, path, **changes), BACK)


def decided(permission: ZendeskPermission, decision: str = "approve=") -> dict[str, str]:
    """Decide as a browser does, and return what it comes back with."""
    with requests.Session() as session:
        session.trust_env = False
        answer = session.get(f"{permission.url}&{decision}", allow_redirects=False, timeout=10)
    assert answer.status_code == 302, answer.text
    return dict(parse_qsl(urlsplit(answer.headers["Location"]).query))


def test_the_address_asks_for_a_code_with_state_and_challenge(server: Recorder, path: Path) -> None:
    numbers = count(1)
    permission = ZendeskPermission(
        settings(server, path), BACK, random=lambda size: f"secret-{next(numbers)}-{size}"
    )
    parts = urlsplit(permission.url)
    assert f"{parts.scheme}://{parts.netloc}{parts.path}" == (
        f"{server.url}/oauth/authorizations/new"
    )
    assert "scope=read%20write" in parts.query
    digest = hashlib.sha256(b"secret-2-48").digest()
    assert dict(parse_qsl(parts.query)) == {
        "response_type": "code",
        "client_id": "goal_connector",
        "redirect_uri": BACK,
        "scope": "read write",
        "state": "secret-1-48",
        "code_challenge": base64.urlsafe_b64encode(digest).rstrip(b"=").decode(),
        "code_challenge_method": "S256",
    }


def test_every_attempt_has_its_own_state_and_shows_no_secret(server: Recorder, path: Path) -> None:
    one, other = asked(server, path), asked(server, path)
    states = [dict(parse_qsl(urlsplit(p.url).query))["state"] for p in (one, other)]
    assert len(set(states)) == 2
    assert min(map(len, states)) >= 43
    assert USUAL.client_secret not in one.url


def test_asking_sends_nothing_and_leaves_no_file(server: Recorder, path: Path) -> None:
    assert asked(server, path).url
    assert server.asked == []
    assert not path.exists()
    assert not path.with_name("refresh-token.new").exists()


def test_a_grant_is_kept_for_its_owner_alone_and_works(server: Recorder, path: Path) -> None:
    permission = asked(server, path)
    who = permission.redeem(decided(permission))
    assert (who.name, who.role) == ("Goal Connector", "admin")
    assert path.stat().st_mode & 0o777 == 0o600
    kept = path.read_text(encoding="utf-8").strip()
    secret = FileSecret(kept, path)
    adapter = ZendeskAdapter(
        settings(server, path, refresh_token=secret), watched_fields=frozenset()
    )
    assert adapter.check().id == who.id
    adapter.close()
    assert path.read_text(encoding="utf-8").strip() != kept


def test_the_tokens_are_asked_to_live_as_long_as_later_ones(server: Recorder, path: Path) -> None:
    permission = asked(server, path)
    permission.redeem(decided(permission))
    ((_, _, body),) = server.asked
    assert b'"expires_in": 1800' in body
    assert b'"refresh_token_expires_in": 7772400' in body


def test_a_new_grant_takes_the_place_of_an_old_one(server: Recorder, path: Path) -> None:
    path.write_text("old\n", encoding="utf-8")
    path.chmod(0o644)
    permission = asked(server, path)
    permission.redeem(decided(permission))
    assert "old" not in path.read_text(encoding="utf-8")
    assert path.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("state", ["other", "", None])
def test_an_answer_to_another_question_is_refused(
    server: Recorder, path: Path, state: str | None
) -> None:
    permission = asked(server, path)
    answer = decided(permission)
    del answer["state"]
    with pytest.raises(AuthenticationError, match="its state is another"):
        permission.redeem(answer | ({} if state is None else {"state": state}))
    assert server.asked == []
    assert not path.exists()


def test_a_denial_is_told_in_words(server: Recorder, path: Path) -> None:
    permission = asked(server, path)
    with pytest.raises(AuthenticationError, match="access was denied in the browser"):
        permission.redeem(decided(permission, "deny="))
    assert not path.exists()


def test_what_else_goes_wrong_names_the_error_and_what_to_look_at(
    server: Recorder, path: Path
) -> None:
    permission = asked(server, path)
    with pytest.raises(AuthenticationError, match=rf"\(invalid_scope\).* redirect URL {BACK}"):
        permission.redeem({"error": "invalid_scope"})
    with pytest.raises(AuthenticationError) as caught:
        permission.redeem({"error": "<b>see https://elsewhere.example"})
    assert "elsewhere" not in str(caught.value)


def test_a_code_that_was_used_is_refused_and_the_file_stays(server: Recorder, path: Path) -> None:
    permission = asked(server, path)
    answer = decided(permission)
    permission.redeem(answer)
    kept = path.read_text(encoding="utf-8")
    with pytest.raises(AuthenticationError, match="good once and for two minutes") as caught:
        permission.redeem(answer)
    assert answer["code"] not in str(caught.value)
    assert path.read_text(encoding="utf-8") == kept


def test_a_code_of_another_attempt_is_refused(server: Recorder, path: Path) -> None:
    one, other = asked(server, path), asked(server, path)
    answer = decided(one) | {"state": decided(other)["state"]}
    with pytest.raises(AuthenticationError, match="refuses the code"):
        other.redeem(answer)


def test_a_grant_of_the_wrong_person_is_given_back_and_the_old_one_stays(
    server: Recorder, path: Path
) -> None:
    path.write_text("old\n", encoding="utf-8")
    permission = asked(server, path)
    with pytest.raises(AuthenticationError, match="Plain Agent, who is agent"):
        permission.redeem(decided(permission, f"approve={AGENT_EMAIL}"))
    assert path.read_text(encoding="utf-8") == "old\n"
    assert [method for method, *_ in server.asked] == ["POST", "DELETE"]
    assert server.desk.grants.revoke() == 0


def test_a_wrong_client_secret_is_named(server: Recorder, path: Path) -> None:
    permission = asked(server, path, client_secret=SecretStr("wrong"))
    with pytest.raises(AuthenticationError, match="client_secret is wrong"):
        permission.redeem(decided(permission))


def test_an_answer_without_a_refresh_token_is_of_no_use(server: Recorder, path: Path) -> None:
    permission = asked(server, path)
    server.gives_refresh_tokens = False
    with pytest.raises(ProtocolError, match="gave no refresh token"):
        permission.redeem(decided(permission))
    assert not path.exists()


def test_a_helpdesk_that_is_down_keeps_nothing(server: Recorder, path: Path) -> None:
    permission = asked(server, path)
    answer = decided(permission)
    server.faults.fail_next("oauth/tokens", "503")
    with pytest.raises(UnavailableError):
        permission.redeem(answer)
    assert not path.exists()


def test_a_file_that_cannot_be_written_is_found_before_anybody_is_asked(
    server: Recorder, path: Path
) -> None:
    path.with_name("refresh-token.new").mkdir()
    with pytest.raises(FatalError, match=r"refresh-token cannot be kept.*to write"):
        asked(server, path)
    with pytest.raises(FatalError, match="No such file"):
        asked(server, path.parent / "nowhere" / "token")


def test_a_token_that_an_interrupted_job_left_is_not_lost_by_asking(
    server: Recorder, path: Path
) -> None:
    path.with_name("refresh-token.new").write_text("newest\n", encoding="utf-8")
    asked(server, path)
    assert path.read_text(encoding="utf-8") == "newest\n"


def test_the_file_of_the_grant_need_not_be_there_when_it_is_asked_for(tmp_path: Path) -> None:
    options = {"refresh_token": {"file": "refresh"}, "client_secret": {"file": "gone"}}
    with pytest.raises(SettingsError) as caught:
        resolve_secrets(options, {}, tmp_path, "support", awaited="refresh_token")
    assert "client_secret" in str(caught.value)
    assert "refresh" not in str(caught.value)
    del options["client_secret"]
    fetched = resolve_secrets(options, {}, tmp_path, "support", awaited="refresh_token")
    assert fetched["refresh_token"].path == tmp_path / "refresh"


def test_the_registry_knows_who_can_be_granted_access() -> None:
    assert asks_permission("zendesk") is ZendeskAdapter
    assert asks_permission("memory") is None
