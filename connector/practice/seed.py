"""Seeded, realistic data: tens of thousands of tickets with their histories in a few seconds."""

from __future__ import annotations

import gc
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from itertools import accumulate
from random import Random
from zoneinfo import ZoneInfo

from connector.practice.account import PROFILES, Profile, build_account
from connector.practice.clock import Clock
from connector.practice.directory import ZONES
from connector.practice.group_sla_routes import install_group_policies
from connector.practice.ruleset import install_rules
from connector.practice.slas import install_policies
from connector.practice.story import tell
from connector.practice.teller import DAY, HOUR, Team, Teller
from connector.practice.world import Rating, World

HISTORY_DAYS = 600
TICKETS_PER_CUSTOMER = 8
RATING_BASE = 28_500_000_000_000
WORKDAY = (
    1, 1, 1, 1, 1, 2, 4, 9, 18, 26, 28, 26, 20, 22, 25, 24, 21, 16, 10, 7, 6, 5, 3, 2,
)  # fmt: skip
"""How many tickets come in each local hour of a working day; far fewer at weekends."""
WEEKDAY = (1.25, 1.0, 1.0, 1.0, 1.0, 0.2, 0.1)


def seed_world(
    tickets: int = 50_000,
    seed: int = 7,
    now: datetime | None = None,
    *,
    clock: Clock | None = None,
    rules: bool = False,
    slas: bool = False,
    light: bool = False,
) -> World:
    """Build a helpdesk with a history up to `now`; the same arguments give the same helpdesk.

    With `rules` it has triggers and automations that react to what happens from then on, with
    `slas` it has SLA policies; with `light` its tickets have short histories.
    """
    clock = clock or Clock(now)
    world = World(clock, seed=seed)
    with no_collection():
        rng = Random(seed)
        teller = _teller(world, rng, tickets)
        teller.is_light = light
        arrivals = _arrivals(teller, rng, tickets)
        told = [
            tell(teller, number, at, teller.teams[place])
            for number, (at, place) in enumerate(arrivals, start=1)
        ]
        world.load(told, teller.audits)
        world.ratings = numbered(teller.ratings)
    if slas:
        install_policies(world)
        install_group_policies(world)
    if rules:
        install_rules(world)
    return world


def empty_world(
    now: datetime | None = None, *, seed: int = 7, clock: Clock | None = None, customers: int = 20
) -> World:
    """Build the same account without a single ticket, for tests that put their own there."""
    world = World(clock or Clock(now), seed=seed)
    begin = world.now() - HISTORY_DAYS * DAY
    build_account(
        world.directory, world.fields, Random(seed), customers=customers, at=begin - 30 * DAY
    )
    world.directory.lay_out_hours(begin, world.now())
    return world


def _teller(world: World, rng: Random, tickets: int) -> Teller:
    now = world.now()
    begin = now - HISTORY_DAYS * DAY
    customers = max(20, tickets // TICKETS_PER_CUSTOMER)
    field_ids = build_account(
        world.directory, world.fields, rng, customers=customers, at=begin - 30 * DAY
    )
    directory = world.directory
    directory.lay_out_hours(begin, now)
    users = directory.users.values()
    return Teller(
        rng=rng,
        begin=begin,
        now=now,
        directory=directory,
        teams=teams_of(world),
        customers=[user.id for user in users if user.role == "end-user"],
        field_ids=field_ids,
        options={
            title: [option.value for option in world.fields.by_id[number].options]
            for title, number in field_ids.items()
        },
        brands=list(directory.brands),
        form=next(iter(directory.forms)),
    )


def teams_of(world: World, profiles: Sequence[Profile] = PROFILES) -> list[Team]:
    """Return the groups of an account with their profiles, people and hours."""
    directory = world.directory
    teams = []
    for profile, group in zip(profiles, directory.groups.values(), strict=True):
        agents = [user.id for user in directory.users.values() if group.id in user.group_ids]
        teams.append(Team(group, profile, directory.hours[group.schedule_id or 0], agents))
    return teams


def _arrivals(teller: Teller, rng: Random, tickets: int) -> list[tuple[int, int]]:
    """Draw when each ticket comes in, and for which team."""
    hours = range(teller.begin, teller.now, HOUR)
    shares = [team.profile.share for team in teller.teams]
    places = rng.choices(range(len(shares)), shares, k=tickets)
    weights: dict[str, list[float]] = {}
    arrivals = []
    for place, team in enumerate(teller.teams):
        zone = teller.directory.schedules[team.group.schedule_id or 0].time_zone
        if zone not in weights:
            weights[zone] = list(accumulate(_weights(hours, ZoneInfo(ZONES[zone]))))
        drawn = rng.choices(hours, cum_weights=weights[zone], k=places.count(place))
        arrivals += [(min(teller.now, hour + rng.randrange(HOUR)), place) for hour in drawn]
    return sorted(arrivals)


def _weights(hours: range, zone: ZoneInfo) -> Iterator[float]:
    growth = 0.4 / max(1, len(hours))
    for place, hour in enumerate(hours):
        local = datetime.fromtimestamp(hour, tz=zone)
        yield WORKDAY[local.hour] * WEEKDAY[local.weekday()] * (0.8 + growth * place)


def numbered(ratings: list[Rating]) -> dict[int, Rating]:
    """Return ratings by ids in order of time."""
    ratings.sort(key=lambda rating: (rating.created_at, rating.ticket_id))
    for place, rating in enumerate(ratings, start=1):
        rating.id = RATING_BASE + 4 * place
    return {rating.id: rating for rating in ratings}


@contextmanager
def no_collection() -> Iterator[None]:
    """Keep the garbage collector out: millions of tuples are made, and none is garbage."""
    gc.disable()
    try:
        yield
    finally:
        gc.enable()
        gc.freeze()
