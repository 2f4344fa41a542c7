"""What happens to few tickets: suspension, archiving, child tickets, machines, surveys."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any

from connector.practice.directory import ID_BASE, SYSTEM_ID, User
from connector.practice.forms import Form
from connector.practice.refusal import invalid, not_found
from connector.practice.rulebook import Rule
from connector.practice.ruleset import install_rules
from connector.practice.slas import Policy, add_policy
from connector.practice.statuses import CATEGORIES, CustomStatus
from connector.practice.surveys import MOST, SurveyResponse, response_id
from connector.practice.world import AGENT, Change, Suspended, Ticket, Via, World

EMAIL = Via("email", "Mail")
CHANNELS: Mapping[str, Via] = {
    "email": EMAIL,
    "web": AGENT,
    "chat": Via("chat", "Chat"),
    "messaging": Via("native_messaging", "Messaging"),
    "voice": Via("voice", "Phone call (inbound)"),
}
SIDE = ("side_conversation", "Side conversation", "side_conversation")
SUSPENDED_BASE, STATUS_BASE = 28_600_000_000_000, 28_000_000_001_000


class UnusualActs(ABC):
    """The rarer half of `Acts`."""

    world: World

    @abstractmethod
    def create(
        self, body: Mapping[str, Any], *, author_id: int | None = None, via: Via = EMAIL
    ) -> Ticket:
        """Open a ticket."""

    def create_by(self, channel: str, body: Mapping[str, Any]) -> Ticket:
        """Open a ticket that came in by email, web, chat, messaging or voice."""
        return self.create(body, via=CHANNELS[channel])

    def open_side_conversation(self, parent_id: int, group_id: int, text: str) -> Ticket:
        """Open a child ticket for another group, as a side conversation does."""
        with self.world.lock:
            parent = self.world.ticket(parent_id)
            author = parent.assignee_id or parent.requester_id
            body = {"subject": text[:60], "comment": {"body": text}, "group_id": group_id}
            via = Via(*SIDE, parent_id)
            return self.create(body | {"requester_id": author}, author_id=author, via=via)

    def suspend(self, body: Mapping[str, Any], cause: str = "Detected as spam") -> Suspended:
        """Hold a message back: it is no ticket until somebody recovers it."""
        world = self.world
        with world.lock:
            number = SUSPENDED_BASE + 4 * (world.suspensions + 1)
            world.suspensions += 1
            kept = Suspended(number, dict(body), cause, world.now())
            world.suspended[number] = kept
            return kept

    def recover(self, suspended_id: int, requester_id: int | None = None) -> Ticket:
        """Make a ticket of a suspended message, now."""
        with self.world.lock:
            kept = self.world.suspended.pop(suspended_id, None)
            if kept is None:
                raise not_found()
            changed = {} if requester_id is None else {"requester_id": requester_id}
            return self.create(kept.body | changed)

    def archive(self, ticket_id: int) -> None:
        """Archive a closed ticket, as the vendor does after months; its stamps stay."""
        with self.world.lock:
            ticket = self.world.ticket(ticket_id)
            if ticket.status != "closed":
                raise invalid("status", "only closed tickets are archived")
            ticket.is_archived = True

    def set_support_type(self, ticket_id: int, kind: str) -> None:
        """Let a machine (ai_agent) take a ticket, or a person (agent) take it over."""
        if kind not in {"agent", "ai_agent"}:
            raise invalid("support_type", f"{kind} is neither agent nor ai_agent")
        with self.world.lock:
            ticket = self.world.ticket(ticket_id)
            ticket.support_type = kind
            self.world.touch(ticket)
            self.world.forget_rendered()

    def add_status(self, category: str, label: str) -> CustomStatus:
        """Add a custom status to a category."""
        if category not in CATEGORIES[:-1]:
            raise invalid("status_category", f"{category} is not a category")
        with self.world.lock:
            statuses = self.world.directory.statuses
            added = CustomStatus(STATUS_BASE + len(statuses), category, label, self.world.now())
            statuses[added.id] = added
            return added

    def add_rule(self, kind: str, body: Mapping[str, Any]) -> Rule:
        """Add a trigger or an automation as an admin."""
        if kind not in {"trigger", "automation"}:
            raise invalid("kind", f"{kind} is neither trigger nor automation")
        with self.world.lock:
            reactions = self.world.reactions or install_rules(self.world, usual=False)
            return reactions.add(kind, body)

    def add_policy(self, body: Mapping[str, Any]) -> Policy:
        """Add an SLA policy as an admin; it is for what happens from now on."""
        with self.world.lock:
            return add_policy(self.world, body)

    def add_form(self, name: str, body: Mapping[str, Any]) -> int:
        """Add a ticket form with its fields and conditions, and return its id."""
        with self.world.lock:
            directory, now = self.world.directory, self.world.now()
            form = Form(created_at=now)
            form.change({"ticket_field_ids": ()} | dict(body), self.world.fields.by_id, now)
            number = max(directory.forms, default=ID_BASE) + 2
            directory.forms[number] = name
            directory.form_settings[number] = form
            return number

    def add_customer(self, name: str, email: str) -> User:
        """Let somebody write to the helpdesk for the first time."""
        with self.world.lock:
            users, now = self.world.directory.users, self.world.now()
            number = max(users) + 4
            users[number] = User(number, name, email, "end-user", now, now)
            return users[number]

    def answer_survey(
        self, ticket_id: int, rating: int, comment: str | None = None
    ) -> SurveyResponse:
        """Answer the survey with five choices; the ticket gets the legacy score too."""
        if not 1 <= rating <= MOST:
            raise invalid("rating", f"{rating} is not on the scale")
        world = self.world
        with world.lock:
            ticket = world.ticket(ticket_id)
            number = response_id(world.now(), len(world.survey_responses) + 1)
            who = ticket.requester_id
            said = SurveyResponse(number, ticket_id, who, rating, world.now(), comment)
            world.survey_responses[number] = said
            old = ticket.satisfaction_score
            changes = [Change("survey_response_id", None, number)]
            if old != said.score:
                changes.append(Change("satisfaction_score", old, said.score))
            world.record(ticket, who or SYSTEM_ID, changes, AGENT)
            return said
