"""`connector check` and `setup` name the tags that a helpdesk has to offer first."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from msgspec.structs import replace
from typer.testing import CliRunner

from connector.adapters.memory import MemoryAdapter, MemoryHelpdesk, MemorySettings
from connector.adapters.retrying import RetryingAdapter
from connector.cli.exits import ExitCode
from connector.cli.main import app
from connector.config.settings import HelpdeskTable
from connector.model.change import Receipt, TicketChange
from connector.model.page import FieldAction, FieldPlan, FieldSpec, FieldStep
from tests.cli.cli import FrozenWorkspace, Ran

NAME = "shelf"
CONFIG = f"""\
[[helpdesk]]
name = "support"
kind = "memory"
[helpdesk.options]
account = "{NAME}"
"""
GOALS = """\
[kpi.backlog]
measure = "backlog"
[kpi.first_reply]
measure = "first_reply_time"
aggregate = "median"

[goal.quick_replies]
title = "Quick replies"
kpi = "first_reply"
level = "team"
owner = "Ada"
period = { start = 2026-10-01, end = 2027-01-01 }
baseline = "3 h"
target = "2 h"
show = { tag = true }

[goal.small_backlog]
kind = "anti_goal"
title = "A small backlog"
kpi = "backlog"
level = "team"
owner = "Ada"
period = { start = 2026-10-01, end = 2027-01-01 }
limit = 5

[goal.own_backlog]
kind = "anti_goal"
title = "A small backlog of mine"
kpi = "backlog"
level = "person"
owner = "Ada"
period = { start = 2026-10-01, end = 2027-01-01 }
limit = 5
show = { tag = true }
"""
OF_GOALS = [
    f"goal__quick_replies__{state}" for state in ("at_risk", "due_soon", "missed", "off_track")
]
STATUS = "goal_status__at_risk"
OUTCOME = "goal_outcome__missed"


class Shelf(MemoryAdapter):
    """A helpdesk whose tickets take only the tags that are on offer."""

    offered: frozenset[str] = frozenset()

    def missing_tags(self, tags: Sequence[str]) -> tuple[str, ...]:
        return tuple(tag for tag in tags if tag not in self.offered)


def offering(*tags: str) -> type[Shelf]:
    """Return one that offers these."""
    return type("Offering", (Shelf,), {"offered": frozenset(tags)})


class ByAnAdmin(Shelf):
    """One whose fields only an admin makes."""

    capabilities = replace(MemoryAdapter.capabilities, creates_fields=False)


class NoOutcome(Shelf):
    """One whose field of outcomes cannot be made."""

    def plan_fields(self, wanted: Sequence[FieldSpec], *, remove: bool = False) -> FieldPlan:
        steps = super().plan_fields(wanted, remove=remove).steps
        return FieldPlan(tuple(_refused(step) for step in steps))


def _refused(step: FieldStep) -> FieldStep:
    is_outcome = step.spec.role == "outcome"
    return FieldStep(action=FieldAction.REFUSE, spec=step.spec) if is_outcome else step


@pytest.fixture
def desk() -> MemoryHelpdesk:
    return MemoryHelpdesk(NAME)


@pytest.fixture
def folder(tmp_path: Path, desk: MemoryHelpdesk) -> Path:
    (tmp_path / "mappings").mkdir()
    (tmp_path / "config.toml").write_text(CONFIG, encoding="utf-8")
    (tmp_path / "mappings" / "goals.toml").write_text(GOALS, encoding="utf-8")
    return tmp_path


def run(folder: Path, kind: type[MemoryAdapter], *arguments: str) -> Ran:
    """Run a command on a helpdesk of this kind."""

    class Shop(FrozenWorkspace):
        def open_adapter(
            self, helpdesk: HelpdeskTable, *, patience_s: float = 0
        ) -> RetryingAdapter:
            settings = MemorySettings(account=str(helpdesk.options["account"]))
            return RetryingAdapter(kind(settings, watched_fields=frozenset()))

    arguments = ("--config", str(folder / "config.toml"), *arguments)
    result = CliRunner().invoke(app, arguments, obj=Shop, env={"COLUMNS": "160"})
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return Ran(result.exit_code, result.stdout, result.stderr)


def listed(ran: Ran) -> Iterator[str]:
    """Return the tags that stand on a line of their own."""
    lines = (line.strip() for line in ran.out.splitlines())
    return (line for line in lines if line.startswith("goal_") and "," not in line)


def tried(folder: Path, offered: Sequence[str], ticket: str) -> set[str]:
    """Return the tags that the write test adds on its way."""
    tags: set[str] = set()

    class Watched(Shelf):
        def submit(self, changes: Sequence[TicketChange]) -> Receipt:
            tags.update(tag for change in changes for tag in change.add_tags)
            return super().submit(changes)

    Watched.offered = frozenset(offered)
    assert run(folder, Watched, "check", "--write-test", ticket).code == ExitCode.DONE
    return tags


def test_check_names_the_tags_of_goals_that_are_not_on_offer(folder: Path) -> None:
    assert run(folder, Shelf, "setup", "--apply").code == ExitCode.DONE
    ran = run(folder, Shelf, "check")
    assert "support: 4 tags of goals are not on offer there" in ran.flat
    assert list(listed(ran)) == OF_GOALS
    assert ran.code == ExitCode.DONE


def test_tags_on_offer_are_not_named(folder: Path) -> None:
    run(folder, Shelf, "setup", "--apply")
    ran = run(folder, offering(*OF_GOALS[1:]), "check")
    assert "1 tag of goals is not on offer" in ran.flat
    assert list(listed(ran)) == OF_GOALS[:1]


def test_statuses_are_tags_as_long_as_no_field_shows_them(folder: Path) -> None:
    ran = run(folder, Shelf, "check")
    assert "as long as no field of ours shows the status and the outcome, tags do, 8" in ran.flat
    assert {STATUS, OUTCOME, *OF_GOALS} <= set(listed(ran))
    run(folder, Shelf, "setup", "--apply")
    assert "as long as no field" not in run(folder, Shelf, "check").flat


def test_setup_lists_all_tags_and_marks_those_that_are_missing(folder: Path) -> None:
    ran = run(folder, offering(*OF_GOALS[:2]), "setup")
    marked = [*OF_GOALS[:2], *(f"{tag} (not on offer)" for tag in OF_GOALS[2:])]
    assert list(listed(ran)) == marked


def test_setup_lists_statuses_of_a_field_that_cannot_be_made(folder: Path) -> None:
    tags = set(listed(run(folder, NoOutcome, "setup")))
    assert f"{OUTCOME} (not on offer)" in tags
    assert f"{STATUS} (not on offer)" not in tags


def test_nothing_is_listed_when_our_fields_are_taken_away(folder: Path) -> None:
    run(folder, Shelf, "setup", "--apply")
    assert list(listed(run(folder, Shelf, "setup", "--remove"))) == []


def test_a_goal_of_a_person_has_no_tag_until_the_admin_says_so(folder: Path) -> None:
    config = folder / "config.toml"
    text = config.read_text(encoding="utf-8") + '[writeback]\npeople = "on"\n'
    assert not any("own_backlog" in tag for tag in listed(run(folder, Shelf, "setup")))
    config.write_text(text, encoding="utf-8")
    assert any("own_backlog" in tag for tag in listed(run(folder, Shelf, "setup")))


def test_a_helpdesk_that_takes_any_tag_is_not_told_of(folder: Path) -> None:
    for command in ("check", "setup"):
        ran = run(folder, MemoryAdapter, command)
        assert list(listed(ran)) == []
        assert "on offer" not in ran.flat


def test_goals_for_each_group_have_tags_once_groups_were_read(
    folder: Path, desk: MemoryHelpdesk
) -> None:
    mapping = folder / "mappings" / "goals.toml"
    text = mapping.read_text(encoding="utf-8")
    text = text.replace("baseline", 'for_each = "group"\nbaseline')
    mapping.write_text(text, encoding="utf-8")
    group = desk.add_group("First line", "77")
    made = f"goal__quick_replies_of_{group}__at_risk"
    assert made not in set(listed(run(folder, Shelf, "check")))
    desk.put(group_id=group)
    desk.advance(600)
    assert run(folder, Shelf, "sync").code == ExitCode.DONE
    assert made in set(listed(run(folder, Shelf, "check")))


def test_a_goal_of_a_group_has_tags_only_where_the_group_is(
    folder: Path, desk: MemoryHelpdesk
) -> None:
    config, mapping = folder / "config.toml", folder / "mappings" / "goals.toml"
    other = MemoryHelpdesk("other shelf")
    second = CONFIG.replace("support", "sales").replace(NAME, other.name)
    config.write_text(CONFIG + second, encoding="utf-8")
    text = mapping.read_text(encoding="utf-8").replace("baseline", 'for_each = "group"\nbaseline')
    mapping.write_text(text, encoding="utf-8")
    for one in (desk, other):
        one.put(group_id=one.add_group("First line", "77"))
        one.advance(600)
    assert run(folder, Shelf, "sync").code == ExitCode.DONE
    tags = set(listed(run(folder, Shelf, "check", "--helpdesk", "sales")))
    assert "goal__quick_replies_of_sales_77__at_risk" in tags
    assert "goal__quick_replies_of_support_77__at_risk" not in tags


def test_the_write_test_tries_a_tag_on_offer_that_the_ticket_lacks(
    folder: Path, desk: MemoryHelpdesk
) -> None:
    ticket = desk.put()
    desk.tag(ticket, OF_GOALS[0], "vip")
    assert tried(folder, OF_GOALS[:2], ticket) == {OF_GOALS[1]}
    assert set(desk.tickets[ticket].tags) == {OF_GOALS[0], "vip"}


def test_where_no_tag_of_a_goal_is_on_offer_the_write_test_has_one_of_its_own(
    folder: Path, desk: MemoryHelpdesk
) -> None:
    assert tried(folder, (), desk.put()) == {"goal_write_test"}


def test_setup_says_which_fields_an_admin_makes(folder: Path) -> None:
    ran = run(folder, ByAnAdmin, "setup")
    assert "+ to be made by an admin: field 'Goal status'" in ran.flat
    assert "--apply does what our user may, and says what an admin does" in ran.flat
    assert "create field 'Goal status'" in run(folder, Shelf, "setup").flat


def test_where_there_are_no_fields_of_ours_there_is_nothing_to_remove(folder: Path) -> None:
    assert "there is nothing to remove" in run(folder, Shelf, "setup", "--remove").flat
