"""What a look leaves behind: how young a set is, told by the time of the lock file."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connector.store.lock import Lease
from connector.store.looks import MS_NS, note_look, renewed
from connector.store.published import Manifest, PublishedSet

READ_AT = datetime(2026, 1, 5, 9, 0, 0, 250_000, tzinfo=UTC)
SERVER = datetime(2026, 1, 5, 9, 0, 1, tzinfo=UTC)
THROUGH = SERVER - timedelta(minutes=1)
NAME = "20260105T090000.250000Z"


def published(folder: Path, through: datetime | None = THROUGH) -> PublishedSet:
    manifest = Manifest(
        helpdesk="support",
        run=NAME,
        through=through,
        read_at=READ_AT,
        server_time=SERVER,
        schema_version=1,
        counts={},
        files={},
        generations={},
    )
    return PublishedSet(folder / "published" / NAME, manifest)


def looked(folder: Path, seconds: float, skew_s: float = 0.0) -> bool:
    """Look so many seconds after the set was written."""
    later = timedelta(seconds=seconds)
    with Lease(folder).take() as lease:
        now = READ_AT + later + timedelta(seconds=skew_s)
        return note_look(lease, published(folder), through=THROUGH + later, now=now)


def now_known(folder: Path, name: str = NAME) -> Manifest:
    return renewed(published(folder).manifest, folder / f"{folder.name}.lock", name)


@given(st.integers(min_value=0, max_value=10_000_000))
def test_a_set_is_complete_up_to_the_last_look(
    tmp_path_factory: pytest.TempPathFactory, seconds: int
) -> None:
    folder = tmp_path_factory.mktemp("support")
    assert looked(folder, seconds)
    found = now_known(folder)
    assert found.through == THROUGH + timedelta(seconds=seconds)
    assert found.age_s(READ_AT + timedelta(seconds=seconds)) == 60


def test_a_look_at_one_set_says_nothing_of_another(tmp_path: Path) -> None:
    assert looked(tmp_path, 600)
    assert now_known(tmp_path, "another").through == THROUGH


def test_a_time_that_something_else_gave_the_file_says_nothing(tmp_path: Path) -> None:
    assert looked(tmp_path, 600)
    lock = tmp_path / f"{tmp_path.name}.lock"
    os.utime(lock, ns=(0, lock.stat().st_mtime_ns // MS_NS * MS_NS))  # what rounding leaves
    assert now_known(tmp_path).through == THROUGH
    os.utime(lock)
    assert now_known(tmp_path).through == THROUGH


def test_nothing_is_noted_when_a_clock_was_set(tmp_path: Path) -> None:
    assert not looked(tmp_path, 600, skew_s=3_600)
    assert not looked(tmp_path, 600, skew_s=-3_600)
    assert not looked(tmp_path, -10)
    assert now_known(tmp_path).through == THROUGH


def test_a_set_that_does_not_know_how_far_it_reaches_stays_as_old_as_it_is(tmp_path: Path) -> None:
    with Lease(tmp_path).take() as lease:
        assert not note_look(lease, published(tmp_path, None), through=THROUGH, now=READ_AT)


def test_without_a_lock_file_a_set_is_as_old_as_it_was_written(tmp_path: Path) -> None:
    assert now_known(tmp_path).through == THROUGH
