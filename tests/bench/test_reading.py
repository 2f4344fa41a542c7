"""The floor and ours, which the bench compares, store the same of the same pages."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from bench.reading.compared import figures
from bench.serving.started import Served, serving
from bench.timing import alone
from tests.practice.clients.tls import has_openssl

pytestmark = pytest.mark.skipif(not has_openssl(), reason="needs openssl to make certificates")
TICKETS = "select ticket_id, status, created_at, updated_at, assignee_id, tags from tickets"
EVENTS = 'select ticket_id, event_id, kind, "at", actor_id, is_public from events'


@pytest.fixture(scope="module")
def served() -> Iterator[Served]:
    with serving(1_200, "--end", "2026-01-05T00:00:00Z") as one:
        yield one


def rows(path: Path, query: str) -> list[tuple[object, ...]]:
    with duckdb.connect(path, read_only=True) as con:
        return con.execute(f"{query} order by all").fetchall()


def test_ours_and_the_floor_store_the_same(served: Served, tmp_path: Path) -> None:
    told = {
        (way, stream): alone(f"bench.reading.{way}", stream, served.url, served.ca, tmp_path)
        for way in ("floor", "ours")
        for stream in ("tickets", "events")
    }
    for query in (TICKETS, EVENTS):
        ours = rows(tmp_path / "store.duckdb", query)
        assert ours == rows(tmp_path / "floor.duckdb", query)
        assert len(ours) >= 1_200
    for stream in ("tickets", "events"):
        ours_told, floor_told = told["ours", stream], told["floor", stream]
        assert ours_told["pages"] == floor_told["pages"]
        assert min(ours_told["cpu_s"], floor_told["cpu_s"], floor_told["peak_mb"]) > 0


def test_the_floor_reads_again_without_doubles(served: Served, tmp_path: Path) -> None:
    for _ in range(2):
        for stream in ("tickets", "events"):
            alone("bench.reading.floor", stream, served.url, served.ca, tmp_path)
    keys = rows(tmp_path / "floor.duckdb", "select ticket_id, event_id, kind from events")
    assert len(keys) == len(set(keys))
    assert len(rows(tmp_path / "floor.duckdb", "select ticket_id from tickets")) == 1_200


def test_the_figures_count_every_request_and_no_refusal(tmp_path: Path) -> None:
    found = figures(tmp_path, tickets=300, large=200, rounds=1, paced=300)
    values = {one.unit: one.value for one in found if one.unit in {"requests", "answers"}}
    assert values == {"requests": 0, "answers": 0}
    assert [one.unit for one in found].count("x") == 2
