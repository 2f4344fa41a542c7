"""Finds adapters through the entry points `connector.adapters`, ours like anybody's."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from difflib import get_close_matches
from importlib.metadata import EntryPoint, entry_points
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from connector.adapters.limits import Pacer
from connector.adapters.retrying import BUDGET_S, RetryingAdapter
from connector.errors import Problem, SettingsError

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails

    from connector.adapters.base import Adapter, AdapterSettings
    from connector.config.settings import HelpdeskTable

GROUP = "connector.adapters"


def kinds() -> tuple[str, ...]:
    """Return the kinds of helpdesks there are adapters for, without loading any."""
    return tuple(sorted({point.name for point in entry_points(group=GROUP)}))


def adapter_class(kind: str) -> type[Adapter]:
    """Load the adapter of this kind; the vendor's library is imported now and not before."""
    found: EntryPoint | None = next(iter(entry_points(group=GROUP, name=kind)), None)
    if found is None:
        message = f"there is no adapter for {kind!r}"
        raise SettingsError([Problem(message, key="kind", hint=_nearest(kind, kinds()))])
    try:
        loaded: type[Adapter] = found.load()
    except ImportError as error:
        message = f"the adapter for {kind!r} does not load: {error}"
        raise SettingsError([Problem(message, key="kind")]) from error
    return loaded


def checked_options(helpdesk: HelpdeskTable, options: Mapping[str, Any]) -> AdapterSettings:
    """Return the options as the adapter's own settings; raise SettingsError with every mistake."""
    model = adapter_class(helpdesk.kind).settings_model
    try:
        return model.model_validate(dict(options))
    except ValidationError as error:
        known = tuple(model.model_fields)
        details = error.errors(include_url=False, include_context=False, include_input=False)
        raise SettingsError(
            [_problem(helpdesk.name, detail, known) for detail in details]
        ) from None


def open_adapter(
    helpdesk: HelpdeskTable,
    options: Mapping[str, Any],
    *,
    watched_fields: frozenset[str],
    budget_s: float = BUDGET_S,
    sleep: Callable[[float], None] = time.sleep,
    clock: Callable[[], float] = time.monotonic,
) -> Adapter:
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
        adapter, budget_s=budget_s, sleep=sleep, pacer=calls, export_pacer=exports
    )


def _problem(helpdesk: str, detail: ErrorDetails, known: tuple[str, ...]) -> Problem:
    path = [str(part) for part in detail["loc"]]
    key = ".".join(["helpdesk", helpdesk, "options", *path])
    if detail["type"] == "extra_forbidden":
        return Problem("is not an option of this helpdesk", key=key, hint=_nearest(path[-1], known))
    if detail["type"] == "missing":
        return Problem("is missing", key=key)
    return Problem(detail["msg"].removeprefix("Value error, "), key=key)


def _nearest(word: str, known: tuple[str, ...]) -> str:
    near = get_close_matches(word, known, n=1)
    return f"did you mean {near[0]!r}?" if near else f"known are {', '.join(known)}"
