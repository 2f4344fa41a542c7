"""A ticket's events as a story: day by day, who did what, and which clocks that moved."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from itertools import groupby, pairwise
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from connector.cli.output import clean
from connector.config.quantity import format_quantity
from connector.kpi.explain import DATE
from connector.model.kpi import Family

if TYPE_CHECKING:
    from rich.console import Console
    from rich.text import Text

    from connector.kpi.explain import TicketStory, TimelineRow
    from connector.kpi.moments import Mark

SIGNS = {
    "stops": ("■", "stops", "cyan"),
    "pauses": ("‖", "pauses", "yellow"),
    "starts": ("▶", "starts", "green"),
    "resumes": ("▶", "goes on", "green"),
    "counts": ("●", "counts", "magenta"),
}
"""Symbol, word and colour of what an event does to measures; never carried by colour alone."""

QUIET_S = 3_600
"""How long nothing has to happen to be worth a line."""

CLOCK = 15
"""Columns of an event's number and time."""


def print_timeline(story: TicketStory, *, out: Console) -> None:
    """Print the events of a ticket by day, in the zone of its business hours."""
    if not story.timeline:
        return
    zone = ZoneInfo(story.timezone)
    out.print(clean(f"Timeline, {story.timezone}"), style="bold")
    widest = max(len(row.who) for row in story.timeline)
    who = min(widest, max(10, out.width // 6)) + 2
    quiet = {after.id: _quiet(before, after) for before, after in pairwise(story.timeline)}
    numbered = enumerate(story.timeline, start=1)
    last = ("", "")
    for day, rows in groupby(numbered, key=lambda one: one[1].at.astimezone(zone).date()):
        for place, (nth, row) in enumerate(rows):
            if quiet.get(row.id):
                _print(clean(""), clean(f"⋯ {quiet[row.id]}"), CLOCK, out=out, style="dim")
            if place == 0:
                out.print(clean(f"{day:%A, %-d %B %Y}"), style="underline")
            time = f"{row.at.astimezone(zone):%H:%M:%S}"
            now = (time, row.who)
            told = ("", "") if place and now == last else now
            head = f"{nth:>3}  {told[0]}".ljust(CLOCK) + told[1][: who - 2].ljust(who)
            _print(clean(head), clean(said_event(row)), CLOCK + who, out=out)
            last = now
            for line in said_marks(row.marks):
                _print(clean(""), line, CLOCK + who, out=out)
    out.print()


def _print(head: Text, body: Text, margin: int, *, out: Console, style: str = "") -> None:
    """Print a line whose body is wrapped beside its head."""
    lines = body.wrap(out, max(20, out.width - margin), overflow="fold")
    for nth, line in enumerate(lines):
        line.rstrip()
        start = head if nth == 0 and head.plain else clean(" " * margin)
        out.print(start, line, sep="", style=style, soft_wrap=True)


def _quiet(before: TimelineRow, after: TimelineRow) -> str:
    """Say how long nothing happened, and how much of it was in business hours."""
    seconds = (after.at - before.at).total_seconds()
    if seconds < QUIET_S:
        return ""
    passed = format_quantity(seconds, "s")
    if after.open_s is None:
        return f"{passed} later"
    if after.open_s == 0:
        return f"{passed} later, all of it outside business hours"
    return (
        f"{passed} later, {format_quantity(after.open_s, 's', clock='business')} in business hours"
    )


def said_event(row: TimelineRow) -> str:
    """Say what an event changed, without any text of the ticket."""
    value, before = row.value or "", row.previous
    said = {
        "created": _opening(row),
        "comment": "wrote publicly" if row.is_public else "wrote an internal note",
        "rating": "was offered a survey" if value == "offered" else f"rated the ticket {value}",
        "merged": f"merged it into ticket {value}" if value else "merged it away",
        "deleted": "deleted the ticket",
        "restored": "restored the ticket",
        DATE: "a date of the ticket, or time alone",
    }
    if row.kind in said:
        return said[row.kind]
    name = {"schedule": "business hours"}.get(row.kind, row.kind.replace("_", " "))
    empty = "nobody" if row.kind == "assignee" else "none"
    return f"{name} {before} → {value or empty}" if before else f"{name} → {value or empty}"


def _opening(row: TimelineRow) -> str:
    if not row.who:
        return "the ticket was opened; its first events are not known"
    return f"opened the ticket by {row.value}" if row.value else "opened the ticket"


def said_marks(marks: tuple[Mark, ...]) -> Iterator[Text]:
    """Say what an event does to measures, one line for each way."""
    from rich.text import Text

    for does, (sign, word, style) in SIGNS.items():
        told = [_said_mark(mark) for mark in marks if mark.does == does and not mark.variant]
        if told:
            yield Text.assemble((f"{sign} {word} ", style), (", ".join(told), "dim"))


def _said_mark(mark: Mark) -> str:
    if mark.value is None:
        return mark.title
    value = said_number(mark.value, mark.unit, mark.family)
    if mark.family == Family.COUNT:
        return mark.title
    if mark.business is None:
        return f"{mark.title} {value}"
    business = said_number(mark.business, mark.unit, mark.family, clock="business")
    return f"{mark.title} {value} ({business} business)"


def said_number(value: float, unit: str, family: str, *, clock: str = "calendar") -> str:
    """Write one ticket's value: a rate is a yes or a no."""
    if family == Family.RATE and value in {0, 1}:
        return "yes" if value else "no"
    return format_quantity(value, unit, clock=clock)


def at_zone(instant: datetime | None, zone: ZoneInfo, style: str = "%Y-%m-%d %H:%M") -> str:
    """Return a local minute; nothing for none."""
    return instant.astimezone(zone).strftime(style) if instant else ""
