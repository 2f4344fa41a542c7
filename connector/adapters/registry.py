"""Finds adapters through the entry points `connector.adapters`, ours like anybody's."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from importlib.metadata import EntryPoint, entry_points
from typing import TYPE_CHECKING, Any

from connector.adapters.base import AsksPermission
from connector.adapters.limits import Pacer
from connector.adapters.retrying import BUDGET_S, RetryingAdapter, plain_logger
from connector.config.table import checked, nearest
from connector.config.toml import Place
from connector.errors import SettingsError

if TYPE_CHECKING:
    from connector.adapters.base import Adapter, AdapterSettings
    from connector.config.settings import HelpdeskTable

GROUP = "connector.adapters"


def kinds() -> tuple[str, ...]:
    """Return the kinds of helpdesks there are adapters for, without loading any."""
    return tuple(sorted({point.name for point in entry_points(group=GROUP)}))


def adapter_class(kind: str, place: Place | None = None) -> type[Adapter]:
    """Load the adapter of this kind; the vendor's library is imported now and not before.

    `place` is the table that names the kind, to say where a mistake stands.
    """
    place = place or Place()
    found: EntryPoint | None = next(iter(entry_points(group=GROUP, name=kind)), None)
    if found is None:
        hint = nearest(kind, kinds(), "there are")
        raise SettingsError([place.problem(f'there is no adapter for "{kind}"', "kind", hint=hint)])
    try:
        loaded: type[Adapter] = found.load()
    except ImportError as error:
        message = f'the adapter for "{kind}" does not load: {error}'
        raise SettingsError([place.problem(message, "kind")]) from error
    return loaded


def asks_permission(kind: str) -> AsksPermission | None:
    """Return the adapter of this kind if a person grants it access; None where nobody does."""
    loaded: object = adapter_class(kind)
    return loaded if isinstance(loaded, AsksPermission) else None


def checked_options(helpdesk: HelpdeskTable, options: Mapping[str, Any]) -> AdapterSettings:
    """Return the options as the adapter's own settings; raise SettingsError with every mistake."""
    model = adapter_class(helpdesk.kind, helpdesk.place).settings_model
    return checked(model, dict(options), helpdesk.place.at("options"))


def open_adapter(
    helpdesk: HelpdeskTable,
    options: Mapping[str, Any],
    *,
    watched_fields: frozenset[str],
    budget_s: float = BUDGET_S,
    sleep: Callable[[float], None] = time.sleep,
    clock: Callable[[], float] = time.monotonic,
    logger: Callable[[], Any] = plain_logger,
) -> RetryingAdapter:
    """Open one helpdesk, retrying within a budget and paced below the limits it announces."""
    adapter = adapter_class(helpdesk.kind)(
        checked_options(helpdesk, options), watched_fields=watched_fields
    )
    exports = Pacer(
        share=helpdesk.limits.share_of_exports,
        per_minute=adapter.capabilities.exports_per_minute,
        clock=clock,
        sleep=sleep,
    )
    calls = Pacer(share=helpdesk.limits.share_of_requests, clock=clock, sleep=sleep)
    return RetryingAdapter(
        adapter,
        budget_s=budget_s,
        sleep=sleep,
        clock=clock,
        pacer=calls,
        export_pacer=exports,
        logger=logger,
    )
