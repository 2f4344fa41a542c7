"""A helpdesk with the teams' year in it: their tickets come as the plan expects, and live by it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, time
from random import Random

from connector.practice.account import Profile, build_account
from connector.practice.clock import Clock
from connector.practice.seed import (
    TICKETS_PER_CUSTOMER,
    WORKDAY,
    no_collection,
    numbered,
    teams_of,
)
from connector.practice.team_story import Life, new_ticket, tell
from connector.practice.teams import COURSES, ZONE, Course, Plan, midnight
from connector.practice.teller import DAY, HOUR, Teller
from connector.practice.world import Ticket, World


def teams_world(plan: Plan, *, ticking: bool = False) -> World:
    """Build the helpdesk as it stands when the year is final; the same plan gives the same one."""
    world = World(Clock(plan.now, ticking=ticking), seed=plan.seed)
    with no_collection():
        rng = Random(plan.seed)
        arrivals = sorted(_arrivals(plan, rng))
        teller = _teller(world, rng, plan, len(arrivals))
        told = [_told(teller, plan, number, arrival) for number, arrival in enumerate(arrivals, 1)]
        world.load(told, teller.audits)
        world.ratings = numbered(teller.ratings)
    return world


def _told(teller: Teller, plan: Plan, number: int, arrival: tuple[int, int]) -> Ticket:
    at, place = arrival
    team = teller.teams[place]
    life = Life(teller, new_ticket(teller, number, at, team), team, plan)
    return tell(life, COURSES[place])


def _teller(world: World, rng: Random, plan: Plan, tickets: int) -> Teller:
    directory, begin = world.directory, int(midnight(plan.day(plan.days.start)).timestamp())
    profiles = [_profile(course) for course in COURSES]
    customers = max(20, tickets // TICKETS_PER_CUSTOMER)
    field_ids = build_account(
        directory, world.fields, rng, customers=customers, at=begin - 30 * DAY, profiles=profiles
    )
    directory.lay_out_hours(begin, world.now())
    return Teller(
        rng=rng,
        begin=begin,
        now=world.now(),
        directory=directory,
        teams=teams_of(world, profiles),
        customers=[user.id for user in directory.users.values() if user.role == "end-user"],
        field_ids=field_ids,
        options={},
        brands=list(directory.brands),
        form=next(iter(directory.forms)),
    )


def _profile(course: Course) -> Profile:
    """Return the group of a team; the plan says the rest."""
    return Profile(course.name, schedule=0, share=1.0, wait_min=0.0, spread=0.0, delight=1.0)


def _arrivals(plan: Plan, rng: Random) -> Iterator[tuple[int, int]]:
    """Draw when each ticket comes in, and for which team: a Poisson number on every local day."""
    hours = range(len(WORKDAY))
    for place, course in enumerate(COURSES):
        for number in plan.days:
            day = plan.day(number)
            for hour in rng.choices(hours, WORKDAY, k=_poisson(rng, plan.expected(course, number))):
                local = datetime.combine(day, time(hour), ZONE)
                yield int(local.timestamp()) + rng.randrange(HOUR), place


def _poisson(rng: Random, expected: float) -> int:
    count, passed = 0, rng.expovariate(1.0)
    while passed < expected:
        count, passed = count + 1, passed + rng.expovariate(1.0)
    return count
