"""Measures that an admin defined, measured and evaluated like those of the catalogue."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from connector.config.mapping import Mappings, load_mappings
from connector.kpi.catalogue import definitions
from connector.kpi.evaluate import evaluate
from connector.kpi.forms import Form, forms_for, usual_form
from connector.model.kpi import KpiValue, Period
from tests.kpi.desk import AGENT, MONDAY, NOW, Desk, Row, after, attached

MONTH = Period(MONDAY, after(days=30))
HOUR = 3600


@pytest.fixture
def desk() -> Desk:
    return Desk().schedule()


@pytest.fixture
def mapped(tmp_path: Path) -> Mapped:
    return Mapped(tmp_path)


class Mapped:
    """A folder with one mapping file."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / "a.toml"

    def __call__(self, **tables: str) -> Mappings:
        text = "\n".join(
            f'[measure.{name}]\ntitle = "{name}"\n{body}' for name, body in tables.items()
        )
        kpis = "\n".join(f'[kpi.{name}]\nmeasure = "{name}"' for name in tables)
        self._path.write_text(f"{text}\n{kpis}\n", encoding="utf-8")
        return load_mappings([self._path.parent], definitions())


def rows(desk: Desk, mappings: Mappings, name: str = "x", clock: str = "calendar") -> list[Row]:
    desk.measure(forms=[usual_form(mappings.measures[name])])
    return desk.rows(name, clock=clock)


def value(desk: Desk, mappings: Mappings, forms: Sequence[Form] | None = None) -> KpiValue:
    kpi = mappings.kpis["x"]
    desk.measure(forms=forms_for([kpi]) if forms is None else forms)
    return evaluate(attached(desk), "x", kpi, MONTH, now=NOW, as_of=NOW)


def solved(desk: Desk, ticket_id: int = 1, hours: float = 4, **columns: object) -> None:
    desk.ticket(ticket_id, **columns)  # type: ignore[arg-type]
    desk.status(after(hours=hours), "solved", ticket_id, actor_id=AGENT)


NUMBER = 'kind = "number"\nfield = "77"\n'


def test_a_number_field_is_a_value_dated_by_the_last_solve(desk: Desk, mapped: Mapped) -> None:
    solved(desk, fields={"77": "2.5"})
    assert rows(desk, mapped(x=NUMBER)) == [(2.5, after(hours=4), 0)]


def test_what_is_no_number_or_not_solved_is_no_value(desk: Desk, mapped: Mapped) -> None:
    solved(desk, 1, fields={"77": "much"})
    solved(desk, 2)
    desk.ticket(3, fields={"77": "9"})
    solved(desk, 4, fields={"77": "4"})
    found = value(desk, mapped(x=NUMBER + 'stamp = "first_solved"'))
    assert (found.value, found.n) == (4, 1)
    assert found.left_out == {'no number in "77", or not solved yet': 3}


def test_a_number_may_be_dated_by_the_creation(desk: Desk, mapped: Mapped) -> None:
    desk.ticket(fields={"77": "9"})
    assert rows(desk, mapped(x=NUMBER + 'stamp = "created"')) == [(9, MONDAY, 0)]


def test_a_time_in_minutes_becomes_seconds(desk: Desk, mapped: Mapped) -> None:
    solved(desk, fields={"77": "30"})
    found = value(desk, mapped(x=NUMBER + 'unit = "min"'))
    assert (found.value, found.unit) == (1800, "s")


def test_a_field_goes_by_the_id_that_its_title_stands_for(desk: Desk, mapped: Mapped) -> None:
    solved(desk, fields={"77": "30"})
    mappings = mapped(x='kind = "number"\nfield = "What\'s $now? \\"x\\""')
    (form,) = forms_for(mappings.kpis.values())
    assert form.fields == ('What\'s $now? "x"',)
    assert value(desk, mappings, [form]).value is None
    known = Form(form.definition, ids={form.fields[0]: "77"})
    assert known.key == form.key == "x"
    assert value(desk, mappings, [known]).value == 30


def test_the_time_up_to_a_date_field_has_both_clocks(desk: Desk, mapped: Mapped) -> None:
    desk.ticket(fields={"8": "2026-03-04"})  # created on Monday at 9
    mappings = mapped(x='kind = "date"\nfield = "8"')
    assert rows(desk, mappings)[0][:2] == (39 * HOUR, after(hours=39))
    assert rows(desk, mappings, clock="business")[0][0] == 16 * HOUR


def test_the_days_of_a_field_begin_in_the_zone_that_is_said(desk: Desk, mapped: Mapped) -> None:
    desk.ticket(fields={"8": "2026-03-04"})
    mappings = mapped(x='kind = "date"\nfield = "8"\ntimezone = "Europe/Berlin"')
    assert rows(desk, mappings)[0][0] == 38 * HOUR


def test_the_time_between_two_instants(desk: Desk, mapped: Mapped) -> None:
    desk.ticket(fields={"8": "2026-03-02", "9": "2026-03-05", "7": "soon"})
    desk.comment(after(hours=1), AGENT)
    desk.status(after(hours=4), "solved")
    mappings = mapped(
        a='kind = "between"\nfrom = "first_reply"\nto = "last_solved"',
        b='kind = "between"\nfrom = "field.8"\nto = "field.9"\nstamp = "created"',
        c='kind = "date"\nfrom = "first_solved"\nfield = "9"',
        d='kind = "date"\nfield = "7"',
    )
    desk.measure(forms=forms_for(mappings.kpis.values()))
    found = {name: desk.rows(name)[0][:2] for name in "abcd"}
    assert found == {
        "a": (3 * HOUR, after(hours=4)),
        "b": (3 * 24 * HOUR, MONDAY),
        "c": (59 * HOUR, after(hours=63)),
        "d": (None, None),
    }


@pytest.mark.parametrize("clock", ["calendar", "business"])
def test_a_time_that_would_end_before_it_starts_has_no_value(
    clock: str, desk: Desk, mapped: Mapped
) -> None:
    desk.ticket(fields={"8": "2026-03-01"})
    mappings = mapped(x='kind = "date"\nfield = "8"', y='kind = "date"\nfield = "6"')
    assert [row[:2] for row in rows(desk, mappings, clock=clock)] == [(None, None)]
    assert [row[:2] for row in rows(desk, mappings, "y", clock=clock)] == [(None, None)]


def test_a_tag_is_a_rate_over_the_tickets_created(desk: Desk, mapped: Mapped) -> None:
    for ticket_id, tags in enumerate((["bug"], ["bugs"], [], ["a", "bug"]), start=1):
        desk.ticket(ticket_id, tags=tags)
    found = value(desk, mapped(x='kind = "tag"\ntag = "bug"'))
    assert (found.value, found.k, found.n) == (0.5, 2, 4)


def test_a_tag_may_be_a_rate_over_the_tickets_solved(desk: Desk, mapped: Mapped) -> None:
    solved(desk, 1, tags=["it's"])
    solved(desk, 2)
    desk.ticket(3, tags=["it's"])
    found = value(desk, mapped(x='kind = "tag"\ntag = "it\'s"\nover = "solved"'))
    assert (found.value, found.n) == (0.5, 2)
    assert found.left_out == {"not solved yet": 1}


def test_merged_tickets_do_not_count(desk: Desk, mapped: Mapped) -> None:
    solved(desk, 1, fields={"77": "30"}, marks=1)
    assert value(desk, mapped(x=NUMBER)).n == 0
