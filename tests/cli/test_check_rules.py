"""`connector check` names the helpdesk's own rules that our writes would reach, and the cure."""

from __future__ import annotations

from typing import Any

import pytest

from connector.adapters.retrying import RetryingAdapter
from connector.cli.check_rules import say_rules
from connector.cli.exits import ExitCode
from connector.cli.output import console
from connector.model.page import Identity
from connector.practice.helpdesk import ADMIN_EMAIL
from connector.practice.reactions import API_USER, Reactions
from connector.practice.ruleset import install_rules
from connector.practice.server import PracticeServer
from connector.practice.slas import add_policy
from tests.cli.cli import Cli, FrozenWorkspace
from tests.sync.helpdesk import ScriptedAdapter

TAGS = "goal_status__at_risk goal_status__off_track goal_outcome__due_soon"
NOT_US = 'add the condition "Current user > Is not > Goal Connector" to those that must all hold'
FAST = {"priority": "high", "metric": "first_reply_time", "target": 30, "business_hours": False}


def line(field: str, operator: str, value: object = "") -> dict[str, Any]:
    return {"field": field, "operator": operator, "value": value}


def add(rules: Reactions, title: str, *every: dict[str, Any], kind: str = "trigger") -> None:
    actions = [{"field": "priority", "value": "high"}]
    body = {"title": title, "conditions": {"all": list(every)}, "actions": actions}
    rules.add(kind, body)


def test_a_helpdesk_whose_rules_leave_us_alone_is_told_so(cli: Cli, server: PracticeServer) -> None:
    rules = install_rules(server.world, usual=False)
    add(rules, "Reopened", line("status", "value_previous", "solved"))
    assert "✓ practice: none of 1 trigger reacts to our writes" in cli("check").flat


def test_rules_that_we_reach_are_named_with_their_cure(cli: Cli, server: PracticeServer) -> None:
    rules = install_rules(server.world)
    add(rules, "Raises everything", line("update_type", "is", "Change"))
    add(rules, "Raised", line("priority", "value", "high"))
    add_policy(
        server.world,
        {
            "title": "Risky",
            "filter": {"all": [line("current_tags", "includes", TAGS)], "any": []},
            "policy_metrics": [FAST],
        },
    )
    cli.columns = 4_000
    ran = cli("check")
    assert ran.code == ExitCode.DONE
    said = ran.flat
    assert "of 7 triggers, 3 automations and 1 SLA policy, 6 may react to our writes:" in said
    assert '1 trigger asks for our labels: "Escalate what a goal is about to miss" (' in said
    assert "): current_tags includes goal_status__at_risk, goal_status__off_track" in said
    assert f"→ leave it if that is what it is for; else {NOT_US}" in said
    assert "1 trigger asks for tickets without labels of ours" in said
    assert '1 trigger fires on every write of ours: "Raises everything" (' in said
    assert f"→ {NOT_US}" in said
    assert (
        '1 automation counts the hours since the last update, and our write is one: "Nobody' in said
    )
    assert 'take "Hours since requester update"' in said
    assert (
        '): priority value high, which "Escalate what a goal is about to miss", "Raises everything"'
        f" may bring about → the cure of those may be enough; else {NOT_US}" in said
    )
    assert '1 SLA policy asks for our labels: "Risky" (' in said
    for quiet in ("Notify requester", "Urgent incidents", "Close ticket", "Pending notification"):
        assert quiet not in said


def test_our_fields_are_known_to_rules_by_their_ids(cli: Cli, server: PracticeServer) -> None:
    cli("setup", "--apply")
    by_title = {one.title: one.id for one in server.world.fields.by_id.values()}
    rules = install_rules(server.world, usual=False)
    add(rules, "Ours", line(f"custom_fields_{by_title['Goal status']}", "changed"))
    assert '1 trigger asks for our labels: "Ours"' in cli("check").flat


def test_nothing_is_said_of_a_helpdesk_whose_rules_cannot_be_read(
    cli: Cli, capsys: pytest.CaptureFixture[str]
) -> None:
    adapter = RetryingAdapter(ScriptedAdapter())
    who = Identity(id="1", name="Goal Connector", role="admin")
    say_rules(FrozenWorkspace(cli.config), "practice", adapter, who, out=console())
    assert capsys.readouterr().out == ""


def test_many_rules_of_a_sort_are_counted(cli: Cli, server: PracticeServer) -> None:
    rules = install_rules(server.world, usual=False)
    for number in range(25):
        add(rules, f"Rule {number}", line("priority", "is", "urgent"))
    said = cli("check").flat
    assert (
        "25 triggers fire on any update, so on ours too, of a ticket that is as they ask:" in said
    )
    assert '"Rule 9"' in said
    assert '"Rule 10"' not in said
    assert "and 15 more" in said
    assert said.count("→") == 1


def test_rules_that_are_hidden_are_said(cli: Cli, server: PracticeServer) -> None:
    install_rules(server.world)
    server.faults.fail_next("/api/v2/triggers", "403")
    ran = cli("check")
    assert ran.code == ExitCode.DONE
    assert "practice: its triggers are not shown to us (403)" in ran.flat
    assert "of 3 automations, 1 may react" in ran.flat


def test_every_trigger_that_a_run_sets_off_was_listed(cli: Cli, server: PracticeServer) -> None:
    cli("setup", "--apply")
    admin = server.world.directory.user_by_email(ADMIN_EMAIL)
    assert admin is not None
    rules = install_rules(server.world)
    add(rules, "Any update")
    add(rules, "By agents", line("role", "is", "agent"), line("update_type", "is", "Change"))
    add(rules, "Over the API", line("current_via_id", "is", "5"))
    add(rules, "Raised", line("priority", "value", "high"))
    add(rules, "Not by us", line("role", "is_not", str(admin.id)))
    add(rules, "Commented", line("comment_is_public", "is", "not_relevant"))
    add(rules, "Created", line("update_type", "is", "Create"))
    add(rules, "Never so", line("priority", "is", "low"), line("priority", "is", "urgent"))
    said = cli("check").flat
    assert cli("sync").code == ExitCode.DONE
    fired = {title for title, cause in rules.fired if cause == API_USER}
    listed = {rule.title for rule in rules.of_kind("trigger") if f'"{rule.title}"' in said}
    assert fired >= {"Any update", "By agents", "Over the API", "Raised"}
    assert fired <= listed
    assert listed.isdisjoint({"Not by us", "Commented", "Created"})
    assert listed - fired == {"No longer escalated", "Never so"}
    assert "may react to our writes" in said
