"""Calls about ticket fields and their options; writing them is for admins."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from connector.practice.fields import OPTION_KINDS, Option, TicketField
from connector.practice.refusal import bad_request, not_found
from connector.practice.routing import Answer, Call, Route, listing
from connector.practice.wire import field_document


def fields(call: Call) -> Answer:
    """List ticket fields."""
    found = list(call.world.fields.by_id.values())
    return listing(call, "ticket_fields", found, lambda field: field_document(field, call.url))


def field(call: Call) -> Answer:
    """Show one ticket field."""
    return Answer({"ticket_field": field_document(_found(call), call.url)})


def create(call: Call) -> Answer:
    """Create a custom field."""
    call.need_admin()
    made = call.world.fields.create(call.content("ticket_field"), call.world.now())
    call.world.forget_rendered()
    answer = Answer({"ticket_field": field_document(made, call.url)}, 201)
    answer.headers["Location"] = f"{call.url}/api/v2/ticket_fields/{made.id}.json"
    return answer


def update(call: Call) -> Answer:
    """Change a field; options that are left out fall away, and tickets lose their values."""
    call.need_admin()
    found = _found(call)
    gone = call.world.fields.update(found, call.content("ticket_field"), call.world.now())
    _clear(call, found, gone)
    return Answer({"ticket_field": field_document(found, call.url)})


def delete(call: Call) -> Answer:
    """Delete a custom field and the values tickets had; the tags stay on the tickets."""
    call.need_admin()
    found = _found(call)
    call.world.fields.remove(found)
    for ticket in call.world.tickets.values():
        if found.id in ticket.values:
            ticket.values = {k: v for k, v in ticket.values.items() if k != found.id}
    call.world.forget_rendered()
    return Answer(b"", 204)


def options(call: Call) -> Answer:
    """List the options of a drop-down."""
    return listing(call, "custom_field_options", _with_options(call).options, _option)


def put_option(call: Call) -> Answer:
    """Add one option, or change the one whose id is given; the others stay."""
    call.need_admin()
    body = call.content("custom_field_option")
    if not body.get("name") or not body.get("value"):
        raise bad_request("name and value are required")
    option, is_new = call.world.fields.put_option(_with_options(call), body, call.world.now())
    call.world.forget_rendered()
    return Answer({"custom_field_option": _option(option)}, 201 if is_new else 200)


def delete_option(call: Call) -> Answer:
    """Delete one option; tickets that have it lose the value."""
    call.need_admin()
    found = _with_options(call)
    kept = [
        {"name": option.name, "value": option.value}
        for option in found.options
        if option.id != int(call.parts[1])
    ]
    gone = call.world.fields.update(found, {"custom_field_options": kept}, call.world.now())
    _clear(call, found, gone)
    return Answer(b"", 204)


def _clear(call: Call, found: TicketField, gone: Iterable[str]) -> None:
    lost = set(gone)
    for ticket in call.world.tickets.values():
        value = ticket.values.get(found.id)
        if value is not None and not lost.isdisjoint(
            value if isinstance(value, tuple) else {value}
        ):
            ticket.tags = tuple(tag for tag in ticket.tags if tag not in lost)
            ticket.values = {k: v for k, v in ticket.values.items() if k != found.id}
    call.world.forget_rendered()


def _found(call: Call) -> TicketField:
    found = call.world.fields.by_id.get(call.key)
    if found is None:
        raise not_found()
    return found


def _with_options(call: Call) -> TicketField:
    found = _found(call)
    if found.kind not in OPTION_KINDS:
        raise bad_request("this ticket field has no options")
    return found


def _option(option: Option) -> dict[str, Any]:
    names = {"name": option.name, "raw_name": option.name}
    return {"id": option.id, "value": option.value, "default": False} | names


ROUTES = (
    Route("GET", "ticket_fields", fields),
    Route("POST", "ticket_fields", create),
    Route("GET", "ticket_fields/{}", field),
    Route("PUT", "ticket_fields/{}", update),
    Route("DELETE", "ticket_fields/{}", delete),
    Route("GET", "ticket_fields/{}/options", options),
    Route("POST", "ticket_fields/{}/options", put_option),
    Route("DELETE", "ticket_fields/{}/options/{}", delete_option),
)
