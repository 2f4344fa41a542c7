"""Life in the helpdesk while its clock runs: new tickets, replies, solves, ratings and the rest."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from random import Random

from connector.practice.acts import Acts
from connector.practice.phrases import ANSWERS, OPENINGS, REOPENINGS, REPLIES, SOLUTIONS, SUBJECTS
from connector.practice.teller import DAY, HOUR
from connector.practice.world import UNSOLVED, Ticket, World

PER_HOUR = {
    "created": 12.0,
    "replied": 14.0,
    "answered": 8.0,
    "solved": 9.0,
    "reopened": 1.5,
    "rated": 4.0,
    "merged": 1.0,
    "deleted": 0.6,
}
CLOSES_AFTER = 4 * DAY
BUSY = 50_000


def live(acts: Acts, seconds: float) -> dict[str, int]:
    """Let helpdesk life go on; the same seed and clock bring the same life. Say what happened."""
    world = acts.world
    with world.lock:
        rng = Random(f"{world.seed} {world.now()} {len(world.feed)}")
        begin = world.clock.now()
        happened = Counter(_close_old(acts))
        for at, kind in _plan(world, rng, begin, seconds):
            world.clock.reach(at)
            if _DO[kind](acts, rng):
                happened[kind] += 1
        world.clock.reach(begin + seconds)
        return dict(happened)


def _plan(world: World, rng: Random, begin: float, seconds: float) -> list[tuple[float, str]]:
    """Return what is to happen when; a bigger helpdesk is a busier one, every kind comes once."""
    scale = max(0.1, len(world.tickets) / BUSY) * seconds / HOUR
    plan = []
    for kind, rate in PER_HOUR.items():
        count = int(rate * scale + rng.random())
        if seconds >= HOUR:
            count = max(1, count)
        plan += [(begin + rng.uniform(0.01, 0.99) * seconds, kind) for _ in range(count)]
    return sorted(plan)


def _close_old(acts: Acts) -> dict[str, int]:
    world = acts.world
    until = world.now() - CLOSES_AFTER
    old = [t.id for t in world.tickets.values() if t.status == "solved" and t.updated_at < until]
    for ticket_id in old:
        acts.close(ticket_id)
    return {"closed": len(old)} if old else {}


def _any(world: World, rng: Random, *statuses: str) -> Ticket | None:
    """Return some ticket in one of the statuses, the younger the likelier."""
    ids = [t.id for t in world.tickets.values() if t.status in statuses]
    return world.tickets[ids[int(len(ids) * rng.random() ** 0.3)]] if ids else None


def _agent(world: World, rng: Random, ticket: Ticket) -> int:
    if ticket.assignee_id is not None:
        return ticket.assignee_id
    users = world.directory.users.values()
    team = [user.id for user in users if ticket.group_id in user.group_ids]
    staff = [user.id for user in users if user.role == "agent"]
    return rng.choice(team or staff)


def _create(acts: Acts, rng: Random) -> bool:
    directory = acts.world.directory
    customers = [user.id for user in directory.users.values() if user.role == "end-user"]
    body = {
        "subject": rng.choice(SUBJECTS),
        "comment": {"body": rng.choice(OPENINGS)},
        "requester_id": rng.choice(customers),
        "group_id": rng.choice([*directory.groups]),
        "priority": rng.choice(("low", "normal", "high", "urgent")),
    }
    acts.create(body)
    return True


def _reply(acts: Acts, rng: Random) -> bool:
    ticket = _any(acts.world, rng, "new", "open")
    if ticket is None:
        return False
    agent = _agent(acts.world, rng, ticket)
    if ticket.assignee_id is None:
        acts.assign(ticket.id, agent)
    acts.comment(ticket.id, agent, rng.choice(REPLIES), status=rng.choice(("pending", "open")))
    return True


def _customer(acts: Acts, rng: Random, status: str, texts: tuple[str, ...]) -> bool:
    ticket = _any(acts.world, rng, status)
    if ticket is not None:
        acts.comment(ticket.id, ticket.requester_id, rng.choice(texts))
    return ticket is not None


def _solve(acts: Acts, rng: Random) -> bool:
    ticket = _any(acts.world, rng, *sorted(UNSOLVED))
    if ticket is not None:
        agent = _agent(acts.world, rng, ticket)
        acts.comment(ticket.id, agent, rng.choice(SOLUTIONS), status="solved")
    return ticket is not None


def _rate(acts: Acts, rng: Random) -> bool:
    ticket = _any(acts.world, rng, "solved")
    if ticket is not None:
        acts.rate(ticket.id, "offered" if ticket.satisfaction_score is None else "good")
        acts.rate(ticket.id, rng.choice(("good", "good", "good", "bad")))
    return ticket is not None


def _merge(acts: Acts, rng: Random) -> bool:
    source, target = (_any(acts.world, rng, *sorted(UNSOLVED)) for _ in range(2))
    if source is None or target is None or source.id == target.id:
        return False
    acts.merge(source.id, target.id)
    return True


def _delete(acts: Acts, rng: Random) -> bool:
    ticket = _any(acts.world, rng, "new", "open")
    if ticket is not None:
        acts.delete(ticket.id)
    return ticket is not None


_DO: dict[str, Callable[[Acts, Random], bool]] = {
    "created": _create,
    "replied": _reply,
    "answered": lambda acts, rng: _customer(acts, rng, "pending", ANSWERS),
    "solved": _solve,
    "reopened": lambda acts, rng: _customer(acts, rng, "solved", REOPENINGS),
    "rated": _rate,
    "merged": _merge,
    "deleted": _delete,
}
