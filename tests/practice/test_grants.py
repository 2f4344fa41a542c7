"""Access that a person grants: the page, the code, the refresh token and its rotation."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
import requests

from connector.practice.access import Access
from connector.practice.helpdesk import ADMIN_EMAIL, AGENT_EMAIL
from connector.practice.server import PracticeServer
from connector.practice.world import World

BACK = "http://127.0.0.1:9/granted"
CLIENT = {"client_id": "goal_connector", "client_secret": "practice-secret"}
ASKED = {
    "response_type": "code",
    "client_id": "goal_connector",
    "redirect_uri": BACK,
    "scope": "read write",
    "state": "s1",
}
VERIFIER = "v" * 43
CHALLENGE = (
    base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).rstrip(b"=").decode()
)
PKCE = {"code_challenge": CHALLENGE, "code_challenge_method": "S256"}


class Person:
    """Somebody with a browser, and the client on whose behalf they are asked."""

    def __init__(self, server: PracticeServer) -> None:
        self.url = server.url
        self.session = requests.Session()
        self.session.trust_env = False

    def open(self, method: str = "GET", **query: str) -> requests.Response:
        address = f"{self.url}/oauth/authorizations/new"
        asked = {key: value for key, value in (ASKED | query).items() if value != "-"}
        return self.session.request(
            method, address, params=asked, allow_redirects=False, timeout=10
        )

    def told(self, **query: str) -> dict[str, str]:
        answer = self.open(**query)
        assert answer.status_code == 302, answer.text
        return dict(parse_qsl(urlsplit(answer.headers["Location"]).query))

    def code(self, **query: str) -> str:
        return self.told(approve="", **query)["code"]

    def exchange(self, code: str, **changes: Any) -> requests.Response:
        given = {"grant_type": "authorization_code", "code": code, "redirect_uri": BACK}
        return self.post(given | CLIENT | changes)

    def refresh(self, token: str, **changes: Any) -> requests.Response:
        return self.post({"grant_type": "refresh_token", "refresh_token": token} | CLIENT | changes)

    def post(self, body: dict[str, Any]) -> requests.Response:
        sent = {key: value for key, value in body.items() if value != "-"}
        return self.session.post(f"{self.url}/oauth/tokens", json=sent, timeout=10)

    def call(self, token: str, path: str, method: str = "GET") -> requests.Response:
        headers = {"Authorization": f"Bearer {token}"}
        address = f"{self.url}/api/v2/{path}"
        return self.session.request(method, address, headers=headers, timeout=10)


@pytest.fixture
def person(server: PracticeServer) -> Iterator[Person]:
    person = Person(server)
    yield person
    person.session.close()


def refusal(answer: requests.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["error"]


def test_the_page_asks_and_its_buttons_decide(person: Person) -> None:
    page = person.open(state='"><script>')
    assert page.status_code == 200
    assert "text/html" in page.headers["Content-Type"]
    assert "goal_connector" in page.text
    assert "<script>" not in page.text
    assert page.text.count('method="post"') == 2
    assert "code" in dict(
        parse_qsl(urlsplit(person.open("POST", approve="").headers["Location"]).query)
    )


def test_an_approval_goes_back_with_a_code_and_the_state(person: Person) -> None:
    answer = person.open(approve="")
    assert answer.headers["Location"].startswith(f"{BACK}?")
    assert person.told(approve="")["state"] == "s1"


def test_a_denial_is_told_to_the_client(person: Person) -> None:
    told = person.told(deny="")
    assert (told["error"], told["state"]) == ("access_denied", "s1")
    assert "code" not in told


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"code_challenge": "x", "code_challenge_method": "plain"}, "invalid_request"),
    ],
)
def test_a_wrong_question_is_told_to_the_client(
    person: Person, changes: dict[str, str], error: str
) -> None:
    assert person.told(approve="", **changes)["error"] == error


@pytest.mark.parametrize(
    "changes", [{"client_id": "other"}, {"redirect_uri": "https://elsewhere.example/"}]
)
def test_nobody_is_sent_to_an_address_that_is_not_the_clients(
    person: Person, changes: dict[str, str]
) -> None:
    answer = person.open(approve="", **changes)
    assert answer.status_code == 400
    assert "Location" not in answer.headers


def test_a_registered_address_must_be_the_one_that_is_asked_for(world: World) -> None:
    with PracticeServer(world, access=Access(redirect_urls=(BACK,))) as server:
        person = Person(server)
        assert person.open(approve="").status_code == 302
        assert person.open(approve="", redirect_uri=f"{BACK}/").status_code == 400
        person.session.close()


def test_a_code_is_good_for_both_tokens(person: Person) -> None:
    answer = person.exchange(person.code()).json()
    assert {key: answer[key] for key in ("token_type", "scope", "expires_in")} == {
        "token_type": "bearer",
        "scope": "read write",
        "expires_in": 1800,
    }
    assert answer["refresh_token_expires_in"] == 2_592_000
    assert person.call(answer["access_token"], "users/me").json()["user"]["email"] == ADMIN_EMAIL


def test_the_answer_has_the_keys_of_the_description(person: Person, shared: Path) -> None:
    file = shared / "fixtures" / "zendesk" / "oauth_vendor-spec_tokens.json"
    granted, current = (
        one["response"]["body"] for one in json.loads(file.read_text())["interactions"]
    )
    answer = person.exchange(person.code()).json()
    assert set(answer) == set(granted)
    shown = person.call(answer["access_token"], "oauth/tokens/current.json").json()
    assert set(shown["token"]) == set(current["token"])


def test_the_token_is_of_whoever_granted_it(person: Person) -> None:
    code = person.told(approve=AGENT_EMAIL)["code"]
    token = person.exchange(code).json()["access_token"]
    me = person.call(token, "users/me").json()["user"]
    assert (me["email"], me["role"]) == (AGENT_EMAIL, "agent")


def test_a_code_is_good_once(person: Person) -> None:
    code = person.code()
    assert person.exchange(code).status_code == 200
    assert refusal(person.exchange(code)) == (400, "invalid_grant")


def test_a_code_is_good_for_two_minutes(person: Person, server: PracticeServer) -> None:
    early, late = person.code(), person.code()
    server.clock.advance(119)
    assert person.exchange(early).status_code == 200
    server.clock.advance(1)
    assert refusal(person.exchange(late)) == (400, "invalid_grant")


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"redirect_uri": f"{BACK}/other"}, (400, "invalid_grant")),
        ({"redirect_uri": "-"}, (400, "invalid_grant")),
        ({"client_secret": "wrong"}, (401, "invalid_client")),
        ({"client_secret": "-"}, (401, "invalid_client")),
        ({"client_id": "wrong"}, (401, "invalid_client")),
        ({"expires_in": 300}, (400, "invalid_request")),
        ({"refresh_token_expires_in": 604_799}, (400, "invalid_request")),
        ({"refresh_token_expires_in": 7_776_000}, (400, "invalid_request")),
    ],
)
def test_a_wrong_exchange_is_refused(
    person: Person, changes: dict[str, Any], expected: tuple[int, str]
) -> None:
    assert refusal(person.exchange(person.code(), **changes)) == expected


@pytest.mark.parametrize("verifier", ["-", "w" * 43, CHALLENGE])
def test_a_challenge_wants_its_verifier(person: Person, verifier: str) -> None:
    answer = person.exchange(person.code(**PKCE), code_verifier=verifier)
    assert refusal(answer) == (400, "invalid_grant")


def test_the_verifier_opens_with_the_secret_and_in_its_place(person: Person) -> None:
    proof = {"code_verifier": VERIFIER}
    assert person.exchange(person.code(**PKCE), **proof).status_code == 200
    assert person.exchange(person.code(**PKCE), **proof, client_secret="-").status_code == 200
    assert person.exchange(person.code(), **proof, client_secret="-").status_code == 401


def test_a_refresh_ends_the_old_tokens_at_once(person: Person) -> None:
    old = person.exchange(person.code()).json()
    new = person.refresh(old["refresh_token"]).json()
    assert person.call(old["access_token"], "users/me").status_code == 401
    assert person.call(new["access_token"], "users/me").status_code == 200
    assert refusal(person.refresh(old["refresh_token"])) == (400, "invalid_grant")
    assert person.refresh(new["refresh_token"]).status_code == 200


def test_a_refused_refresh_spends_nothing(person: Person) -> None:
    old = person.exchange(person.code()).json()["refresh_token"]
    assert refusal(person.refresh(old, client_secret="wrong")) == (401, "invalid_client")
    assert refusal(person.refresh(old, refresh_token_expires_in=1)) == (400, "invalid_request")
    assert person.refresh(old).status_code == 200


def test_a_refresh_token_outlives_its_access_token_and_ends_too(
    person: Person, server: PracticeServer
) -> None:
    first = person.exchange(person.code(), refresh_token_expires_in=604_800).json()
    server.clock.advance(604_799)
    assert person.call(first["access_token"], "users/me").status_code == 401
    second = person.refresh(first["refresh_token"], refresh_token_expires_in=604_800).json()
    server.clock.advance(604_800)
    assert refusal(person.refresh(second["refresh_token"])) == (400, "invalid_grant")


def test_the_current_token_tells_its_end_and_little_of_itself(
    person: Person, server: PracticeServer
) -> None:
    answer = person.exchange(person.code(), expires_in=600).json()
    shown = person.call(answer["access_token"], "oauth/tokens/current.json").json()["token"]
    assert shown["scopes"] == ["read", "write"]
    assert shown["expires_at"] == "2026-11-18T10:10:00Z"
    assert answer["access_token"] not in json.dumps(shown)
    assert answer["refresh_token"] not in json.dumps(shown)


def test_a_token_can_be_given_back(person: Person) -> None:
    answer = person.exchange(person.code()).json()
    given_back = person.call(answer["access_token"], "oauth/tokens/current.json", "DELETE")
    assert given_back.status_code == 204
    assert person.call(answer["access_token"], "users/me").status_code == 401
    assert refusal(person.refresh(answer["refresh_token"])) == (400, "invalid_grant")


def test_other_credentials_are_no_token(person: Person) -> None:
    assert person.call("practice-token", "oauth/tokens/current").status_code == 404
