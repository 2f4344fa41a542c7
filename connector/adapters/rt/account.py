"""Whose token it is, and what it may do."""

from __future__ import annotations

import re
from collections.abc import Iterator

import msgspec
from pydantic import SecretStr

from connector.adapters.rt.client import RtClient
from connector.adapters.rt.settings import KIND, RtSettings
from connector.adapters.rt.tickets import Tickets, in_queues
from connector.adapters.rt.wire import Server, WireQueue, WireTicket, WireUser, is_set
from connector.errors import AuthenticationError
from connector.model.page import Identity

UTC_NAMES = frozenset({"UTC", "Etc/UTC", "GMT", "Etc/GMT", "Universal", "Zulu"})
_OWNER = re.compile(r"\d+-(\d+)-")
_SERVER = msgspec.json.Decoder(Server)
_USER = msgspec.json.Decoder(WireUser)
_QUEUE = msgspec.json.Decoder(WireQueue)
_TICKET = msgspec.json.Decoder(WireTicket)


class Account:
    """Looks at the token's user; what it may do is looked at once."""

    def __init__(self, client: RtClient, tickets: Tickets, settings: RtSettings) -> None:
        """Ask through `client`."""
        self._client = client
        self._tickets = tickets
        self._settings = settings
        self._rights: tuple[str, tuple[str, ...], str] | None = None

    def check(self) -> Identity:
        """Say who the token's user is: superusers are admins, other staff are agents."""
        user = self._client.get(f"user/{owner(self._settings.token)}", _USER)
        if user.id is None or not is_set(user.privileged):
            raise AuthenticationError(
                f"{KIND}: {user.name or 'the user'} is no privileged user, and sees only tickets of"
                " its own; make it one under Admin, Users"
            )
        if self._rights is None:
            role, version = self._role()
            self._rights = role, tuple(self._notes()), version
        role, notes, version = self._rights
        zone = _zone_note(user)
        return Identity(
            id=str(user.id),
            name=user.real_name or user.name,
            role=role,
            server_time=self._client.session.server_time,
            facts=(f"RT {version}",),
            notes=(*notes, zone) if zone else notes,
        )

    def _role(self) -> tuple[str, str]:
        server = self._client.get("rt", _SERVER)
        return ("agent" if server.plugins is None else "admin"), server.version

    def _notes(self) -> Iterator[str]:
        for name, queue_id in self._tickets.queues.items():
            queue = self._client.get(f"queue/{queue_id}", _QUEUE)
            fields = {field.name for field in queue.ticket_custom_fields}
            if self._settings.tags_field not in fields:
                yield (
                    f"tickets of the queue {name!r} show no field {self._settings.tags_field!r}:"
                    " make one that takes many values (Admin, Custom Fields), put it on the queue,"
                    " and grant SeeCustomField and ModifyCustomField"
                )
        newest = self._newest()
        if newest is not None and not any(link.ref == "lifecycle" for link in newest.links):
            yield (
                f"the token's user seems to have no right to change ticket {newest.id}; grant"
                " ModifyTicket, or nothing can be written back"
            )

    def _newest(self) -> WireTicket | None:
        """Return an unsolved ticket if there is one; links say what may be done with it."""
        scope = in_queues(self._tickets.queues)
        rows = self._tickets.page(scope, "Status = '__Active__'").rows
        return self._client.find(f"ticket/{rows[-1].id}", _TICKET) if rows else None


def owner(token: SecretStr) -> str:
    """Return the id of a token's user, which every token of RT's own names."""
    found = _OWNER.match(token.get_secret_value())
    if found is None:
        raise AuthenticationError(
            f"{KIND}: the token is none that RT made, such as 1-14-0123...; make one under"
            " Logged in as, Settings, Auth Tokens"
        )
    return found[1]


def _zone_note(user: WireUser) -> str:
    if user.timezone in UTC_NAMES:
        return ""
    return (
        f"the time zone of {user.name} is {user.timezone or 'that of the server'}: set it to UTC in"
        " its preferences, because RT reads the times of our questions in it"
    )
