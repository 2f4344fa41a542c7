"""What the practice helpdesk sends, held to recorded answers and to the vendor's description."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from connector.practice.acts import Acts
from connector.practice.seed import seed_world
from connector.practice.server import PracticeServer
from tests.fakes.zendesk_spec import Loader
from tests.practice.client import Client, Json
from tests.practice.conftest import NOW

MADE_UP = ("vendor-spec", "specification-sample", "vendor-doc", "issue-threads", "estuary_comment")
SCHEMAS = {
    "tickets": "TicketObject",
    "users": "UserObject",
    "groups": "GroupObject",
    "organizations": "OrganizationObject",
    "ticket_fields": "TicketFieldObject",
    "ticket_forms": "TicketFormObject",
    "brands": "BrandObject",
    "satisfaction_ratings": "SatisfactionRatingObject",
    "sla_policies": "SLAPolicyObject",
    "group_sla_policies": "GroupSLAPolicyObject",
    "triggers": "TriggerObject",
    "automations": "AutomationObject",
    "custom_statuses": "CustomStatusObject",
    "suspended_tickets": "SuspendedTicketObject",
    "ticket_metrics": "TicketMetricObject",
    "ticket_metric_events": "TicketMetricEventBaseObject",
    "audits": "TicketAuditObject",
}
PATHS = {
    "tickets": "tickets",
    "users": "users",
    "groups": "groups",
    "organizations": "organizations",
    "ticket_fields": "ticket_fields",
    "ticket_forms": "ticket_forms",
    "brands": "brands",
    "satisfaction_ratings": "satisfaction_ratings",
    "sla_policies": "slas/policies",
    "group_sla_policies": "group_slas/policies",
    "triggers": "triggers",
    "automations": "automations",
    "custom_statuses": "custom_statuses",
    "suspended_tickets": "suspended_tickets",
    "ticket_metrics": "ticket_metrics",
    "schedules": "business_hours/schedules",
}
INVENTED: Mapping[str, set[str]] = {}
"""Keys we send that stand in no recording and not in the description."""
NOT_SENT: Mapping[str, set[str]] = {}
"""Keys that every recording has, never null, and that we leave out."""
WRONG = {"automations.actions[].value: list is not string"}
"""Values that are not as the description has them, but as recordings have them."""
KNOWN_NULLS: Mapping[str, set[str]] = {
    "suspended_tickets": {"ticket_id"},
    "ticket_metrics": {"assigned_at", "assignee_updated_at", "initially_assigned_at", "solved_at"},
}
"""Keys that we send as null although no recording has them so and the description does not say."""


@pytest.fixture(scope="module")
def ours() -> Iterator[Mapping[str, list[Json]]]:
    """Return items of every kind, from a helpdesk that has everything."""
    world = seed_world(400, 7, NOW, rules=True, slas=True)
    with PracticeServer(world) as server:
        prepare(server.acts)
        client = Client(server.url)
        found = {key: client.get(path)[key] for key, path in PATHS.items()}
        found["audits"] = [
            audit for one in found["tickets"][:40] for audit in client.audits(one["id"])
        ]
        start = world.now() - 30 * 86400
        steps = client.get("incremental/ticket_metric_events", start_time=start)
        found["ticket_metric_events"] = steps["ticket_metric_events"]
        client.close()
        yield found


def prepare(acts: Acts) -> None:
    """Let the rarer things happen too."""
    acts.suspend({"subject": "Spam", "comment": {"body": "Buy"}})
    acts.add_status("pending", "Waiting")
    ticket = acts.create({"subject": "A", "comment": {"body": "b"}, "priority": "urgent"})
    acts.answer_survey(ticket.id, 5)


@pytest.fixture(scope="module")
def recorded(shared: Path) -> Mapping[str, list[tuple[bool, Json]]]:
    """Return recorded items by the name of their list, and whether a real account sent them."""
    found: dict[str, list[tuple[bool, Json]]] = defaultdict(list)
    for path in sorted((shared / "fixtures" / "zendesk").glob("*.json")):
        is_real = not any(word in path.name for word in MADE_UP)
        for exchange in json.loads(path.read_text()).get("interactions", ()):
            body = exchange.get("response", {}).get("body")
            for key, value in body.items() if isinstance(body, dict) else ():
                items = value if isinstance(value, list) else [value]
                name = key if isinstance(value, list) else f"{key}s"
                found[name] += [(is_real, one) for one in items if isinstance(one, dict)]
    return found


@pytest.fixture(scope="module")
def schemas(shared: Path) -> Mapping[str, Json]:
    """Return the schemas of the vendor's description."""
    with (shared / "specs" / "zendesk" / "support-oas.yaml").open() as file:
        document = yaml.load(file, Loader=Loader)  # noqa: S506  # a safe loader
    found: Mapping[str, Json] = document["components"]["schemas"]
    return found


def resolved(schemas: Mapping[str, Json], schema: Json) -> Json:
    """Return a schema with its parts put together."""
    if "$ref" in schema:
        return resolved(schemas, schemas[schema["$ref"].rpartition("/")[2]])
    parts = schema.get("allOf", ())
    properties = dict(schema.get("properties", {}))
    for part in parts:
        properties |= resolved(schemas, part).get("properties", {})
    return schema | {"properties": properties}


@pytest.mark.parametrize("key", [*PATHS, "audits", "ticket_metric_events"])
def test_every_key_is_known(
    ours: Mapping[str, list[Json]],
    recorded: Mapping[str, list[tuple[bool, Json]]],
    schemas: Mapping[str, Json],
    key: str,
) -> None:
    known = {name for _, item in recorded.get(key, ()) for name in item}
    if key in SCHEMAS:
        known |= set(resolved(schemas, schemas[SCHEMAS[key]])["properties"])
    sent = {name for item in ours[key] for name in item}
    assert sent
    assert sent - known == INVENTED.get(key, set())


@pytest.mark.parametrize("key", [*PATHS, "audits", "ticket_metric_events"])
def test_what_recordings_always_have_is_there(
    ours: Mapping[str, list[Json]], recorded: Mapping[str, list[tuple[bool, Json]]], key: str
) -> None:
    # only of accounts of the present: the oldest recordings lack much, and newer ones have it
    items = [item for is_real, item in recorded.get(key, ()) if is_real]
    always = {
        name
        for name in (items[0] if items else ())
        if all(item.get(name) is not None for item in items)
    }
    missing = {name for name in always if any(name not in item for item in ours[key])}
    assert missing == NOT_SENT.get(key, set())


@pytest.mark.parametrize("key", SCHEMAS)
def test_values_are_as_described(
    ours: Mapping[str, list[Json]], schemas: Mapping[str, Json], key: str
) -> None:
    wrong = set()
    schema = resolved(schemas, schemas[SCHEMAS[key]])
    for item in ours[key]:
        wrong |= {f"{key}{what}" for what in faults(schemas, schema, item)}
    assert wrong == {one for one in WRONG if one.partition(".")[0] == key}


@pytest.mark.parametrize("key", SCHEMAS)
def test_nulls_are_described_or_recorded_or_listed(
    ours: Mapping[str, list[Json]],
    recorded: Mapping[str, list[tuple[bool, Json]]],
    schemas: Mapping[str, Json],
    key: str,
) -> None:
    described = resolved(schemas, schemas[SCHEMAS[key]])["properties"]
    seen = {
        name for _, item in recorded.get(key, ()) for name, value in item.items() if value is None
    }
    sent = {name for item in ours[key] for name, value in item.items() if value is None}
    may_be = {name for name in sent if resolved(schemas, described.get(name, {})).get("nullable")}
    assert sent - seen - may_be == KNOWN_NULLS.get(key, set())


TYPES: Mapping[str, tuple[type, ...]] = {
    "string": (str,),
    "integer": (int,),
    "number": (int, float),
    "boolean": (bool,),
    "array": (list,),
    "object": (dict,),
}


def faults(schemas: Mapping[str, Json], schema: Json, value: Any) -> Iterator[str]:
    """Yield what is not as a schema has it; null is allowed everywhere, as at the vendor."""
    schema = resolved(schemas, schema)
    if value is None or any(word in schema for word in ("oneOf", "anyOf")):
        return
    kind = str(schema.get("type"))
    if kind in TYPES and (
        not isinstance(value, TYPES[kind]) or isinstance(value, bool) != (kind == "boolean")
    ):
        yield f": {type(value).__name__} is not {kind}"
    elif "enum" in schema and value not in schema["enum"]:
        yield f": {value} is not one of the values"
    elif isinstance(value, dict):
        for name, part in schema["properties"].items():
            yield from (f".{name}{what}" for what in faults(schemas, part, value.get(name)))
    elif isinstance(value, list) and "items" in schema:
        for one in value:
            yield from (f"[]{what}" for what in faults(schemas, schema["items"], one))
