"""The parts of Redmine's answers that we rely on; what is not named here is dropped."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import msgspec


class Wire(msgspec.Struct):
    """A piece of an answer."""


class Named(Wire):
    """Something with an id; `parent` is the project that a project belongs to."""

    id: int
    name: str | None = None
    parent: Named | None = None
    identifier: str | None = None


class WireStatus(Wire):
    """A status; what is closed may be opened again."""

    id: int
    name: str = ""
    is_closed: bool | None = None


class FieldValue(Wire):
    """A custom field's value: text, list of texts or null."""

    id: int
    name: str = ""
    value: Any = None


class Detail(Wire):
    """One change: of an attribute (`attr`), or of a custom field (`cf`) named by its id.

    A field with several values has one for each value that came or went.
    """

    property: str
    name: str
    old_value: str | None = None
    new_value: str | None = None


class Journal(Wire):
    """One entry of a ticket's history; private notes are only shown to those who may see them."""

    id: int
    created_on: datetime
    user: Named | None = None
    notes: str | None = None
    private_notes: bool = False
    details: list[Detail] = []


class Issue(Wire):
    """One ticket; lists leave the journals out."""

    id: int
    project: Named
    status: WireStatus
    created_on: datetime
    updated_on: datetime
    tracker: Named | None = None
    priority: Named | None = None
    author: Named | None = None
    assigned_to: Named | None = None
    custom_fields: list[FieldValue] = []
    journals: list[Journal] = []


class IssueAnswer(Wire):
    """The answer of one ticket."""

    issue: Issue


class IssueList(Wire):
    """A page of tickets, of the `total_count` that match."""

    issues: list[Issue]
    total_count: int


class User(Wire):
    """An account; only administrators see others' `admin`."""

    id: int
    login: str = ""
    firstname: str = ""
    lastname: str = ""
    admin: bool = False


class UserAnswer(Wire):
    """The answer of one account."""

    user: User


class Membership(Wire):
    """Who works on a project, a person or a group, and as what."""

    roles: list[Named]
    user: Named | None = None
    group: Named | None = None


class Role(Wire):
    """What a role may do."""

    permissions: list[str] = []


class RoleAnswer(Wire):
    """The answer of one role."""

    role: Role


class Offer(Wire):
    """A value that a list field offers; it is stored as it is shown."""

    value: str | int
    label: str = ""


class CustomField(Wire):
    """A custom field as administrators see it."""

    id: int
    name: str
    customized_type: str = "issue"
    field_format: str = ""
    multiple: bool = False
    possible_values: list[Offer] = []


class CustomFieldList(Wire):
    """All custom fields."""

    custom_fields: list[CustomField]


class NamedLists(Wire):
    """Lists that are not paged, each in an answer of its own."""

    issue_statuses: list[WireStatus] = []
    issue_priorities: list[Named] = []
    trackers: list[Named] = []
