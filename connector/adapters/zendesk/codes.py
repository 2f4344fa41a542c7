"""Values of the event export as codes: ids and words, never what somebody wrote."""

from __future__ import annotations

from typing import Any

import msgspec
from msgspec import Raw

from connector.adapters.zendesk.parse import STATUSES, named
from connector.adapters.zendesk.words import CHANNELS


def code(value: Any) -> str | None:
    """Return an id or a vocabulary word; anything longer would be somebody's text."""
    if value is None or value == "" or isinstance(value, list | dict):
        return None
    word = str(value)
    return word if word in STATUSES or word.isdigit() else named(word)


def plain(raw: Raw) -> Any:
    """Return a value decoded, None where there is none."""
    return msgspec.json.decode(raw) if raw else None


def channel(via: object) -> str | None:
    """Return the ticket's channel code for an event's `via`, which is a title there."""
    if isinstance(via, dict):
        via = via.get("channel")
    if not isinstance(via, str) or not via:
        return None
    return CHANNELS.get(via.lower(), via.lower().replace(" ", "_"))
