"""One engine in memory, shared: what a connection makes is its own, and goes with it."""

from __future__ import annotations

import duckdb
import pytest

from connector.store.engine import Engine, engine


def test_connections_share_an_engine_and_none_sees_what_another_makes() -> None:
    shared = Engine({})
    with shared.connect() as one, shared.connect() as other:
        one.execute("create temp table t as select 1 as a; create temp view v as from t")
        other.execute("create temp table t as select 2 as a; create temp view v as from t")
        assert (one.execute("from v").fetchall(), other.execute("from v").fetchall()) == (
            [(1,)],
            [(2,)],
        )
    with shared.connect() as later, pytest.raises(duckdb.CatalogException):
        later.execute("from t")


def test_a_database_is_empty_and_gone_at_the_end() -> None:
    shared = Engine({})
    for _ in range(2):
        with shared.database() as one, shared.database() as other:
            one.execute("create table t as select 1 as a")
            with pytest.raises(duckdb.CatalogException):
                other.execute("from t")
            assert one.execute("from t").fetchall() == [(1,)]
    names = "select database_name from duckdb_databases() where database_name like 'scratch%'"
    with shared.connect() as con:
        assert con.execute(names).fetchall() == []


def test_a_database_is_gone_even_after_a_mistake() -> None:
    shared = Engine({})
    with pytest.raises(duckdb.CatalogException), shared.database() as con:
        con.execute("begin; from nothing")
    names = "select database_name from duckdb_databases() where database_name like 'scratch%'"
    with shared.connect() as con:
        assert con.execute(names).fetchall() == []


def test_an_engine_that_ended_is_started_anew() -> None:
    shared = Engine({})
    shared.connect().close()
    assert shared._running is not None
    shared._running.close()
    assert shared.connect().execute("select 1").fetchall() == [(1,)]


def test_a_limit_of_memory_is_kept() -> None:
    query = "select value from duckdb_settings() where name = 'memory_limit'"
    with engine("300MB").connect() as con, engine("300MB").connect() as other:
        assert con.execute(query).fetchall() == other.execute(query).fetchall() == [("286.1 MiB",)]
