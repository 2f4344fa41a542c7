"""Projects, which stand for groups, and who works on them."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from connector.adapters.redmine.client import RedmineClient
from connector.adapters.redmine.settings import KIND, RedmineSettings
from connector.adapters.redmine.wire import Membership, Named, RoleAnswer, User
from connector.errors import FatalError
from connector.model.ticket import Person, Role

STAFF_MAY = "edit_issues"
"""The permission that tells staff from customers."""

ACTIVE, LOCKED = "1", "3"
_ROLE = msgspec.json.Decoder(RoleAnswer)


def projects(client: RedmineClient, settings: RedmineSettings) -> list[Named]:
    """Return the projects whose tickets count: all that are seen, or one and those below it."""
    seen = list(client.listing("projects.json", "projects", Named))
    if not seen:
        client.me()
    if settings.project is None:
        return seen
    inside = {one.id for one in seen if settings.project in {one.identifier, str(one.id)}}
    if not inside:
        raise FatalError(
            f"{KIND}: the key's user sees no project {settings.project!r}; see the project option"
        )
    while more := {p.id for p in seen if p.parent and p.parent.id in inside} - inside:
        inside |= more
    return [one for one in seen if one.id in inside]


def people(client: RedmineClient, settings: RedmineSettings) -> tuple[Person, ...]:
    """Return who works on the projects, groups too, and all accounts where the key sees them."""
    found = {person.id: person for person in _accounts(client)}
    staff = _StaffRoles(client, settings)
    for project in projects(client, settings):
        path = f"projects/{project.id}/memberships.json"
        for one in client.listing(path, "memberships", Membership):
            member = one.user or one.group
            if member is not None:
                before = found.get(str(member.id))
                found[str(member.id)] = _member(member, before, is_staff=staff.has(one))
    return tuple(found.values())


def _accounts(client: RedmineClient) -> Iterator[Person]:
    """Yield all accounts, for an administrator's key; staff is who works on a project."""
    if not client.me().admin:
        return
    for status in (ACTIVE, LOCKED):
        for user in client.listing("users.json", "users", User, {"status": status}):
            yield Person(
                id=str(user.id),
                role=Role.ADMIN if user.admin else Role.CUSTOMER,
                name=name_of(user) if user.admin else None,
                active=status == ACTIVE,
            )


def _member(member: Named, before: Person | None, *, is_staff: bool) -> Person:
    role = Role.AGENT if is_staff else Role.CUSTOMER
    if before is not None and before.role != Role.CUSTOMER:
        role = Role(before.role)
    return Person(
        id=str(member.id),
        role=role,
        name=None if role == Role.CUSTOMER else member.name,
        active=before.active if before else True,
    )


def name_of(user: User) -> str:
    """Return a person's name as Redmine shows it."""
    return f"{user.firstname} {user.lastname}".strip() or user.login


class _StaffRoles:
    """Which roles make staff: those that were named, else those that may edit tickets."""

    def __init__(self, client: RedmineClient, settings: RedmineSettings) -> None:
        self._client = client
        self._named = settings.staff_roles
        self._known: dict[int, bool] = {}

    def has(self, membership: Membership) -> bool:
        """Tell whether any role of a membership is one of them."""
        return any(self._is_staff(role) for role in membership.roles)

    def _is_staff(self, role: Named) -> bool:
        if self._named is not None:
            return role.name in self._named
        if role.id not in self._known:
            answer = self._client.get(f"roles/{role.id}.json", _ROLE)
            self._known[role.id] = STAFF_MAY in answer.role.permissions
        return self._known[role.id]
