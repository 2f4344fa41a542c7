"""Faults that can be ordered, by path, method and number."""

from __future__ import annotations

import json
import time

import pytest
import requests

from connector.practice.faults import Faults
from connector.practice.server import PracticeServer
from tests.practice.client import Client


@pytest.mark.parametrize(
    ("kind", "status", "header"),
    [
        ("429", 429, "1"),
        ("429-bare", 429, None),
        ("409", 409, None),
        ("502", 502, "1"),
        ("503", 503, "1"),
        ("503-bare", 503, None),
        ("504", 504, "1"),
    ],
)
def test_a_refusal_has_its_header_or_not(
    server: PracticeServer, client: Client, kind: str, status: int, header: str | None
) -> None:
    server.faults.fail_next("users/me", kind)
    answer = client.send("GET", "users/me")
    assert (answer.status_code, answer.headers.get("Retry-After")) == (status, header)


def test_cut_json_comes_whole_but_cannot_be_read(server: PracticeServer, client: Client) -> None:
    server.faults.fail_next("users/me", "cut")
    answer = client.send("GET", "users/me")
    assert answer.status_code == 200
    assert len(answer.content) == int(answer.headers["Content-Length"])
    with pytest.raises(json.JSONDecodeError):
        answer.json()


def test_html_comes_instead_of_json(server: PracticeServer, client: Client) -> None:
    server.faults.fail_next("users/me", "html")
    answer = client.send("GET", "users/me")
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "text/html; charset=utf-8")


def test_a_slow_answer_is_late_and_right(server: PracticeServer, client: Client) -> None:
    server.faults.fail_next("users/me", "slow", seconds=0.3)
    began = time.monotonic()
    assert client.get("users/me")["user"]["role"] == "admin"
    assert time.monotonic() - began >= 0.3


def test_a_slow_answer_does_not_hold_up_the_end(server: PracticeServer, client: Client) -> None:
    server.faults.fail_next("users/me", "slow", seconds=60)
    with pytest.raises(requests.exceptions.Timeout):
        client.session.get(f"{client.url}/api/v2/users/me", timeout=0.1)


def test_a_path_with_a_slash_in_front_is_a_prefix() -> None:
    faults = Faults()
    faults.fail_next("/api/v2/tickets", "500")
    assert faults.take("GET", "/api/v2/incremental/tickets") is None
    found = faults.take("GET", "/api/v2/tickets/5")
    assert found is not None
    assert found.kind == "500"


def test_some_requests_may_pass_first() -> None:
    faults = Faults()
    faults.fail_next("tickets", "503", 2, method="PUT", after=1)
    taken = [faults.take(method, "/tickets") for method in ("PUT", "GET", "PUT", "PUT", "PUT")]
    assert [one.kind if one else None for one in taken] == [None, None, "503", "503", None]
    assert faults.happened == ["503 PUT /tickets"] * 2


def test_an_unknown_fault_is_refused() -> None:
    with pytest.raises(ValueError, match="unknown fault"):
        Faults().fail_next("", "earthquake")
