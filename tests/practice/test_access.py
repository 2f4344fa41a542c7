"""OAuth clients of the practice helpdesk: tokens that end, refusals in the vendor's words."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from connector.practice.access import Access
from connector.practice.acts import Acts
from connector.practice.control import CONTROL_TOKEN
from connector.practice.server import PracticeServer
from connector.practice.world import World
from tests.practice.client import opened

GRANT = {
    "grant_type": "client_credentials",
    "client_id": "goal_connector",
    "client_secret": "practice-secret",
    "scope": "read write",
}


class Caller:
    """Somebody with a bearer."""

    def __init__(self, server: PracticeServer) -> None:
        self.url = server.url
        self.session = requests.Session()
        self.session.trust_env = False

    def ask(self, **changes: Any) -> requests.Response:
        return self.session.post(f"{self.url}/oauth/tokens", json=GRANT | changes, timeout=10)

    def sign(self, **changes: Any) -> None:
        token = self.ask(**changes).json()["access_token"]
        self.session.headers["Authorization"] = f"Bearer {token}"

    def me(self) -> requests.Response:
        return self.session.get(f"{self.url}/api/v2/users/me", timeout=10)


@pytest.fixture
def caller(server: PracticeServer) -> Iterator[Caller]:
    caller = Caller(server)
    yield caller
    caller.session.close()


def called(world: World, access: Access, calls: int) -> list[int]:
    with PracticeServer(world, access=access) as server:
        caller = Caller(server)
        caller.sign()
        statuses = [caller.me().status_code for _ in range(calls)]
        caller.session.close()
    return statuses


def test_a_client_gets_a_token_of_its_admin(caller: Caller) -> None:
    answer = caller.ask()
    assert answer.status_code == 200
    assert answer.json() == {
        "access_token": "practice-bearer-1",
        "token_type": "bearer",
        "scope": "read write",
        "expires_in": 1800,
    }
    caller.sign()
    me = caller.me().json()["user"]
    assert (me["email"], me["role"]) == ("goals@practice.example", "admin")


def test_a_token_ends_by_the_practice_clock(caller: Caller, server: PracticeServer) -> None:
    caller.sign(expires_in=600)
    server.clock.advance(599)
    assert caller.me().status_code == 200
    server.clock.advance(1)
    answer = caller.me()
    assert answer.status_code == 401
    assert answer.json() == {
        "error": "invalid_token",
        "error_description": "The access token provided is expired, revoked, malformed or invalid "
        "for other reasons.",
    }


def test_a_token_ends_after_so_many_requests(world: World) -> None:
    assert called(world, Access(uses=2), 4) == [200, 200, 401, 401]


def test_a_token_may_live_for_good(caller: Caller, world: World) -> None:
    with PracticeServer(world, access=Access(lifetime_s=None)) as server:
        endless = Caller(server)
        assert endless.ask().json()["expires_in"] is None
        assert endless.ask(expires_in=301).json()["expires_in"] == 301
        endless.sign()
        server.clock.advance(10**9)
        assert endless.me().status_code == 200
        endless.session.close()


@pytest.mark.parametrize(("asked", "given"), [(301, 301), (1800, 1800), (172_799, 1800)])
def test_no_token_lives_longer_than_the_helpdesk_lets_it(
    caller: Caller, asked: int, given: int
) -> None:
    assert caller.ask(expires_in=asked).json()["expires_in"] == given


@pytest.mark.parametrize(
    ("changes", "status", "error"),
    [
        ({"client_secret": "wrong"}, 401, "invalid_client"),
        ({"client_id": "wrong"}, 401, "invalid_client"),
        ({"client_secret": None}, 401, "invalid_client"),
        ({"grant_type": "password"}, 400, "unsupported_grant_type"),
        ({"expires_in": 300}, 400, "invalid_request"),
        ({"expires_in": 172_800}, 400, "invalid_request"),
        ({"expires_in": "long"}, 400, "invalid_request"),
    ],
)
def test_a_wrong_request_for_a_token_is_refused(
    caller: Caller, changes: dict[str, Any], status: int, error: str
) -> None:
    answer = caller.ask(**changes)
    assert (answer.status_code, answer.json()["error"]) == (status, error)


def test_tokens_are_not_listed(caller: Caller) -> None:
    assert caller.session.get(f"{caller.url}/oauth/tokens", timeout=10).status_code == 404


@pytest.mark.parametrize(
    ("scope", "reads", "writes"), [("read", 200, 403), ("write", 403, 200), ("nonsense", 403, 403)]
)
def test_a_token_opens_what_its_scope_says(
    caller: Caller, acts: Acts, scope: str, reads: int, writes: int
) -> None:
    caller.sign(scope=scope)
    tags = f"{caller.url}/api/v2/tickets/{opened(acts)}/tags"
    assert caller.me().status_code == reads
    assert caller.session.put(tags, json={"tags": ["a"]}, timeout=10).status_code == writes


def test_tokens_can_be_revoked_by_the_control(caller: Caller) -> None:
    caller.sign()
    answer = caller.session.post(
        f"{caller.url}/practice/control/revoke",
        headers={"Authorization": f"Bearer {CONTROL_TOKEN}"},
        timeout=10,
    )
    assert answer.json() == {"revoked": 1}
    assert caller.me().status_code == 401


def test_faults_can_be_ordered_for_the_token_call(caller: Caller, server: PracticeServer) -> None:
    server.faults.fail_next("oauth/tokens", "503")
    assert [caller.ask().status_code for _ in range(2)] == [503, 200]


def test_an_ended_token_is_refused_as_recorded(caller: Caller, shared: Path) -> None:
    file = shared / "fixtures" / "zendesk" / "oauth_errors.json"
    recorded = json.loads(file.read_text())["interactions"][0]["response"]
    caller.session.headers["Authorization"] = "Bearer ended"
    answer = caller.me()
    assert (answer.status_code, answer.json()) == (recorded["status"], recorded["body"])
