"""The life of one seeded ticket: how it comes in, is handled, waits, and is solved."""

from __future__ import annotations

from bisect import bisect_left
from math import exp

from connector.practice.acts import created_by
from connector.practice.directory import SYSTEM_ID
from connector.practice.endings import (
    CLOSES_AFTER,
    automatic,
    close,
    customer_writes,
    ends,
    merge,
    spam,
)
from connector.practice.phrases import (
    ANSWERS,
    NOTES,
    OPENINGS,
    REPLIES,
    SOLUTIONS,
    SUBJECTS,
    TOPICS,
)
from connector.practice.teller import (
    DAY,
    HOUR,
    MINUTE,
    REMEMBERED,
    Team,
    Teller,
    Telling,
    Unfinished,
)
from connector.practice.unusual import EMAIL
from connector.practice.world import AGENT, AUTOMATION, Change, Comment, Ticket, Via

CHANNEL_SHARES = (0.58, 0.85, 0.91, 0.96, 1.00)
"""The share of tickets that come by a channel or one before it."""
CHANNELS = (
    EMAIL,
    AGENT,
    Via("chat", "Chat"),
    Via("native_messaging", "Messaging"),
    Via("api", "Web service"),
)
PRIORITIES = ("low", "normal", "normal", "normal", "high", "urgent", None)
TYPES = ("question", "incident", "problem", "task", None)
ROUNDS = 9
PATIENCE = (0, 1, 1, 1, 2, 3)
SPAM, MERGED, FOLLOW_UP, BY_STAFF, BY_MACHINE = 0.004, 0.014, 0.008, 0.04, 0.3
HANDED_OVER, TRIAGED, RAISED, SOLVED_AT_ONCE, ANSWERED = 0.06, 0.4, 0.12, 0.42, 0.76
OPENINGS_SAID, REPLIES_SAID, SOLUTIONS_SAID, ANSWERS_SAID = (
    tuple(Comment(True, text) for text in texts)
    for texts in (OPENINGS, REPLIES, SOLUTIONS, ANSWERS)
)
NOTES_WRITTEN = tuple(Comment(False, text) for text in NOTES)
NEXT_STATUSES = ("pending",) * 40 + ("open",) * 9 + ("hold",) * 9


def tell(teller: Teller, ticket_id: int, at: int, team: Team) -> Ticket:
    """Tell a ticket's life up to the present and return what it has come to."""
    telling = Telling(teller, _ticket(teller, ticket_id, at, team), team)
    patience = _patience(teller, at)
    try:
        _open(telling)
        if teller.chance(SPAM):
            spam(telling)
        elif teller.chance(MERGED) and merge(telling):
            pass
        elif telling.ticket.support_type == "ai_agent":
            automatic(telling)
        elif teller.is_light:
            _briefly(telling)
        else:
            _triage(telling)
            _converse(telling, patience)
    except Unfinished:
        pass
    teller.share(telling.ticket)
    return telling.ticket


def _patience(teller: Teller, at: int) -> int:
    """Return after how many rounds the ticket is left lying; most never are."""
    age_days = (teller.now - at) / DAY
    if teller.chance(0.05 + 0.3 * exp(-age_days / 50)):
        return teller.rng.choice(PATIENCE)
    return ROUNDS + 1


def _ticket(teller: Teller, ticket_id: int, at: int, team: Team) -> Ticket:
    rng = teller.rng
    via = CHANNELS[bisect_left(CHANNEL_SHARES, rng.random())]
    requester = teller.customers[int(len(teller.customers) * rng.random() ** 1.6)]
    is_by_staff = via is AGENT and teller.chance(BY_STAFF)
    product = teller.pick(teller.options["Product"])
    is_by_machine = via.channel == "native_messaging" and teller.chance(BY_MACHINE)
    return Ticket(
        id=ticket_id,
        created_at=at,
        updated_at=at,
        generated_at=at,
        via=via,
        subject=teller.pick(SUBJECTS),
        requester_id=requester,
        submitter_id=teller.pick(team.agents) if is_by_staff else requester,
        priority=teller.pick(PRIORITIES),
        type=teller.pick(TYPES),
        group_id=team.group.id,
        organization_id=teller.directory.users[requester].organization_id,
        brand_id=teller.pick(teller.brands),
        ticket_form_id=teller.form,
        schedule_id=team.group.schedule_id,
        tags=tuple(sorted({product, teller.pick(TOPICS)})),
        values={teller.field_ids["Product"]: product},
        support_type="ai_agent" if is_by_machine else "agent",
    )


def _open(telling: Telling) -> None:
    teller, ticket = telling.teller, telling.ticket
    if teller.chance(FOLLOW_UP):
        _follow_up(telling)
    opening = telling.pick(OPENINGS_SAID)
    telling.begin(ticket.submitter_id, ticket.via, created_by(ticket), opening)
    teller.latest[telling.team.group.id] = telling


def _follow_up(telling: Telling) -> None:
    """Come from a ticket that was closed some time ago, and inherit its tags and values."""
    told = telling.teller.closed
    back = telling.teller.rng.randrange(1, REMEMBERED)
    if back > len(told) or told[-back].ends_at >= telling.at:
        return
    source, ticket = told[-back].ticket, telling.ticket
    ticket.requester_id = ticket.submitter_id = source.requester_id
    ticket.organization_id = source.organization_id
    ticket.tags, ticket.values = source.tags, dict(source.values)
    ticket.via = Via("web", "Closed Ticket", "follow_up", source.id)


def _briefly(telling: Telling) -> None:
    """Be solved by the first answer, and closed."""
    telling.wait()
    _solve(telling)
    telling.rest(CLOSES_AFTER)
    close(telling)


def _triage(telling: Telling) -> None:
    teller = telling.teller
    if teller.chance(HANDED_OVER):
        telling.work(teller.rng.uniform(2, 40) * MINUTE)
        _hand_over(telling)
    if teller.chance(TRIAGED):
        telling.work(teller.rng.uniform(1, 25) * MINUTE)
        agent = telling.pick(telling.team.agents)
        changes = [telling.change("assignee_id", agent), telling.change("status", "open")]
        if teller.chance(RAISED) and telling.ticket.priority != "high":
            changes.append(telling.change("priority", "high"))
        telling.write(agent, AGENT, *changes)


def _hand_over(telling: Telling) -> None:
    author = telling.pick(telling.team.agents)
    telling.team = telling.pick([one for one in telling.teller.teams if one is not telling.team])
    group = telling.team.group
    changes = [telling.change("group_id", group.id)]
    if group.schedule_id != telling.ticket.schedule_id:
        changes.append(telling.change("schedule_id", group.schedule_id))
    telling.write(author, AGENT, *changes)


def _converse(telling: Telling, patience: int) -> None:
    if patience == 0:
        raise Unfinished
    telling.wait()
    between = {"pending": _pending, "hold": _hold, "open": _note}
    for done in range(1, ROUNDS + 1):
        _reply(telling)
        if telling.ticket.status != "solved":
            if done == patience:
                raise Unfinished
            between[telling.ticket.status](telling)
        if telling.ticket.status == "solved" and ends(telling):
            return
        telling.wait(0.6)
    _solve(telling)
    ends(telling)


def _reply(telling: Telling) -> None:
    if telling.teller.chance(SOLVED_AT_ONCE):
        _solve(telling)
        return
    status = telling.pick(NEXT_STATUSES)
    changes: list[Change | Comment] = [telling.pick(REPLIES_SAID)]
    agent = telling.agent(changes)
    if telling.ticket.status != status:
        changes.append(telling.change("status", status))
    telling.write(agent, AGENT, *changes)


def _solve(telling: Telling) -> None:
    ticket, teller = telling.ticket, telling.teller
    changes: list[Change | Comment] = [telling.pick(SOLUTIONS_SAID)]
    agent = telling.agent(changes)
    cause = teller.field_ids["Root cause"]
    if cause not in ticket.values:
        value = telling.pick(teller.options["Root cause"])
        changes.append(teller.change(cause, None, value))
        changes.append(telling.change("tags", tuple(sorted({*ticket.tags, value}))))
    changes.append(telling.change("status", "solved"))
    telling.write(agent, AGENT, *changes)


def _pending(telling: Telling) -> None:
    if telling.teller.chance(ANSWERED):
        telling.rest(9 * HOUR * exp(telling.teller.rng.gauss(0, 1.3)))
        customer_writes(telling, telling.pick(ANSWERS_SAID))
    else:
        telling.rest(5 * DAY)
        telling.write(SYSTEM_ID, AUTOMATION, telling.change("status", "solved"))


def _hold(telling: Telling) -> None:
    telling.work(telling.teller.rng.uniform(6, 40) * HOUR)
    note = telling.pick(NOTES_WRITTEN)
    author = telling.ticket.assignee_id or telling.pick(telling.team.agents)
    telling.write(author, AGENT, note, telling.change("status", "open"))


def _note(telling: Telling) -> None:
    telling.work(telling.teller.rng.uniform(0.2, 3) * HOUR)
    author = telling.pick(telling.team.agents)
    telling.write(author, AGENT, telling.pick(NOTES_WRITTEN))
