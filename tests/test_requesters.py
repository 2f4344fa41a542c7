"""A ticket that gets another requester is no repeat contact of its former one any more."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from hypothesis import example, given, settings
from hypothesis import strategies as st

from connector.kpi.catalogue import definitions
from connector.kpi.forms import usual_form
from connector.model.kpi import LONGEST_WINDOW_S
from connector.model.ticket import Event, EventRows, Ticket, TicketRows
from connector.store.ingest import Ingest
from connector.store.keys import Keys
from tests.kpi.desk import AGENT, CUSTOMER, NOW, Desk, after
from tests.laws import examples

FORMS = [
    usual_form(one)
    for one in definitions().values()
    if "contacts" in one.depends_on and not one.template
]
OTHER = 101
STARTS = {"1": 0, "2": 3, "3": 6, "4": 20}
"""Tickets by the day on which they come; every one is solved an hour later."""

CHANGES = st.lists(
    st.tuples(
        st.sampled_from(sorted(STARTS)),
        st.sampled_from([CUSTOMER, OTHER, None]),
        st.sampled_from(["solved", "deleted"]),
    ),
    min_size=1,
    max_size=4,
)


class Stored:
    """A store that is filled as a sync fills it."""

    def __init__(self) -> None:
        self.desk = Desk()
        self._ingest = Ingest(self.desk.con, Keys(self.desk.con))
        self.save(*(ticket(number) for number in STARTS))
        self._ingest.events(EventRows.of([e for number in STARTS for e in events(number)]), NOW)
        self.measure()

    def save(self, *tickets: Ticket) -> None:
        self._ingest.tickets(TicketRows.of(tickets), NOW)

    def changed(self) -> set[int]:
        found = self.desk.con.execute("select distinct ticket_id from changed").fetchall()
        return {number for (number,) in found}

    def measure(self, *, everything: bool = False) -> list[Any]:
        self.desk.measure(forms=FORMS, everything=everything)
        return self.desk.con.execute("from measures order by all").fetchall()


def ticket(
    number: str, requester: int | None = CUSTOMER, status: str = "solved", minutes: int = 0
) -> Ticket:
    created_at = after(days=STARTS[number])
    updated_at = created_at + timedelta(hours=1, minutes=minutes)
    return Ticket(
        id=number, status=status, created_at=created_at, updated_at=updated_at, stamp=updated_at,
        requester_id=None if requester is None else str(requester), assignee_id=str(AGENT),
    )  # fmt: skip


def events(number: str) -> list[Event]:
    created_at = after(days=STARTS[number])
    solved_at = created_at + timedelta(hours=1)
    return [
        Event(id=f"{number}1", ticket_id=number, at=created_at, kind="created"),
        Event(id=f"{number}2", ticket_id=number, at=created_at, kind="status", value="new"),
        Event(
            id=f"{number}3", ticket_id=number, at=solved_at, kind="status", value="solved",
            previous="new", actor_id=str(AGENT),
        ),
    ]  # fmt: skip


def test_another_requester_has_the_former_ones_earlier_tickets_measured_again() -> None:
    stored = Stored()
    assert stored.desk.rows("repeat_contact_rate", 1)[0][0] == 1
    stored.save(ticket("2", OTHER, minutes=1))
    assert stored.changed() == {1, 2}
    stored.save(ticket("3", OTHER, minutes=1))
    stored.measure()
    assert stored.desk.rows("repeat_contact_rate", 1)[0][0] == 0
    assert stored.desk.rows("repeat_contact_rate", 2)[0][0] == 1


def test_the_same_requester_has_no_other_ticket_marked() -> None:
    stored = Stored()
    stored.save(ticket("2", minutes=1))
    assert stored.changed() == {2}


@given(st.lists(CHANGES, min_size=1, max_size=3))
@example([[("2", OTHER, "solved")]])
@example([[("3", None, "solved")], [("2", OTHER, "deleted"), ("3", OTHER, "solved")]])
@settings(max_examples=examples(8, 25), deadline=None)
def test_what_is_due_after_changes_of_requester_gives_the_same_as_everything(
    rounds: list[list[tuple[str, int | None, str]]],
) -> None:
    stored = Stored()
    for minutes, changes in enumerate(rounds, start=1):
        stored.save(*(ticket(*change, minutes) for change in changes))
        found = stored.measure()
    assert found == stored.measure(everything=True)


def test_no_window_is_longer_than_what_is_marked() -> None:
    windows = [form.definition.settings["window"].high for form in FORMS]
    assert windows
    assert max(window or 0 for window in windows) == LONGEST_WINDOW_S
