"""Measures of their own against a helpdesk: fields are proven, looked up, read and counted."""

from __future__ import annotations

import json
from typing import Any

import pytest

from connector.cli.exits import ExitCode
from connector.practice.server import PracticeServer
from tests.cli.cli import Cli

MEASURES = """
[measure.effort]
kind = "number"
title = "Logged effort"
field = "Effort"
unit = "min"
stamp = "created"

[measure.delivery]
kind = "date"
title = "Time to delivery"
field = "Delivered on"

[measure.share_of_refunds]
kind = "tag"
title = "Share of refunds"
tag = "wants_refund"

[kpi.effort]
measure = "effort"
[kpi.delivery]
measure = "delivery"
clock = "business"
[kpi.refunds]
measure = "share_of_refunds"
"""
LOGGED = 40


@pytest.fixture
def desk(server: PracticeServer) -> PracticeServer:
    """Give the helpdesk two fields, and half an hour of effort to its last tickets."""
    world, now = server.world, server.world.now()
    effort = world.fields.create({"type": "decimal", "title": "Effort"}, now).id
    delivered = world.fields.create({"type": "date", "title": "Delivered on"}, now).id
    for ticket in sorted(world.tickets.values(), key=lambda one: -one.id)[:LOGGED]:
        ticket.values = {**ticket.values, effort: 30.0, delivered: "2026-12-24"}
        ticket.tags = (*ticket.tags, "wants_refund")
    return server


@pytest.fixture
def mapped(cli: Cli, desk: PracticeServer) -> Cli:
    cli.mapping.write_text(cli.mapping.read_text(encoding="utf-8") + MEASURES, encoding="utf-8")
    return cli


def values(cli: Cli) -> dict[str, dict[str, Any]]:
    ran = cli("kpis", "--json", "--from", "2026-05-01", "--to", "2026-11-18")
    assert ran.code == ExitCode.DONE, ran.err
    return {one["id"]: one for one in json.loads(ran.out)}


def test_own_measures_are_read_counted_and_explained(mapped: Cli) -> None:
    assert mapped("check").code == ExitCode.DONE
    assert mapped("sync").code in {ExitCode.DONE, ExitCode.PARTIAL}
    found = values(mapped)
    assert found["effort"]["value"] == 1800
    assert 0 < found["effort"]["n"] <= LOGGED
    assert found["refunds"]["k"] > 0
    assert found["refunds"]["n"] > found["refunds"]["k"]
    assert found["delivery"]["left_out"]
    card = mapped("explain", "kpi", "effort").out
    assert 'The number in the ticket field "Effort", in min' in card
    assert "your own, from the mapping" in card
    ticket = json.loads(mapped("explain", "kpi", "effort", "--json").out)["heaviest"][0]["id"]
    story = mapped("explain", "ticket", "practice", ticket).out
    assert "YOUR OWN" in story.upper()
    assert "Logged effort" in story


def test_a_field_that_holds_no_numbers_is_told_by_its_line(mapped: Cli) -> None:
    line = mapped.edit(mapped.mapping, 'field = "Effort"', 'field = "Product"')
    ran = mapped("check")
    assert ran.code == ExitCode.CONFIG
    said = f'starter.toml:{line}: measure.effort.field: "Product" in practice holds no numbers'
    assert said in ran.err


def test_a_field_that_is_not_there_is_suggested(mapped: Cli) -> None:
    mapped.edit(mapped.mapping, 'field = "Delivered on"', 'field = "Deliverd on"')
    ran = mapped("check")
    assert 'field "Deliverd on" does not exist in practice; did you mean "Delivered on"?' in ran.err


def test_another_field_has_its_tickets_measured_again(mapped: Cli) -> None:
    mapped("sync")
    before = values(mapped)["effort"]
    mapped.edit(mapped.mapping, 'unit = "min"', 'unit = "h"')
    mapped("sync")
    assert values(mapped)["effort"]["value"] == 60 * before["value"]


SET = """
[kpi.logged]
measure = "handle_time"
settings = { field = "Efort" }

[kpi.escalated]
measure = "escalation_rate"
settings = { tiers = ["Billing", "Tecnical"] }

[kpi.at_once]
measure = "fcr_system"
settings = { topic = "Product" }
"""


def test_fields_and_groups_in_settings_are_told_by_check(mapped: Cli) -> None:
    path = mapped.mapping.with_name("set.toml")
    path.write_text(SET, encoding="utf-8")
    ran = mapped("check")
    assert ran.code == ExitCode.CONFIG
    said = " ".join(ran.err.split())
    assert 'set.toml:4: kpi.logged.settings.field: field "Efort" does not exist' in said
    assert 'kpi.escalated.settings.tiers: group "Tecnical" does not exist' in said
    assert 'did you mean "Technical"?' in said
    assert "at_once" not in said
    path.write_text(SET.replace("Efort", "Product").replace("Tec", "Tech"), encoding="utf-8")
    assert 'settings.field: "Product" in practice holds no numbers' in mapped("check").err
