"""Laws of the write-back while people work between plan and write, and the line breaks."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from connector.adapters.memory import MemoryAdapter
from connector.errors import UnavailableError
from connector.model.change import Receipt, TicketChange
from connector.model.ticket import Mark, Status, Ticket
from connector.writeback.settle import settle
from tests.laws import examples
from tests.writeback.test_laws import Life, marks, rounds
from tests.writeback.world import DESK, OptionTagAdapter

LEFT_ALONE = frozenset({Status.PENDING, Status.HOLD, Status.CLOSED, Status.DELETED})
faults = st.sampled_from(["none", "look", "before", "after"])
"""The line breaks at the look, before the helpdesk writes, or after it wrote."""


class Breaking(MemoryAdapter):
    """A helpdesk that guards no versions, whose line breaks before or after a batch was written."""

    breaks = "none"

    def submit(self, changes: Sequence[TicketChange]) -> Receipt:
        breaks, self.breaks = self.breaks, "none"
        if breaks == "before":
            raise UnavailableError("the line broke")
        receipt = super().submit([replace(change, expected_stamp=None) for change in changes])
        if breaks == "after":
            raise UnavailableError("the line broke")
        return receipt


class BreakingOptionTags(Breaking, OptionTagAdapter):
    """The same, where options are tags."""


def settled(life: Life) -> None:
    settle(life.adapter, life.state, helpdesk=DESK, lease_check=lambda: None, poll=life.poll)


def run(life: Life, one: Mapping[str, Any], between: Callable[[], None], fault: str) -> None:
    """Settle, plan, let people work, and write over a line that may break."""
    settled(life)
    planned = life.plan(
        one["members"], is_daily_run=one["daily"], rules={"max_share": one["max_share"]}
    )
    between()
    if fault == "look":
        life.desk.fail_next(UnavailableError("down"))
    assert isinstance(life.adapter, Breaking)
    life.adapter.breaks = fault
    life.write(planned)
    life.adapter.breaks = "none"
    life.desk._failures.clear()  # what was not asked for, since nothing was to be written


def live(story: list[Any], kind: Mark, check: Callable[[Life, Any], None], *, coupled: bool) -> Any:
    with TemporaryDirectory() as folder:
        life = Life(Path(folder), kind=BreakingOptionTags if coupled else Breaking)
        try:
            life.begin(kind)
            for one in story:
                check(life, one)
            return shown(life)
        finally:
            life.state.close()


def shown(life: Life) -> dict[str, Any]:
    return {t.id: (set(t.tags), dict(t.fields)) for t in life.desk.tickets.values()}


@settings(max_examples=examples(50, 150), deadline=None)
@given(
    story=st.lists(st.tuples(rounds, faults), min_size=1, max_size=3),
    kind=marks,
    coupled=st.booleans(),
)
def test_foreign_values_stay_whatever_people_and_the_line_do(
    story: list[tuple[list[dict[str, Any]], str]], kind: Mark, *, coupled: bool
) -> None:
    def check(life: Life, one: tuple[list[dict[str, Any]], str]) -> None:
        acts, fault = one
        before: list[Any] = []

        def between() -> None:
            life.people_act(acts[-1])
            before.append(life.foreign())

        run(life, acts[0], between, fault)
        assert life.foreign() == before[0]
        settled(life)
        life.undo()
        assert life.foreign() == before[0]

    live(story, kind, check, coupled=coupled)


@settings(max_examples=examples(50, 150), deadline=None)
@given(
    story=st.lists(st.tuples(rounds, faults), min_size=1, max_size=3),
    kind=marks,
    coupled=st.booleans(),
)
def test_what_people_did_between_plan_and_write_survives_it(
    story: list[tuple[list[dict[str, Any]], str]], kind: Mark, *, coupled: bool
) -> None:
    def check(life: Life, one: tuple[list[dict[str, Any]], str]) -> None:
        acts, fault = one
        before: dict[str, Ticket] = {}
        changed: dict[tuple[str, str], str | None] = {}

        def between() -> None:
            earlier = dict(life.desk.tickets)
            life.people_act(acts[-1])
            before.update(life.desk.tickets)
            for ticket in before.values():
                for key in earlier[ticket.id].fields.keys() | ticket.fields.keys():
                    if ticket.fields.get(key) != earlier[ticket.id].fields.get(key):
                        changed[ticket.id, key] = ticket.fields.get(key)

        run(life, acts[0], between, fault)
        after = life.desk.tickets
        assert {place: after[place[0]].fields.get(place[1]) for place in changed} == changed
        for ticket in before.values():
            if ticket.status in LEFT_ALONE:
                assert after[ticket.id] == ticket

    live(story, kind, check, coupled=coupled)


@settings(max_examples=examples(50, 150), deadline=None)
@given(story=rounds, breaks=st.lists(faults, min_size=5, max_size=5), coupled=st.booleans())
def test_a_line_that_breaks_changes_nothing_in_the_end(
    story: list[dict[str, Any]], breaks: list[str], *, coupled: bool
) -> None:
    quiet = [{**one, "edits": [], "status": {}, "max_share": 1.0} for one in story]
    plan = iter(breaks)

    def twice(life: Life, one: Mapping[str, Any], fault: str) -> None:
        for each in (fault, "none"):
            run(life, one, lambda: None, each)
        rows = list(life.state.journal_rows())
        assert all(row.outcome for row in rows)
        assert life.plan(one["members"], is_daily_run=one["daily"]).is_empty

    calm = live(quiet, Mark.NONE, lambda life, one: twice(life, one, "none"), coupled=coupled)
    rough = live(quiet, Mark.NONE, lambda life, one: twice(life, one, next(plan)), coupled=coupled)
    assert rough == calm
