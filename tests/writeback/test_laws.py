"""Laws of the write-back over random lives of tickets, and what people do in between."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from connector.model.ticket import Mark, Status, Ticket
from connector.writeback.note import Membership
from tests.laws import examples
from tests.writeback.world import DUE, GOALS, OptionTagAdapter, World, ids, member, quality

FOREIGN_TAGS = ("vip", "goal_setting", "goal__unknown__at_risk")
FOREIGN_FIELD = "77"
OUR_TAGS = ("goal__faster__at_risk", "goal__quality__off_track")
states = st.sampled_from(
    ["on_track", "at_risk", "off_track", "insufficient_data", "paused", "violated"]
)
outcomes = st.sampled_from([None, "pending", "due_soon", "met", "missed"])
shows = st.sampled_from(["at_once", "daily", "with_ticket"])


@st.composite
def memberships(draw: st.DrawFn) -> tuple[Membership, ...]:
    """Draw the goals one ticket counts for."""
    found = []
    for make in (member, quality):
        if draw(st.booleans()):
            values: dict[str, Any] = {"show": draw(shows), "tag": draw(st.booleans())}
            values["outcome"] = draw(outcomes)
            values["due_at"] = DUE if values["outcome"] else None
            found.append(make(draw(states), **values))
    return tuple(found)


TICKETS = ("1", "2", "3")
rounds = st.lists(
    st.fixed_dictionaries(
        {
            "members": st.fixed_dictionaries({ticket: memberships() for ticket in TICKETS}),
            "status": st.fixed_dictionaries(
                {}, optional={t: st.sampled_from(list(Status)[:6]) for t in TICKETS}
            ),
            "edits": st.lists(
                st.tuples(
                    st.sampled_from(TICKETS),
                    st.sampled_from(["tag", "untag", "status", "note", "foreign"]),
                    st.integers(0, 2),
                ),
                max_size=3,
            ),
            "daily": st.booleans(),
            "max_share": st.sampled_from([0.4, 1.0]),
        }
    ),
    min_size=1,
    max_size=5,
)
marks = st.sampled_from([Mark.NONE, Mark.FOLLOW_UP, Mark.CHILD])


class Life(World):
    """A world that people act upon, and that checks what each sync does."""

    def begin(self, kind: Mark) -> None:
        for ticket in TICKETS:
            tags = FOREIGN_TAGS[: int(ticket)]
            self.desk.put(ticket, tags=tags, fields={FOREIGN_FIELD: "mine"}, marks=int(kind))

    def people_act(self, one: Mapping[str, Any]) -> None:
        for ticket, kind, choice in one["edits"]:
            self.desk.advance(60)
            if kind == "tag":
                self.desk.tag(ticket, *OUR_TAGS[choice:])
            elif kind == "untag":
                self.desk.untag(ticket, *OUR_TAGS[choice:], *FOREIGN_TAGS[choice:])
            elif kind == "foreign":
                self.desk.set_field(ticket, FOREIGN_FIELD, "mine" if choice else None)
            else:
                values = ("goal_status__on_track", None, "goal_status__off_track")
                self.person_sets(ticket, kind, values[choice])
        for ticket, status in one["status"].items():
            self.person_moves(ticket, status)

    def foreign(self) -> dict[str, Any]:
        vocabulary = {tag for goal in GOALS for tag in self.goal_tags(goal)}
        return {
            t.id: (
                {tag for tag in t.tags if tag not in vocabulary and not tag.startswith(OPTIONS)},
                t.fields.get(FOREIGN_FIELD),
                t.status,
            )
            for t in self.desk.tickets.values()
        }

    def goal_tags(self, goal: str) -> set[str]:
        return {f"goal__{goal}__{s}" for s in ("at_risk", "off_track", "due_soon", "missed")}


OPTIONS = ("goal_status__", "goal_outcome__")


def live(story: list[dict[str, Any]], kind: Mark, check: Any, *, coupled: bool) -> None:
    """Play a story; `check` sees the world round every sync."""
    with TemporaryDirectory() as folder:
        adapter = {"kind": OptionTagAdapter} if coupled else {}
        life = Life(Path(folder), **adapter)  # type: ignore[arg-type]
        try:
            life.begin(kind)
            for one in story:
                life.people_act(one)
                check(life, one)
        finally:
            life.state.close()


def sync(life: Life, one: Mapping[str, Any]) -> list[str]:
    planned = life.plan(
        one["members"], is_daily_run=one["daily"], rules={"max_share": one["max_share"]}
    )
    life.write(planned)
    return ids(planned)


@settings(max_examples=examples(50, 150), deadline=None)
@given(story=rounds, kind=marks, coupled=st.booleans())
def test_a_second_run_right_after_writes_nothing(
    story: list[dict[str, Any]], kind: Mark, *, coupled: bool
) -> None:
    def check(life: Life, one: Mapping[str, Any]) -> None:
        sync(life, one)
        assert sync(life, one) == []

    live(story, kind, check, coupled=coupled)


@settings(max_examples=examples(50, 150), deadline=None)
@given(story=rounds, kind=marks, coupled=st.booleans())
def test_what_is_foreign_stays_as_it_is(
    story: list[dict[str, Any]], kind: Mark, *, coupled: bool
) -> None:
    def check(life: Life, one: Mapping[str, Any]) -> None:
        before = life.foreign()
        sync(life, one)
        assert life.foreign() == before
        life.undo()
        assert life.foreign() == before

    live(story, kind, check, coupled=coupled)


@settings(max_examples=examples(35, 100), deadline=None)
@given(rounds, marks)
def test_only_new_open_and_just_solved_tickets_are_written(
    story: list[dict[str, Any]], kind: Mark
) -> None:
    def check(life: Life, one: Mapping[str, Any]) -> None:
        before = dict(life.desk.tickets)
        for ticket in sync(life, one):
            assert before[ticket].status in {Status.NEW, Status.OPEN, Status.SOLVED}

    live(story, kind, check, coupled=False)


@settings(max_examples=examples(35, 100), deadline=None)
@given(story=rounds, coupled=st.booleans())
def test_undo_restores_every_ticket_nobody_else_touched(
    story: list[dict[str, Any]], *, coupled: bool
) -> None:
    quiet = [{**one, "edits": [], "status": {}} for one in story]

    def restored(tickets: Mapping[str, Ticket]) -> dict[str, Any]:
        return {ticket.id: (set(ticket.tags), dict(ticket.fields)) for ticket in tickets.values()}

    first: list[dict[str, Any]] = []

    def check(life: Life, one: Mapping[str, Any]) -> None:
        first.append(restored(life.desk.tickets))
        sync(life, one)
        if one is quiet[-1]:
            life.undo()
            assert restored(life.desk.tickets) == first[0]

    live(quiet, Mark.NONE, check, coupled=coupled)


@settings(max_examples=examples(35, 100), deadline=None)
@given(rounds)
def test_no_ticket_is_written_twice_for_the_same_state(story: list[dict[str, Any]]) -> None:
    def check(life: Life, one: Mapping[str, Any]) -> None:
        sync(life, one)
        later = {
            ticket: tuple(_later(each) for each in members)
            for ticket, members in one["members"].items()
        }
        assert (
            ids(life.plan(later, is_daily_run=one["daily"], rules={"max_share": one["max_share"]}))
            == []
        )

    live(story, Mark.NONE, check, coupled=False)


def _later(membership: Membership) -> Membership:
    """Return the same state as seen a day later."""
    return member(
        membership.state,
        goal=membership.goal,
        title=membership.title,
        settles_by=membership.settles_by,
        outcome=membership.outcome,
        due_at=membership.due_at and membership.due_at.replace(day=25),
        as_of=membership.as_of.replace(day=24),
        show=membership.show,
        tag=membership.tag,
    )
