"""The people of an RT: staff are its privileged users, everybody else is a customer.

No list says who is privileged. Superusers are told by one group of RT's own; others look at every
user once, which the cursor remembers, and at staff with every read.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

import msgspec
import requests

from connector.adapters.base import utc
from connector.adapters.rt.client import PAGE_SIZE, Listed, RtClient
from connector.adapters.rt.parse import NOBODY
from connector.adapters.rt.settings import KIND
from connector.adapters.rt.wire import WireGroup, WireUser, is_set
from connector.errors import AuthenticationError, FatalError, ProtocolError
from connector.model.page import Page
from connector.model.ticket import Person, Role

PRIVILEGED = "group/4"
"""The group of staff: every RT makes it while it is installed, as its second group."""

MOST_LOOKED_AT = 300
"""How many users are looked at one by one for the names in mappings."""

NEVER = utc(86_400)
"""RT writes a time that is not set, or that we may not see, as the beginning of 1970."""

_FIELDS = {
    "fields": "id,Name,RealName,LastUpdated",
    "orderby": "id",
    "find_disabled_rows": 1,
    "per_page": PAGE_SIZE,
}
_USER = msgspec.json.Decoder(WireUser)
_GROUP = msgspec.json.Decoder(WireGroup)
_PAGE: msgspec.json.Decoder[Listed[WireUser]] = msgspec.json.Decoder(Listed[WireUser])


class Seen(msgspec.Struct, frozen=True, kw_only=True):
    """Where reading stands: the page, the last user that was looked at, and who is staff."""

    page: int = 1
    last: int = 0
    staff: tuple[int, ...] = ()


_SEEN = msgspec.json.Decoder(Seen)


class People:
    """Reads users."""

    def __init__(self, client: RtClient) -> None:
        """Read through `client`."""
        self._client = client

    def read(self, cursor: str | None) -> Page:
        """Read one page of users."""
        seen = self._seen(cursor)
        names = self._staff_names()
        answer = self._client.get("users", _PAGE, {**_FIELDS, "page": seen.page})
        users = [user for user in answer.items if user.name not in NOBODY]
        people = tuple(self._person(user, seen, names) for user in users)
        staff = {int(one.id) for one in people if one.role != Role.CUSTOMER}
        ids = [int(one.id) for one in people]
        has_more = self._has_more(seen, answer)
        after = Seen(
            page=seen.page + 1 if has_more else 1,
            last=max([seen.last, *ids]),
            staff=tuple(sorted(staff.union(seen.staff).difference(set(ids) - staff))),
        )
        return Page(
            records=people,
            cursor=msgspec.json.encode(after).decode(),
            has_more=has_more,
            server_time=self._client.session.server_time,
            expected=answer.total,
        )

    def staff(self) -> Iterator[Person]:
        """Yield staff for the names in mappings; in a large RT only superusers are told them."""
        names = self._staff_names()
        looked_at = 0
        for user in self._client.listing("users", WireUser, _FIELDS):
            if user.name in NOBODY or (names is not None and user.name not in names):
                continue
            looked_at += 1
            if names is None and looked_at > MOST_LOOKED_AT:
                return
            person = self._look(user)
            if person.role != Role.CUSTOMER:
                yield person

    def _seen(self, cursor: str | None) -> Seen:
        try:
            return _SEEN.decode(cursor) if cursor else Seen()
        except msgspec.MsgspecError as error:
            raise FatalError(f"{KIND}: the cursor is unreadable; read everything anew") from error

    def _has_more(self, seen: Seen, answer: Listed[WireUser]) -> bool:
        if answer.total is None:
            return bool(answer.items)
        return seen.page * answer.per_page < answer.total

    def _person(self, user: WireUser, seen: Seen, names: frozenset[str] | None) -> Person:
        user_id = int(user.id or 0)
        is_known = user_id <= seen.last and user_id not in seen.staff
        is_customer = user.name not in names if names is not None else is_known
        if is_customer:
            return Person(id=str(user_id), role=Role.CUSTOMER, updated_at=_updated(user))
        return self._look(user)

    def _look(self, user: WireUser) -> Person:
        """Return a user who may be staff, looked at."""
        alone = self._client.find(f"user/{user.id}", _USER)
        is_staff = alone is not None and is_set(alone.privileged)
        return Person(
            id=str(user.id),
            role=Role.AGENT if is_staff else Role.CUSTOMER,
            name=(user.real_name or user.name) if is_staff else None,
            active=alone is not None and not is_set(alone.disabled),
            updated_at=_updated(user),
        )

    def _staff_names(self) -> frozenset[str] | None:
        """Return the names of staff, None where we are not told."""
        try:
            group = self._client.find(PRIVILEGED, _GROUP)
        except (AuthenticationError, ProtocolError) as error:
            if error.status != requests.codes.forbidden:
                raise
            return None
        if group is None or (group.domain, group.name) != ("SystemInternal", "Privileged"):
            return None
        return frozenset(str(member.id) for member in group.members)


def _updated(user: WireUser) -> datetime | None:
    """Return when a user was changed; what we may not see reads as 1970."""
    at = user.last_updated
    return at if at is not None and at > NEVER else None
