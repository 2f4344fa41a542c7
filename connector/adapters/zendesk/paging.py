"""What every page of Zendesk's streams says besides its rows."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from connector.adapters.base import utc
from connector.adapters.zendesk.client import ZendeskClient
from connector.errors import ProtocolError
from connector.model.page import Limits, Page, Records

WITHHELD = timedelta(seconds=60)
GONE = (400, 403, 404, 410, 422)
"""What the vendor may answer to a cursor or a start that it does not take (any more)."""
NOT_THERE = (403, 404)
"""What it answers to questions for things that an account's plan does not have."""


class Pages:
    """Makes the pages of one account: what time it is there, and what its limits are."""

    def __init__(self, client: ZendeskClient) -> None:
        """Take times and limits from the answers that this client saw."""
        self._client = client

    @property
    def now(self) -> datetime | None:
        """Return the account's own time at the last answer."""
        return self._client.session.server_time

    @property
    def limits(self) -> Limits | None:
        """Return the account's limit of requests."""
        return self._client.session.limits

    @property
    def export_limits(self) -> Limits | None:
        """Return the limit that the exports share."""
        windows = self._client.session.windows
        return next((windows[name] for name in sorted(windows) if "incremental" in name), None)

    def complete_until(self) -> datetime | None:
        """Return up to when an export that ended is complete."""
        return self.now - WITHHELD if self.now else None

    def is_too_recent(self, start: int, error: ProtocolError) -> bool:
        """Tell whether a start was refused because it lies in the minute that is withheld."""
        is_recent = self.now is not None and utc(start) > self.now - WITHHELD
        return error.status in GONE and is_recent

    def page(
        self,
        records: Records,
        *,
        cursor: str | None,
        has_more: bool,
        through: datetime | None = None,
        unknown: Mapping[str, int] | None = None,
        limits: Limits | None = None,
    ) -> Page:
        """Return a page; one that ends a stream without a time of its own is complete by now."""
        return Page(
            records=records,
            cursor=cursor,
            has_more=has_more,
            through=through or (None if has_more else self.now),
            server_time=self.now,
            unknown=dict(unknown or {}),
            limits=limits,
        )
