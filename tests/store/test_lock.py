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
