"""`[helpdesk.options]` of a Redmine."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

from pydantic import AfterValidator, Field, SecretStr

from connector.adapters.base import AdapterSettings
from connector.adapters.http import checked_address
from connector.model.ticket import Status

KIND = "redmine"


class RedmineSettings(AdapterSettings):
    """Address, key, and what this Redmine calls things.

    `project` is the identifier of the project whose tickets count, its subprojects included; left
    out, all that the key's user sees do. `tags_field` is the id or the name of the list field with
    several values that stands for tags. `statuses` says what statuses of your own mean.
    `staff_roles` are the roles whose members are staff; left out, those that may edit tickets.
    """

    url: Annotated[str, AfterValidator(checked_address)]
    api_key: SecretStr
    project: Annotated[str, Field(pattern=r"^[a-z0-9_-]+$")] | None = None
    tags_field: str = "Tags"
    statuses: Mapping[str, Status] = {}
    staff_roles: frozenset[str] | None = None
    settle_s: Annotated[int, Field(ge=1, le=60)] = 2
    overlap_s: Annotated[int, Field(ge=0, le=86_400)] = 60
