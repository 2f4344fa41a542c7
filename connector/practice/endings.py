"""How stories of seeded tickets end: closed after a survey, deleted, merged, machine-made."""

from __future__ import annotations

from math import exp

from connector.practice.acts import MERGED_TAG
from connector.practice.directory import SYSTEM_ID
from connector.practice.phrases import COMPLAINTS, PRAISE, REOPENINGS, REPLIES
from connector.practice.reasons import usual_reason
from connector.practice.teller import DAY, HOUR, MINUTE, Telling
from connector.practice.unusual import EMAIL
from connector.practice.world import AGENT, AUTOMATION, Change, Comment, Rating, Via

CLOSES_AFTER = 4 * DAY
REOPENINGS_SAID = tuple(Comment(True, text) for text in REOPENINGS)
REOPENED, DELETED, SURVEYED, ANSWERED = 0.10, 0.007, 0.42, 0.38


def ends(telling: Telling) -> bool:
    """Reopen a solved ticket, or go on to survey and closing; True when the story is over."""
    teller, solved_at = telling.teller, telling.at
    if teller.chance(REOPENED):
        telling.rest(min(8 * HOUR * exp(teller.rng.gauss(0, 1.2)), CLOSES_AFTER - HOUR))
        customer_writes(telling, telling.pick(REOPENINGS_SAID))
        return False
    if teller.chance(DELETED):
        telling.rest(teller.rng.uniform(1, 48) * HOUR)
        delete(telling)
        return True
    if teller.chance(SURVEYED):
        _survey(telling)
    telling.at = max(telling.at + 1, solved_at + CLOSES_AFTER + teller.rng.randrange(HOUR))
    close(telling)
    return True


def customer_writes(telling: Telling, said: Comment) -> None:
    """Let the customer write, which opens the ticket again."""
    changes: list[Change | Comment] = [said]
    if telling.ticket.status != "open":
        changes.append(telling.change("status", "open"))
    telling.write(telling.ticket.requester_id, EMAIL, *changes)


def delete(telling: Telling) -> None:
    """Delete the ticket."""
    telling.ticket.before_deletion = telling.ticket.status
    author = telling.ticket.assignee_id or telling.pick(telling.team.agents)
    telling.write(author, AGENT, telling.change("status", "deleted"))
    telling.ends_at = telling.at


def spam(telling: Telling) -> None:
    """Be recognised as spam: the ticket is deleted, its sender suspended."""
    telling.work(telling.teller.rng.uniform(5, 90) * MINUTE)
    delete(telling)
    telling.teller.directory.users[telling.ticket.requester_id].suspended = True


def automatic(telling: Telling) -> None:
    """Be answered and solved by a machine."""
    telling.rest(telling.teller.rng.uniform(20, 200))
    said = Comment(True, telling.pick(REPLIES))
    telling.write(SYSTEM_ID, telling.ticket.via, said, telling.change("status", "solved"))
    telling.rest(CLOSES_AFTER)
    close(telling)


def merge(telling: Telling) -> bool:
    """Be merged into another fresh ticket; False when there is none."""
    telling.work(telling.teller.rng.uniform(10, 120) * MINUTE)
    others = [
        other
        for other in telling.teller.latest.values()
        if other is not telling and telling.at < other.ends_at
    ]
    if not others:
        return False
    ticket, target = telling.ticket, telling.pick(others).ticket
    agent = telling.pick(telling.team.agents)
    telling.write(
        agent,
        Via("web", "Merge", "merge", target.id),
        Comment(False, f"This request was closed and merged into request #{target.id}."),
        telling.change("status", "closed"),
        telling.change("tags", tuple(sorted({*ticket.tags, MERGED_TAG}))),
    )
    told = Comment(False, f"Request #{ticket.id} was closed and merged into this request.")
    via = Via("web", "Merge", "merge", ticket.id)
    telling.teller.audits.add(telling.at, target.id, agent, via, (told,))
    target.updated_at = target.generated_at = max(target.updated_at, telling.at)
    telling.ends_at = telling.at
    return True


def close(telling: Telling) -> None:
    """Be closed by the automation."""
    telling.write(SYSTEM_ID, AUTOMATION, telling.change("status", "closed"))
    telling.ends_at = telling.at
    telling.teller.closed.append(telling)


def _survey(telling: Telling) -> None:
    ticket, teller = telling.ticket, telling.teller
    telling.rest(DAY)
    if telling.rating is None:
        telling.write(SYSTEM_ID, AUTOMATION, telling.change("satisfaction_score", "offered"))
        at = telling.at
        telling.rating = Rating(0, ticket.id, ticket.requester_id, "offered", at, at)
        teller.ratings.append(telling.rating)
        _credit(telling, telling.rating)
    score = "good" if teller.chance(_delight(telling)) else "bad"
    if not teller.chance(ANSWERED) or score == ticket.satisfaction_score:
        return
    telling.rest(min(7 * HOUR * exp(teller.rng.gauss(0, 1.0)), 2 * DAY))
    telling.write(ticket.requester_id, AGENT, telling.change("satisfaction_score", score))
    telling.rating.score, telling.rating.updated_at = score, telling.at
    telling.rating.comment = telling.pick(PRAISE if score == "good" else COMPLAINTS)
    telling.rating.reason_id = usual_reason(score, ticket.id)
    _credit(telling, telling.rating)


def _credit(telling: Telling, rating: Rating) -> None:
    rating.assignee_id, rating.group_id = telling.ticket.assignee_id, telling.ticket.group_id


def _delight(telling: Telling) -> float:
    return max(0.3, telling.team.profile.delight - 0.02 * telling.waited / DAY)
