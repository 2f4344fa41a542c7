from __future__ import annotations

import subprocess
import sys

from tests.practice.client import Client


def test_the_command_serves_until_it_is_told_to_stop() -> None:
    command = [sys.executable, "-m", "connector.practice", "--tickets", "30", "--limits", "off"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        line = process.stdout.readline()
        client = Client(line.split()[3].removesuffix(",").removesuffix("/agent"))
        count = client.get("tickets/count")["count"]["value"]
        client.close()
        process.terminate()
        assert process.wait(timeout=10) == 0
    assert 20 < count <= 30
