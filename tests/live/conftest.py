"""Real helpdesk servers on loopback, started by the scripts beside the project; see `--real`."""

from __future__ import annotations

import os
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from tests.live.proxy import Proxy

STARTING_S = 600
STATES = Path("/var/tmp")  # noqa: S108  # where the scripts keep what they write down
Settings = Mapping[str, str]
"""What a server's start script wrote down: address, keys and ids."""


@pytest.fixture(scope="session")
def rt5(request: pytest.FixtureRequest) -> Settings:
    """Return where Request Tracker is, and with which keys."""
    return started(request, "rt5")


@pytest.fixture(scope="session")
def redmine(request: pytest.FixtureRequest) -> Settings:
    """Return where Redmine is, and with which keys."""
    return started(request, "redmine")


@pytest.fixture(scope="session")
def roundup(request: pytest.FixtureRequest) -> Settings:
    """Return where Roundup is, and with which keys."""
    return started(request, "roundup")


@pytest.fixture
def rt5_proxy(rt5: Settings) -> Iterator[Proxy]:
    with Proxy(rt5["RT_URL"]) as proxy:
        yield proxy


@pytest.fixture
def redmine_proxy(redmine: Settings) -> Iterator[Proxy]:
    with Proxy(redmine["RM_URL"]) as proxy:
        yield proxy


@pytest.fixture
def roundup_proxy(roundup: Settings) -> Iterator[Proxy]:
    with Proxy(roundup["RU_URL"]) as proxy:
        yield proxy


def started(request: pytest.FixtureRequest, name: str, **variables: str) -> Settings:
    """Start a server unless it runs already, and return what it wrote down."""
    if not request.config.getoption("--real"):
        pytest.skip("needs a real server: run scripts/test --real (it installs and starts them)")
    shared: Path = request.getfixturevalue("shared")
    script = shared / "realhelpdesk" / name / "start.sh"
    state = next((value for key, value in variables.items() if key.endswith("_STATE")), None)
    with tempfile.TemporaryFile("w+") as told:  # a server that stays keeps no pipe open
        done = subprocess.run(
            ["bash", str(script)],  # noqa: S607  # the shell of this machine
            env={**os.environ, **variables},
            stdout=told,
            stderr=subprocess.STDOUT,
            timeout=STARTING_S,
            check=False,
        )
        told.seek(0)
        if done.returncode:
            pytest.fail(f"{name} does not start:\n{told.read()}")
    return read_env(Path(state or STATES / f"realhelpdesk-{name}") / "env")


def read_env(path: Path) -> Settings:
    """Return what a start script wrote down."""
    lines = path.read_text(encoding="utf-8").splitlines()
    pairs = (line.removeprefix("export ").partition("=") for line in lines if "=" in line)
    return {key: value.strip("\"'") for key, _, value in pairs}
