"""Names in a mapping to ids in a helpdesk: exact, then ignoring case, then nearest names."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime

import duckdb
import pytest

from connector.config.where import Condition, Filter
from connector.errors import MappingError
from connector.kpi.lookup import lay_pins
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


@pytest.fixture
def more() -> duckdb.DuckDBPyConnection:
    """Return the same with custom fields that were looked up, and a ticket of a later day."""
    support = Desk("support").group(10, "EMEA").group(12, "APAC")
    fields = {"40": "area_billing", "41": "a b", "42": "5", "43": "true"}
    support.ticket(1, group_id=10, brand_id=7, tags=["vip", "eu"], priority="high", fields=fields)
    fields = {"40": "area_login", "41": "b", "42": "13", "44": "2026-04-30"}
    support.ticket(2, group_id=12, tags=["eu"], fields=fields)
    late = datetime(2026, 3, 4, 23, 30, tzinfo=UTC)
    support.ticket(4, group_id=77, at=late, fields={"42": "much", "44": "2026-05-01"})
    field = Desk("field", beside=support).group(90, "EMEA")
    field.ticket(3, group_id=90)
    con = attached(support, field)
    names = {"Product area": "40", "Modules": "41", "Effort": "42", "VIP": "43", "Due": "44"}
    pins = {("field", name): id_ for name, id_ in (*names.items(), ("product area", "40"))}
    pins |= {("kind", "40"): "tagger", ("kind", "41"): "multiselect", ("field", "40"): "40"}
    pins |= {("option 40", name): "area_billing" for name in ("Billing", "area_billing")}
    pins |= {("option 40", "area_login"): "area_login"}
    pins |= {("option 41", name): name for name in ("a", "b")}
    lay_pins(con, {"support": pins})
    return con


def covered(
    con: duckdb.DuckDBPyConnection, where: Mapping[str, Condition], zone: str = "UTC"
) -> list[tuple[str, int]]:
    condition, params = resolve(where, con, zone=zone).condition("t")
    query = f"select helpdesk, ticket_id from tickets as t where {condition} order by 2"
    return con.execute(query, params).fetchall()


ONE, TWO, THREE, FOUR = ("support", 1), ("support", 2), ("field", 3), ("support", 4)


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
    (test,) = resolve({"group": ("EMEA",)}, con).tests["support"]
    assert test.params == (10,)


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


def test_what_two_helpdesks_have_apart_is_nothing_together(con: duckdb.DuckDBPyConnection) -> None:
    scope = resolve({"brand": ("7",), "form": ("onsite",)}, con)
    assert not scope.is_everything
    assert covered(con, {"brand": ("7",), "form": ("onsite",)}) == []


@pytest.mark.parametrize(
    ("where", "expected"),
    [
        ({"group": Filter(exclude=("EMEA",))}, [TWO, FOUR]),
        ({"group": Filter(exclude=("APAC",))}, [ONE, THREE, FOUR]),
        ({"priority": Filter(exclude=("high",))}, [TWO, THREE, FOUR]),
        ({"tag": Filter(all=("vip", "eu"))}, [ONE]),
        ({"tag": Filter(none=("vip",))}, [TWO, THREE, FOUR]),
        ({"tag": Filter(any=("eu",), none=("vip",))}, [TWO]),
        ({"tag": Filter(any=("vip", "eu"), all=("eu",))}, [ONE, TWO]),
        ({"created": Filter(since=date(2026, 3, 2), until=date(2026, 3, 3))}, [ONE, TWO, THREE]),
        ({"created": Filter(since=date(2026, 3, 3))}, [FOUR]),
        ({"created": Filter(until=date(2026, 3, 2))}, []),
    ],
)
def test_negations_and_stretches_of_days(
    more: duckdb.DuckDBPyConnection,
    where: Mapping[str, Condition],
    expected: list[tuple[str, int]],
) -> None:
    assert covered(more, where) == expected


@pytest.mark.parametrize(
    ("where", "expected"),
    [
        ({"field.Product area": ("Billing",)}, [ONE]),
        ({"field.product area": ("area_billing",)}, [ONE]),
        ({"field.40": ("area_billing", "area_login")}, [ONE, TWO]),
        ({"field.Product area": Filter(exclude=("Billing",))}, [TWO, THREE, FOUR]),
        ({"field.Modules": ("b",)}, [ONE, TWO]),
        ({"field.Modules": Filter(exclude=("a",))}, [TWO, THREE, FOUR]),
        ({"field.Effort": Filter(min=3)}, [ONE, TWO]),
        ({"field.Effort": Filter(min=3, max=8)}, [ONE]),
        ({"field.Effort": Filter(max=2.5)}, []),
        ({"field.Due": Filter(since=date(2026, 4, 1), until=date(2026, 5, 1))}, [TWO]),
        ({"field.VIP": ("true",)}, [ONE]),
        ({"field.VIP": Filter(exclude=("true",))}, [TWO, THREE, FOUR]),
    ],
)
def test_custom_fields_by_name_or_id(
    more: duckdb.DuckDBPyConnection,
    where: Mapping[str, Condition],
    expected: list[tuple[str, int]],
) -> None:
    assert covered(more, where) == expected


@pytest.mark.parametrize(
    ("where", "message"),
    [
        (
            {"field.Product aera": ("x",)},
            "field Product aera does not exist in field or support; did you mean Product area?",
        ),
        ({"field.Product area": ("Biling",)}, "option of Product area Biling does not exist"),
        ({"group": Filter(exclude=("EMAE",))}, "group EMAE does not exist"),
        ({"brand": Filter(exclude=("Acme",))}, "brand Acme does not exist"),
    ],
)
def test_mistakes_in_filters_are_problems_too(
    more: duckdb.DuckDBPyConnection, where: Mapping[str, Condition], message: str
) -> None:
    with pytest.raises(MappingError) as caught:
        resolve(where, more)
    assert message in str(caught.value)


def test_a_day_begins_where_it_is_said_to(more: duckdb.DuckDBPyConnection) -> None:
    # ticket 4 was created on 4 March at 23:30 UTC, which is the 5th in Berlin
    day = Filter(since=date(2026, 3, 5), until=date(2026, 3, 6))
    assert covered(more, {"created": day}) == []
    assert covered(more, {"created": day}, zone="Europe/Berlin") == [FOUR]
    own = Filter(since=day.since, until=day.until, timezone="UTC")
    assert covered(more, {"created": own}, zone="Europe/Berlin") == []


def test_a_renamed_group_counts_on_under_its_id(more: duckdb.DuckDBPyConnection) -> None:
    more.execute("insert into pins values ('support', 'group', 'Europe', '10')")
    assert covered(more, {"group": ("Europe",)}) == [ONE]


def test_a_pinned_group_that_is_gone_counts_with_what_has_its_name_now(
    more: duckdb.DuckDBPyConnection,
) -> None:
    more.execute("insert into pins values ('support', 'group', 'APAC', '77')")
    assert covered(more, {"group": ("APAC",)}) == [TWO, FOUR]


def test_a_pinned_group_is_not_taken_for_another_that_got_its_name(
    more: duckdb.DuckDBPyConnection,
) -> None:
    more.execute("insert into pins values ('support', 'group', 'APAC', '10')")
    assert covered(more, {"group": ("APAC",)}) == [ONE]


def test_a_pinned_brand_is_known_by_name(more: duckdb.DuckDBPyConnection) -> None:
    more.execute("insert into pins values ('support', 'brand', 'Acme', '7')")
    assert covered(more, {"brand": ("Acme",)}) == [ONE]


NAMES = {
    "group": ("EMEA", "APAC"),
    "priority": ("high", "urgent"),
    "tag": ("vip", "eu"),
    "field.Product area": ("Billing", "area_login"),
    "field.Modules": ("a", "b"),
}


@pytest.mark.parametrize("key", NAMES)
@pytest.mark.parametrize("count", [1, 2])
def test_a_ticket_passes_a_list_or_its_negation(
    more: duckdb.DuckDBPyConnection, key: str, count: int
) -> None:
    names = NAMES[key][:count]
    inside, outside = covered(more, {key: names}), covered(more, {key: Filter(exclude=names)})
    assert inside
    assert sorted([*inside, *outside]) == sorted([ONE, TWO, THREE, FOUR])
