"""Filters against a helpdesk: fields are looked up, names pinned, and changes told."""

from __future__ import annotations

import json
from typing import Any

import pytest

from connector.cli.exits import ExitCode
from connector.model.page import Schema, SchemaField
from connector.pipeline.naming import renamed
from connector.practice.server import PracticeServer
from tests.cli.cli import Cli, Ran


def filtered(cli: Cli, where: str) -> None:
    """Let one KPI and its goal count only some tickets."""
    text = cli.mapping.read_text(encoding="utf-8")
    old = '[kpi.created]\nmeasure = "tickets_created"\n'
    assert old in text
    new = f'[kpi.created]\nwhere = {where}\nmeasure = "tickets_created"\n'
    cli.mapping.write_text(text.replace(old, new), encoding="utf-8")


def created(cli: Cli) -> dict[str, Any]:
    ran = cli("kpis", "--json", "--from", "2025-01-01", "--to", "2026-11-18")
    assert ran.code == ExitCode.DONE, ran.err
    kpi: dict[str, Any] = next(k for k in json.loads(ran.out) if k["id"] == "created")
    return kpi


def rename(server: PracticeServer, old: str, new: str) -> None:
    groups = server.world.directory.groups.values()
    next(group for group in groups if group.name == old).name = new
    server.clock.advance(2 * 86_400)  # groups are read once a day


def with_product(server: PracticeServer, label: str) -> int:
    """Count the tickets of 2025 on that are not deleted and have an option of the product field."""
    fields = server.world.fields.by_id
    product = next(number for number, field in fields.items() if field.title == "Product")
    option = next(o.value for o in fields[product].options if o.name == label)
    tickets = server.world.tickets.values()
    return sum(1 for t in tickets if t.values.get(product) == option and t.status != "deleted")


def test_a_custom_field_is_looked_up_and_read(cli: Cli, server: PracticeServer) -> None:
    filtered(cli, '{ "field.Product" = "Mobile app" }')
    assert cli("sync").code in {ExitCode.DONE, ExitCode.PARTIAL}
    kpi = created(cli)
    assert kpi["where"] == {"field.Product": ["Mobile app"]}
    assert 0 < kpi["n"] <= with_product(server, "Mobile app")


def test_a_field_that_is_named_later_has_all_tickets_read_again(
    cli: Cli, server: PracticeServer
) -> None:
    cli("sync")
    filtered(cli, '{ "field.Product" = { not = ["Mobile app"] } }')
    ran = cli("sync")
    assert "all tickets are read again" in ran.flat
    rest = created(cli)["n"]
    cli.edit(cli.mapping, '{ not = ["Mobile app"] }', '["Mobile app"]')
    assert "all tickets are read again" not in cli("sync").flat
    chosen = created(cli)["n"]
    cli.edit(cli.mapping, 'where = { "field.Product" = ["Mobile app"] }\n', "")
    assert chosen > 0
    assert created(cli)["n"] == chosen + rest


def test_an_idle_run_asks_for_no_names_again(cli: Cli, server: PracticeServer) -> None:
    filtered(cli, '{ "field.Product" = ["Mobile app"], brand = "Practice Ltd" }')
    cli("sync")
    before = json.loads(cli("sync", "--json").out)["helpdesks"][0]["requests"]
    cli.edit(cli.mapping, '"Mobile app"', '"Mobile ap"')
    cli("sync")
    astray = json.loads(cli("sync", "--json").out)
    assert "option of Product Mobile ap does not exist" not in str(astray["goals"])
    assert astray["helpdesks"][0]["requests"] == before


def test_a_brand_and_a_form_go_by_their_names(cli: Cli, server: PracticeServer) -> None:
    cli("sync")
    all_of_them = created(cli)["n"]
    filtered(cli, '{ form = "Default Ticket Form", brand = { not = "Practice Pro" } }')
    assert "kpi.created.where.brand" in cli("kpis").err
    cli("sync")
    assert 0 < created(cli)["n"] < all_of_them


@pytest.mark.parametrize("command", ["sync", "check"])
def test_a_group_that_is_renamed_counts_on(cli: Cli, server: PracticeServer, command: str) -> None:
    filtered(cli, '{ group = ["Billing"] }')
    cli("sync")
    before = created(cli)["n"]
    rename(server, "Billing", "Invoices")
    cli("sync", "--full")
    assert created(cli)["n"] == before > 0
    ran = cli("check")
    assert ran.code == ExitCode.DONE
    said = 'the group "Billing" is called "Invoices" now, and counts on under its id; write the new'
    assert said in ran.flat


def test_a_name_that_no_mapping_uses_any_more_is_let_go(cli: Cli, server: PracticeServer) -> None:
    filtered(cli, '{ group = ["Billing"] }')
    cli("sync")
    cli.edit(cli.mapping, 'where = { group = ["Billing"] }\n', "")
    cli("sync")
    rename(server, "Billing", "Invoices")
    filtered(cli, '{ group = ["Billing"] }')
    assert cli("check").code == ExitCode.CONFIG


ON = ", and counts on under its id"


@pytest.mark.parametrize(
    ("dimension", "name", "id_", "said"),
    [
        ("group", "EMEA", "10", ""),
        ("group", "emea", "10", ""),
        ("group", "10", "10", ""),
        ("group", "Europe", "10", f'"Europe" is called "EMEA" now{ON}; write the new name'),
        (
            "group", "APAC", "10",
            f'"APAC" is called "EMEA" now{ON}, and another one is called "APAC": write the id of',
        ),
        ("group", "LATAM", "99", '"LATAM" is gone; its tickets count on under its id'),
        ("field", "Area", "7", f'"Area" is called "Product area" now{ON}; write the new name'),
        ("brand", "Acme", "5", ""),
        ("option 7", "Billing", "area_billing", ""),
    ],
)  # fmt: skip
def test_what_became_of_a_pinned_name_is_said(
    dimension: str, name: str, id_: str, said: str
) -> None:
    area = SchemaField(id="7", title="Product area", kind="tagger")
    schema = Schema(groups={"10": "EMEA", "12": "APAC"}, fields=(area,))
    told = " ".join(renamed({(dimension, name): id_}, schema))
    assert told.startswith(f"the {dimension} {said}" if said else "")
    assert bool(told) is bool(said)


def refused(ran: Ran, *words: str) -> None:
    assert ran.code == ExitCode.CONFIG
    for word in words:
        assert word in ran.err


@pytest.mark.parametrize(
    ("where", "said"),
    [
        (
            '{ group = { not = ["Bilings"] } }',
            'group "Bilings" does not exist in practice; did you',
        ),
        (
            '{ group = { not = ["Billing", "Bilings"] } }',
            'group "Bilings" does not exist in practice; did you',
        ),
        (
            '{ brand = { not = "Practise Ltd" } }',
            'brand "Practise Ltd" does not exist in practice; did you m',
        ),
        (
            '{ form = { not = ["Defualt Ticket Form"] } }',
            'form "Defualt Ticket Form" does not exist in practice; did you mean "Default',
        ),
        (
            '{ "field.Product" = { not = "Mobile ap" } }',
            '"Product" has no option "Mobile ap"; did you mean "M',
        ),
        (
            '{ brand = "Practise Ltd" }',
            'brand "Practise Ltd" does not exist in practice; did you m',
        ),
        (
            '{ "field.Prodct" = "x" }',
            'field "Prodct" does not exist in practice; did you mean "Pro',
        ),
        (
            '{ "field.Product" = "Mobile ap" }',
            '"Product" has no option "Mobile ap"; did you mean "M',
        ),
        (
            '{ "field.Product" = { min = 3 } }',
            '"Product" holds no numbers: it is a drop-down field',
        ),
        ('{ organization = "Acme" }', 'organizations go by their ids, not "Acme"; write the id'),
    ],
)
def test_check_refuses_what_the_helpdesk_does_not_have(cli: Cli, where: str, said: str) -> None:
    filtered(cli, where)
    refused(cli("check"), said, "starter.toml:")


def test_check_names_every_unknown_name_at_once(cli: Cli) -> None:
    filtered(cli, '{ group = ["Bilings", "EMAE"], form = "Defualt", "field.Prodct" = "x" }')
    refused(cli("check"), "4 problems", "Bilings", "EMAE", "Defualt", "Prodct")
