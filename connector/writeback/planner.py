"""One ticket looked at for the plan: should it be written, and how; pure."""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from datetime import datetime

import msgspec

from connector.model.page import TicketField
from connector.model.ticket import Mark, Status, Ticket
from connector.store.journal import Believed
from connector.writeback.labels import TicketLabels, labels, option_labels
from connector.writeback.note import Membership, is_same_state
from connector.writeback.ownership import Names
from connector.writeback.reasons import (
    ANY,
    WRITABLE,
    Cause,
    Gate,
    Look,
    Reason,
    reasons,
    stray_tags,
    told,
)
from connector.writeback.shown import (
    TAG,
    Ours,
    Wearer,
    as_believed,
    aspects,
    changed_by_others,
    difference,
)
from connector.writeback.words import STATE_OF, Word, language

UNTOUCHED = int(Mark.MERGED | Mark.SPAM)
LOOKED_AT = WRITABLE | {Status.SOLVED}
BRAKED = frozenset({Cause.STATUS, Cause.REMOVED})


class TicketView(msgspec.Struct, frozen=True):
    """A ticket as last read, and the goals it counts for."""

    ticket: Ticket
    memberships: tuple[Membership, ...] = ()


class Rules(msgspec.Struct, frozen=True, kw_only=True):
    """What an admin set, and what the helpdesk has for us.

    `goals` are the ids of all goals we know of, also those no ticket counts for now; `families`
    begin the ids of goals that are made for one of many, also of those who are gone. A helpdesk
    that `stores_labels` keeps the words that people read in place of an option.
    """

    prefix: str = "goal_"
    language: str = "en"
    people: bool = False
    max_share: float = 0.2
    batch: int = 1
    batch_requests: int = 2
    fields: tuple[TicketField, ...] = ()
    goals: frozenset[str] = frozenset()
    families: frozenset[str] = frozenset()
    stores_labels: bool = False


class Known(msgspec.Struct, frozen=True, kw_only=True):
    """What is known besides the tickets: our own writes, and what people decided.

    `parked` maps ticket ids to the version that was refused; a newer one is tried again.
    `in_flight` are tickets whose last write is still running. `approved` are pairs of goal and
    state. `resting` were written so often of late that they have to wait, `deferred` were planned
    before and could not be written.
    `is_daily_run` lets goals travel that show their status once a day; on deferred tickets they
    travel in any run.
    """

    open_tickets: int
    own: Mapping[str, Believed] = {}
    parked: Mapping[str, datetime] = {}
    in_flight: frozenset[str] = frozenset()
    approved: frozenset[tuple[str, str]] = frozenset()
    resting: frozenset[str] = frozenset()
    deferred: frozenset[str] = frozenset()
    is_daily_run: bool = True


class Draft(msgspec.Struct, frozen=True, kw_only=True):
    """What became of looking at one ticket; what is wanted is only told where it may be written."""

    look: Look
    shown: Ours
    wanted: Ours = Ours()
    reasons: tuple[Reason, ...] = ()
    kept: frozenset[str] = frozenset()
    delta: Ours | None = None


class Planner:
    """Looks at tickets one by one; what is held back by the brake is taken out afterwards."""

    def __init__(self, rules: Rules, known: Known) -> None:
        names = Names(rules.prefix)
        written = {tag for own in known.own.values() for tag in own.tags}
        self.rules = rules
        self.known = known
        self.names = names
        self.tongue = language(rules.language)
        self._known_labels: dict[tuple[object, ...], TicketLabels] = {}
        self.wearer = Wearer(
            names=names,
            ids={field.role: field.id for field in rules.fields if field.active},
            silent=frozenset(field.role for field in rules.fields if not field.active),
            vocabulary=names.vocabulary(rules.goals) | written,
            families=rules.families,
            stored=option_labels(rules.prefix, rules.language) if rules.stores_labels else {},
        )

    def hands_off(self, ticket: Ticket) -> str:
        """Say why a ticket is not even looked at, or nothing."""
        refused = self.known.parked.get(ticket.id)
        if self.names.ignore in ticket.tags:
            return "ignored"
        if int(ticket.marks) & UNTOUCHED:
            return "merged or spam"
        if refused is not None and ticket.stamp <= refused:
            return "parked"
        if ticket.id in self.known.in_flight:
            return "in flight"
        return "" if ticket.status in LOOKED_AT else str(ticket.status)

    def concerns(self, view: TicketView) -> bool:
        """Tell whether a ticket counts for a goal, shows something of ours, or ever did."""
        ticket = view.ticket
        if view.memberships or ticket.id in self.known.own:
            return True
        return not self.wearer.shown(ticket).is_empty

    def draft(self, view: TicketView) -> Draft:
        """Look at one ticket: what it should show, what it shows, and is that worth a write."""
        ticket = view.ticket
        own = self.wearer.recall(self.known.own.get(ticket.id))
        members = tuple(m for m in view.memberships if self.rules.people or m.level != "person")
        shown = as_believed(self.wearer.shown(ticket), own, ticket.stamp)
        look = Look(
            ticket=ticket,
            memberships=members,
            labels=self._without_note(ticket, members),
            base=_base(shown, own),
            own=own,
            wearer=self.wearer,
        )
        is_due = self.known.is_daily_run or ticket.id in self.known.deferred
        found = reasons(look, Gate(is_due, self.known.approved))
        if not found and not changed_by_others(shown, own):
            return Draft(look=look, shown=shown)  # most tickets: nobody has to write their note
        look = msgspec.structs.replace(look, labels=self._labels(ticket, members))
        return self._decide(
            Draft(look=look, shown=shown, wanted=self.wearer.wanted(look.labels)), found
        )

    def without(self, draft: Draft, held: frozenset[tuple[str, str]]) -> Draft:
        """Take held states out of a draft: outcomes flow on, the status stays as it is shown."""
        rest = tuple(r for r in draft.reasons if r.cause not in BRAKED or r.of not in held)
        if draft.delta is None or len(rest) == len(draft.reasons):
            return draft
        if not rest:
            return msgspec.structs.replace(draft, reasons=(), delta=None)
        waiting = {reason.goal for reason in draft.reasons if reason not in rest}
        wanted = self.wearer.wanted(self._labels(draft.look.ticket, _as_told(draft.look, waiting)))
        leave = draft.kept | self._status_aspects(draft, waiting)
        return msgspec.structs.replace(
            draft,
            reasons=rest,
            wanted=wanted,
            delta=difference(draft.shown, wanted, leave=leave),
        )

    def _decide(self, draft: Draft, found: tuple[Reason, ...]) -> Draft:
        correct, kept = _changed_by_people(draft)
        if correct and draft.look.ticket.status in WRITABLE:
            found = (*found, Reason(Cause.CORRECTED, ANY, "corrected"))
        delta = difference(draft.shown, draft.wanted, leave=kept) if found else None
        return msgspec.structs.replace(draft, reasons=found, kept=kept, delta=delta)

    def _labels(self, ticket: Ticket, members: tuple[Membership, ...]) -> TicketLabels:
        is_solved = ticket.status == Status.SOLVED
        return labels(members, names=self.names, tongue=self.tongue, is_solved=is_solved)

    def _without_note(self, ticket: Ticket, members: tuple[Membership, ...]) -> TicketLabels:
        """Return what a ticket should show but for the note, in which alone its own times stand."""
        key = (ticket.status == Status.SOLVED, *((m.goal, m.outcome) for m in members))
        if key not in self._known_labels:
            found = self._labels(ticket, members)
            self._known_labels[key] = msgspec.structs.replace(found, note=None)
        return self._known_labels[key]

    def _status_aspects(self, draft: Draft, waiting: AbstractSet[str]) -> frozenset[str]:
        """Return the aspects in which a ticket's status, and that of waiting goals, is told."""
        names = self.names
        field_id = self.wearer.field_id("status")
        tags = {tag for goal in waiting for tag in names.goal_statuses(goal)}
        if field_id is None:
            tags |= {names.status(word) for word in Word}
        if ANY in waiting:
            tags |= stray_tags(draft.look)
        return frozenset({TAG + tag for tag in tags} | ({field_id} if field_id else set()))


def _base(shown: Ours, own: Believed | None) -> Ours:
    """Return what we last wrote where we did, and else what is shown.

    Tags that a person put there twice are theirs to keep: they are no reason to write again.
    """
    if own is None:
        return shown
    added = {tag for tag in shown.tags if TAG + tag not in own.corrected}
    return Ours({**shown.fields, **own.fields}, own.tags | added)


def _changed_by_people(draft: Draft) -> tuple[frozenset[str], frozenset[str]]:
    """Return the aspects a person changed: those to put right once, and those to leave alone."""
    own = draft.look.own
    if own is None:
        return frozenset(), frozenset()
    before, wanted = aspects(Ours(own.fields, own.tags)), aspects(draft.wanted)
    unchanged = frozenset(
        key
        for key in changed_by_others(draft.shown, own)
        if is_same_state(before.get(key), wanted.get(key))
    )
    return unchanged - own.corrected, unchanged & own.corrected


def _as_told(look: Look, waiting: AbstractSet[str]) -> tuple[Membership, ...]:
    """Return the ticket's goals with those that wait as the note told them before."""
    before = told(look)
    members = [
        _restated(member, before.get(member.title)) if _waits(member, waiting) else member
        for member in look.memberships
    ]
    if ANY in waiting:
        as_of = max((member.as_of for member in members), default=look.ticket.stamp)
        titles = {member.title for member in members}
        members += [
            _restated(Membership(goal=ANY, title=title, state=None, as_of=as_of), word)
            for title, word in before.items()
            if title not in titles
        ]
    return tuple(members)


def _waits(member: Membership, waiting: AbstractSet[str]) -> bool:
    return member.goal in waiting or (ANY in waiting and member.word is None)


def _restated(membership: Membership, word: Word | None) -> Membership:
    return msgspec.structs.replace(membership, state=STATE_OF[word] if word else None)
