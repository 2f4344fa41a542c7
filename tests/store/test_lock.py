"""The lock of one helpdesk: who holds it, who waits, and the fence."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from connector.errors import LockedError, StoreError
from connector.store.lock import Lease

HOLD = """
import sys
from pathlib import Path
from connector.store.lock import Lease
with Lease(Path(sys.argv[1])) as lease:
    print(lease.fence, flush=True)
    sys.stdin.read()
"""


def lease(folder: Path, at: float = 1_000.0) -> Lease:
    return Lease(folder, clock=lambda: at)


def test_the_lock_file_is_named_after_the_folder(tmp_path: Path) -> None:
    with lease(tmp_path / "support"):
        assert (tmp_path / "support" / "support.lock").exists()


def test_a_second_lease_is_refused_while_the_first_is_held(tmp_path: Path) -> None:
    with lease(tmp_path), pytest.raises(LockedError, match="since 1970-01-01T00:16:40"):
        lease(tmp_path).acquire()


def test_another_process_is_refused_and_told_who_holds_it(tmp_path: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, str(tmp_path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as holder:
        assert holder.stdout is not None
        holder.stdout.readline()
        with pytest.raises(LockedError, match=f"process {holder.pid} since"):
            lease(tmp_path).acquire()
        holder.kill()
    with lease(tmp_path):
        pass


def test_the_lock_is_free_after_its_block(tmp_path: Path) -> None:
    with lease(tmp_path):
        pass
    with lease(tmp_path):
        pass


def test_the_fence_rises_when_the_clock_stands_still(tmp_path: Path) -> None:
    with lease(tmp_path) as first:
        pass
    with lease(tmp_path) as second:
        assert second.fence > first.fence


def test_the_fence_rises_after_the_lock_file_was_removed(tmp_path: Path) -> None:
    with lease(tmp_path, at=1_000) as first:
        first.path.unlink()
    with lease(tmp_path, at=1_005) as second:
        assert second.fence > first.fence


def test_a_cut_off_signature_does_not_stop_the_next_run(tmp_path: Path) -> None:
    with lease(tmp_path) as first:
        first.path.write_text('{"fence": 10')
    with lease(tmp_path) as second:
        assert second.fence == 1_000


def test_a_lease_whose_file_was_replaced_is_no_longer_held(tmp_path: Path) -> None:
    with lease(tmp_path) as first:
        assert first.is_held()
        first.path.unlink()
        assert not first.is_held()
        with lease(tmp_path):
            assert not first.is_held()


def test_a_folder_that_cannot_be_made_is_a_store_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match="check disk space"):
        lease(tmp_path / "file" / "support").acquire()


def test_who_only_takes_the_lock_leaves_every_byte_and_the_time_as_they_are(tmp_path: Path) -> None:
    with lease(tmp_path) as first:
        path = first.path
    before = (path.read_bytes(), path.stat().st_mtime_ns)
    with lease(tmp_path).take(), pytest.raises(LockedError, match="held by a run"):
        lease(tmp_path).acquire()
    assert (path.read_bytes(), path.stat().st_mtime_ns) == before


def test_who_takes_the_lock_and_signs_has_a_larger_fence_than_whoever_came_before(
    tmp_path: Path,
) -> None:
    with lease(tmp_path) as first:
        pass
    with lease(tmp_path).take() as second:
        assert second.fence == 0
        second.sign()
        assert second.fence > first.fence


def test_a_lock_that_was_given_back_names_nobody(tmp_path: Path) -> None:
    with lease(tmp_path) as first:
        assert "pid" in first.path.read_text()
    with lease(tmp_path).take() as second:
        assert second.was_given_back()
        assert "pid" not in second.path.read_text()


def test_a_lock_whose_holder_was_killed_was_not_given_back(tmp_path: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, str(tmp_path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as holder:
        assert holder.stdout is not None
        holder.stdout.readline()
        holder.kill()
    with lease(tmp_path).take() as second:
        assert not second.was_given_back()


def test_signing_leaves_the_time_of_the_file_alone(tmp_path: Path) -> None:
    with lease(tmp_path) as first:
        first.set_time(1_700_000_000_123_456_789)
    with lease(tmp_path) as second:
        assert second.path.stat().st_mtime_ns == 1_700_000_000_123_456_789
    assert second.path.stat().st_mtime_ns == 1_700_000_000_123_456_789
