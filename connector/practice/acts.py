"""What people and the system do in the helpdesk, one method an act, for tests and control."""

from __future__ import annotations

from collections.abc import Mapping
from operator import attrgetter
from typing import Any

from connector.practice.directory import SYSTEM_ID
from connector.practice.feed import Audit
from connector.practice.reasons import usual_reason
from connector.practice.refusal import invalid
from connector.practice.rules import plan_update
from connector.practice.unusual import EMAIL, UnusualActs
from connector.practice.world import (
    AGENT,
    API,
    AUTOMATION,
    Change,
    Comment,
    Created,
    Rating,
    Ticket,
    Via,
    World,
)

MERGED_TAG = "closed_by_merge"
CREATED = (
    "subject",
    "requester_id",
    "status",
    "priority",
    "type",
    "group_id",
    "assignee_id",
    "brand_id",
    "ticket_form_id",
    "schedule_id",
    "tags",
)
CREATED_FROM = attrgetter(*CREATED)
REOPENED_BY_CUSTOMER = frozenset({"pending", "hold", "solved"})


class Acts(UnusualActs):
    """The hands of everybody in the practice helpdesk."""

    def __init__(self, world: World) -> None:
        """Act in one world."""
        self.world = world

    def create(
        self, body: Mapping[str, Any], *, author_id: int | None = None, via: Via = EMAIL
    ) -> Ticket:
        """Open a ticket from a body as the wire has it; a follow-up inherits tags and values."""
        world = self.world
        with world.lock:
            requester = body.get("requester_id") or author_id or self._any_customer()
            author = requester if author_id is None else author_id
            source = self._source(body.get("via_followup_source_id"))
            if source is not None:
                via = Via("web", "Closed Ticket", "follow_up", source.id)
            ticket = self._begin(body, requester, author, via)
            if source is not None:
                ticket.tags, ticket.values = source.tags, dict(source.values)
            for change in plan_update(world, ticket, _without_comment(body), author):
                if isinstance(change, Change):
                    ticket.apply(change)
            self._open(ticket, body, author, via)
            if source is not None:
                source.followup_ids = (*source.followup_ids, ticket.id)
                world.touch(source)
            return ticket

    def update(
        self, ticket_id: int, author_id: int, body: Mapping[str, Any], via: Via = API
    ) -> Audit | None:
        """Change a ticket as a body on the wire says; None when nothing changed."""
        with self.world.lock:
            ticket = self.world.ticket(ticket_id)
            changes = plan_update(self.world, ticket, body, author_id)
            return self.world.record(ticket, author_id, changes, via)

    def comment(
        self, ticket_id: int, author_id: int, text: str, *, public: bool = True, status: str = ""
    ) -> Audit | None:
        """Write a reply or a note; a customer's reply reopens the ticket."""
        with self.world.lock:
            ticket = self.world.ticket(ticket_id)
            body: dict[str, Any] = {"comment": {"body": text, "public": public}}
            is_staff = self.world.directory.is_staff(author_id)
            if status:
                body["status"] = status
            elif not is_staff and ticket.status in REOPENED_BY_CUSTOMER:
                body["status"] = "open"
            return self.update(ticket_id, author_id, body, AGENT if is_staff else EMAIL)

    def set_status(self, ticket_id: int, status: str, author_id: int | None = None) -> None:
        """Move a ticket to another status."""
        self.update(ticket_id, self._staff(author_id), {"status": status}, AGENT)

    def add_tags(self, ticket_id: int, *tags: str, author_id: int | None = None) -> None:
        """Tag a ticket as a person."""
        self.update(ticket_id, self._staff(author_id), {"additional_tags": list(tags)}, AGENT)

    def remove_tags(self, ticket_id: int, *tags: str, author_id: int | None = None) -> None:
        """Take tags off a ticket as a person."""
        self.update(ticket_id, self._staff(author_id), {"remove_tags": list(tags)}, AGENT)

    def set_field(
        self, ticket_id: int, field_id: int, value: object, author_id: int | None = None
    ) -> None:
        """Set a custom field as a person."""
        body = {"custom_fields": [{"id": field_id, "value": value}]}
        self.update(ticket_id, self._staff(author_id), body, AGENT)

    def assign(self, ticket_id: int, assignee_id: int, group_id: int | None = None) -> None:
        """Give a ticket to an agent, and to a group if one is named."""
        body: dict[str, Any] = {"assignee_id": assignee_id}
        if group_id is not None:
            body["group_id"] = group_id
        self.update(ticket_id, assignee_id, body, AGENT)

    def close(self, ticket_id: int) -> None:
        """Close a ticket as the automation does after some days."""
        with self.world.lock:
            ticket = self.world.ticket(ticket_id)
            change = Change("status", ticket.status, "closed")
            if ticket.status != "closed":
                self.world.record(ticket, SYSTEM_ID, [change], AUTOMATION)

    def delete(self, ticket_id: int, author_id: int | None = None) -> None:
        """Delete a ticket; the export goes on showing it as deleted, its content scrubbed."""
        with self.world.lock:
            ticket = self.world.ticket(ticket_id)
            ticket.before_deletion = ticket.status
            change = Change("status", ticket.status, "deleted")
            self.world.record(ticket, self._staff(author_id), [change], AGENT)

    def restore(self, ticket_id: int, author_id: int | None = None) -> None:
        """Bring a deleted ticket back to the status it had."""
        with self.world.lock:
            ticket = self.world.tickets[ticket_id]
            change = Change("status", "deleted", ticket.before_deletion or "open")
            if ticket.status == "deleted":
                self.world.record(ticket, self._staff(author_id), [change], AGENT)

    def merge(self, source_id: int, target_id: int, author_id: int | None = None) -> None:
        """Merge a ticket into another: the source is closed and tagged, the target told."""
        with self.world.lock:
            author = self._staff(author_id)
            source, target = self.world.ticket(source_id), self.world.ticket(target_id)
            for ticket in (source, target):
                if ticket.status == "closed":
                    raise invalid("status", "Status closed prevents ticket update")
            told = Comment(False, f"Request #{source.id} was closed and merged into this request.")
            self.world.record(target, author, [told], Via("web", "Merge", "merge", source.id))
            tags = tuple(sorted({*source.tags, MERGED_TAG}))
            changes: list[Change | Comment] = [
                Comment(False, f"This request was closed and merged into request #{target.id}."),
                Change("status", source.status, "closed"),
                Change("tags", source.tags, tags),
            ]
            self.world.record(source, author, changes, Via("web", "Merge", "merge", target.id))

    def rate(self, ticket_id: int, score: str, comment: str | None = None) -> Rating:
        """Offer a survey, or answer the one offered: offered, good or bad."""
        world = self.world
        with world.lock:
            ticket = world.ticket(ticket_id)
            if world.has_surveys and score != "offered":
                self.answer_survey(ticket_id, 5 if score == "good" else 2, comment)
                return Rating(0, ticket_id, ticket.requester_id, score, world.now(), world.now())
            author = SYSTEM_ID if score == "offered" else ticket.requester_id
            via = AUTOMATION if score == "offered" else AGENT
            change = Change("satisfaction_score", ticket.satisfaction_score, score)
            if ticket.satisfaction_score != score:
                world.record(ticket, author, [change], via)
            return keep_rating(world, ticket, score, comment)

    def system_update(self, ticket_id: int) -> None:
        """Touch a ticket as the vendor's own system does: only the generated stamp moves."""
        with self.world.lock:
            self.world.touch(self.world.ticket(ticket_id))

    def deactivate_field(self, field_id: int, *, active: bool = False) -> None:
        """Switch a ticket field off (or on again) as an admin."""
        with self.world.lock:
            self.world.fields.by_id[field_id].active = active
            self.world.fields.by_id[field_id].updated_at = self.world.now()
            self.world.forget_rendered()

    def _begin(self, body: Mapping[str, Any], requester: int, author: int, via: Via) -> Ticket:
        now = self.world.now()
        directory = self.world.directory
        if requester not in directory.users:
            raise invalid("requester", "Requester: is unknown")
        comment = body.get("comment")
        text = comment.get("body") if isinstance(comment, dict) else body.get("description")
        if not text:
            raise invalid("base", "Description: cannot be blank")
        return Ticket(
            id=self.world.last_id + 1,
            created_at=now,
            updated_at=now,
            generated_at=now,
            via=via,
            subject=str(body.get("subject") or str(text)[:60]),
            requester_id=requester,
            submitter_id=author,
            organization_id=directory.users[requester].organization_id,
            brand_id=next(iter(directory.brands), None),
            ticket_form_id=next(iter(directory.forms), None),
        )

    def _open(self, ticket: Ticket, body: Mapping[str, Any], author: int, via: Via) -> None:
        comment = body.get("comment")
        comment = comment if isinstance(comment, dict) else {"body": body.get("description")}
        opening = Comment(
            bool(comment.get("public", True)), str(comment.get("body")), comment.get("author_id")
        )
        self.world.record(ticket, author, [created_by(ticket), opening], via)

    def _source(self, ticket_id: Any) -> Ticket | None:
        if ticket_id is None:
            return None
        source = self.world.ticket(int(ticket_id))
        if source.status != "closed":
            raise invalid("base", "via_followup_source_id: the ticket is not closed")
        return source

    def _staff(self, author_id: int | None) -> int:
        if author_id is not None:
            return author_id
        users = self.world.directory.users.values()
        return next((u.id for u in users if u.role == "agent"), SYSTEM_ID)

    def _any_customer(self) -> int:
        users = self.world.directory.users.values()
        return next((u.id for u in users if u.role == "end-user"), SYSTEM_ID)


def created_by(ticket: Ticket) -> Created:
    """Return the beginning of a ticket as its first audit tells it."""
    values = zip(CREATED, CREATED_FROM(ticket), strict=True)
    return Created((*values, *sorted(ticket.values.items())))


def keep_rating(world: World, ticket: Ticket, score: str, comment: str | None) -> Rating:
    """Write the rating's row: the offered row becomes good or bad."""
    now = world.now()
    last = next((r for r in reversed(world.ratings.values()) if r.ticket_id == ticket.id), None)
    if last is None or (score == "offered" and last.score != "offered"):
        number = 28_500_000_000_000 + 4 * (len(world.ratings) + 1)
        last = Rating(number, ticket.id, ticket.requester_id, score, now, now)
        world.ratings[number] = last
    last.score, last.updated_at, last.comment = score, now, comment
    last.reason_id = usual_reason(score, ticket.id)
    last.assignee_id, last.group_id = ticket.assignee_id, ticket.group_id
    return last


def _without_comment(body: Mapping[str, Any]) -> dict[str, Any]:
    dropped = ("comment", "subject", "requester_id", "via_followup_source_id", "safe_update")
    return {name: value for name, value in body.items() if name not in dropped}
