"""Which tickets count, in words, and dates: for reports, cards, and what `check` says."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date

import msgspec

from connector.config.where import FIELD, Filter, as_filter


def in_words(where: Mapping[str, object], joint: str = " or ") -> str:
    """Say which tickets a `where` lets through: `group EMEA or APAC; no tag spam`."""
    parts = (phrase for key, said in where.items() for phrase in _phrases(key, said, joint))
    return "; ".join(parts) or "all tickets"


def written(day: date) -> str:
    """Write a date: 1 Oct 2026."""
    return f"{day.day} {day:%b %Y}"


def _phrases(key: str, said: object, joint: str) -> Iterator[str]:
    wanted = _filter(said)
    name = key.removeprefix(FIELD)
    if wanted.any:
        yield f"{name} {joint.join(wanted.any)}"
    if wanted.all:
        yield f"{name}s {' and '.join(wanted.all)}"
    refused = (*wanted.none, *wanted.exclude)
    if refused and key == "tag":
        yield f"no tag {' or '.join(refused)}"
    elif refused:
        yield f"{name} anything but {' or '.join(refused)}"
    yield from _ranges(name, wanted)


def _ranges(name: str, wanted: Filter) -> Iterator[str]:
    low, high = wanted.min, wanted.max
    if low is not None and high is not None:
        yield f"{name} from {low:g} to {high:g}"
    elif low is not None or high is not None:
        yield f"{name} at least {low:g}" if low is not None else f"{name} at most {high:g}"
    days = [f"from {wanted.since}"] if wanted.since else []
    days += [f"before {wanted.until}"] if wanted.until else []
    if days:
        zone = f" ({wanted.timezone})" if wanted.timezone else ""
        yield f"{name} {' and '.join(days)}{zone}"


def _filter(said: object) -> Filter:
    if isinstance(said, Filter):
        return said
    if isinstance(said, Mapping):  # as it was kept
        return msgspec.convert(said, Filter)
    names = said if isinstance(said, Sequence) and not isinstance(said, str) else [said]
    return as_filter(tuple(map(str, names)))
