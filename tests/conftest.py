"""Fixtures that more than one part's tests need."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

SHARED = Path(__file__).resolve().parents[2] / "shared"


@pytest.fixture(scope="session")
def shared() -> Path:
    """Return the folder of recorded answers, specs and reference data beside the project."""
    if not SHARED.is_dir():
        reason = "the folder ../shared (recorded answers and reference data) is not here"
        if os.environ.get("CI"):
            pytest.fail(reason)
        pytest.skip(reason)
    return SHARED
