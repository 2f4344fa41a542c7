"""Flags of values as single letters in a table, with the words for them below it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

MARKS = {
    "stale": ("s", "stale: the data is older than the job's interval allows"),
    "provisional": ("p", "provisional: what happens to these tickets later may still change it"),
    "early": ("e", "early: too little of the period has passed to judge it by pace"),
    "partial_history": ("h", "part of the history is missing: the events begin after the ticket"),
    "clamped": ("c", "an event was dated before its ticket and counts from the creation"),
    "default_schedule": ("d", "a ticket without business hours of its own got the default ones"),
    "small_sample": ("n", "n is small: the interval says more than the value"),
    "drivers_disagree": ("x", "what serves the goal stands otherwise than the goal does"),
    "late": ("l", "late: it was closed after its period"),
    "as_of_last_read": ("r", "some attributes are known only as of the last read"),
}
"""Letter and meaning of each flag that a table can show."""


def marks(flags: Iterable[str]) -> str:
    """Return the letters of flags; an unknown flag stands there whole."""
    return " ".join(MARKS[flag][0] if flag in MARKS else flag for flag in flags)


def legend(flags: Iterable[str]) -> Iterator[str]:
    """Say what the letters mean, of those flags that occur."""
    present = set(flags)
    return (f"{mark} = {words}" for name, (mark, words) in MARKS.items() if name in present)


def in_words(flags: Iterable[str]) -> str:
    """Return the meaning of flags, for where there is room."""
    return "; ".join(MARKS[flag][1] if flag in MARKS else flag for flag in flags)
