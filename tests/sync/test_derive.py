"""Events from snapshots, for helpdesks that tell none."""

from __future__ import annotations

from connector.model.ticket import EventRows
from connector.store.gaps import FIRST_DERIVED_ID
from connector.store.store import Snapshot
from connector.sync.derive import derive
from tests.store.records import START, at, ticket, tickets


def told(rows: EventRows) -> list[tuple[str, str | None, str | None]]:
    return list(zip(rows.kind, rows.value, rows.previous, strict=True))


def known(stamp: float = 0, **more: str) -> dict[str, Snapshot]:
    return {"1": Snapshot(**{"id": "1", "stamp": at(stamp), "status": "open", **more})}  # type: ignore[arg-type]


def test_a_first_sight_tells_of_the_opening() -> None:
    rows = derive({}, tickets(ticket(status="new", channel="email")))
    assert told(rows) == [("created", "email", None)]
    assert rows.at == [START]


def test_a_first_sight_tells_what_is_no_longer_as_opened() -> None:
    rows = derive({}, tickets(ticket(stamp=5, status="solved", assignee_id="7")))
    assert told(rows)[1:] == [("status", "solved", "new"), ("assignee", "7", None)]
    assert rows.at[1:] == [at(5), at(5)]


def test_only_differences_become_events() -> None:
    before = known(assignee_id="7", priority="low")
    rows = derive(before, tickets(ticket(stamp=5, status="open", assignee_id="8", priority="low")))
    assert told(rows) == [("assignee", "8", "7")]


def test_a_snapshot_that_is_not_newer_tells_nothing() -> None:
    assert len(derive(known(stamp=5), tickets(ticket(stamp=5, status="solved")))) == 0


def test_two_snapshots_in_a_page_are_two_steps() -> None:
    page = tickets(ticket(stamp=6, status="solved"), ticket(stamp=5, status="pending"))
    assert told(derive(known(), page)) == [
        ("status", "pending", "open"),
        ("status", "solved", "pending"),
    ]


def test_deleting_and_restoring_are_told() -> None:
    page = tickets(ticket(stamp=5, status="deleted"), ticket(stamp=6, status="open"))
    assert [kind for kind, *_ in told(derive(known(), page))] == [
        "status",
        "deleted",
        "status",
        "restored",
    ]


def test_derived_events_are_marked_by_their_id() -> None:
    rows = derive({}, tickets(ticket(status="solved")))
    assert all(FIRST_DERIVED_ID <= int(event_id) < 1 << 63 for event_id in rows.id)


def test_deriving_again_gives_the_same_ids() -> None:
    page = tickets(ticket(stamp=5, status="solved"))
    assert derive(known(), page) == derive(known(), page)
