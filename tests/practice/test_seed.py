from __future__ import annotations

from collections import Counter
from typing import Any

from connector.practice.directory import SYSTEM_ID
from connector.practice.seed import seed_world
from connector.practice.world import UNSOLVED, Change, Comment, Created, Ticket, World
from tests.practice.conftest import NOW


def test_the_same_seed_gives_the_same_helpdesk() -> None:
    first, second, other = (seed_world(200, seed, NOW) for seed in (7, 7, 8))
    assert first.feed == second.feed
    assert first.tickets == second.tickets
    assert first.ratings == second.ratings
    assert first.feed != other.feed


def test_the_history_of_a_ticket_leads_to_its_state(seeded: World) -> None:
    for ticket in seeded.tickets.values():
        assert replayed(seeded, ticket) == (ticket.status, ticket.tags, ticket.values)


def replayed(world: World, ticket: Ticket) -> tuple[Any, Any, Any]:
    state: dict[str | int, Any] = {}
    for _, audit in world.history(ticket):
        for change in audit.changes:
            if isinstance(change, Created):
                state |= dict(change.values)
            elif isinstance(change, Change):
                assert state.get(change.name) == change.old
                state[change.name] = change.new
    values = {key: value for key, value in state.items() if isinstance(key, int)}
    return state["status"], state["tags"], values


def test_nothing_happens_after_now_or_out_of_order(seeded: World) -> None:
    times = [audit.at for audit in seeded.feed]
    assert times == sorted(times)
    assert times[-1] <= seeded.now()
    for ticket in seeded.tickets.values():
        assert ticket.created_at <= ticket.updated_at <= ticket.generated_at <= seeded.now()


def test_drop_downs_and_their_tags_agree(seeded: World) -> None:
    for field in seeded.fields.custom():
        options = {option.value for option in field.options}
        for ticket in seeded.tickets.values():
            value = ticket.values.get(field.id)
            assert options & set(ticket.tags) == ({value} if value else set())


def test_the_helpdesk_has_everything_a_real_one_has(seeded: World) -> None:
    tickets = seeded.tickets.values()
    channels = Counter(ticket.via.channel for ticket in tickets)
    assert set(channels) >= {"email", "web", "chat", "native_messaging", "api"}
    assert channels.most_common(1)[0][0] == "email"
    assert any("closed_by_merge" in ticket.tags for ticket in tickets)
    assert any(ticket.status == "deleted" for ticket in tickets)
    assert any(ticket.via.rel == "follow_up" for ticket in tickets)
    assert any(user.suspended for user in seeded.directory.users.values())
    assert {rating.score for rating in seeded.ratings.values()} == {"offered", "good", "bad"}
    assert sum(ticket.status in UNSOLVED for ticket in tickets) > len(tickets) / 100


def test_agents_reply_in_their_opening_hours(seeded: World) -> None:
    directory = seeded.directory
    inside = outside = 0
    for ticket in seeded.tickets.values():
        hours = directory.hours[ticket.schedule_id or 0]
        for _, audit in seeded.history(ticket):
            said = any(isinstance(change, Comment) and change.public for change in audit.changes)
            if said and audit.author_id != SYSTEM_ID and directory.is_staff(audit.author_id):
                is_open = hours.between(audit.at - 60, audit.at) > 0
                inside, outside = inside + is_open, outside + (not is_open)
    assert inside > 20 * outside


def test_tickets_come_on_working_days(seeded: World) -> None:
    weekdays = Counter(ticket.created_at // 86400 % 7 for ticket in seeded.tickets.values())
    saturday, sunday, monday = weekdays[2], weekdays[3], weekdays[4]
    assert monday > 3 * saturday > 3 * sunday
