"""Whole runs with access that a person granted: its tokens change on the way, nothing is lost."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from connector.cli.exits import ExitCode
from connector.practice.access import Access
from tests.browser import Authorizing
from tests.whole import ENVIRON, OAUTH_CLIENT, PagedServer, Whole

FEW = 5
GRANTED = f'{OAUTH_CLIENT}\nrefresh_token = {{ file = "refresh-token" }}'


def granted(folder: Path, server: PagedServer, *, writes: bool = True) -> Whole:
    """Return the command line of a folder in which somebody granted access."""
    whole = Whole(folder, server, credentials=GRANTED, writes=writes)
    grant(whole)
    return whole


def grant(whole: Whole) -> None:
    with Authorizing(whole.folder / "config.toml", ENVIRON) as run:
        run.visit(run.decide())
        code, said = run.ended()
    assert code == ExitCode.DONE, said


def kept(whole: Whole) -> Path:
    return whole.folder / "refresh-token"


def refreshes(server: PagedServer) -> int:
    return server.count("oauth/tokens")


@pytest.fixture(scope="module")
def expected(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """Return what a run stores and shows whose credentials never change."""
    with PagedServer() as server:
        calm = Whole(tmp_path_factory.mktemp("calm") / "goals", server)
        assert calm("setup", "--apply").code == ExitCode.DONE
        assert calm("sync").code == ExitCode.DONE
        return calm.settled()


@pytest.mark.parametrize("uses", [1, 7])
def test_a_grant_whose_tokens_change_in_mid_sync_loses_nothing(
    tmp_path: Path, uses: int, expected: dict[str, Any]
) -> None:
    with PagedServer(access=Access(uses=uses)) as server:
        whole = granted(tmp_path / "goals", server)
        assert whole("setup", "--apply").code == ExitCode.DONE
        first, asked = kept(whole).read_text(), refreshes(server)
        ran = whole("sync")
        assert ran.code == ExitCode.DONE, ran.out + ran.err
        assert refreshes(server) > asked + 1
        assert kept(whole).read_text() != first
        assert kept(whole).stat().st_mode & 0o777 == 0o600
        assert whole.settled() == expected


def test_a_token_file_that_cannot_be_written_in_mid_sync_stops_the_run_and_no_more(
    tmp_path: Path,
) -> None:
    with PagedServer(FEW, access=Access(uses=5)) as server:
        whole = granted(tmp_path / "goals", server, writes=False)
        spent = kept(whole).read_text()
        blocked = kept(whole).with_name("refresh-token.new")
        blocked.mkdir()
        ran = whole("sync")
        assert ran.code == ExitCode.FAILED
        assert "cannot be kept" in ran.out
        assert kept(whole).read_text() == spent
        blocked.rmdir()
        assert whole("sync").code == ExitCode.DONE


def test_a_grant_that_was_taken_back_stops_the_run_and_a_new_one_goes_on(tmp_path: Path) -> None:
    with PagedServer(FEW) as server:
        whole = granted(tmp_path / "goals", server, writes=False)
        server.desk.grants.revoke()
        ran = whole("sync")
        assert ran.code == ExitCode.FAILED
        assert "grant access anew with `connector authorize`" in re.sub(r"\s+", " ", ran.out)
        grant(whole)
        assert whole("sync").code == ExitCode.DONE


def test_a_run_before_access_is_granted_says_how_to_get_it(tmp_path: Path) -> None:
    with PagedServer(FEW) as server:
        whole = Whole(tmp_path / "goals", server, credentials=GRANTED)
        ran = whole("sync")
        assert ran.code == ExitCode.CONFIG
        assert "get one with `connector authorize practice`" in ran.err
        assert server.served == []
