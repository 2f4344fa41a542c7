"""What a row of `measures` says about its value beyond the number: bits of its `flags` column."""

from __future__ import annotations

from enum import IntFlag
from typing import Final

from connector.model.ticket import Mark


class Flag(IntFlag):
    """Why a value is missing, approximate, or left out of KPIs; several may hold at once."""

    NONE = 0
    PARTIAL_HISTORY = 1  # the audit trail starts after the creation
    CLAMPED = 2  # an event claimed to be older than its ticket and was moved to the creation
    DEFAULT_SCHEDULE = 4  # the ticket had no schedule of its own for part of the time
    NO_SCHEDULE = 8  # the helpdesk has no business hours at all
    MERGED = 16
    SPAM = 32
    DELETED = 64
    CHILD = 128
    MESSAGING = 256


EXCLUSIONS: Final = {
    "merged": Flag.MERGED,
    "spam": Flag.SPAM,
    "deleted": Flag.DELETED,
    "child": Flag.CHILD,
    "messaging": Flag.MESSAGING,
}
"""Words of a measure's `excludes` and the bits that mark such tickets."""

MARKS: Final = {f"MARK_{mark.name}": mark.value for mark in Mark if mark.name}


def excluded(words: str) -> Flag:
    """Return the bits that leave a row out of a KPI, from a measure's `excludes`."""
    flags = Flag.NONE
    for word in words.split(","):
        flags |= EXCLUSIONS[word.strip()]
    return flags


def names(bits: int) -> tuple[str, ...]:
    """Return the flags of a row as words, lower case."""
    return tuple(flag.name.lower() for flag in Flag if flag.value and bits & flag and flag.name)
