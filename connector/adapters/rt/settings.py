"""`[helpdesk.options]` of a Request Tracker."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

from pydantic import AfterValidator, Field, SecretStr

from connector.adapters.base import AdapterSettings
from connector.adapters.http import checked_address
from connector.model.ticket import Status

KIND = "rt"
STATUSES = {
    "new": Status.NEW,
    "open": Status.OPEN,
    "stalled": Status.PENDING,
    "resolved": Status.SOLVED,
    "rejected": Status.CLOSED,
    "deleted": Status.DELETED,
}
"""The statuses of RT's own lifecycle."""


def server_address(text: str) -> str:
    """Return the address of an RT, also of its API; raise ValueError for anything else."""
    return checked_address(text).removesuffix("/REST/2.0")


class RtSettings(AdapterSettings):
    """Address, token, and what of an RT is read.

    `queues` are the names of the queues whose tickets count; left out: all that the token's user
    may see. `tags_field` names the custom field that holds tags, `statuses` says what the statuses
    of other lifecycles mean. The last `settle_s` seconds are left to a later read, which begins
    `overlap_s` seconds before the newest ticket, for what was committed late.
    """

    url: Annotated[str, AfterValidator(server_address)]
    token: SecretStr
    queues: tuple[str, ...] = ()
    tags_field: str = "Tags"
    statuses: Mapping[str, Status] = {}
    settle_s: Annotated[int, Field(ge=1, le=600)] = 2
    overlap_s: Annotated[int, Field(ge=0, le=86_400)] = 60

    @property
    def families(self) -> dict[str, Status]:
        """Return what each status means, in lower case as RT stores them."""
        return STATUSES | {name.lower(): status for name, status in self.statuses.items()}
