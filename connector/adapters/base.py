"""The interface every helpdesk adapter satisfies; `docs/adding-a-helpdesk.md` walks through it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import ClassVar, Protocol, Self, runtime_checkable

import msgspec
from pydantic import BaseModel, ConfigDict

from connector.errors import FatalError
from connector.model.change import Receipt, TicketChange, WriteResult
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
from connector.model.rules import Rules
from connector.model.ticket import Event, Ticket
from connector.model.view import OurView, ViewPlan, ViewSpec


class AdapterSettings(BaseModel):
    """The `[helpdesk.options]` of one helpdesk; each adapter extends it with its own keys.

    Secrets arrive here already resolved, as `pydantic.SecretStr`.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    history_since: datetime | None = None


class Capabilities(msgspec.Struct, frozen=True, kw_only=True):
    """What a helpdesk can do and guarantee; the README's table is made from these."""

    streams: frozenset[Stream]
    events: EventSource
    tags: bool = True
    fields: bool = True
    creates_fields: bool = False
    write_batch: int = 1
    batch_requests: int = 2  # what writing one batch costs, as a rule
    keeps_foreign_tags: str = "add and remove calls"
    detects_conflicts: bool = False
    native_figures: bool = False
    option_tags: bool = False  # a drop-down's options are themselves tags
    stores_labels: bool = False  # a drop-down keeps the words that people read, and nothing else
    views: bool = False  # `MakesViews`
    export_streams: frozenset[Stream] = frozenset()  # those that share the vendor's export limit
    exports_per_minute: int | None = None  # that limit, as long as the vendor announces no other


class Adapter(ABC):
    """One helpdesk account; each method is one bounded exchange: no retries, no sleeping, no state.

    Raises `AdapterError` and nothing else.
    """

    kind: ClassVar[str]
    settings_model: ClassVar[type[AdapterSettings]]
    capabilities: ClassVar[Capabilities]

    @abstractmethod
    def __init__(self, settings: AdapterSettings, *, watched_fields: frozenset[str]) -> None:
        """Take checked settings and the ids of the custom fields whose values are read."""

    @abstractmethod
    def check(self) -> Identity:
        """Say whose credentials these are; raise `AuthenticationError` if they are not enough."""

    @abstractmethod
    def discover(self) -> Schema:
        """List what mappings may name: groups, fields, brands, forms, staff."""

    @abstractmethod
    def read(self, stream: Stream, cursor: str | None = None) -> Page:
        """Read one page after `cursor`, or the first; `settings.history_since` bounds events."""

    @abstractmethod
    def get(self, ids: Sequence[str]) -> tuple[Ticket, ...]:
        """Return the tickets that exist, in any order; missing ones are left out."""

    def look(self, ids: Sequence[str]) -> tuple[Ticket, ...]:
        """Return tickets as they are now, in as few requests as lists permit, for the last look.

        What lists leave out, such as archived tickets, is left out here as well.
        """
        return self.get(ids)

    def history(self, ids: Sequence[str]) -> tuple[Event, ...]:  # noqa: ARG002  # an answer for those that cannot
        """Return the whole history of these tickets, for vendors whose events come by ticket.

        Where events are derived from snapshots it is what the helpdesk tells besides: replies.
        """
        if self.capabilities.events is EventSource.DERIVED:
            return ()
        raise FatalError(f"{self.kind} has no history by ticket")

    @abstractmethod
    def submit(self, changes: Sequence[TicketChange]) -> Receipt:
        """Send at most `capabilities.write_batch` changes; the receipt may name a job."""

    def collect(self, receipt: Receipt) -> tuple[WriteResult, ...] | None:
        """Ask once how a submitted batch stands; None while it is still running."""
        return receipt.results

    def plan_fields(  # an answer for those that cannot
        self,
        wanted: Sequence[FieldSpec],  # noqa: ARG002
        *,
        remove: bool = False,  # noqa: ARG002
    ) -> FieldPlan:
        """Compare the wanted fields with the helpdesk's; change nothing."""
        raise FatalError(f"{self.kind} cannot list its ticket fields")

    def apply_fields(self, plan: FieldPlan) -> tuple[TicketField, ...]:  # noqa: ARG002  # an answer for those that cannot
        """Do what the plan says and return our fields as they now are."""
        raise FatalError(f"{self.kind} cannot change its ticket fields")

    def read_fields(self, ids: Mapping[str, str]) -> tuple[TicketField, ...]:  # noqa: ARG002  # an answer for those that cannot
        """Return our fields (role to id) that still exist, to see whether one was deactivated."""
        raise FatalError(f"{self.kind} cannot list its ticket fields")

    @property
    def requests(self) -> int:
        """Return how many requests were sent so far."""
        return 0

    @property
    def limits(self) -> Mapping[str, Limits]:
        """Return the limits as last announced, by window; `""` is the one of the whole account."""
        return {}

    def close(self) -> None:  # noqa: B027  # most have nothing to release
        """Release connections; calling twice is harmless."""

    def __enter__(self) -> Self:
        """Return the adapter, to be closed at the end of the block."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close the adapter."""
        self.close()


@runtime_checkable
class ReadsRules(Protocol):
    """What an adapter may do besides: tell what the helpdesk does by itself."""

    def rules(self) -> Rules:
        """Read triggers, automations and SLA policies; a few requests, and not bounded to one."""


@runtime_checkable
class MakesViews(Protocol):
    """What an adapter may do besides: give agents views of the tickets that goals speak of.

    Only views that it made itself, which it is told as `ours`, are ever changed or removed.
    """

    def plan_views(
        self, wanted: Sequence[ViewSpec], ours: Sequence[OurView], *, remove: bool = False
    ) -> ViewPlan:
        """Compare the wanted views with the helpdesk's; change nothing."""

    def apply_views(self, plan: ViewPlan, ours: Sequence[OurView]) -> tuple[OurView, ...]:
        """Do what the plan says and return our views as they now are."""


@runtime_checkable
class OffersTags(Protocol):
    """What an adapter may do besides: say which tags its helpdesk has to offer first."""

    def missing_tags(self, tags: Sequence[str]) -> tuple[str, ...]:
        """Return the tags that an admin has to add before tickets can carry them."""


class Permission(Protocol):
    """Access that a person is asked for in a browser; it takes one answer."""

    @property
    def url(self) -> str:
        """Return the address at which the person decides."""

    def redeem(self, answer: Mapping[str, str]) -> Identity:
        """Take the parameters the browser came back with, keep the grant, and say whose it is."""


@runtime_checkable
class AsksPermission(Protocol):
    """What an adapter's class may do besides: act for a person who once allows it in a browser.

    `kept_in` is the option that names the file in which the grant is kept.
    """

    kept_in: str

    def permission(self, settings: AdapterSettings, redirect_url: str) -> Permission:
        """Prepare to ask, and see that the grant could be kept; nothing is sent."""


def utc(seconds: float) -> datetime:
    """Return the aware UTC datetime of an epoch second."""
    return datetime.fromtimestamp(seconds, tz=UTC)
