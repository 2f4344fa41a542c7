"""Names in a mapping to ids in a helpdesk: exact, then ignoring case, then nearest names."""

from __future__ import annotations

from collections.abc import Mapping

import duckdb
import pytest

from connector.errors import MappingError
from connector.kpi.where import resolve
from tests.kpi.desk import AGENT, OTHER_AGENT, Desk, attached


@pytest.fixture
def con() -> duckdb.DuckDBPyConnection:
    support = Desk("support").group(10, "EMEA").group(11, "Emea").group(12, "APAC")
    support.ticket(1, group_id=10, channel="email", brand_id=7, tags=["vip", "eu"], priority="high")
    support.ticket(2, group_id=12, channel="web", assignee_id=AGENT, tags=["eu"], type="incident")
    field = Desk("field", beside=support).group(90, "EMEA")
    field.ticket(3, group_id=90, channel="phone", assignee_id=OTHER_AGENT, form_id=-5)
    field.insert("vendor_ids", kind="form", key=-5, id="onsite")
    return attached(support, field)


def covered(
    con: duckdb.DuckDBPyConnection, where: Mapping[str, tuple[str, ...]]
) -> list[tuple[str, int]]:
    condition, params = resolve(where, con).condition("t")
    query = f"select helpdesk, ticket_id from tickets as t where {condition} order by 2"
    return con.execute(query, params).fetchall()


ONE, TWO, THREE = ("support", 1), ("support", 2), ("field", 3)


@pytest.mark.parametrize(
    ("where", "expected"),
    [
        ({}, [ONE, TWO, THREE]),
        ({"group": ("EMEA",)}, [ONE, THREE]),
        ({"group": ("apac",)}, [TWO]),
        ({"group": ("EMEA", "APAC")}, [ONE, TWO, THREE]),
        ({"group": ("EMEA",), "channel": ("email",)}, [ONE]),
        ({"channel": ("email", "web")}, [ONE, TWO]),
        ({"assignee": ("Ann",)}, [TWO]),
        ({"assignee": ("2",)}, [THREE]),
        ({"brand": ("7",)}, [ONE]),
        ({"form": ("onsite",)}, [THREE]),
        ({"tag": ("vip",)}, [ONE]),
        ({"tag": ("vip", "eu")}, [ONE, TWO]),
        ({"tag": ("nobody_has_this",)}, []),
        ({"priority": ("HIGH",)}, [ONE]),
        ({"type": ("incident",)}, [TWO]),
        ({"channel": ("sms",)}, []),
    ],
)
def test_a_where_covers_any_of_each_list(
    con: duckdb.DuckDBPyConnection,
    where: Mapping[str, tuple[str, ...]],
    expected: list[tuple[str, int]],
) -> None:
    assert covered(con, where) == expected


def test_the_exact_case_goes_first(con: duckdb.DuckDBPyConnection) -> None:
    assert resolve({"group": ("EMEA",)}, con).choices["support"] == {"group": (10,)}


@pytest.mark.parametrize(
    ("where", "message"),
    [
        ({"group": ("EMAE",)}, "group EMAE does not exist in field or support; did you mean EMEA?"),
        ({"channel": ("emial",)}, "channel emial does not exist"),
        ({"assignee": ("Anne",)}, "did you mean Ann?"),
        ({"brand": ("Acme",)}, "brand Acme does not exist"),
        ({"gruop": ("EMEA",)}, "did you mean group?"),
    ],
)
def test_a_name_nobody_knows_is_a_problem_with_the_nearest_one(
    con: duckdb.DuckDBPyConnection, where: Mapping[str, tuple[str, ...]], message: str
) -> None:
    with pytest.raises(MappingError) as caught:
        resolve(where, con)
    assert message in str(caught.value)


def test_all_problems_come_at_once(con: duckdb.DuckDBPyConnection) -> None:
    with pytest.raises(MappingError) as caught:
        resolve({"group": ("EMAE", "nowhere"), "channel": ("emial",)}, con)
    assert len(caught.value.problems) == 3


def test_customers_are_no_assignees(con: duckdb.DuckDBPyConnection) -> None:
    with pytest.raises(MappingError):
        resolve({"assignee": ("100",)}, con)
