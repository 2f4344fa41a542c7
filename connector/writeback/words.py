"""The words agents read, in every language we ship; option values stay the same in all of them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum

import msgspec

from connector.errors import Problem, SettingsError
from connector.model.goal import GoalState


class Word(StrEnum):
    """What a ticket says about its goals, worst first."""

    OFF_TRACK = "off_track"
    AT_RISK = "at_risk"
    ON_TRACK = "on_track"
    NO_DATA = "no_data"


class TicketOutcome(StrEnum):
    """What a ticket says about itself, most urgent first."""

    DUE_SOON = "due_soon"
    PENDING = "pending"
    MISSED = "missed"
    MET = "met"


WORD_OF: Mapping[str, Word] = {
    GoalState.ON_TRACK: Word.ON_TRACK,
    GoalState.SAFE: Word.ON_TRACK,
    GoalState.AT_RISK: Word.AT_RISK,
    GoalState.WARNING: Word.AT_RISK,
    GoalState.OFF_TRACK: Word.OFF_TRACK,
    GoalState.VIOLATED: Word.OFF_TRACK,
    GoalState.INSUFFICIENT_DATA: Word.NO_DATA,
    GoalState.NEEDS_BASELINE: Word.NO_DATA,
}
"""The word for each state of a running goal; a goal in any other state is not shown."""

STATE_OF: Mapping[Word, GoalState] = {
    Word.ON_TRACK: GoalState.ON_TRACK,
    Word.AT_RISK: GoalState.AT_RISK,
    Word.OFF_TRACK: GoalState.OFF_TRACK,
    Word.NO_DATA: GoalState.INSUFFICIENT_DATA,
}
"""A state that each word may stand for, where only the word is known."""

WORDS_TO_ACT_ON = frozenset({Word.OFF_TRACK, Word.AT_RISK})
OUTCOMES_TO_ACT_ON = frozenset({TicketOutcome.DUE_SOON, TicketOutcome.MISSED})


class ViewWords(msgspec.Struct, frozen=True):
    """What a view is called, and what it is for."""

    title: str
    description: str


class Language(msgspec.Struct, frozen=True, kw_only=True):
    """One language: titles, descriptions and words.

    `views` names the views that `setup --views` makes. `events` maps what settles a ticket (reply,
    resolution) to its noun; `due`, `met`, `missed` and `missed_at` take that noun, `due` and
    `missed_at` also the time.
    """

    titles: Mapping[str, str]
    descriptions: Mapping[str, str]
    words: Mapping[str, str]
    outcomes: Mapping[str, str]
    views: Mapping[str, ViewWords]
    events: Mapping[str, str]
    as_of: str
    due: str
    met: str
    missed: str
    missed_at: str
    weekdays: tuple[str, ...]
    months: tuple[str, ...]
    date: str

    def day(self, at: datetime) -> str:
        """Write a local date without its year: 22 Nov."""
        return self.date.format(day=at.day, month=self.months[at.month - 1])

    def moment(self, at: datetime) -> str:
        """Write a local moment with its zone: Mon 23 Nov 10:05 CET."""
        return f"{self.weekdays[at.weekday()]} {self.day(at)} {at:%H:%M %Z}"


ENGLISH = Language(
    titles={"status": "Goal status", "outcome": "Goal outcome", "note": "Goal note"},
    descriptions={
        "status": (
            "The worst status among the goals this ticket counts for. "
            "Kept by the goal connector; changes made here are set right once, then left alone."
        ),
        "outcome": (
            "The most urgent thing still to do on this ticket for its goals. Kept by the goal "
            "connector; changes made here are set right once, then left alone."
        ),
        "note": (
            "Why the ticket shows this goal status, and what is due. Kept by the goal connector; "
            "add the tag {ignore} to keep it off this ticket."
        ),
    },
    words={
        Word.ON_TRACK: "On track",
        Word.AT_RISK: "At risk",
        Word.OFF_TRACK: "Off track",
        Word.NO_DATA: "No data",
    },
    outcomes={
        TicketOutcome.DUE_SOON: "Due soon",
        TicketOutcome.PENDING: "Pending",
        TicketOutcome.MISSED: "Missed",
        TicketOutcome.MET: "Met",
    },
    views={
        "at_risk": ViewWords(
            "Goal at risk",
            "Unsolved tickets that count for a goal which is at risk or off track. "
            "Made by the goal connector.",
        ),
        "due_soon": ViewWords(
            "Due soon",
            "Unsolved tickets on which time is running out for a goal. Made by the goal connector.",
        ),
    },
    events={"reply": "Reply", "resolution": "Resolution", "": "Goal"},
    as_of="as of {day}",
    due="{event} due {moment}",
    met="{event} in time",
    missed="{event} missed",
    missed_at="{event} missed, was due {moment}",
    weekdays=("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"),
    months=("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"),
    date="{day} {month}",
)

GERMAN = Language(
    titles={"status": "Zielstatus", "outcome": "Zielergebnis", "note": "Zielnotiz"},
    descriptions={
        "status": (
            "Der schlechteste Stand unter den Zielen, für die dieses Ticket zählt. Vom Goal "
            "Connector gepflegt; Änderungen von Hand werden einmal berichtigt, dann belassen."
        ),
        "outcome": (
            "Was an diesem Ticket für seine Ziele am dringendsten zu tun ist. Vom Goal Connector "
            "gepflegt; Änderungen von Hand werden einmal berichtigt, dann belassen."
        ),
        "note": (
            "Warum das Ticket diesen Zielstatus zeigt und was fällig ist. Vom Goal Connector "
            "gepflegt; das Tag {ignore} hält ihn von diesem Ticket fern."
        ),
    },
    words={
        Word.ON_TRACK: "Im Plan",
        Word.AT_RISK: "Gefährdet",
        Word.OFF_TRACK: "Nicht im Plan",
        Word.NO_DATA: "Keine Daten",
    },
    outcomes={
        TicketOutcome.DUE_SOON: "Bald fällig",
        TicketOutcome.PENDING: "Offen",
        TicketOutcome.MISSED: "Verfehlt",
        TicketOutcome.MET: "Erreicht",
    },
    views={
        "at_risk": ViewWords(
            "Ziel gefährdet",
            "Ungelöste Tickets, die für ein gefährdetes oder nicht im Plan liegendes Ziel zählen. "
            "Vom Goal Connector angelegt.",
        ),
        "due_soon": ViewWords(
            "Bald fällig",
            "Ungelöste Tickets, bei denen für ein Ziel die Zeit knapp wird. "
            "Vom Goal Connector angelegt.",
        ),
    },
    events={"reply": "Antwort", "resolution": "Lösung", "": "Ziel"},
    as_of="Stand {day}",
    due="{event} fällig {moment}",
    met="{event} rechtzeitig",
    missed="{event} zu spät",
    missed_at="{event} zu spät, war fällig {moment}",
    weekdays=("Mo", "Di", "Mi", "Do", "Fr", "Sa", "So"),
    months=("Jan.", "Feb.", "März", "Apr.", "Mai", "Juni", "Juli", "Aug.", "Sep.", "Okt.",
            "Nov.", "Dez."),
    date="{day}. {month}",
)  # fmt: skip

LANGUAGES: Mapping[str, Language] = {"en": ENGLISH, "de": GERMAN}


def language(code: str) -> Language:
    """Return a shipped language by its code."""
    found = LANGUAGES.get(code)
    if found is None:
        known = ", ".join(LANGUAGES)
        raise SettingsError([Problem(f"no labels for the language {code!r}", hint=f"use {known}")])
    return found
