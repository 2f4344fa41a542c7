"""Who and what a helpdesk account has: people, groups, organizations, brands, schedules."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from connector.practice.forms import Form
from connector.practice.hours import Hours
from connector.practice.statuses import CustomStatus, usual_statuses

ID_BASE = 28_100_000_000_000
SYSTEM_ID = -1
STAFF = frozenset({"admin", "agent"})
ZONES = {
    "Berlin": "Europe/Berlin",
    "London": "Europe/London",
    "Eastern Time (US & Canada)": "America/New_York",
    "Pacific Time (US & Canada)": "America/Los_Angeles",
    "Tokyo": "Asia/Tokyo",
    "UTC": "UTC",
}
"""The display names of zones that the practice helpdesk knows, and what they mean."""


@dataclass(slots=True)
class User:
    """An admin, an agent or an end user."""

    id: int
    name: str
    email: str
    role: str
    created_at: int
    updated_at: int
    organization_id: int | None = None
    group_ids: tuple[int, ...] = ()
    active: bool = True
    suspended: bool = False


@dataclass(slots=True)
class Group:
    """A group that tickets are assigned to, and the schedule its tickets get."""

    id: int
    name: str
    created_at: int
    schedule_id: int | None = None
    deleted: bool = False


@dataclass(frozen=True, slots=True)
class Organization:
    """A customer company."""

    id: int
    name: str
    created_at: int


@dataclass(frozen=True, slots=True)
class Holiday:
    """Local days on which a schedule is closed, both ends included."""

    id: int
    name: str
    start_on: date
    end_on: date


@dataclass(slots=True)
class Schedule:
    """Weekly opening minutes since local Sunday 00:00; the zone has the vendor's display name."""

    id: int
    name: str
    time_zone: str
    intervals: tuple[tuple[int, int], ...]
    created_at: int
    holidays: tuple[Holiday, ...] = ()

    def closed_on(self) -> frozenset[date]:
        """Return every holiday as a single day."""
        return frozenset(
            holiday.start_on + timedelta(days=offset)
            for holiday in self.holidays
            for offset in range((holiday.end_on - holiday.start_on).days + 1)
        )


@dataclass(slots=True)
class Directory:
    """Everything of the account that is not a ticket."""

    users: dict[int, User] = field(default_factory=dict)
    groups: dict[int, Group] = field(default_factory=dict)
    organizations: dict[int, Organization] = field(default_factory=dict)
    schedules: dict[int, Schedule] = field(default_factory=dict)
    brands: dict[int, str] = field(default_factory=dict)
    forms: dict[int, str] = field(default_factory=dict)
    form_settings: dict[int, Form] = field(default_factory=dict)
    statuses: dict[int, CustomStatus] = field(default_factory=usual_statuses)
    hours: dict[int, Hours] = field(default_factory=dict)
    zones: dict[str, str] = field(default_factory=lambda: dict(ZONES))

    def new_id(self) -> int:
        """Return an id that nothing in this directory has."""
        taken = (self.users, self.groups, self.organizations, self.schedules, self.brands)
        taken_forms = (*taken, self.forms)
        return ID_BASE + 4 * (1 + sum(len(table) for table in taken_forms))

    def is_staff(self, user_id: int) -> bool:
        """Tell whether a person is an admin or agent."""
        user = self.users.get(user_id)
        return user is not None and user.role in STAFF

    def user_by_email(self, email: str) -> User | None:
        """Return the person with this e-mail address."""
        wanted = email.lower()
        return next((u for u in self.users.values() if u.email.lower() == wanted), None)

    def lay_out_hours(self, start: float, end: float) -> None:
        """Prepare the ruler of every schedule for a stretch of time, a little wider."""
        days = (_day(start) - timedelta(days=14), _day(end) + timedelta(days=500))
        for schedule in self.schedules.values():
            zone = ZoneInfo(self.zones[schedule.time_zone])
            self.hours[schedule.id] = Hours(zone, schedule.intervals, schedule.closed_on(), days)


def _day(at: float) -> date:
    return datetime.fromtimestamp(at, tz=UTC).date()
