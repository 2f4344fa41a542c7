"""The state of the practice helpdesk: tickets, and the feed of everything that happened to them.

The feed is append-only and in order of time, so an audit's id is its place in it. Histories are
tuples and arrays, not objects, because the helpdesk has to hold a million tickets.
"""

from __future__ import annotations

import threading
from array import array
from bisect import bisect_right, insort
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

from connector.practice.clock import Clock
from connector.practice.directory import Directory
from connector.practice.feed import Audit, Feed
from connector.practice.fields import Fields
from connector.practice.printed import Shelf
from connector.practice.reasons import NO_REASON
from connector.practice.refusal import not_found
from connector.practice.roll import Roll
from connector.practice.surveys import SurveyResponse

if TYPE_CHECKING:
    from connector.practice.group_sla_routes import GroupPolicy
    from connector.practice.reactions import Reactions
    from connector.practice.slas import Policy
    from connector.practice.stopwatches import Step
    from connector.practice.view_routes import View

AUDIT_BASE = 29_000_000_000_000
AUDIT_STRIDE = 32
STATUSES = ("new", "open", "pending", "hold", "solved", "closed", "deleted")
UNSOLVED = frozenset({"new", "open", "pending", "hold"})
MAX_STALE_SHARE = 2


class Via(NamedTuple):
    """How something came in: the object's channel, the feed's text, and what it refers to."""

    channel: str
    text: str
    rel: str | None = None
    reference: int | None = None
    title: str | None = None


API = Via("api", "Web service")
AGENT = Via("web", "Web form")
AUTOMATION = Via("rule", "Rule", "automation", 360001)
TRIGGER = Via("rule", "Rule", "trigger", 360002)
SYSTEM = Via("system", "Closed Ticket")


class Change(NamedTuple):
    """A field of the ticket changed; custom fields are named by their number."""

    name: str | int
    old: Any
    new: Any


class Comment(NamedTuple):
    """Somebody wrote; the author is the audit's unless another is given."""

    public: bool
    text: str
    author_id: int | None = None


class Created(NamedTuple):
    """The ticket began with these values."""

    values: tuple[tuple[str | int, Any], ...]


@dataclass(slots=True, kw_only=True)
class Ticket:
    """A ticket as it stands; `audits` are places in the feed."""

    id: int
    created_at: int
    updated_at: int
    generated_at: int
    via: Via
    subject: str
    requester_id: int
    submitter_id: int
    status: str = "new"
    priority: str | None = None
    type: str | None = None
    assignee_id: int | None = None
    group_id: int | None = None
    organization_id: int | None = None
    brand_id: int | None = None
    ticket_form_id: int | None = None
    schedule_id: int | None = None
    custom_status_id: int | None = None
    satisfaction_score: str | None = None
    followup_ids: tuple[int, ...] = ()
    tags: tuple[str, ...] = ()
    values: dict[int, Any] = field(default_factory=dict)
    support_type: str = "agent"
    is_archived: bool = False
    before_deletion: str | None = None
    audits: array[int] = field(default_factory=lambda: array("q"))

    def apply(self, change: Change) -> None:
        """Take on the new value of one field."""
        if isinstance(change.name, int):
            values = {**self.values, change.name: change.new}
            self.values = {key: value for key, value in values.items() if value is not None}
        elif change.name != "survey_response_id":
            setattr(self, change.name, change.new)


@dataclass(slots=True)
class Rating:
    """A satisfaction rating: offered first, then good or bad in the same row."""

    id: int
    ticket_id: int
    requester_id: int
    score: str
    created_at: int
    updated_at: int
    assignee_id: int | None = None
    group_id: int | None = None
    comment: str | None = None
    reason_id: int = NO_REASON


@dataclass(frozen=True, slots=True)
class Suspended:
    """A message that is held back: a body of a ticket, and why."""

    id: int
    body: dict[str, Any]
    cause: str
    created_at: int


class World:
    """One helpdesk account; hold `lock` while reading or changing it from a server thread.

    Where `told_steps` is given, a record says which SLA targets applied, and no policy is tried.
    """

    def __init__(self, clock: Clock, *, seed: int = 0) -> None:
        """Begin with an empty account."""
        self.clock = clock
        self.seed = seed
        self.lock = threading.RLock()
        self.directory = Directory()
        self.roll = Roll(self.directory)
        self.fields = Fields()
        self.tickets: dict[int, Ticket] = {}
        self.last_id = 0
        self.feed = Feed()
        self.ratings: dict[int, Rating] = {}
        self.suspended: dict[int, Suspended] = {}
        self.suspensions = 0
        self.survey_responses: dict[str, SurveyResponse] = {}
        self.has_surveys = False
        self.watchers: list[Callable[[Ticket, Audit], None]] = []
        self.policies: list[Policy] = []
        self.told_steps: dict[int, list[Step]] | None = None
        self.group_policies: dict[str, GroupPolicy] = {}
        self.views: dict[int, View] = {}
        self.reactions: Reactions | None = None
        self.shelf = Shelf()
        self.measured: dict[int, bytes] = {}
        self._order: list[tuple[int, int]] = []

    def now(self) -> int:
        """Return the present in whole seconds."""
        return int(self.clock.now())

    def ticket(self, ticket_id: int) -> Ticket:
        """Return a ticket that was not deleted, or refuse."""
        ticket = self.tickets.get(ticket_id)
        if ticket is None or ticket.status == "deleted":
            raise not_found()
        return ticket

    def load(self, tickets: Iterable[Ticket], audits: Feed) -> None:
        """Take in many tickets and their histories at once, in any order."""
        known = self.tickets
        known.update((ticket.id, ticket) for ticket in tickets)
        self.last_id = max(known, default=0)
        audits.sort()
        for place, ticket_id in enumerate(audits.ticket_ids, start=len(self.feed)):
            known[ticket_id].audits.append(place)
        if self.feed:
            self.feed.extend(audits)
        else:
            self.feed = audits
        self.shelf.clear()
        self._rebuild_order()

    def record(
        self,
        ticket: Ticket,
        author_id: int,
        changes: Sequence[Change | Comment | Created],
        via: Via = API,
    ) -> Audit | None:
        """Write an audit, take on its changes and move both stamps; no changes, no audit."""
        if not changes:
            return None
        at = self.now()
        audit = Audit(at, ticket.id, author_id, via, tuple(changes))
        for change in changes:
            if isinstance(change, Change):
                ticket.apply(change)
        ticket.audits.append(len(self.feed))
        self.feed.append(audit)
        ticket.updated_at = at
        self.touch(ticket)
        for watch in self.watchers:
            watch(ticket, audit)
        return audit

    def touch(self, ticket: Ticket) -> None:
        """Move only the generated stamp, as updates by the vendor's own system do."""
        self.shelf.leave(ticket.generated_at)
        ticket.generated_at = self.now()
        self.tickets[ticket.id] = ticket
        self.last_id = max(self.last_id, ticket.id)
        self.measured.pop(ticket.id, None)
        insort(self._order, (ticket.generated_at, ticket.id))
        if len(self._order) > MAX_STALE_SHARE * len(self.tickets) + 1000:
            self._rebuild_order()

    def forget_rendered(self) -> None:
        """Drop printed pages, because something that all tickets show has changed."""
        self.shelf.clear()

    def exported(self, after: tuple[int, int], until: int) -> Iterator[Ticket]:
        """Yield tickets in order of (generated stamp, id) after a place, up to an instant."""
        order = self._order
        place = bisect_right(order, after)
        previous = after
        while place < len(order) and order[place][0] <= until:
            stamp, ticket_id = entry = order[place]
            ticket = self.tickets[ticket_id]
            if ticket.generated_at == stamp and entry != previous:
                yield ticket
            previous = entry
            place += 1

    def history(self, ticket: Ticket) -> Iterator[tuple[int, Audit]]:
        """Yield the audits of a ticket with their ids, oldest first."""
        for place in ticket.audits:
            yield audit_id(place), self.feed[place]

    def feed_places(self, start: int, until: int) -> range:
        """Return the places in the feed of audits from one instant to another, both included."""
        return self.feed.places(start, until)

    def _rebuild_order(self) -> None:
        self._order = sorted((t.generated_at, t.id) for t in self.tickets.values())


def audit_id(place: int) -> int:
    """Return the id of the audit at a place in the feed."""
    return AUDIT_BASE + AUDIT_STRIDE * place
