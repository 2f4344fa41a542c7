from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import requests

from tests.practice.client import Client


@contextmanager
def served(*options: str) -> Iterator[str]:
    command = [sys.executable, "-m", "connector.practice", "--tickets", "30", *options]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        line = process.stdout.readline()
        yield line.split()[3].removesuffix(",").removesuffix("/agent")
        process.terminate()
        assert process.wait(timeout=10) == 0


def test_the_command_serves_until_it_is_told_to_stop() -> None:
    with served("--limits", "off") as url:
        client = Client(url)
        count = client.get("tickets/count")["count"]["value"]
        client.close()
    assert 20 < count <= 30


def test_the_command_takes_an_oauth_client_and_how_long_its_tokens_live() -> None:
    options = ("--client-id", "us", "--client-secret", "s", "--token-lifetime", "400")
    grant = {"grant_type": "client_credentials", "client_id": "us", "client_secret": "s"}
    with served(*options, "--token-uses", "1") as url:
        answer = requests.post(f"{url}/oauth/tokens", json=grant, timeout=10).json()
        signed = {"Authorization": f"Bearer {answer['access_token']}"}
        codes = [
            requests.get(f"{url}/api/v2/users/me", headers=signed, timeout=10).status_code
            for _ in range(2)
        ]
    assert answer["expires_in"] == 400
    assert codes == [200, 401]


def test_links_begin_as_the_command_says() -> None:
    with served("--public-url", "https://practice.example") as url:
        client = Client(url)
        first = client.get("tickets", per_page=1)
        client.close()
    assert first["next_page"].startswith("https://practice.example/api/v2/tickets")
