"""`connector check`: whose credentials, which forms, and the write test on one ticket."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from connector.cli.exits import ExitCode
from connector.practice.forms import Form
from connector.practice.helpdesk import ADMIN_EMAIL
from connector.practice.history import SUBMITTED
from connector.practice.seed import seed_world
from connector.practice.server import PracticeServer
from tests.cli.cli import NOW, Cli, write_folder


def open_ticket(server: PracticeServer) -> str:
    tickets = server.world.tickets.values()
    return str(next(ticket.id for ticket in tickets if ticket.status == "open"))


def admin_id(server: PracticeServer) -> int:
    admin = server.world.directory.user_by_email(ADMIN_EMAIL)
    assert admin is not None
    return admin.id


def test_a_user_that_answers_customers_is_warned_of(cli: Cli, server: PracticeServer) -> None:
    cli("sync")
    assert "has answered customers" not in cli("check").flat
    ticket_id = int(open_ticket(server))
    server.acts.comment(ticket_id, admin_id(server), "An internal note", public=False)
    server.acts.comment(ticket_id, admin_id(server), "A reply")
    server.clock.advance(120)
    cli("sync")
    ran = cli("check")
    assert ran.code == ExitCode.DONE
    assert "Goal Connector has answered customers 1 time" in ran.flat
    assert "An internal note" not in ran.said


def test_forms_without_our_fields_are_named(cli: Cli, server: PracticeServer) -> None:
    directory = server.world.directory
    (form_id,) = directory.forms
    assert "put on the ticket forms: Default Ticket Form" in cli("setup").flat
    assert cli("setup", "--apply").code == ExitCode.DONE
    assert "agents do not see" not in cli("check").flat
    directory.form_settings[form_id] = Form(field_ids=())
    assert 'agents do not see "Goal status" on 1 form: "Default Ticket Form"' in cli("check").flat
    ran = cli("setup", "--apply")
    assert "put on the ticket forms: Default Ticket Form" in ran.flat
    assert "agents do not see" not in cli("check").flat


def test_the_write_test_says_what_works_and_leaves_the_ticket_as_it_was(
    cli: Cli, server: PracticeServer
) -> None:
    cli("setup", "--apply")
    ticket_id = open_ticket(server)
    ticket = server.world.ticket(int(ticket_id))
    before = (tuple(ticket.tags), dict(ticket.values), ticket.status)
    ran = cli("check", "--write-test", ticket_id)
    assert ran.code == ExitCode.DONE, ran.said
    for word in ("a tag is added", "a tag is removed", '"Goal status" is set', "is as it was"):
        assert word in ran.flat
    assert (tuple(ticket.tags), dict(ticket.values), ticket.status) == before
    assert "goal_write_test" not in ticket.tags


def test_the_write_test_refuses_closed_tickets(cli: Cli, server: PracticeServer) -> None:
    ticket_id = open_ticket(server)
    server.acts.close(int(ticket_id))
    ran = cli("check", "--write-test", ticket_id)
    assert ran.code == ExitCode.CONFIG
    assert "is closed" in ran.err


@pytest.mark.parametrize(("ticket", "said"), [("999999", "no ticket 999999"), ("ABC", "ABC")])
def test_the_write_test_wants_a_ticket_that_is_there(cli: Cli, ticket: str, said: str) -> None:
    ran = cli("check", "--write-test", ticket)
    assert ran.code in {ExitCode.CONFIG, ExitCode.FAILED}
    assert said in ran.said


def test_the_write_test_wants_one_helpdesk(cli: Cli, server: PracticeServer) -> None:
    second = cli.config.read_text(encoding="utf-8").partition("[writeback]")[0]
    text = cli.config.read_text(encoding="utf-8")
    text += second.replace('name = "practice"', 'name = "second"')
    cli.config.write_text(text, encoding="utf-8")
    ticket_id = open_ticket(server)
    ran = cli("check", "--write-test", ticket_id)
    assert ran.code == ExitCode.CONFIG
    assert "--helpdesk NAME, one of practice, second" in ran.err
    assert cli("check", "--write-test", ticket_id, "--helpdesk", "second").code == ExitCode.DONE
    assert "second: connected" not in cli("check", "--helpdesk", "practice").out


def test_what_reading_did_not_understand_is_named(cli: Cli, server: PracticeServer) -> None:
    cli("sync")
    assert "not understood" not in cli("check").flat
    server.acts.answer_survey(int(open_ticket(server)), 5, "the best printer")
    server.clock.advance(120)
    cli("sync")
    ran = cli("check")
    assert f"not understood and left out: {SUBMITTED} (1 time)" in ran.flat
    assert "the best printer" not in ran.said


def test_the_limits_that_were_seen_are_told_without_alarm(tmp_path: Path) -> None:
    with PracticeServer(seed_world(30, 7, NOW), limits="real") as server:
        cli = Cli(write_folder(tmp_path / "goals", server.url))
        lines = cli("check").out.splitlines()
    (line,) = [one for one in lines if "requests a minute" in one]
    assert line == "  practice: 700 requests a minute are allowed"


def test_who_we_are_is_told_and_until_when_an_api_token_is_good(cli: Cli) -> None:
    said = cli("check").flat
    assert "practice: connected as Goal Connector (admin)" in said
    assert "practice: API tokens stop working on 2027-04-30; change to an OAuth client" in said


KPIS = """
[kpi.emea]
measure = "first_reply_time"
clock = "business"
schedule = "at_event"
aggregate = "p90"
credit = "assignee_at_event"
group_as_of = "event"
[kpi.emea.where]
group = { not = ["Billing"] }
tag = { none = ["test"] }
created = { from = 2026-01-01 }

[kpi.in_time]
measure = "full_resolution_time"
aggregate = "within"
limit = "3 d"
where = { channel = "email" }

[kpi.effort]
measure = "reopen_rate"
where = { group = ["Bilings"] }
"""


def sentence(out: str, kpi: str) -> str:
    """Return what is said of one KPI."""
    (line,) = [line.strip() for line in out.splitlines() if line.strip().startswith(f"{kpi}: ")]
    return line


def test_check_says_in_words_what_each_kpi_counts(synced: Cli) -> None:
    assert "After `connector sync`" not in synced("check").flat
    with synced.mapping.open("a", encoding="utf-8") as file:
        file.write(KPIS)
    synced.columns = 4_000
    ran = synced("check", "--offline")
    said = sentence(ran.out, "emea")
    assert said.startswith(
        "emea: 90th percentile of the first reply time, in business hours (by the schedule in force"
        " at the event), credited to whom it was assigned to when it happened, by the group at the"
        " time, of tickets with group anything but Billing; no tag test; created from 2026-01-01: "
    )
    found = re.search(
        r"counts (\d+) of (\d+) tickets dated by the reply; leaves out (\d+): (.*);", said
    )
    assert found is not None, said
    counted, total, left_out = (int(number) for number in found.groups()[:3])
    assert counted + left_out == total
    assert sum(int(n) for n in re.findall(r"(\d+) [a-z]", found.group(4))) == left_out
    assert re.search(r"; the filter leaves out \d+ more$", said)
    said = sentence(ran.out, "in_time")
    assert "share with a full resolution time of at most 3 d, of tickets with channel email" in said
    assert "of all tickets" in sentence(ran.out, "backlog")
    assert "dated by" not in sentence(ran.out, "backlog")


def test_a_kpi_that_names_what_is_not_there_is_told_and_the_others_too(synced: Cli) -> None:
    with synced.mapping.open("a", encoding="utf-8") as file:
        file.write(KPIS)
    synced.columns = 4_000
    ran = synced("check", "--offline")
    assert "KPI effort is not measured" in ran.err
    assert "group Bilings does not exist in practice; did you mean Billing?" in ran.err
    assert sentence(ran.out, "in_time")
