"""`[helpdesk.options]` of a Roundup tracker."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, SecretStr, field_validator

from connector.adapters.base import AdapterSettings
from connector.adapters.http import checked_address

KIND = "roundup"
Family = Literal["new", "open", "pending", "hold", "solved", "closed"]
STATUSES: Mapping[str, Family] = {
    "unread": "new",
    "deferred": "hold",
    "chatting": "open",
    "need-eg": "pending",
    "in-progress": "open",
    "testing": "open",
    "done-cbb": "solved",
    "resolved": "solved",
}
"""The statuses that every new tracker begins with."""

_ISSUE = """activity actor assignedto creation creator files id keyword messages nosy priority
    status superseder title"""
ISSUE_PROPERTIES = frozenset(_ISSUE.split())
"""What an issue has without the admin's doing: none of it is ever a field of ours."""


def tracker_url(text: str) -> str:
    """Return the address of a tracker, also of its API; raise ValueError for anything else."""
    return checked_address(text).removesuffix("/rest").rstrip("/")


class RoundupSettings(AdapterSettings):
    """Address and account of one tracker.

    `web` is the address in the tracker's own `config.ini`, where that is another than `url`.
    `statuses` maps its statuses onto our families, beside or instead of `STATUSES`. `fields` maps
    the title or role of a field of ours to the property that holds it. `agents` are user names
    and `agent_roles` roles of staff, beside those with the role Admin.
    """

    url: Annotated[str, AfterValidator(tracker_url)]
    user: str = Field(min_length=1)
    password: SecretStr
    web: Annotated[str, AfterValidator(tracker_url)] | None = None
    statuses: Mapping[str, Family] = {}
    fields: Mapping[str, str] = {}
    agents: frozenset[str] = frozenset()
    agent_roles: frozenset[str] = frozenset()
    page_size: int = Field(default=500, ge=1, le=10_000)
    settle_s: float = Field(default=2, ge=0, le=60)
    overlap_s: float = Field(default=60, ge=0, le=3600)

    @field_validator("fields")
    @classmethod
    def _are_properties_of_ours(cls, fields: Mapping[str, str]) -> Mapping[str, str]:
        for name in fields.values():
            if not name.isidentifier() or name in ISSUE_PROPERTIES:
                raise ValueError(f"{name!r} is no property that an admin adds to issues")
        return fields

    def family(self, status: str | None) -> Family | None:
        """Return what a status of the tracker means, None for one that nobody explained."""
        return self.statuses.get(status or "") or STATUSES.get(status or "")
