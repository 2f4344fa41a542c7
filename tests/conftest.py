"""Fixtures that more than one part's tests need."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.laws import register_profiles
from tests.practice.clients.tls import Authority, has_openssl

PUBLIC_HOST = "practice.zendesk.com"
SHARED = Path(__file__).resolve().parents[2] / "shared"


register_profiles()

PREPARED = (
    "tests/cli/test_templates.py",
    "tests/kpi/test_golden.py",
    "tests/kpi/test_golden_flow.py",
    "tests/kpi/test_golden_sla.py",
    "tests/test_faults.py",
    "tests/test_golden_run.py",
    "tests/test_hostile_week.py",
    "tests/writeback/test_quiet.py",
)
"""Modules whose tests share what takes seconds to make."""

LONGEST = ("tests/test_kill.py", "tests/test_golden_run.py", "tests/test_real_log.py")


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add `--real`."""
    parser.addoption(
        "--real", action="store_true", help="also test against real servers, and start them"
    )


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the longest tests, so that at the end no worker waits for the other.

    Tests of a module that prepares something for all of them go to one worker, which does so once.
    """
    items.sort(key=lambda item: not item.nodeid.startswith(LONGEST))
    for item in items:
        if item.nodeid.startswith(PREPARED):
            item.add_marker(pytest.mark.xdist_group(item.nodeid.partition("::")[0]))


@pytest.fixture(scope="session")
def shared() -> Path:
    """Return the folder of recorded answers, specs and reference data beside the project."""
    if not SHARED.is_dir():
        reason = "the folder ../shared (recorded answers and reference data) is not here"
        if os.environ.get("CI"):
            pytest.fail(reason)
        pytest.skip(reason)
    return SHARED


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    """Return a test authority that signed a certificate for this machine and one public name."""
    if not has_openssl():
        reason = "certificates are made with the openssl command, which is not here"
        if os.environ.get("CI"):
            pytest.fail(reason)
        pytest.skip(reason)
    return Authority(tmp_path_factory.mktemp("authority"), PUBLIC_HOST)
