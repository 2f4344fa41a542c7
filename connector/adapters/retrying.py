"""Retries and paces any adapter, with the same interface; the only place that waits.

Every call of the interface may be repeated: reading is idempotent, and so are the writes, because
adding or removing tags and setting fields twice ends where doing it once does.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from tenacity import RetryCallState, Retrying

from connector.adapters.base import (
    Adapter,
    AdapterSettings,
    Capabilities,
    MakesViews,
    OffersTags,
    ReadsRules,
)
from connector.adapters.limits import Pacer
from connector.errors import FatalError, ProtocolError, RetryableError
from connector.model.change import Receipt, TicketChange, WriteResult
from connector.model.page import (
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

T = TypeVar("T")
BUDGET_S = 600.0
FIRST_WAIT_S = 1.0
LONGEST_WAIT_S = 60.0
TRIES_OF_NONSENSE = 3


def plain_logger() -> Any:
    """Return a logger as nobody set it up."""
    import structlog  # only who has to wait logs anything

    return structlog.get_logger()


class RetryingAdapter(Adapter):
    """An adapter that waits and repeats what may succeed, until its budget of waiting is spent.

    The budget is for each call: past it, the last error is raised and the cursor stays where it
    was. Waits follow what the helpdesk asked for, and double otherwise. `pacer` holds back every
    call, `export_pacer` the streams that share the vendor's export limit; a window of its own that
    the helpdesk announces holds back the calls that were told of it.
    """

    settings_model = AdapterSettings

    def __init__(
        self,
        inner: Adapter,
        *,
        budget_s: float = BUDGET_S,
        sleep: Callable[[float], None] = time.sleep,
        clock: Callable[[], float] = time.monotonic,
        pacer: Pacer | None = None,
        export_pacer: Pacer | None = None,
        logger: Callable[[], Any] = plain_logger,
    ) -> None:
        """Wrap an adapter; a test passes its own `sleep` and `clock`. `logger` gives one to log."""
        self.inner = inner
        self._budget_s = budget_s
        self._sleep = sleep
        self._clock = clock
        self._pacer = pacer
        self._export_pacer = export_pacer
        self._logger = logger
        self._windows: dict[str, Pacer] = {}
        self._seen: dict[str, set[str]] = {}

    @property
    def kind(self) -> str:  # type: ignore[override]
        """Return the kind of the wrapped adapter."""
        return self.inner.kind

    @property
    def capabilities(self) -> Capabilities:  # type: ignore[override]
        """Return what the wrapped adapter can do."""
        return self.inner.capabilities

    @property
    def requests(self) -> int:
        """Return how many requests were sent so far."""
        return self.inner.requests

    @property
    def limits(self) -> Mapping[str, Limits]:
        """Return the limits as last announced."""
        return self.inner.limits

    def check(self) -> Identity:
        """Say whose credentials these are."""
        identity = self._call(self.inner.check, "check")
        if self._pacer:
            self._pacer.learn(identity.limits)
        return identity

    def discover(self) -> Schema:
        """List what mappings may name."""
        return self._call(self.inner.discover, "discover")

    def read(self, stream: Stream, cursor: str | None = None) -> Page:
        """Read one page of a stream."""
        is_export = stream in self.capabilities.export_streams
        page = self._call(
            lambda: self.inner.read(stream, cursor), f"read {stream}", is_export=is_export
        )
        if pacer := (self._export_pacer if is_export else None) or self._pacer:
            pacer.learn(page.limits)
        return page

    def get(self, ids: Sequence[str]) -> tuple[Ticket, ...]:
        """Return the tickets that exist."""
        return self._call(lambda: self.inner.get(ids), "get")

    def look(self, ids: Sequence[str]) -> tuple[Ticket, ...]:
        """Return tickets as they are now, for the last look."""
        return self._call(lambda: self.inner.look(ids), "look")

    def history(self, ids: Sequence[str]) -> tuple[Event, ...]:
        """Return the whole history of these tickets."""
        return self._call(lambda: self.inner.history(ids), "history")

    def submit(self, changes: Sequence[TicketChange]) -> Receipt:
        """Send a batch of changes."""
        return self._call(lambda: self.inner.submit(changes), "submit")

    def collect(self, receipt: Receipt) -> tuple[WriteResult, ...] | None:
        """Ask once how a submitted batch stands."""
        return self._call(lambda: self.inner.collect(receipt), "collect")

    def plan_fields(self, wanted: Sequence[FieldSpec], *, remove: bool = False) -> FieldPlan:
        """Compare the wanted fields with the helpdesk's."""
        return self._call(lambda: self.inner.plan_fields(wanted, remove=remove), "plan_fields")

    def apply_fields(self, plan: FieldPlan) -> tuple[TicketField, ...]:
        """Do what the plan says."""
        return self._call(lambda: self.inner.apply_fields(plan), "apply_fields")

    def read_fields(self, ids: Mapping[str, str]) -> tuple[TicketField, ...]:
        """Return our fields that still exist."""
        return self._call(lambda: self.inner.read_fields(ids), "read_fields")

    def read_rules(self) -> Rules | None:
        """Read the account's own rules; None where the wrapped adapter cannot (`ReadsRules`)."""
        inner = self.inner
        return self._call(inner.rules, "rules") if isinstance(inner, ReadsRules) else None

    @property
    def offers_tags(self) -> bool:
        """Tell whether the wrapped adapter's helpdesk has to offer tags first (`OffersTags`)."""
        return isinstance(self.inner, OffersTags)

    def missing_tags(self, tags: Sequence[str]) -> tuple[str, ...]:
        """Return the tags that are to be added first; none where every tag is taken."""
        inner = self.inner
        if not isinstance(inner, OffersTags):
            return ()
        return self._call(lambda: inner.missing_tags(tags), "missing_tags")

    def plan_views(
        self, wanted: Sequence[ViewSpec], ours: Sequence[OurView], *, remove: bool = False
    ) -> ViewPlan:
        """Compare the wanted views with the helpdesk's."""
        inner = self._views()
        return self._call(lambda: inner.plan_views(wanted, ours, remove=remove), "plan_views")

    def apply_views(self, plan: ViewPlan, ours: Sequence[OurView]) -> tuple[OurView, ...]:
        """Do what the plan says."""
        inner = self._views()
        return self._call(lambda: inner.apply_views(plan, ours), "apply_views")

    def _views(self) -> MakesViews:
        if not isinstance(self.inner, MakesViews):
            raise FatalError(f"{self.kind} has no views that the connector can make")
        return self.inner

    def close(self) -> None:
        """Close the wrapped adapter."""
        self.inner.close()

    def _call(self, call: Callable[[], T], name: str, *, is_export: bool = False) -> T:
        budget = _Budget(self._budget_s, self._clock)

        def attempt() -> T:
            budget.paced_s += self._pace(name, is_export=is_export)
            sent, known = self.inner.requests, self.inner.limits
            try:
                return call()
            finally:
                self._learn(name, sent, known, is_export=is_export)

        retrying = Retrying(
            retry=budget.is_worth_another_try,
            wait=_wait_s,
            stop=budget.is_spent,
            sleep=self._sleep,
            before_sleep=self._note,
            reraise=True,
        )
        return retrying(attempt)

    def _pace(self, name: str, *, is_export: bool) -> float:
        windows = [self._windows[window] for window in sorted(self._seen.get(name, ()))]
        own = [self._pacer, self._export_pacer if is_export else None]
        return sum(pacer.wait() for pacer in (*windows, *own) if pacer)

    def _learn(self, name: str, sent: int, known: Mapping[str, Limits], *, is_export: bool) -> None:
        """Take over what this call was told of limits, and count the requests beyond its first."""
        if self._pacer is None:
            return
        beyond = max(0, self.inner.requests - sent - 1)
        self._pacer.note(beyond)
        if is_export and self._export_pacer:
            self._export_pacer.note(beyond)
        for window, limits in self.inner.limits.items():
            if limits is not known.get(window):
                self._pacer_of(window, name, is_export=is_export).learn(limits)

    def _pacer_of(self, window: str, name: str, *, is_export: bool) -> Pacer:
        assert self._pacer is not None
        if not window:
            return self._pacer
        if is_export and self._export_pacer and "export" in window:
            return self._export_pacer
        self._seen.setdefault(name, set()).add(window)
        return self._windows.setdefault(window, self._pacer.another())

    def _note(self, state: RetryCallState) -> None:
        error = state.outcome.exception() if state.outcome else None
        self._logger().warning(
            "call repeated",
            helpdesk=self.kind,
            error=type(error).__name__,
            status=getattr(error, "status", None),
            attempt=state.attempt_number,
            wait_s=round(state.upcoming_sleep, 1),
        )


class _Budget:
    """What one call may spend on waiting and on answers that fail; pacing is not counted."""

    def __init__(self, budget_s: float, clock: Callable[[], float]) -> None:
        self.paced_s = 0.0
        self._budget_s = budget_s
        self._clock = clock
        self._begun = clock()
        self._nonsense = 0

    def is_worth_another_try(self, state: RetryCallState) -> bool:
        """Tell whether the call may succeed later; nonsense only until it comes again."""
        error = state.outcome.exception() if state.outcome else None
        if isinstance(error, ProtocolError) and error.status is None:
            self._nonsense += 1
            return self._nonsense < TRIES_OF_NONSENSE
        return isinstance(error, RetryableError)

    def is_spent(self, state: RetryCallState) -> bool:
        """Tell whether the next wait would go beyond the budget."""
        spent_s = max(state.idle_for, self._clock() - self._begun - self.paced_s)
        return spent_s + state.upcoming_sleep > self._budget_s


def _wait_s(state: RetryCallState) -> float:
    error = state.outcome.exception() if state.outcome else None
    asked: float | None = getattr(error, "retry_after_s", None)
    backoff: float = min(LONGEST_WAIT_S, FIRST_WAIT_S * 2 ** (state.attempt_number - 1))
    # a helpdesk that asks for no wait at all would otherwise be asked again without end
    return backoff if asked is None else max(asked, FIRST_WAIT_S)
