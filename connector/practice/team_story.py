"""The life of one ticket of the teams' year: only what the plan of its team says happens to it."""

from __future__ import annotations

from math import exp

from connector.practice.acts import created_by
from connector.practice.directory import SYSTEM_ID
from connector.practice.endings import CLOSES_AFTER, REOPENINGS_SAID, close, customer_writes
from connector.practice.phrases import SUBJECTS, TOPICS
from connector.practice.story import ANSWERS_SAID, OPENINGS_SAID, REPLIES_SAID, SOLUTIONS_SAID
from connector.practice.teams import (
    BAD_RATINGS,
    RATED,
    REOPENED,
    REPLY_S,
    SPREAD,
    Course,
    Plan,
    Points,
    multiple,
)
from connector.practice.teller import DAY, HOUR, Team, Teller, Telling, Unfinished
from connector.practice.unusual import EMAIL
from connector.practice.world import AGENT, AUTOMATION, Change, Comment, Rating, Ticket

SOLVED_AT_ONCE = 0.5


class Life(Telling):
    """A ticket's life so far, and the plan that it keeps to."""

    __slots__ = ("plan",)

    def __init__(self, teller: Teller, ticket: Ticket, team: Team, plan: Plan) -> None:
        """Begin when the ticket was opened."""
        super().__init__(teller, ticket, team)
        self.plan = plan

    def bad(self, points: Points) -> float:
        """Return how bad things are today."""
        return multiple(points, self.plan.number(self.at))

    def luck(self, median: float, spread: float, most: float = 90 * DAY) -> None:
        """Let time pass: log-normal, with a median and no more than so much."""
        self.rest(min(median * exp(self.teller.gauss(0, spread)), most))


def tell(life: Life, course: Course) -> Ticket:
    """Tell a ticket's life up to the present and return what it has come to."""
    ticket = life.ticket
    try:
        life.begin(ticket.submitter_id, ticket.via, created_by(ticket), life.pick(OPENINGS_SAID))
        _converse(life, course)
        _survey(life, course)
        close(life)
    except Unfinished:
        pass
    life.teller.share(ticket)
    return ticket


def new_ticket(teller: Teller, number: int, at: int, team: Team) -> Ticket:
    """Return a ticket that a customer of the team has just written."""
    requester = teller.pick(teller.customers)
    return Ticket(
        id=number,
        created_at=at,
        updated_at=at,
        generated_at=at,
        via=EMAIL,
        subject=teller.pick(SUBJECTS),
        requester_id=requester,
        submitter_id=requester,
        priority="normal",
        type="question",
        group_id=team.group.id,
        organization_id=teller.directory.users[requester].organization_id,
        brand_id=teller.brands[0],
        ticket_form_id=teller.form,
        schedule_id=team.group.schedule_id,
        tags=(teller.pick(TOPICS),),
    )


def _converse(life: Life, course: Course) -> None:
    """Be answered until it is solved, and again if the customer comes back."""
    life.luck(REPLY_S * life.bad(course.waits), SPREAD)
    while not _answer(life):
        life.luck(9 * HOUR, 1.3)
        customer_writes(life, life.pick(ANSWERS_SAID))
        life.luck(REPLY_S / 2, SPREAD)
    if life.teller.chance(REOPENED * life.bad(course.reopenings)):
        life.luck(8 * HOUR, 1.2, most=CLOSES_AFTER - HOUR)
        customer_writes(life, life.pick(REOPENINGS_SAID))
        life.luck(REPLY_S, SPREAD)
        _solve(life)


def _answer(life: Life) -> bool:
    if life.teller.chance(SOLVED_AT_ONCE):
        _solve(life)
        return True
    _write(life, life.pick(REPLIES_SAID), "pending")
    return False


def _solve(life: Life) -> None:
    _write(life, life.pick(SOLUTIONS_SAID), "solved")


def _write(life: Life, said: Comment, status: str) -> None:
    changes: list[Change | Comment] = [said]
    agent = life.agent(changes)
    life.write(agent, AGENT, *changes, life.change("status", status))


def _survey(life: Life, course: Course) -> None:
    """Be asked about a day after the solve; some customers answer, once."""
    ticket, teller, solved_at = life.ticket, life.teller, life.at
    life.rest(DAY)
    life.write(SYSTEM_ID, AUTOMATION, life.change("satisfaction_score", "offered"))
    rating = Rating(0, ticket.id, ticket.requester_id, "offered", life.at, life.at)
    rating.assignee_id, rating.group_id = ticket.assignee_id, ticket.group_id
    teller.ratings.append(rating)
    if teller.chance(RATED):
        life.luck(7 * HOUR, 1.0, most=2 * DAY)
        is_bad = teller.chance(BAD_RATINGS * life.bad(course.ratings))
        score = "bad" if is_bad else "good"
        life.write(ticket.requester_id, AGENT, life.change("satisfaction_score", score))
        rating.score, rating.updated_at = score, life.at
    life.at = solved_at + CLOSES_AFTER
