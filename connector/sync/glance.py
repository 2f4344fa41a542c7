"""What a slice reads from, and a look at the tickets before anything is opened."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from connector.adapters.base import Adapter, Capabilities
from connector.errors import AdapterError
from connector.model.page import Page, Stream
from connector.model.ticket import Event


class Source(Protocol):
    """The part of an adapter that a slice needs."""

    @property
    def kind(self) -> str:
        """Return the kind of the helpdesk."""

    @property
    def capabilities(self) -> Capabilities:
        """Return what there is to be read."""

    @property
    def requests(self) -> int:
        """Return how many requests were sent so far."""

    def read(self, stream: Stream, cursor: str | None = None) -> Page:
        """Read one page of a stream."""

    def history(self, ids: Sequence[str]) -> tuple[Event, ...]:
        """Return the whole history of these tickets."""


class Glance:
    """An adapter that was asked for tickets before anything was opened; what it told is used once.

    What went wrong comes up again when the page is wanted.
    """

    def __init__(self, adapter: Adapter) -> None:
        """Ask nothing yet."""
        self._adapter = adapter
        self._cursor: str | None = None
        self._told: Page | AdapterError | None = None

    @property
    def kind(self) -> str:
        """Return the kind of the helpdesk."""
        return self._adapter.kind

    @property
    def capabilities(self) -> Capabilities:
        """Return what there is to be read."""
        return self._adapter.capabilities

    @property
    def requests(self) -> int:
        """Return how many requests were sent so far."""
        return self._adapter.requests

    def look(self, cursor: str | None) -> Page | None:
        """Ask once for the tickets after a cursor; None where that failed."""
        self._cursor = cursor
        try:
            self._told = self._adapter.read(Stream.TICKETS, cursor)
        except AdapterError as error:
            self._told = error
            return None
        return self._told

    def read(self, stream: Stream, cursor: str | None = None) -> Page:
        """Read one page of a stream."""
        told = self._told
        if told is None or stream is not Stream.TICKETS or cursor != self._cursor:
            return self._adapter.read(stream, cursor)
        self._told = None
        if isinstance(told, AdapterError):
            raise told
        return told

    def history(self, ids: Sequence[str]) -> tuple[Event, ...]:
        """Return the whole history of these tickets."""
        return self._adapter.history(ids)
