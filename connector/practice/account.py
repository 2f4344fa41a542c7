"""The made-up company behind the practice helpdesk: its groups, agents, schedules and fields."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from random import Random

from connector.practice.directory import (
    ID_BASE,
    Directory,
    Group,
    Holiday,
    Organization,
    Schedule,
    User,
)
from connector.practice.fields import SYSTEM_KINDS, Fields
from connector.practice.helpdesk import ADMIN_EMAIL, AGENT_EMAIL
from connector.practice.phrases import FIRST_NAMES, LAST_NAMES

AGENTS_IN_GROUP = 5
ORGANIZATIONS = 60
DAY_MINUTES = 24 * 60


@dataclass(frozen=True, slots=True)
class Profile:
    """How a group works: its part of the tickets, and how long customers wait for it."""

    name: str
    schedule: int
    share: float
    wait_min: float
    spread: float
    delight: float


PROFILES = (
    Profile("EMEA", 0, 0.22, 95, 1.0, 0.84),
    Profile("Americas", 1, 0.22, 60, 0.9, 0.88),
    Profile("APAC", 2, 0.14, 140, 1.1, 0.80),
    Profile("Billing", 0, 0.12, 240, 1.0, 0.76),
    Profile("Technical", 1, 0.12, 300, 1.2, 0.74),
    Profile("Onboarding", 0, 0.06, 45, 0.8, 0.93),
    Profile("Returns", 1, 0.08, 180, 1.0, 0.71),
    Profile("VIP", 0, 0.04, 15, 0.7, 0.95),
)
SCHEDULES = (
    ("Europe", "Berlin", range(1, 6), 9, 18),
    ("Americas", "Eastern Time (US & Canada)", range(1, 6), 8, 20),
    ("Asia", "Tokyo", range(1, 7), 9, 17),
)
HOLIDAYS = (
    (("New Year", 1, 1, 1, 1), ("Labour Day", 5, 1, 5, 1), ("Unity Day", 10, 3, 10, 3),
     ("Christmas", 12, 24, 12, 26)),
    (("New Year", 1, 1, 1, 1), ("Independence Day", 7, 4, 7, 4), ("Christmas", 12, 25, 12, 25)),
    (("New Year", 1, 1, 1, 3), ("Golden Week", 5, 3, 5, 5), ("Culture Day", 11, 3, 11, 3)),
)  # fmt: skip
PRODUCTS = ("Web shop", "Mobile app", "Reports", "Billing portal", "Public API")
CAUSES = ("User error", "Defect", "Outage", "Missing feature", "Supplier")


def build_account(
    directory: Directory,
    fields: Fields,
    rng: Random,
    *,
    customers: int,
    at: int,
    profiles: Sequence[Profile] = PROFILES,
) -> dict[str, int]:
    """Fill an empty account and return the ids of its custom fields by title."""
    _schedules(directory, at)
    directory.brands |= {directory.new_id(): "Practice Ltd"}
    directory.brands |= {directory.new_id(): "Practice Pro"}
    directory.forms |= {directory.new_id(): "Default Ticket Form"}
    for place in range(ORGANIZATIONS):
        number = ID_BASE + 500_000 + place
        directory.organizations[number] = Organization(number, f"Company {place + 1}", at)
    _staff(directory, at, profiles)
    _customers(directory, rng, customers, at)
    return _fields(fields, at)


def _schedules(directory: Directory, at: int) -> None:
    this_year = datetime.fromtimestamp(at, tz=UTC).year
    for (name, zone, days, opens, closes), holidays in zip(SCHEDULES, HOLIDAYS, strict=True):
        number = directory.new_id()
        intervals = tuple(
            (day * DAY_MINUTES + opens * 60, day * DAY_MINUTES + closes * 60) for day in days
        )
        closed = [
            Holiday(0, title, date(year, month, day), date(year, last_month, last_day))
            for year in range(this_year, this_year + 4)
            for title, month, day, last_month, last_day in holidays
        ]
        numbered = tuple(
            Holiday(number * 10 + place, one.name, one.start_on, one.end_on)
            for place, one in enumerate(closed)
        )
        schedule = Schedule(number, name, zone, intervals, at, numbered)
        directory.schedules[number] = schedule


def _staff(directory: Directory, at: int, profiles: Sequence[Profile]) -> None:
    schedules = list(directory.schedules)
    for email, name, role in (
        (ADMIN_EMAIL, "Goal Connector", "admin"),
        (AGENT_EMAIL, "Plain Agent", "agent"),
    ):
        number = directory.new_id()
        directory.users[number] = User(number, name, email, role, at, at)
    for place, profile in enumerate(profiles):
        group_id = directory.new_id()
        schedule = schedules[profile.schedule]
        directory.groups[group_id] = Group(group_id, profile.name, at, schedule)
        for seat in range(AGENTS_IN_GROUP):
            index = place * AGENTS_IN_GROUP + seat
            name = f"{FIRST_NAMES[index % 20]} {LAST_NAMES[(index * 7 + index // 20) % 20]}"
            number = directory.new_id()
            email = f"agent{index + 1}@practice.example"
            user = User(number, name, email, "agent", at, at, group_ids=(group_id,))
            directory.users[number] = user


def _customers(directory: Directory, rng: Random, count: int, at: int) -> None:
    organizations = list(directory.organizations)
    for place in range(count):
        number = ID_BASE + 1_000_000 + 4 * place
        name = f"{rng.choice(FIRST_NAMES)} {rng.choice(LAST_NAMES)}"
        company = rng.choice(organizations) if rng.random() < 0.5 else None  # noqa: PLR2004
        email = f"customer{place + 1}@example.com"
        directory.users[number] = User(number, name, email, "end-user", at, at, company)


def _fields(fields: Fields, at: int) -> dict[str, int]:
    fields.add_system(SYSTEM_KINDS, at)
    choices = {"Product": PRODUCTS, "Root cause": CAUSES}
    made = {}
    for title, names in choices.items():
        prefix = title.split()[-1].lower()
        options = [
            {"name": name, "value": f"{prefix}_{name.lower().replace(' ', '_')}"} for name in names
        ]
        body = {"type": "tagger", "title": title, "custom_field_options": options}
        made[title] = fields.create(body, at).id
    made["Order number"] = fields.create({"type": "text", "title": "Order number"}, at).id
    box = {"type": "checkbox", "title": "Complaint", "tag": "complaint"}
    made["Complaint"] = fields.create(box, at).id
    return made
