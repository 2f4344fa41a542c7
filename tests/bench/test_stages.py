"""CPU seconds by stage: each belongs to the innermost stage, and all are told."""

from __future__ import annotations

import importlib
import inspect
from collections.abc import Iterator
from pathlib import Path
from threading import Thread

import duckdb
import pytest

from bench import flow
from bench.scans import ScanningDuckDB
from bench.spans import IMPORTS, REST, STAGES, Spans, Wrapping, place
from bench.stages import ORDER, taken
from bench.timing import Figure

TARGETS = [target for targets in STAGES.values() for target in targets]


class Hand:
    """A clock that is moved by hand."""

    def __init__(self) -> None:
        self.at = 0.0

    def __call__(self) -> float:
        return self.at

    def pass_by(self, seconds: float) -> None:
        self.at += seconds


@pytest.fixture
def clock() -> Hand:
    return Hand()


def test_what_came_before_the_first_stage_is_imports(clock: Hand) -> None:
    spans = Spans(clock)
    clock.pass_by(3)
    spans.leave()
    assert spans.cpu_s == {IMPORTS: 3}
    assert spans.stage == REST


def test_a_stage_inside_another_takes_its_time_away_from_it(clock: Hand) -> None:
    spans = Spans(clock)
    inner = spans.timed("inner", lambda: clock.pass_by(2))

    def work() -> None:
        clock.pass_by(1)
        inner()
        clock.pass_by(4)

    spans.leave()
    spans.timed("outer", work)()
    assert spans.cpu_s == {IMPORTS: 0, REST: 0, "outer": 5, "inner": 2}


def test_a_stage_that_fails_is_over(clock: Hand) -> None:
    spans = Spans(clock)
    spans.leave()

    def fail() -> None:
        clock.pass_by(1)
        raise KeyError

    with pytest.raises(KeyError):
        spans.timed("outer", fail)()
    assert (spans.stage, spans.cpu_s["outer"]) == (REST, 1)


def test_the_time_of_a_thread_beside_is_not_counted_twice(clock: Hand) -> None:
    own = Hand()
    spans = Spans(clock, own)

    def aside() -> None:
        own.pass_by(2)
        clock.pass_by(2)

    def work() -> None:
        thread = Thread(target=spans.timed("aside", aside))
        thread.start()
        thread.join()
        clock.pass_by(1)

    spans.leave()
    spans.timed("main", work)()
    assert (spans.cpu_s["aside"], spans.cpu_s["main"]) == (2, 1)


@pytest.mark.parametrize("target", TARGETS)
def test_what_begins_a_stage_is_there(target: str) -> None:
    importlib.import_module(target.partition(":")[0])
    owner, name = place(target)
    assert callable(inspect.unwrap(getattr(owner, name)))


def test_the_stages_of_a_command_add_up_to_what_it_took(tmp_path: Path) -> None:
    ran = taken(["catalogue", "--json"], tmp_path)
    assert ran.code == 0
    assert "first_reply_time" in ran.output
    assert tuple(ran.stages) == ORDER
    assert sum(ran.stages.values()) == pytest.approx(ran.cpu_s)
    assert ran.stages[IMPORTS] > 0
    assert ran.stages["config, mappings"] > 0
    assert ran.stages["storing"] == 0
    assert ran.peak_mb > 10


@pytest.fixture
def spans(clock: Hand) -> Spans:
    found = Spans(clock)
    found.leave()
    return found


@pytest.fixture
def scanning(spans: Spans) -> Iterator[ScanningDuckDB]:
    con = ScanningDuckDB(duckdb.connect(":memory:"), spans)
    con.execute("create table many as select range as one from range(5000)")
    yield con
    con.close()


def test_rows_are_scanned_by_the_stage_that_asks(scanning: ScanningDuckDB, spans: Spans) -> None:
    def ask() -> None:
        scanning.execute("select sum(one) from many").fetchall()

    spans.timed("measuring", ask)()
    spans.timed("planning", ask)()
    spans.timed("planning", lambda: scanning.execute("delete from many where one > 4000"))()
    scanning.execute("select 1").fetchall()
    assert spans.rows["measuring"] == 5_000
    assert spans.rows["planning"] == 10_000


def test_rows_of_a_second_connection_are_counted_too(
    scanning: ScanningDuckDB, spans: Spans
) -> None:
    with scanning.cursor() as other:
        spans.timed("judging", lambda: other.execute("select sum(one) from many").fetchall())()
    assert spans.rows["judging"] == 5_000


def test_what_begins_a_stage_is_wrapped_until_the_end(clock: Hand) -> None:
    owner, name = place("connector.kpi.catalogue:definitions")
    before = getattr(owner, name)
    wrapping = Wrapping(Spans(clock), scans=False)
    try:
        wrapping.wrap()
        assert getattr(owner, name).__wrapped__ is before
    finally:
        wrapping.unwrap()
    assert getattr(owner, name) is before


def test_where_time_goes_is_a_table_of_stages_with_a_column_a_run() -> None:
    stages = dict.fromkeys(ORDER, 0.0)
    runs = [
        Figure(
            name=f"{name}, 10 tickets: CPU",
            value=1.5,
            unit="s",
            rounds={name: []},
            notes={**stages, IMPORTS: 1.0, "storing": 0.5 * number},
        )
        for number, name in enumerate(("nothing new", "a first sync"))
    ]
    assert flow.tables(runs)["where time goes"] == [
        ["stage", "nothing new", "a first sync"],
        [IMPORTS, "1.00 s", "1.00 s"],
        ["storing", "0.00 s", "0.50 s"],
        ["**all**", "**1.50 s**", "**1.50 s**"],
    ]
    assert flow.tables([]) == {}
