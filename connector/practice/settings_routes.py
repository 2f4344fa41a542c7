"""Calls about brands, ticket forms and custom statuses."""

from __future__ import annotations

from typing import Any

from connector.practice.clock import stamp
from connector.practice.forms import Form
from connector.practice.refusal import not_found
from connector.practice.routing import Answer, Call, Route, listing
from connector.practice.statuses import CustomStatus


def brands(call: Call) -> Answer:
    """List brands; the first is the default."""
    found = list(call.world.directory.brands)
    return listing(call, "brands", found, lambda number: _brand(call, number))


def brand(call: Call) -> Answer:
    """Show one brand."""
    return Answer({"brand": _brand(call, call.key)})


def forms(call: Call) -> Answer:
    """List ticket forms; one that nobody arranged has all custom fields."""
    found = list(call.world.directory.forms)
    return listing(call, "ticket_forms", found, lambda number: _form(call, number))


def form(call: Call) -> Answer:
    """Show one ticket form."""
    return Answer({"ticket_form": _form(call, call.key)})


def update_form(call: Call) -> Answer:
    """Change what a body names of a ticket form: its fields, conditions, flags or name."""
    call.need_admin()
    directory = call.world.directory
    body = call.content("ticket_form")
    if call.key not in directory.forms:
        raise not_found()
    settings = directory.form_settings.get(call.key, Form())
    settings.change(body, call.world.fields.by_id, call.world.now())
    directory.form_settings[call.key] = settings
    directory.forms[call.key] = str(body.get("name", directory.forms[call.key]))
    return form(call)


def statuses(call: Call) -> Answer:
    """List the statuses that agents may choose."""
    found = [_status(one) for one in call.world.directory.statuses.values()]
    return Answer({"custom_statuses": found})


def status(call: Call) -> Answer:
    """Show one status."""
    if call.key not in call.world.directory.statuses:
        raise not_found()
    return Answer({"custom_status": _status(call.world.directory.statuses[call.key])})


def _brand(call: Call, number: int) -> dict[str, Any]:
    directory = call.world.directory
    if number not in directory.brands:
        raise not_found()
    name = directory.brands[number]
    subdomain = name.lower().replace(" ", "-")
    return {
        "id": number,
        "url": f"{call.url}/api/v2/brands/{number}.json",
        "name": name,
        "brand_url": f"https://{subdomain}.practice.example",
        "subdomain": subdomain,
        "host_mapping": None,
        "has_help_center": False,
        "help_center_state": "disabled",
        "active": True,
        "default": number == next(iter(directory.brands)),
        "is_deleted": False,
        "logo": None,
        "ticket_form_ids": list(directory.forms),
        "signature_template": "{{agent.signature}}",
        "created_at": stamp(_opened(call)),
        "updated_at": stamp(_opened(call)),
    }


def _form(call: Call, number: int) -> dict[str, Any]:
    directory = call.world.directory
    if number not in directory.forms:
        raise not_found()
    settings = directory.form_settings.get(number, Form())
    fields = settings.field_ids
    if fields is None:
        fields = tuple(field.id for field in call.world.fields.custom())
    keys = ("name", "raw_name", "display_name", "raw_display_name")
    return dict.fromkeys(keys, directory.forms[number]) | {
        "id": number,
        "url": f"{call.url}/api/v2/ticket_forms/{number}.json",
        "position": 1 + list(directory.forms).index(number),
        "active": settings.active,
        "default": number == next(iter(directory.forms)),
        "end_user_visible": settings.end_user_visible,
        "in_all_brands": True,
        "restricted_brand_ids": [],
        "ticket_field_ids": [one for one in fields if one in call.world.fields.by_id],
        "agent_conditions": settings.agent_conditions,
        "end_user_conditions": settings.end_user_conditions,
        "created_at": stamp(settings.created_at or _opened(call)),
        "updated_at": stamp(settings.updated_at or _opened(call)),
        "deleted_at": None,
        "form_type": "standard",
    }


def _opened(call: Call) -> int:
    """Return when the account began: with its first field."""
    return min(field.created_at for field in call.world.fields.by_id.values())


def _status(one: CustomStatus) -> dict[str, Any]:
    at = stamp(one.created_at)
    labels = ("agent_label", "raw_agent_label", "end_user_label", "raw_end_user_label")
    texts = ("description", "raw_description", "end_user_description", "raw_end_user_description")
    return {
        "id": one.id,
        "status_category": one.category,
        "active": True,
        "default": one.default,
        "created_at": at,
        "updated_at": at,
        **dict.fromkeys(labels, one.label),
        **dict.fromkeys(texts, ""),
    }


ROUTES = (
    Route("GET", "brands", brands),
    Route("GET", "brands/{}", brand),
    Route("GET", "ticket_forms", forms),
    Route("GET", "ticket_forms/{}", form),
    Route("PUT", "ticket_forms/{}", update_form),
    Route("GET", "custom_statuses", statuses),
    Route("GET", "custom_statuses/{}", status),
)
