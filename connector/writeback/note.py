"""The note on a ticket: why it shows what it shows, in words, and what a note said back to data."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from zoneinfo import ZoneInfo

import msgspec

from connector.writeback.words import LANGUAGES, WORD_OF, Language, TicketOutcome, Word

MOST_LINES = 10


class Membership(msgspec.Struct, frozen=True, kw_only=True):
    """One goal that a ticket counts for, and how both stand.

    `state` is the goal's, None when it is not to be shown; `outcome` and `due_at` are the ticket's
    own; `settles_by` names what settles it: reply, resolution or nothing.
    """

    goal: str
    title: str
    state: str | None
    as_of: datetime
    outcome: str | None = None
    due_at: datetime | None = None
    settles_by: str = ""
    timezone: str = "UTC"
    show: str = "daily"
    tag: bool = False
    level: str = "team"

    @property
    def word(self) -> Word | None:
        """Return the goal's state in one of four words; None for goals that are not running."""
        return None if self.state is None else WORD_OF.get(self.state)


def write_note(memberships: Sequence[Membership], language: Language) -> str | None:
    """Write one line a goal, in the order given; None when there is nothing to say."""
    lines = [line for line in (_line(m, language) for m in memberships) if line]
    return "\n".join(lines[:MOST_LINES]) or None


@lru_cache(maxsize=16)  # one note is looked at more than once, then the next ticket's
def told_states(note: str | None) -> Mapping[str, Word]:
    """Return the status each goal had in a note of ours, by title, in whatever language."""
    found = (_STATED.match(line) for line in (note or "").splitlines())
    return {match["title"]: _WORDS[match["word"]] for match in found if match}


def is_same_note(one: str | None, other: str | None) -> bool:
    """Compare two notes as a helpdesk keeps them: line ends and outer blanks do not count."""
    return one == other or _plain(one) == _plain(other)


def is_same_state(one: str | None, other: str | None) -> bool:
    """Compare what two values of ours mean: in notes, dates and due times do not count."""
    if one == other:
        return True
    told = _gist(one)
    return told == _gist(other) if told else is_same_note(one, other)


def _gist(note: str | None) -> Mapping[str, Word | None]:
    """Return the goals a note of ours tells of, by title, each with its status where it has one."""
    found: dict[str, Word | None] = dict(told_states(note))
    for line in (note or "").splitlines():
        match = None if _STATED.match(line) else _UNSTATED.match(line)
        if match:
            found[match["title"]] = None
    return found


def _line(membership: Membership, language: Language) -> str | None:
    zone = ZoneInfo(membership.timezone)
    title, word = _title(membership), membership.word
    clause = _outcome(membership, language, zone)
    if word is None:
        return f"{title}. {clause}" if clause else None
    as_of = language.as_of.format(day=language.day(membership.as_of.astimezone(zone)))
    stated = f"{title}: {_inside(language.words[word])} {as_of}"
    return f"{stated.removesuffix('.')}. {clause}" if clause else stated


def _outcome(membership: Membership, language: Language, zone: ZoneInfo) -> str:
    if membership.outcome is None:
        return ""
    event = language.events.get(membership.settles_by, language.events[""])
    due_at = membership.due_at
    moment = "" if due_at is None else language.moment(due_at.astimezone(zone))
    outcome = TicketOutcome(membership.outcome)
    if outcome is TicketOutcome.MET:
        return language.met.format(event=event)
    if outcome is TicketOutcome.MISSED:
        shape = language.missed_at if moment else language.missed
        return shape.format(event=event, moment=moment)
    return language.due.format(event=event, moment=moment) if moment else ""


def _title(membership: Membership) -> str:
    return " ".join(membership.title.split())


def _inside(word: str) -> str:
    """Write a label as it stands inside a sentence."""
    return word[:1].lower() + word[1:]


def _plain(note: str | None) -> str:
    return "\n".join(note.strip().splitlines()) if note else ""


_WORDS = {_inside(tongue.words[word]): word for tongue in LANGUAGES.values() for word in Word}
_STATED = re.compile(rf"^(?P<title>.+): (?P<word>{'|'.join(map(re.escape, _WORDS))})(?: |$)")


def _clauses() -> Iterator[str]:
    """Yield a pattern for everything a note can say of one ticket, in every language."""
    for tongue in LANGUAGES.values():
        events = "|".join(map(re.escape, tongue.events.values()))
        for shape in (tongue.due, tongue.met, tongue.missed, tongue.missed_at):
            yield (
                re.escape(shape).replace(r"\{event\}", f"(?:{events})").replace(r"\{moment\}", ".+")
            )


_UNSTATED = re.compile(rf"^(?P<title>.+)\. (?:{'|'.join(_clauses())})$")
