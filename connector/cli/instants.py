"""Times on the command line: days and ISO times to aware UTC datetimes, stretches to seconds."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

import typer

from connector.errors import UsageError

AS_OF = Annotated[
    str | None,
    typer.Option("--as-of", metavar="TIME", help="How it stood then, as in 2026-11-01T12:00Z."),
]


def instant(text: str | None) -> datetime | None:
    """Return the instant a person wrote; a day is its first moment, a missing zone is UTC."""
    if text is None:
        return None
    try:
        parsed = datetime.fromisoformat(text)
    except ValueError as error:
        raise UsageError(f"{text!r} is no time; write 2026-11-01 or 2026-11-01T12:00Z") from error
    return parsed.replace(tzinfo=UTC) if parsed.tzinfo is None else parsed.astimezone(UTC)


def duration(text: str | None) -> float | None:
    """Return the seconds of a stretch of time as files have them: `20 min`, `1.5 h`."""
    from connector.config.quantity import QuantityError, parse_duration

    try:
        return None if text is None else parse_duration(text)
    except QuantityError as error:
        raise UsageError(f"{text!r} {error}; {error.hint}") from error


def past(text: str | None, now: datetime) -> datetime | None:
    """Return an instant that is over; nothing is known about the future."""
    found = instant(text)
    if found is not None and found > now:
        raise UsageError(f"{text} lies in the future; now it is {now:%Y-%m-%dT%H:%MZ}")
    return found


def stretch(
    start: str | None, end: str | None, now: datetime
) -> tuple[datetime | None, datetime | None]:
    """Return the instants of --from and --to; an end that is not after its start is refused."""
    first, last = past(start, now), instant(end)
    if first is not None and last is not None and first >= last:
        raise UsageError(f"--to {end} is not after --from {start}; exchange the two?")
    return first, last
