"""Zendesk Support: zenpy for what is small and typed, its session for lists, exports and writes.

Quirks worth knowing before you change anything:
- the incremental exports are for admins only, allow ten requests a minute and never show the last
  minute; they end on `end_of_stream` alone, an empty page is not the end;
- the ticket cursor follows `generated_timestamp`; `updated_at` may be older than the start;
- `support_type_scope` hides tickets that AI agents handle unless it is `all`;
- events are paged by time, so the last second of a page comes again with the next one;
- the author of a comment needs `include=comment_events`, which brings bodies too: the decoder
  drops them;
- `additional_tags` and `remove_tags` leave other tags alone; `tags` replaces them all;
- a drop-down's option is a tag: setting the field adds the tag, removing the tag clears the field;
- a batch is a job whose entries may fail one by one while the job says `completed`; the first
  batch of a run is read back before anything counts as written;
- a closed ticket refuses field changes;
- an archived ticket is shown when asked for by itself, but left out of lists.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

import msgspec

from connector.adapters.base import Adapter, AdapterSettings, Capabilities
from connector.adapters.zendesk import fields as ticket_fields
from connector.adapters.zendesk import views as ticket_views
from connector.adapters.zendesk.batches import Batches
from connector.adapters.zendesk.client import ZendeskClient
from connector.adapters.zendesk.forms import (
    append_fields,
    fields_by_form,
    forms_of,
    take_off_fields,
    with_forms,
)
from connector.adapters.zendesk.granting import ZendeskPermission
from connector.adapters.zendesk.lookups import shown_one_by_one, status_names
from connector.adapters.zendesk.parse import MESSAGING, ticket_rows
from connector.adapters.zendesk.rules import read_rules
from connector.adapters.zendesk.settings import KIND, ZendeskSettings
from connector.adapters.zendesk.streams import Streams
from connector.adapters.zendesk.wire import Named, TicketList, WireField, WireTicket, WireUser
from connector.adapters.zendesk.write import number
from connector.errors import AuthenticationError, FatalError
from connector.model.change import Receipt, TicketChange, WriteResult
from connector.model.page import (
    EventSource,
    FieldAction,
    FieldPlan,
    FieldSpec,
    Identity,
    Limits,
    Page,
    Schema,
    SchemaField,
    Stream,
    TicketField,
)
from connector.model.rules import Rules
from connector.model.ticket import Schedule, Ticket
from connector.model.view import OurView, ViewPlan, ViewSpec

BATCH = 100
NOT_THERE = (403, 404)
CHANNELS = ("email", "web", "api", "mobile", "mobile_sdk", "web_widget", "side_conversation")
_TICKET_LIST = msgspec.json.Decoder(TicketList)


class ZendeskAdapter(Adapter):
    """Tickets of one Zendesk account."""

    kind = KIND
    settings_model = ZendeskSettings
    kept_in = "refresh_token"
    capabilities = Capabilities(
        streams=frozenset(Stream),
        events=EventSource.STREAM,
        creates_fields=True,
        write_batch=BATCH,
        batch_requests=4,  # looked at, sent, asked for twice
        native_figures=True,
        option_tags=True,
        views=True,
        export_streams=frozenset({Stream.TICKETS, Stream.EVENTS, Stream.PEOPLE, Stream.SLA}),
        exports_per_minute=10,
    )

    def __init__(self, settings: AdapterSettings, *, watched_fields: frozenset[str]) -> None:
        """Prepare the line; nothing is sent yet."""
        assert isinstance(settings, ZendeskSettings)
        self._client = ZendeskClient(settings)
        self._watched = watched_fields
        self._form_names = settings.forms
        self._batches = Batches(
            self._client, lambda ids, named: self._get(ids, watched_fields | named)
        )
        self._comment_channels = settings.comment_channels
        self._streams = Streams(
            self._client,
            since=settings.history_since,
            watched=watched_fields,
            comment_channels=settings.comment_channels,
        )
        self._readers = {
            Stream.TICKETS: self._streams.tickets,
            Stream.EVENTS: self._streams.events,
            Stream.PEOPLE: self._streams.people,
            Stream.GROUPS: self._streams.groups,
            Stream.SCHEDULES: self._streams.schedules,
            Stream.RATINGS: self._streams.ratings,
            Stream.SLA: self._streams.sla,
        }

    @classmethod
    def permission(cls, settings: AdapterSettings, redirect_url: str) -> ZendeskPermission:
        """Prepare to ask a person for access."""
        assert isinstance(settings, ZendeskSettings)
        return ZendeskPermission(settings, redirect_url)

    @property
    def requests(self) -> int:
        """Return how many requests were sent so far."""
        return self._client.sent

    @property
    def limits(self) -> Mapping[str, Limits]:
        """Return the limits as last announced."""
        return self._client.session.announced

    def check(self) -> Identity:
        """Say whose credentials these are; the exports need an admin."""
        user = self._client.ask(lambda zenpy: zenpy.users.me(), WireUser)
        if user.id is None:
            raise AuthenticationError("zendesk takes us for an anonymous visitor; check the token")
        if user.role != "admin":
            raise AuthenticationError(
                f"{user.name} is {user.role or 'nothing'}; the incremental exports need an admin"
            )
        session = self._client.session
        notes = [self._client.credentials.advice] if self._client.credentials.advice else []
        total = session.limits.total if session.limits else None
        return Identity(
            id=str(user.id),
            name=user.name or "",
            role=user.role,
            limits=session.limits,
            server_time=session.server_time,
            facts=(f"{total} requests a minute are allowed",) if total else (),
            notes=tuple(notes),
        )

    def discover(self) -> Schema:
        """List what mappings may name: groups, fields, brands, forms, staff, statuses, hours."""
        definitions = self._fields()
        words = {
            field.type: tuple(ticket_fields.options(field))
            for field in definitions
            if field.system_field_options
        }
        schedules = self._streams.schedules(None).records
        forms = forms_of(self._client)
        return Schema(
            groups=self._names("groups", {}),
            fields=tuple(_schema_field(field) for field in definitions),
            brands=self._names("brands", {}),
            forms={str(form.id): form.name for form in forms},
            form_fields=fields_by_form(forms),
            people=self._names("users", {"role[]": ["admin", "agent"]}),
            channels=tuple(sorted({*CHANNELS, *MESSAGING})),
            priorities=words.get("priority", ()),
            types=words.get("tickettype", ()),
            statuses=status_names(self._client),
            schedules={s.id: s.name for s in schedules if isinstance(s, Schedule)}
            if isinstance(schedules, tuple)
            else {},
        )

    def read(self, stream: Stream, cursor: str | None = None) -> Page:
        """Read one page of a stream."""
        return self._readers[stream](cursor)

    def get(self, ids: Sequence[str]) -> tuple[Ticket, ...]:
        """Return the tickets that exist: a request for each hundred, and for each one archived."""
        found = self._get(ids, self._watched)
        missing = set(ids).difference(ticket.id for ticket in found)
        archived = shown_one_by_one(self._client, sorted(map(number, missing)))
        rows = self._rows(tuple(archived), self._watched)
        return (*found, *(ticket for ticket in rows if ticket.status != "deleted"))

    def look(self, ids: Sequence[str]) -> tuple[Ticket, ...]:
        """Return the tickets that a list shows: one request for each hundred."""
        return tuple(self._get(ids, self._watched))

    def _get(self, ids: Sequence[str], watched: frozenset[str]) -> tuple[Ticket, ...]:
        found: list[Ticket] = []
        for start in range(0, len(ids), BATCH):
            wanted = ",".join(str(number(name)) for name in ids[start : start + BATCH])
            answer = self._client.get("tickets/show_many", _TICKET_LIST, {"ids": wanted})
            found += self._rows(answer.tickets, watched)
        return tuple(ticket for ticket in found if ticket.status != "deleted")

    def _rows(self, tickets: Sequence[WireTicket], watched: frozenset[str]) -> Iterator[Ticket]:
        return ticket_rows(tickets, watched=watched, comment_channels=self._comment_channels).rows()

    def submit(self, changes: Sequence[TicketChange]) -> Receipt:
        """Send a batch; the receipt names the job that works on it."""
        if len(changes) > BATCH:
            raise FatalError(f"zendesk takes at most {BATCH} changes at once")
        return self._batches.submit(changes)

    def collect(self, receipt: Receipt) -> tuple[WriteResult, ...] | None:
        """Ask once how a batch stands; a forgotten job is settled by reading its tickets."""
        return self._batches.collect(receipt)

    def plan_fields(self, wanted: Sequence[FieldSpec], *, remove: bool = False) -> FieldPlan:
        """Compare the wanted fields with the account's, and with its forms."""
        plan = ticket_fields.plan(wanted, self._fields(), remove=remove)
        return with_forms(plan, forms_of(self._client), self._form_names, remove=remove)

    def apply_fields(self, plan: FieldPlan) -> tuple[TicketField, ...]:
        """Do what the plan says and return our fields as they now are."""
        before = self._fields()
        ticket_fields.refuse(plan)
        removed = FieldPlan(tuple(s for s in plan.steps if s.action == FieldAction.REMOVE))
        take_off_fields(self._client, removed)
        for step in plan.steps:
            ticket_fields.apply(self._client, step, before)
        after = self._fields()
        ids = ticket_fields.field_ids([step.spec for step in plan.steps], after)
        append_fields(self._client, plan, ids)
        return ticket_fields.present(ids, after)

    def read_fields(self, ids: Mapping[str, str]) -> tuple[TicketField, ...]:
        """Return our fields that still exist."""
        return ticket_fields.present(ids, self._fields())

    def rules(self) -> Rules:
        """Read triggers, automations and SLA policies."""
        return read_rules(self._client)

    def plan_views(
        self, wanted: Sequence[ViewSpec], ours: Sequence[OurView], *, remove: bool = False
    ) -> ViewPlan:
        """Compare the wanted views with the account's."""
        return ticket_views.plan(wanted, ours, ticket_views.views_of(self._client), remove=remove)

    def apply_views(self, plan: ViewPlan, ours: Sequence[OurView]) -> tuple[OurView, ...]:
        """Do what the plan says and return our views as they now are."""
        return ticket_views.apply(self._client, plan, ours)

    def close(self) -> None:
        """Release the connections."""
        self._client.close()

    def _fields(self) -> tuple[WireField, ...]:
        return tuple(self._client.listing("ticket_fields", "ticket_fields", WireField))

    def _names(self, path: str, params: Mapping[str, object]) -> dict[str, str]:
        """Return id to name of a list; an account whose plan lacks the thing has none."""
        key = path.rpartition("/")[2]
        try:
            found: Iterable[Named] = tuple(self._client.listing(path, key, Named, params))
        except FatalError as error:
            if error.status not in NOT_THERE:
                raise
            found = ()
        return {str(item.id): item.name or "" for item in found}


def _schema_field(field: WireField) -> SchemaField:
    return SchemaField(
        id=str(field.id),
        title=field.title,
        kind=field.type,
        active=field.active,
        options=ticket_fields.options(field),
    )
