"""What a small fixed job costs, counted and not timed, is what it was when the numbers were kept.

`python -m tests.costs` keeps new numbers, where more is what was meant.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from contextlib import closing
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pytest

from connector.cli.exits import ExitCode
from connector.store.published import PublishedSet, latest
from tests.costs import keeping
from tests.costs.comparing import differences, moved
from tests.costs.counting import Costs
from tests.costs.instructions import missing
from tests.costs.job import NEW, counted_apart, imported, requests
from tests.whole import PagedServer, Whole

pytestmark = pytest.mark.xdist_group("costs")

RENEW = "if that is what was meant: python -m tests.costs, and say why in the commit"
HEAVY = {"duckdb", "requests", "numpy", "pydantic"}
TICKETS = "GET incremental/tickets/cursor"


@pytest.fixture(scope="module")
def costs() -> Mapping[str, Costs]:
    return counted_apart()


def test_costs_are_those_that_are_kept(costs: Mapping[str, Costs]) -> None:
    lines = moved(keeping.load(), keeping.Kept(keeping.interpreter(), costs))
    assert not lines, "\n".join([*lines, RENEW])


def test_every_kind_of_cost_is_counted(costs: Mapping[str, Costs]) -> None:
    kinds = {"requests", "pages", "rows", "duckdb", "sqlite", "calls"}
    found = {stage: set(counts) for stage, counts in costs.items() if stage != "a page"}
    assert found == {
        "connector --help": {"imports", "modules"},
        "first sync": kinds,
        "nothing new": kinds - {"rows"},
        "few changes": kinds,
        "writing": kinds,
    }
    assert costs["writing"]["sqlite"]["store/journal"] > NEW


def test_nothing_new_is_one_request_and_no_row(costs: Mapping[str, Costs]) -> None:
    found = costs["nothing new"]
    assert found["requests"] == {TICKETS: 1}
    assert found["pages"] == {"answers decoded": 1}
    assert "rows" not in found


def test_help_imports_nothing_heavy_whatever_is_kept(costs: Mapping[str, Costs]) -> None:
    assert not HEAVY & costs["connector --help"]["imports"].keys()
    assert not HEAVY & keeping.load().stages["connector --help"]["imports"].keys()


def test_calls_were_counted_on_this_python() -> None:
    kept, here = keeping.version(keeping.load().python), keeping.version(keeping.interpreter())
    if here != kept:
        pytest.skip(f"calls were counted on Python {kept}; on {here} all else is compared")


def test_instructions_were_counted_on_this_python(costs: Mapping[str, Costs]) -> None:
    kept, here = keeping.load().python, keeping.interpreter()
    reason = missing()
    if reason is None and "a page" not in costs:
        reason = "valgrind could not be switched on: it may not trace its own process here"
    if reason is None and here != kept:
        reason = f"instructions were counted on Python {kept}; this is {here}"
    if reason is not None:
        pytest.skip(reason)


def test_what_another_interpreter_would_count_otherwise_is_not_compared() -> None:
    one = {"calls": {"a": 1}, "imports": {"b": 1}, "rows": {"c": 1}}
    kept = keeping.Kept("3.11.7, x", {"first sync": one, "a page": {"instructions": {"d": 1}}})
    assert kept.comparable("3.11.7, x", counts_instructions=True) == kept.stages
    assert kept.comparable("3.11.7, x", counts_instructions=False) == {"first sync": one}
    assert kept.comparable("3.11.9, x", counts_instructions=True) == {"first sync": one}
    other = kept.comparable("3.12.1, x", counts_instructions=True)
    assert other == {"first sync": {"rows": {"c": 1}}}


@pytest.fixture
def kept() -> Mapping[str, Costs]:
    return {
        "first sync": {
            "requests": {TICKETS: 4},
            "duckdb": {"store/keys": 60, "store/ingest": 40},
            "rows": {"insert tickets": 100},
        }
    }


def told(kept: Mapping[str, Costs], kind: str, **names: int) -> list[str]:
    """Return what is said when some counts are others."""
    found = deepcopy(dict(kept))
    found["first sync"][kind] |= {name.replace("__", "/"): now for name, now in names.items()}
    return differences(kept, found)


def test_one_more_request_is_told_by_its_path(kept: Mapping[str, Costs]) -> None:
    found = deepcopy(dict(kept))
    found["first sync"]["requests"] = {TICKETS: 5, "GET users/ID": 1}
    assert differences(kept, found) == [
        f"first sync: requests to the helpdesk: {TICKETS} grew from 4 to 5",
        "first sync: requests to the helpdesk: GET users/ID grew from 0 to 1",
    ]


def test_more_statements_than_permitted_are_told_by_who_sends_them(
    kept: Mapping[str, Costs],
) -> None:
    assert told(kept, "duckdb", store__keys=63) == []
    (line,) = told(kept, "duckdb", store__keys=64, store__ingest=41)
    assert line == (
        "first sync: statements sent to DuckDB: grew from 100 to 105, more than 3%:"
        " store/keys 60 -> 64, store/ingest 40 -> 41"
    )


def test_numbers_that_are_too_high_are_told_too(kept: Mapping[str, Costs]) -> None:
    assert told(kept, "duckdb", store__keys=10) != []
    found = deepcopy(dict(kept))
    del found["first sync"]["rows"]
    assert differences(kept, found) == [
        "first sync: rows changed in DuckDB: insert tickets fell from 100 to 0"
    ]
    assert len(differences(kept, {})) == 3


def test_what_is_kept_is_read_as_it_was_written(tmp_path: Path, costs: Mapping[str, Costs]) -> None:
    written = keeping.Kept(keeping.interpreter(), costs)
    path = tmp_path / "kept.toml"
    path.write_text(keeping.text(written), encoding="utf-8")
    assert keeping.load(path) == written


def test_requests_are_named_without_their_ids() -> None:
    served = [
        ("GET", "/api/v2/tickets/12/audits.json?page=3"),
        ("GET", "/api/v2/job_statuses/V1-3"),
    ]
    assert requests(served) == {"GET tickets/ID/audits": 1, "GET job_statuses/ID": 1}


def test_imports_are_foreign_packages_and_modules_of_ours() -> None:
    names = ["connector.cli.main", "connector.cli", "connector", "rich.text", "rich", "json", "_x"]
    assert imported(names) == {
        "imports": {"rich": 1},
        "modules": {"connector.cli": 2, "connector": 1},
    }


@dataclass(frozen=True)
class Kept:
    """What a folder holds on disk: rows by table, and the files of the published set."""

    rows: Mapping[str, list[str]]
    published: PublishedSet

    @classmethod
    def of(cls, whole: Whole) -> Kept:
        published = latest(whole.root)
        assert published is not None
        rows = {}
        with duckdb.connect(whole.root / "store.duckdb", read_only=True) as store:
            for (table,) in store.execute("select table_name from duckdb_tables()").fetchall():
                rows[table] = sorted(map(repr, store.execute(f"from {table}").fetchall()))
        with closing(sqlite3.connect(whole.root.parent / "state.sqlite")) as state:
            tables = state.execute("select name from sqlite_master where type = 'table'").fetchall()
            for (table,) in tables:
                found = state.execute(f"select * from {table}").fetchall()
                rows[table] = rows.get(table, []) + sorted(map(repr, found))
        return cls(rows, published)

    def inodes(self) -> dict[str, int]:
        """Return which data each file of the set is; a hard link is the same data."""
        return {path.name: path.stat().st_ino for path in self.published.path.glob("*.parquet")}


def test_nothing_new_leaves_what_is_stored_and_published_as_it_is(tmp_path: Path) -> None:
    with PagedServer(20, pages={}) as server:
        whole = Whole(tmp_path / "goals", server, writes=False)
        for _ in range(2):
            assert whole("sync").code == ExitCode.DONE
            server.clock.advance(120)
        before, asked = Kept.of(whole), len(server.served)
        assert whole("sync").code == ExitCode.DONE
        after = Kept.of(whole)
    assert requests(server.served[asked:]) == {TICKETS: 1}
    assert after.rows == before.rows
    assert after.inodes() == before.inodes() != {}
    assert after.published.path == before.published.path
    assert after.published.manifest.as_of > before.published.manifest.as_of
