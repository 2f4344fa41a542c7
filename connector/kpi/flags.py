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


MARKS: Final = {
    Flag.MERGED: Mark.MERGED,
    Flag.SPAM: Mark.SPAM,
    Flag.CHILD: Mark.CHILD,
    Flag.MESSAGING: Mark.MESSAGING,
}
"""Flags that repeat what a ticket is marked as; `DELETED` repeats its status."""

SQL_WORDS: Final = {
    **{flag.name: flag.value for flag in Flag if flag.name},
    **{f"MARK_{flag.name}": mark.value for flag, mark in MARKS.items()},
}
"""The numbers that the input SQL names as `$NAME`."""


def excluded(words: str) -> Flag:
    """Return the bits that leave a row out of a KPI, from a measure's `excludes`."""
    flags = Flag.NONE
    for word in words.split(","):
        flags |= Flag[word.strip().upper()]
    return flags


def excluded_marks(words: str) -> int:
    """Return the marks that leave a ticket out of a KPI, from a measure's `excludes`."""
    flags = excluded(words)
    return sum(mark.value for flag, mark in MARKS.items() if flag in flags)


def names(bits: int) -> tuple[str, ...]:
    """Return the flags of a row as words, lower case."""
    return tuple(flag.name.lower() for flag in Flag if flag.value and bits & flag and flag.name)
