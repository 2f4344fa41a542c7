"""How far a first sync is, kept where `connector status` finds it, also while a run goes on."""

from __future__ import annotations

from datetime import datetime, timedelta

import msgspec

from connector.adapters.base import Adapter
from connector.config.settings import HelpdeskTable, LimitsTable
from connector.model.page import Stream
from connector.model.run import FirstSync
from connector.pipeline.job import Job
from connector.store.first_read import FirstRead
from connector.store.state import State

SELDOM = timedelta(seconds=10)
MINUTE_S = 60.0
EXPORTS = "export"
"""What the name of a limit has in it that the exports share."""


class Headway:
    """What one account has of its first sync, and how long the rest will take."""

    def __init__(self, job: Job, helpdesk: HelpdeskTable, adapter: Adapter) -> None:
        """Reckon with the limits that the helpdesk announces, and our share of them."""
        self._job = job
        self._helpdesk = helpdesk
        self._adapter = adapter
        self._kept_at: datetime | None = None

    def note(self, first: FirstRead | None) -> None:
        """Keep how far a first read is, now and then."""
        now = self._job.clock()
        if first is not None and (self._kept_at is None or now - self._kept_at >= SELDOM):
            self._keep(self._told(first, now), now)

    def settle(self, first: FirstRead | None) -> FirstSync | None:
        """Keep how far the first sync is at the end of a slice, None if it is through."""
        now = self._job.clock()
        told = self._told(first, now) if first is not None else None
        if told is not None or first_sync(self._job.state, self._helpdesk.name):
            self._keep(told, now)
        return told

    def _keep(self, told: FirstSync | None, now: datetime) -> None:
        self._job.state.put(_key(self._helpdesk.name), msgspec.json.encode(told).decode())
        self._kept_at = now

    def _told(self, first: FirstRead, now: datetime) -> FirstSync:
        expected = first.expected(now)
        left_s = None
        a_minute = allowed(self._adapter, self._helpdesk.limits, first.stream)
        if a_minute and expected is not None and first.rows:
            left_s = (expected - first.rows) * first.pages / first.rows / a_minute * MINUTE_S
        return FirstSync(
            stream=first.stream.value,
            rows=first.rows,
            expected=expected,
            through=first.through,
            left_s=left_s,
            at=now,
        )


def allowed(adapter: Adapter, shares: LimitsTable, stream: Stream) -> int | None:
    """Return how many pages of a stream a minute our share allows, None if nothing is known."""
    limits, capabilities = adapter.limits, adapter.capabilities
    if stream not in capabilities.export_streams:
        return ours(limits[""].total, shares, "") if "" in limits else None
    told = [limit.total for name, limit in limits.items() if EXPORTS in name and limit.total]
    return ours(min(told, default=capabilities.exports_per_minute), shares, EXPORTS)


def ours(total: int | None, shares: LimitsTable, window: str) -> int | None:
    """Return what our share of a limit comes to in a minute."""
    share = shares.share_of_exports if EXPORTS in window else shares.share_of_requests
    return max(1, int(total * share)) if total else None


def first_sync(state: State, helpdesk: str) -> FirstSync | None:
    """Return how far the first sync of a helpdesk was when last heard of; None if it is through."""
    text = state.get(_key(helpdesk))
    return msgspec.json.decode(text, type=FirstSync | None) if text else None


def _key(helpdesk: str) -> str:
    return f"first_sync:{helpdesk}"
