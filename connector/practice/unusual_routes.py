"""Calls about suspended tickets, survey responses and the list of ticket metrics."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from connector.practice.clock import stamp
from connector.practice.refusal import bad_request, not_found
from connector.practice.routing import Answer, Call, Route, listing
from connector.practice.surveys import SurveyResponse, survey_document
from connector.practice.ticket_rows import ticket_document
from connector.practice.wire import metric_document
from connector.practice.world import Suspended, Ticket


def suspended(call: Call) -> Answer:
    """List the messages that are held back."""
    found = list(call.world.suspended.values())
    return listing(call, "suspended_tickets", found, lambda one: _suspended(call, one))


def one_suspended(call: Call) -> Answer:
    """Show one message that is held back; the vendor answers with a list here too."""
    if call.key not in call.world.suspended:
        raise not_found()
    return Answer({"suspended_tickets": [_suspended(call, call.world.suspended[call.key])]})


def recover(call: Call) -> Answer:
    """Recover one message; whoever asks becomes the requester."""
    return _recovered(call, [call.desk.acts.recover(call.key, call.user.id)])


def recover_many(call: Call) -> Answer:
    """Recover messages and leave their requesters alone."""
    known = [one for one in call.ids() if one in call.world.suspended]
    return _recovered(call, [call.desk.acts.recover(one) for one in known])


def drop(call: Call) -> Answer:
    """Delete a message that is held back."""
    if call.world.suspended.pop(call.key, None) is None:
        raise not_found()
    return Answer(b"", 204)


def survey_responses(call: Call) -> Answer:
    """List answered surveys by responder, ticket and time, oldest first, by cursor."""
    call.need_admin()
    responders = _wanted(call, "filter[responder_ids]")
    tickets = {one.rpartition(":")[2] for one in _wanted(call, "filter[subject_zrns]")}
    start, end = (_time(call, f"filter[created_at_{name}]") for name in ("start", "end"))
    found = [
        one
        for one in call.world.survey_responses.values()
        if (not responders or str(one.responder_id) in responders)
        and (not tickets or str(one.ticket_id) in tickets)
        and (start is None or one.created_at >= start)
        and (end is None or one.created_at <= end)
    ]
    paged = Call(call.desk, call.method, call.path, {"page[size]": "100"} | dict(call.query),
                 call.body, call.user, call.parts)  # fmt: skip
    return listing(paged, "survey_responses", found, survey_document)


def survey_response(call: Call) -> Answer:
    """Show one answered survey."""
    call.need_admin()
    found: SurveyResponse | None = call.world.survey_responses.get(call.parts[-1])
    if found is None:
        raise not_found()
    return Answer({"survey_response": survey_document(found)})


def ticket_metrics(call: Call) -> Answer:
    """List the helpdesk's own figures, latest ticket first; archived tickets are left out."""
    tickets = [t for t in call.world.tickets.values() if t.status != "deleted"]
    live = [ticket for ticket in reversed(tickets) if not ticket.is_archived]

    def render(ticket: Ticket) -> dict[str, Any]:
        return metric_document(call.world, ticket, call.url)

    return listing(call, "ticket_metrics", live, render)


def _suspended(call: Call, kept: Suspended) -> dict[str, Any]:
    user = call.world.directory.users.get(kept.body.get("requester_id", 0))
    comment = kept.body.get("comment")
    text = comment.get("body") if isinstance(comment, dict) else kept.body.get("description")
    name, email = (user.name, user.email) if user else ("Somebody", "somebody@example.com")
    return {
        "url": f"{call.url}/api/v2/suspended_tickets/{kept.id}.json",
        "id": kept.id,
        "author": {"id": user.id if user else None, "name": name, "email": email},
        "subject": kept.body.get("subject"),
        "content": text,
        "cause": kept.cause,
        "cause_id": 0,
        "message_id": f"<{kept.id}@practice.example>",
        "ticket_id": None,
        "recipient": "support@practice.example",
        "brand_id": next(iter(call.world.directory.brands), None),
        "attachments": [],
        "error_messages": None,
        "via": {"channel": "email", "source": {"from": {}, "to": {}, "rel": None}},
        "created_at": stamp(kept.created_at),
        "updated_at": stamp(kept.created_at),
    }


def _recovered(call: Call, tickets: list[Ticket]) -> Answer:
    return Answer({"tickets": [ticket_document(call.world, one, call.url) for one in tickets]})


def _wanted(call: Call, name: str) -> set[str]:
    given = [text for key, text in call.query.items() if key.removesuffix("[]") == name]
    return {one for text in given for one in text.split(",") if one}


def _time(call: Call, name: str) -> float | None:
    text = call.query.get(name, "")
    if not text:
        return None
    try:
        return float(text) / 1000 if text.isdigit() else datetime.fromisoformat(text).timestamp()
    except ValueError:
        raise bad_request(f"Invalid value for parameter {name}") from None


ROUTES = (
    Route("GET", "suspended_tickets", suspended),
    Route("PUT", "suspended_tickets/recover_many", recover_many),
    Route("GET", "suspended_tickets/{}", one_suspended),
    Route("DELETE", "suspended_tickets/{}", drop),
    Route("PUT", "suspended_tickets/{}/recover", recover),
    Route("GET", "guide/survey_responses", survey_responses),
    Route("GET", "guide/survey_responses/{*}", survey_response),
    Route("GET", "guide/{*}/survey_responses/{*}", survey_response),
    Route("GET", "ticket_metrics", ticket_metrics),
)
