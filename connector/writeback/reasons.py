"""Why a ticket would be written now: the only things that are worth a ticket event."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

import msgspec

from connector.model.ticket import Mark, Status, Ticket
from connector.store.journal import Believed
from connector.writeback.labels import SEVERITY, STILL_TO_DO, TicketLabels
from connector.writeback.note import Membership, told_states
from connector.writeback.shown import Ours, Wearer
from connector.writeback.words import OUTCOMES_TO_ACT_ON, WORDS_TO_ACT_ON, Word

WRITABLE = frozenset({Status.NEW, Status.OPEN})
INHERITS = Mark.CHILD | Mark.FOLLOW_UP
ANY = "any"
NONE = "none"


class Cause(StrEnum):
    """Kinds of reasons."""

    STATUS = "status"  # a goal's status changed, and its `show` lets that travel now
    REMOVED = "removed"  # the ticket counts for no goal any more, or not for one it warned of
    OUTCOME = "outcome"  # something to act on came up or went away
    SOLVED = "solved"  # how it ended, once
    INHERITED = "inherited"  # labels came with a follow-up or child ticket
    CORRECTED = "corrected"  # a person changed a value of ours
    UNDONE = "undone"  # an admin took it back


class Reason(msgspec.Struct, frozen=True):
    """One reason: which goal, and the state it is in now."""

    cause: Cause
    goal: str
    state: str

    @property
    def of(self) -> tuple[str, str]:
        """Return the goal and its state."""
        return self.goal, self.state


class Gate(msgspec.Struct, frozen=True):
    """When a goal's status may travel by itself."""

    is_daily_run: bool
    approved: frozenset[tuple[str, str]] = frozenset()

    def lets(self, membership: Membership, word: Word, before: Word | None) -> bool:
        """Tell whether the status may travel now.

        Good news waits for the daily run, or for another write to go with.
        """
        if (membership.goal, word) in self.approved:
            return True
        is_daily = self.is_daily_run and membership.show != "with_ticket"
        return is_daily or (membership.show == "at_once" and is_worse(word, before))


class Look(msgspec.Struct, frozen=True, kw_only=True):
    """One ticket looked at: what it counts for, should show, and shows as far as we know.

    `base` is what we last wrote where we did, so that a person's change is no new state.
    """

    ticket: Ticket
    memberships: tuple[Membership, ...]
    labels: TicketLabels
    base: Ours
    own: Believed | None
    wearer: Wearer


def reasons(look: Look, gate: Gate) -> tuple[Reason, ...]:
    """Return all reasons to write the ticket now, corrections aside; none for most tickets."""
    if look.ticket.status == Status.SOLVED:
        return _once_solved(look)
    if look.ticket.status not in WRITABLE:
        return ()
    found = [*_outcome(look), *_removed(look), *_statuses(look, gate)]
    if look.own is None and look.ticket.marks & INHERITS and not look.base.is_empty:
        found.append(Reason(Cause.INHERITED, ANY, NONE))
    return tuple(found)


def _once_solved(look: Look) -> tuple[Reason, ...]:
    wanted, shown = look.labels.outcome, look.wearer.outcome(look.base)
    if wanted == shown or (wanted is None and shown not in STILL_TO_DO):
        return ()
    return (Reason(Cause.SOLVED, ANY, wanted or NONE),)


def _outcome(look: Look) -> tuple[Reason, ...]:
    wanted, shown = look.labels.outcome, look.wearer.outcome(look.base)
    tags = look.labels.tags ^ look.base.tags
    if wanted != shown and {wanted, shown} & OUTCOMES_TO_ACT_ON:
        goals = [m.goal for m in look.memberships if m.outcome == wanted]
        return (Reason(Cause.OUTCOME, goals[0] if goals else ANY, wanted or NONE),)
    for member in look.memberships if tags else ():
        if tags & look.wearer.names.goal_outcomes(member.goal):
            return (Reason(Cause.OUTCOME, member.goal, member.outcome or NONE),)
    return ()


def _removed(look: Look) -> tuple[Reason, ...]:
    """Find what the ticket still shows of goals it does not count for any more."""
    nothing_left = look.labels.status is None and look.wearer.status(look.base) is not None
    before = told(look)
    titles = {member.title for member in look.memberships if member.word}
    warned = any(word in WORDS_TO_ACT_ON for title, word in before.items() if title not in titles)
    if nothing_left or warned or stray_tags(look):
        return (Reason(Cause.REMOVED, ANY, NONE),)
    return ()


def _statuses(look: Look, gate: Gate) -> list[Reason]:
    """Find the goals whose status changed in a way worth a write."""
    status, stated = look.wearer.status(look.base), told(look)
    found = []
    for member in look.memberships:
        word, before = member.word, stated.get(member.title, _before(look, member))
        if word is None or not gate.lets(member, word, before):
            continue
        differs = word != before and {word, before} & WORDS_TO_ACT_ON
        is_worst = word == look.labels.status != status and (status or word != Word.NO_DATA)
        if differs or is_worst or _tag_differs(look, member):
            found.append(Reason(Cause.STATUS, member.goal, word))
    return found


def is_worse(word: Word, before: Word | None) -> bool:
    """Tell whether a status asks for more than the one before it, if there was one."""
    if word not in WORDS_TO_ACT_ON:
        return False
    return before is None or SEVERITY.index(word) < SEVERITY.index(before)


def stray_tags(look: Look) -> frozenset[str]:
    """Return the tags of goals that the ticket shows but does not count for any more."""
    if not look.base.tags:
        return frozenset()
    names = look.wearer.names
    known = names.options().union(*(names.goal_tags(m.goal) for m in look.memberships))
    return look.base.tags - look.labels.tags - known


def told(look: Look) -> Mapping[str, Word]:
    """Return the status each goal has in the note, by title."""
    note = look.wearer.field_id("note")
    text = look.base.fields.get(note) if note else None
    return told_states(text) if text else {}


def _before(look: Look, member: Membership) -> Word | None:
    """Return the status a goal had on the ticket when no note tells it."""
    if look.wearer.field_id("note") is not None:
        return None
    shown = look.wearer.status(look.base)
    return shown if member.word == look.labels.status else member.word


def _tag_differs(look: Look, member: Membership) -> bool:
    differ = look.labels.tags ^ look.base.tags
    return bool(differ and differ & look.wearer.names.goal_statuses(member.goal))
