"""Roundup: an issue tracker with a REST API whose objects are exactly those of its schema.

Quirks worth knowing before you change anything:
- times have whole seconds on the wire; a filter without a zone is read in our account's time zone;
- a retired issue leaves every list without a change of its `activity`, but is still shown by id;
- `id=1,2` finds nothing and says nothing: several ids are several parameters;
- `@total_size` counts all that follow, or is -1; a property that is unknown is refused with 400;
- a tag is an object (keyword) that is made first; retired ones stay on their issues;
- every write names the ETag of what it read (412 else) and comes with Origin and Referer;
- null in a body is left out silently; an empty text clears;
- who tells no history: only messages are told, all else is seen from read to read;
- the limit is a leaky bucket for each account; its reset counts seconds from now, with decimals.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import msgspec
import requests

from connector.adapters.base import Adapter, AdapterSettings, Capabilities
from connector.adapters.roundup.client import RoundupClient
from connector.adapters.roundup.feed import TicketFeed
from connector.adapters.roundup.fields import Fields
from connector.adapters.roundup.issues import CLASS, Issues
from connector.adapters.roundup.parse import (
    MESSAGE,
    USER,
    WireUser,
    comments,
    person,
    role,
)
from connector.adapters.roundup.settings import KIND, RoundupSettings
from connector.adapters.roundup.write import Writer
from connector.errors import AuthenticationError, FatalError, ProtocolError
from connector.model.change import Receipt, TicketChange
from connector.model.page import (
    EventSource,
    FieldPlan,
    FieldSpec,
    Identity,
    Limits,
    Page,
    Schema,
    Stream,
    TicketField,
)
from connector.model.ticket import Event, Person, Role, Ticket

BATCH = 10


class RoundupAdapter(Adapter):
    """Tickets of one Roundup tracker."""

    kind = KIND
    settings_model = RoundupSettings
    capabilities = Capabilities(
        streams=frozenset({Stream.TICKETS, Stream.PEOPLE}),
        events=EventSource.DERIVED,
        write_batch=BATCH,
        batch_requests=3 + 2 * BATCH,  # listed before and after, keywords; each read and written
        keeps_foreign_tags="read, merged and written with If-Match",
        detects_conflicts=True,
        stores_labels=True,
    )

    def __init__(self, settings: AdapterSettings, *, watched_fields: frozenset[str]) -> None:
        """Prepare the line; nothing is sent yet."""
        assert isinstance(settings, RoundupSettings)
        self._settings = settings
        self._client = RoundupClient(settings)
        self._issues = Issues(self._client, settings, watched_fields)
        self._fields = Fields(self._client, settings, self._issues)
        self._tickets = TicketFeed(self._client, settings, self._issues)

    @property
    def requests(self) -> int:
        """Return how many requests were sent so far."""
        return self._client.session.sent

    @property
    def limits(self) -> Mapping[str, Limits]:
        """Return the limits as last announced."""
        return self._client.session.announced

    def check(self) -> Identity:
        """Say whose credentials these are."""
        name = self._settings.user
        try:
            found = self._client.element("user", f"username={name}", USER)
        except ProtocolError as error:
            if error.status != requests.codes.bad_request:
                raise
            raise AuthenticationError(
                f"{KIND} knows no user of the name in the user option, or does not let it use the"
                " REST API; see Rest Access in schema.py",
                status=error.status,
            ) from error
        user = msgspec.convert({**found.attributes, "id": found.id}, WireUser)
        session = self._client.session
        total = session.limits.total if session.limits else None
        return Identity(
            id=found.id,
            name=user.realname or user.username or name,
            role=role(user, self._settings),
            limits=session.limits,
            server_time=session.server_time,
            facts=(f"{total} requests a minute are allowed",) if total else (),
            notes=self._doubts(user),
        )

    def _doubts(self, user: WireUser) -> tuple[str, ...]:
        is_admin = role(user, self._settings) is Role.ADMIN
        if self._settings.agents or (is_admin and self._settings.agent_roles):
            return ()
        return (
            "only admins count as staff; name the user names of agents in the agents option"
            + (", or their roles in agent_roles" if is_admin else ""),
        )

    def discover(self) -> Schema:
        """List what mappings may name: fields, staff, statuses, priorities."""
        return Schema(
            groups={},
            fields=self._fields.all(),
            people={one.id: one.name for one in self._everybody() if one.name},
            priorities=tuple(self._names("priority").values()),
            statuses=self._names("status"),
        )

    def read(self, stream: Stream, cursor: str | None = None) -> Page:
        """Read one page of a stream; people are read anew from the first each time."""
        if stream is Stream.TICKETS:
            return self._tickets.read(cursor)
        if stream is Stream.PEOPLE:
            return self._people(int(cursor or 1))
        raise FatalError(f"{KIND} has no stream of {stream}")

    def get(self, ids: Sequence[str]) -> tuple[Ticket, ...]:
        """Return the tickets that exist: a request for each hundred."""
        return self._issues.get(ids)

    def history(self, ids: Sequence[str]) -> tuple[Event, ...]:
        """Return the messages of these tickets: a request for each hundred of either."""
        issues = list(self._client.of_ids(CLASS, ["messages"], ids))
        named = {key for issue in issues for key in issue.get("messages") or ()}
        found = self._client.of_ids("msg", MESSAGE, sorted(named, key=int))
        messages = {str(row["id"]): row for row in found}
        since = self._settings.history_since
        return tuple(
            event
            for issue in issues
            for event in comments(
                str(issue["id"]),
                (messages[key] for key in issue.get("messages") or () if key in messages),
            )
            if since is None or event.at >= since
        )

    def submit(self, changes: Sequence[TicketChange]) -> Receipt:
        """Write a batch at once; the receipt knows the outcomes."""
        if len(changes) > BATCH:
            raise FatalError(f"{KIND} takes at most {BATCH} changes at once")
        results = Writer(self._client, self._issues).write(changes)
        return Receipt(changes=tuple(changes), results=results)

    def missing_tags(self, tags: Sequence[str]) -> tuple[str, ...]:
        """Return the tags that are no keywords yet; the first write makes them if it may."""
        return Writer(self._client, self._issues).missing(tags)

    def plan_fields(self, wanted: Sequence[FieldSpec], *, remove: bool = False) -> FieldPlan:
        """Compare the wanted fields with the properties of issues; two requests for each."""
        return self._fields.plan(wanted, remove=remove)

    def apply_fields(self, plan: FieldPlan) -> tuple[TicketField, ...]:
        """Return our fields if all are there; say what an admin has to do if not."""
        return self._fields.apply(plan)

    def read_fields(self, ids: Mapping[str, str]) -> tuple[TicketField, ...]:
        """Return our fields that still exist."""
        return self._fields.present(ids)

    def close(self) -> None:
        """Release the connections."""
        self._client.close()

    def _people(self, index: int) -> Page:
        size = self._settings.page_size
        paging = (("@page_size", str(size)), ("@page_index", str(index)))
        found = self._client.rows("user", USER, ("@sort", "id"), *paging)
        has_more = bool(found.rows) and not 0 <= found.total <= index * size
        now = self._client.now
        return Page(
            records=tuple(person(row, self._settings) for row in found.rows),
            cursor=str(index + 1) if has_more else None,
            has_more=has_more,
            through=None if has_more else now,
            server_time=now,
            limits=self._client.session.limits,
        )

    def _everybody(self) -> Iterator[Person]:
        index: str | None = "1"
        while index is not None:
            page = self._people(int(index))
            assert isinstance(page.records, tuple)
            yield from (one for one in page.records if isinstance(one, Person))
            index = page.cursor

    def _names(self, name: str) -> dict[str, str]:
        rows = self._client.rows(name, ["name"], ("@sort", "order")).rows
        return {str(row["id"]): str(row.get("name") or "") for row in rows}
