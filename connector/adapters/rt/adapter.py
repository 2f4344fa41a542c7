"""Request Tracker 5: tickets by REST 2, their history one by one, tags in a custom field.

Quirks worth knowing before you change anything:
- a refused write answers 200 with a sentence, an unknown field is dropped without one;
- deleted and merged tickets leave every list without a word; the id of a merged ticket answers
  with the other one, and takes writes for it;
- times are whole seconds, and conditions on them are read in the time zone of the token's user;
- pages are cut to 100 without a word, and what the user may not see is missing from them;
- a date that is not set, or not ours to see, reads 1970;
- RT knows no tags: a custom field of many values holds them, and is always written whole;
- a field with the value null is cleared, one that was empty gets an empty value instead.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from connector.adapters.base import Adapter, AdapterSettings, Capabilities
from connector.adapters.rt.account import Account
from connector.adapters.rt.client import RtClient, number
from connector.adapters.rt.feed import TicketFeed
from connector.adapters.rt.fields import Fields, is_removed, ours
from connector.adapters.rt.history import Histories
from connector.adapters.rt.parse import TicketParser
from connector.adapters.rt.people import People
from connector.adapters.rt.settings import KIND, RtSettings
from connector.adapters.rt.tickets import Tickets, in_queues
from connector.adapters.rt.wire import WireQueue, is_set
from connector.adapters.rt.write import Writer
from connector.errors import FatalError
from connector.model.change import Receipt, TicketChange
from connector.model.page import (
    EventSource,
    FieldPlan,
    FieldSpec,
    Identity,
    Page,
    Schema,
    Stream,
    TicketField,
)
from connector.model.ticket import Event, Group, Ticket

BATCH = 10


class RtAdapter(Adapter):
    """Tickets of one Request Tracker."""

    kind = KIND
    settings_model = RtSettings
    capabilities = Capabilities(
        streams=frozenset({Stream.TICKETS, Stream.PEOPLE, Stream.GROUPS}),
        events=EventSource.BY_TICKET,
        creates_fields=True,
        write_batch=BATCH,
        batch_requests=2 * BATCH + 1,  # each read and written, all read back at once
        keeps_foreign_tags="read, merged and written with If-Match",
        detects_conflicts=True,
        stores_labels=True,
    )

    def __init__(self, settings: AdapterSettings, *, watched_fields: frozenset[str]) -> None:
        """Prepare the line; nothing is sent yet."""
        assert isinstance(settings, RtSettings)
        self._client = RtClient(settings)
        self._tickets = Tickets(self._client, settings)
        self._account = Account(self._client, self._tickets, settings)
        self._parser = TicketParser(settings, watched_fields)
        self._feed = TicketFeed(self._client, self._tickets, settings, watched_fields)
        self._people = People(self._client)
        self._fields = Fields(self._client)
        self._histories = Histories(self._client, self._tickets, self._parser)
        self._writer = Writer(self._client, self._tickets, settings, self._parser)

    @property
    def requests(self) -> int:
        """Return how many requests were sent so far."""
        return self._client.session.sent

    def check(self) -> Identity:
        """Say whose token it is, and what is missing for the job."""
        return self._account.check()

    def discover(self) -> Schema:
        """List what mappings may name: queues, fields, staff."""
        queues = self._queues()
        there = self._fields.by_queue(self._scope(queues).values())
        fields = {str(field.id): field for found in there.values() for field in found}
        return Schema(
            groups={queue.id: queue.name for queue in queues if not queue.deleted},
            fields=tuple(
                self._fields.schema(field) for field in fields.values() if not is_removed(field)
            ),
            people={person.id: person.name or "" for person in self._people.staff()},
        )

    def read(self, stream: Stream, cursor: str | None = None) -> Page:
        """Read one page of a stream."""
        if stream is Stream.TICKETS:
            return self._feed.read(cursor)
        if stream is Stream.PEOPLE:
            return self._people.read(cursor)
        if stream is not Stream.GROUPS:
            raise FatalError(f"{KIND} has no stream {stream}")
        return Page(
            records=self._queues(),
            cursor=None,
            has_more=False,
            server_time=self._client.session.server_time,
        )

    def get(self, ids: Sequence[str]) -> tuple[Ticket, ...]:
        """Return the tickets that exist; deleted and merged ones do not."""
        if not ids:
            return ()
        scope = in_queues(self._tickets.queues)
        return tuple(map(self._parser.ticket, self._tickets.by_ids(map(number, ids), scope)))

    def history(self, ids: Sequence[str]) -> tuple[Event, ...]:
        """Return the whole history of these tickets."""
        return self._histories.read(ids)

    def submit(self, changes: Sequence[TicketChange]) -> Receipt:
        """Write each change; the receipt knows the outcomes."""
        if len(changes) > BATCH:
            raise FatalError(f"{KIND} takes at most {BATCH} changes at once")
        return Receipt(changes=tuple(changes), results=self._writer.write(changes))

    def plan_fields(self, wanted: Sequence[FieldSpec], *, remove: bool = False) -> FieldPlan:
        """Compare the wanted fields with those of our queues."""
        return self._fields.plan(wanted, self._scope(self._queues()), remove=remove)

    def apply_fields(self, plan: FieldPlan) -> tuple[TicketField, ...]:
        """Do what the plan says and return our fields as they now are."""
        queues = self._scope(self._queues())
        self._fields.apply(plan, queues, is_all=not self._tickets.queues)
        there = self._fields.by_queue(queues.values())
        found = ((step.spec.role, ours(step.spec, there)) for step in plan.steps)
        return self._fields.present({role: str(field.id) for role, field in found if field})

    def read_fields(self, ids: Mapping[str, str]) -> tuple[TicketField, ...]:
        """Return our fields that still exist."""
        return self._fields.present(ids)

    def close(self) -> None:
        """Release the connections."""
        self._client.close()

    def _queues(self) -> tuple[Group, ...]:
        params = {"fields": "id,Name,Disabled", "find_disabled_rows": 1}
        return tuple(
            Group(id=str(queue.id), name=queue.name, deleted=is_set(queue.disabled))
            for queue in self._client.listing("queues/all", WireQueue, params)
        )

    def _scope(self, queues: Sequence[Group]) -> Mapping[str, str]:
        """Return name to id of the queues that are read: those of the settings, else all open."""
        return self._tickets.queues or {q.name: q.id for q in queues if not q.deleted}
