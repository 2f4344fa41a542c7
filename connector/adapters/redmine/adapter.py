"""Redmine 5 over its REST interface.

Quirks worth knowing before you change anything:
- a key that nobody has is read as an anonymous visitor's: lists are 200 and empty (or show what is
  public), so whatever is empty is believed only after `/users/current.json`;
- without `status_id=*` closed tickets are not listed; `limit` is cut to 100;
- times are shown in whole seconds but compared in fractions of them; the `updated_on` filter
  reaches a second further back than asked;
- deleted tickets vanish without a trace: they are found by counting;
- every write is a 204 without a body, also when status or field were ignored;
- values of a list field are replaced as a whole and must be on offer; one that is not is a 422, and
  neither the values nor the fields can be added by REST;
- journals are the history; they name attributes by id, and a field with several values has one
  detail for each value; what was so when the ticket was made is what the first change replaced;
- private notes are shown to those only who may see them;
- servers without a web server in front send no Date header; an empty Atom feed tells the time.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property

import msgspec

from connector.adapters.base import Adapter, AdapterSettings, Capabilities
from connector.adapters.redmine import fields as custom_fields
from connector.adapters.redmine.client import RedmineClient
from connector.adapters.redmine.parse import Terms, Words, events
from connector.adapters.redmine.people import name_of, people, projects
from connector.adapters.redmine.settings import KIND, RedmineSettings
from connector.adapters.redmine.tickets import TicketReader
from connector.adapters.redmine.wire import CustomField, NamedLists
from connector.adapters.redmine.write import Writer
from connector.errors import FatalError
from connector.model.change import Receipt, TicketChange, WriteResult
from connector.model.page import (
    EventSource,
    FieldPlan,
    FieldSpec,
    Identity,
    Limits,
    Page,
    Records,
    Schema,
    Stream,
    TicketField,
)
from connector.model.ticket import (
    Event,
    EventKind,
    Group,
    Role,
    Status,
    Ticket,
)

BATCH = 10
_LISTS = msgspec.json.Decoder(NamedLists)


class RedmineAdapter(Adapter):
    """Tickets of one Redmine, or of one of its projects."""

    kind = KIND
    settings_model = RedmineSettings
    capabilities = Capabilities(
        streams=frozenset({Stream.TICKETS, Stream.PEOPLE, Stream.GROUPS}),
        events=EventSource.BY_TICKET,
        write_batch=BATCH,
        batch_requests=3 * BATCH,  # each is read, written, read back
        keeps_foreign_tags="read, merged, written; what came between is put back",
        stores_labels=True,
    )

    def __init__(self, settings: AdapterSettings, *, watched_fields: frozenset[str]) -> None:
        """Prepare the line; nothing is sent yet."""
        assert isinstance(settings, RedmineSettings)
        self._settings = settings
        self._watched = watched_fields
        self._terms = Terms.of(settings)
        self._client = RedmineClient(settings)
        self._tickets = TicketReader(self._client, settings, self._terms, watched_fields)
        self._writer = Writer(self._client, self._terms, watched_fields)

    @property
    def requests(self) -> int:
        """Return how many requests were sent so far."""
        return self._client.session.sent

    @property
    def limits(self) -> Mapping[str, Limits]:
        """Return the limits as last announced, by a web server in front; Redmine has none."""
        return self._client.session.announced

    def check(self) -> Identity:
        """Say whose key this is."""
        user = self._client.me()
        fact = "no administrator: what fields offer is seen only when a write is refused"
        return Identity(
            id=str(user.id),
            name=name_of(user),
            role=Role.ADMIN if user.admin else Role.AGENT,
            server_time=self._client.session.server_time,
            facts=() if user.admin else (fact,),
        )

    def discover(self) -> Schema:
        """List what mappings may name: projects, fields, people, priorities, trackers, statuses."""
        lists = self._lists
        staff = (p for p in people(self._client, self._settings) if p.role != Role.CUSTOMER)
        return Schema(
            groups={str(p.id): p.name or "" for p in projects(self._client, self._settings)},
            fields=tuple(custom_fields.schema_field(field) for field in self._fields()),
            people={person.id: person.name or "" for person in staff},
            priorities=tuple(one.name or "" for one in lists.issue_priorities),
            types=tuple(one.name or "" for one in lists.trackers),
            statuses={str(status.id): status.name for status in lists.issue_statuses},
        )

    def read(self, stream: Stream, cursor: str | None = None) -> Page:
        """Read one page of the tickets, or a whole list of the others."""
        if stream is Stream.TICKETS:
            return self._tickets.read(cursor)
        if stream is Stream.PEOPLE:
            return self._whole(people(self._client, self._settings))
        if stream is Stream.GROUPS:
            found = projects(self._client, self._settings)
            return self._whole(tuple(Group(id=str(p.id), name=p.name or "") for p in found))
        raise FatalError(f"{KIND} has no stream {stream}")

    def _whole(self, records: Records) -> Page:
        now = self._client.server_time()
        return Page(records=records, cursor=None, has_more=False, through=now, server_time=now)

    def get(self, ids: Sequence[str]) -> tuple[Ticket, ...]:
        """Return the tickets that exist, a request for each hundred."""
        return tuple(self._tickets.get(ids, self._watched))

    def history(self, ids: Sequence[str]) -> tuple[Event, ...]:
        """Return the whole history of these tickets, a request for each."""
        return tuple(event for name in ids for event in self._history(name))

    def _history(self, ticket_id: str) -> tuple[Event, ...]:
        issue = self._writer.shown(ticket_id)
        if issue is not None:
            return tuple(events(issue, self._words))
        at = self._client.server_time()
        key = str(int(at.timestamp()))  # no journal tells, so the instant is what names it
        return (Event(id=key, ticket_id=ticket_id, at=at, kind=EventKind.DELETED),)

    def submit(self, changes: Sequence[TicketChange]) -> Receipt:
        """Write one change after the other; the receipt knows the outcomes."""
        if len(changes) > BATCH:
            raise FatalError(f"{KIND} takes at most {BATCH} changes at once")
        results: tuple[WriteResult, ...] = tuple(map(self._writer.write, changes))
        return Receipt(changes=tuple(changes), results=results)

    def missing_tags(self, tags: Sequence[str]) -> tuple[str, ...]:
        """Return the tags that the field of tags does not offer, where the key shows that."""
        known = custom_fields.listed(self._client)
        if known is None:
            return ()
        name = self._settings.tags_field
        offers = (custom_fields.options(f) for f in known if name in {str(f.id), f.name})
        offered = next(offers, {})
        return tuple(tag for tag in tags if tag not in offered)

    def plan_fields(self, wanted: Sequence[FieldSpec], *, remove: bool = False) -> FieldPlan:
        """Compare the wanted fields with the custom fields."""
        return custom_fields.plan(wanted, self._fields(), remove=remove)

    def apply_fields(self, plan: FieldPlan) -> tuple[TicketField, ...]:
        """Return our fields, or say in an error what an admin has to do."""
        custom_fields.instruct(plan)
        return custom_fields.ours(plan, self._fields())

    def read_fields(self, ids: Mapping[str, str]) -> tuple[TicketField, ...]:
        """Return our fields that still exist."""
        return custom_fields.present(ids, self._fields())

    def close(self) -> None:
        """Release the connections."""
        self._client.close()

    def _fields(self) -> list[CustomField]:
        fields = custom_fields.listed(self._client)
        return custom_fields.seen(self._tickets.newest()) if fields is None else fields

    @cached_property
    def _lists(self) -> NamedLists:
        def read(path: str) -> NamedLists:
            return self._client.get(path, _LISTS)

        return NamedLists(
            issue_statuses=read("issue_statuses.json").issue_statuses,
            issue_priorities=read("enumerations/issue_priorities.json").issue_priorities,
            trackers=read("trackers.json").trackers,
        )

    @property
    def _words(self) -> Words:
        lists = self._lists
        families = {
            str(status.id): self._terms.family(status) or str(Status.OPEN)
            for status in lists.issue_statuses
        }
        return Words(
            {
                "status_id": families,
                "priority_id": {str(one.id): one.name or "" for one in lists.issue_priorities},
                "tracker_id": {str(one.id): one.name or "" for one in lists.trackers},
            }
        )
