"""Forms: a measure with what a KPI sets of it, and measuring no more than KPIs need."""

from __future__ import annotations

from datetime import timedelta

import pytest

from connector.config.mapping import KpiTable
from connector.kpi.catalogue import definitions
from connector.kpi.forms import Form, definition_of, form_of, forms_for, usual_form, usual_forms
from connector.kpi.measure import is_due
from connector.model.kpi import MeasureDefinition, Setting
from tests.kpi.desk import AGENT, NOW, OTHER_AGENT, Desk, after

WINDOW = Setting(name="window", kind="duration", default="7 d")
TIERS = Setting(name="tiers", kind="groups")


def definition(**changes: object) -> MeasureDefinition:
    base = definitions()["tickets_created"]
    values = {name: getattr(base, name) for name in base.__struct_fields__} | changes
    return MeasureDefinition(**values)


def keys(desk: Desk) -> set[str]:
    return {key for (key,) in desk.con.execute("select distinct measure from measures").fetchall()}


def form(name: str) -> Form:
    return usual_form(definitions()[name])


def test_the_usual_settings_leave_the_key_alone() -> None:
    one = definition(settings={"window": WINDOW})
    assert usual_form(one).key == "tickets_created"


def test_other_settings_are_another_form() -> None:
    one = definition(settings={"window": WINDOW, "tiers": TIERS})
    other = Form(one, {"window": 259_200.0, "tiers": ("Tier 2", "Tier 3")})
    assert other.key == "tickets_created{tiers=Tier 2+Tier 3,window=259200}"


@pytest.mark.parametrize(("settings", "days"), [({}, 7), ({"window": "30 d"}, 30)])
def test_a_value_settles_when_its_window_is_over(settings: dict[str, str], days: int) -> None:
    kpi = KpiTable(measure="repeat_contact_rate", settings=settings)
    assert definition_of(kpi).lag_s == days * 86_400


def test_texts_of_settings_are_quoted() -> None:
    one = definition(id="first_level_resolution", settings={"tiers": TIERS})
    assert "['it''s']::varchar[]" in Form(one, {"tiers": ("it's",)}).query


def test_kpis_with_the_same_form_share_it() -> None:
    kpis = [KpiTable(measure="backlog"), KpiTable(measure="backlog", where={"tag": ["x"]})]
    assert [one.key for one in forms_for(kpis)] == ["backlog"]


def test_credit_by_replies_needs_the_shares() -> None:
    kpi = KpiTable(measure="backlog", credit="replies")
    assert [one.key for one in forms_for([kpi])] == ["backlog", "reply_share"]


def test_business_hours_at_the_event_are_another_form() -> None:
    kpi = KpiTable(measure="full_resolution_time", schedule="at_event")
    assert form_of(kpi).key == "full_resolution_time{schedule=at_event}"


def test_only_the_forms_asked_for_are_measured() -> None:
    desk = Desk()
    desk.ticket()
    desk.measure(forms=[form("tickets_created")])
    assert keys(desk) == {"tickets_created"}


def test_a_new_form_is_measured_for_tickets_that_did_not_change() -> None:
    desk = Desk()
    desk.ticket()
    desk.measure(forms=[form("tickets_created")])
    both = [form("tickets_created"), form("backlog")]
    assert desk.measure(forms=both, everything=False) == 1
    assert keys(desk) == {"tickets_created", "backlog"}


def test_a_form_that_nobody_needs_is_forgotten() -> None:
    desk = Desk()
    desk.ticket()
    desk.measure(forms=[form("tickets_created"), form("backlog")])
    desk.measure(forms=[form("backlog")], everything=False)
    assert keys(desk) == {"backlog"}


def test_other_bots_are_other_values_of_tickets_that_did_not_change() -> None:
    desk = Desk()
    desk.ticket()
    desk.comment(after(hours=1), AGENT)
    desk.measure()
    desk.measure(bots=frozenset({AGENT}), everything=False)
    assert desk.rows("first_reply_time") == [(None, None, 0)]


def test_nothing_is_due_after_measuring() -> None:
    desk = Desk()
    desk.ticket()
    desk.measure()
    assert not is_due(desk.con, now=NOW, forms=usual_forms())


@pytest.mark.parametrize("minutes", [0, 1])
def test_a_row_is_due_once_its_time_has_come(minutes: int) -> None:
    desk = Desk()
    desk.ticket()
    desk.measure()
    desk.con.execute("update measures set wakes_at = ?", [NOW.replace(tzinfo=None)])
    now = NOW - timedelta(minutes=1 - minutes)
    assert is_due(desk.con, now=now, forms=usual_forms()) == bool(minutes)


def owners(desk: Desk, measure: str) -> list[tuple[int | None, int | None]]:
    return desk.con.execute(
        'select assignee_id, group_id from measures where measure = ? order by "at"', [measure]
    ).fetchall()


def test_rows_know_whose_ticket_it_was_at_the_event() -> None:
    desk = Desk()
    desk.ticket(assignee_id=OTHER_AGENT, group_id=7)
    desk.event("assignee", after(hours=1), value=str(AGENT))
    desk.status(after(hours=2), "solved")
    desk.event("assignee", after(hours=3), value=str(OTHER_AGENT), previous=str(AGENT))
    desk.measure("tickets_solved", "tickets_created")
    assert owners(desk, "tickets_solved") == [(AGENT, 7)]
    assert owners(desk, "tickets_created") == [(None, 7)]


def test_who_solves_a_ticket_may_take_it_with_the_same_update() -> None:
    desk = Desk()
    desk.ticket()
    desk.status(after(hours=2), "solved")
    desk.event("assignee", after(hours=2), value=str(AGENT))
    desk.measure("tickets_solved")
    assert owners(desk, "tickets_solved") == [(AGENT, None)]


def test_shares_of_the_replies_add_up_to_one() -> None:
    desk = Desk()
    desk.ticket()
    for hour, actor in enumerate((AGENT, OTHER_AGENT, AGENT, AGENT), 1):
        desk.comment(after(hours=hour), actor)
    desk.measure("reply_share")
    rows = desk.con.execute(
        "select actor_id, value from measures where measure = 'reply_share' order by 1"
    ).fetchall()
    assert rows == [(AGENT, 0.75), (OTHER_AGENT, 0.25)]
