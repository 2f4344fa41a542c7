"""A fresh world for each test."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.writeback.world import OptionTagAdapter, World


@pytest.fixture(params=["plain", "option tags"])
def world(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[World]:
    """Give a helpdesk with our fields, once plain and once with options that are tags."""
    kinds = {"plain": None, "option tags": OptionTagAdapter}
    kind = kinds[request.param]
    made = World(tmp_path) if kind is None else World(tmp_path, kind=kind)
    yield made
    made.state.close()


@pytest.fixture
def bare(tmp_path: Path) -> Iterator[World]:
    """Give a helpdesk that has no fields for us: only tags."""
    made = World(tmp_path, with_fields=False)
    yield made
    made.state.close()
