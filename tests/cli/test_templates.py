"""`connector init --template`: mappings to start with, whole or cut to one level."""

from __future__ import annotations

import json
import random
import tomllib
from collections.abc import Mapping
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from connector.adapters.memory import MemoryHelpdesk
from connector.cli.exits import ExitCode
from connector.cli.templates import ALIASES, LEVELS, TOGETHER, render_template, templates
from connector.config.mapping import Mappings, load_mappings
from connector.kpi.catalogue import definitions
from connector.model.goal import GoalReport, GoalState
from connector.model.page import SchemaField
from connector.model.ticket import Schedule
from connector.pipeline.judging import judge_all
from connector.pipeline.linting import lint_written
from connector.pipeline.views import views
from tests.cli.cli import Cli
from tests.run import AGENT, CONFIG, Runner, asked, staffed

CLASSIC = (
    "backlog",
    "churn",
    "first_contact_resolution",
    "first_response",
    "handle_time",
    "resolution_time",
    "satisfaction",
    "self_service",
)
PRIORITIES = ("low", "normal", "high", "urgent")
UNKNOWN = {GoalState.INSUFFICIENT_DATA, GoalState.NEEDS_BASELINE}
OUTSIDE = {
    "churn_plan",
    "handle_cost",
    "handle_few_long_ones",
    "handle_of_each",
    "handle_of_each_person",
    "handle_plan",
    "satisfaction_recommended",
    "self_service_contacts",
    "self_service_plan",
    "self_service_used",
}
"""Goals that wait for numbers from outside, or for people to log their time."""
CUT = [(name, level) for name, one in templates().items() for level in one.levels]
TODAY = date(2026, 5, 17)
GUIDE = Path(__file__).resolve().parents[2] / "docs" / "configuring-mappings.md"


def loaded(folder: Path, *texts: str) -> Mappings:
    folder.mkdir(parents=True, exist_ok=True)
    for number, text in enumerate(texts):
        (folder / f"{number}.toml").write_text(text, encoding="utf-8")
    return load_mappings([folder], definitions())


def complaints(mappings: Mappings) -> list[str]:
    return [f"{one.id}: {one.why}" for one in lint_written(mappings, definitions(), TODAY)]


@pytest.fixture
def empty(tmp_path: Path) -> Cli:
    return Cli(tmp_path / "new", environ={"ZENDESK_CLIENT_SECRET": "x"})


def test_the_classic_goals_are_there() -> None:
    assert set(templates()) == {*CLASSIC, "people", "starter"}
    assert set(ALIASES.values()) < set(templates())
    assert not ALIASES.keys() & templates().keys()


@pytest.mark.parametrize("name", CLASSIC)
def test_each_has_key_results_a_guard_a_plan_and_levels(name: str, tmp_path: Path) -> None:
    mappings = loaded(tmp_path, render_template(name, TODAY))
    goals = mappings.goals.values()
    assert templates()[name].levels[:3] == ("company", "department", "team")
    assert {one.level for one in mappings.objectives.values()} == {"company", "department", "team"}
    assert all(one.why and one.owner for one in mappings.objectives.values())
    assert {one.commitment for one in goals} == {"committed", "aspirational"}
    guards = [one for one in goals if one.is_anti]
    assert any(one.mode == "budget" and one.hard and one.category for one in guards)
    assert all(one.protects and one.warning for one in guards)
    guarded = {id_ for one in guards if one.hard for id_ in one.protects}
    measured = {id_ for id_, one in mappings.goals.items() if not one.is_anti}
    (plan,) = (one for one in goals if one.kind == "backward")
    assert len(plan.milestones) >= 3
    assert any(one.depends_on for one in plan.milestones)
    assert all(one.duration or one.value for one in plan.milestones[:2])
    assert any(one.for_each == "group" for one in goals)
    assert measured - guarded <= {"satisfaction_recommended"}  # by a survey of its own


def test_people_are_only_held_to_handle_time_with_a_guard(tmp_path: Path) -> None:
    everything = loaded(tmp_path, *(render_template(name, TODAY) for name in templates()))
    goals = everything.goals
    single = {id_ for id_, one in goals.items() if one.for_each == "assignee"}
    assert single == {"handle_of_each_person"}
    guards = {goals[id_].kpi for id_ in goals if single <= set(goals[id_].protects)}
    assert {everything.kpis[kpi].measure for kpi in guards} == {"fcr_system", "csat_pct"}


@pytest.mark.parametrize("name", sorted(templates()))
def test_a_template_alone_leaves_a_coach_nothing_to_say(name: str, tmp_path: Path) -> None:
    assert complaints(loaded(tmp_path, render_template(name, TODAY))) == []


def test_all_templates_in_one_folder_leave_a_coach_nothing_to_say(tmp_path: Path) -> None:
    everything = loaded(tmp_path, *(render_template(name, TODAY) for name in templates()))
    assert complaints(everything) == []
    assert len(everything.visions) == 2


@pytest.mark.parametrize("level", LEVELS)
def test_all_templates_of_one_level_go_together(level: str, tmp_path: Path) -> None:
    texts = [render_template(name, TODAY, level) for name, there in CUT if there == level]
    assert complaints(loaded(tmp_path, *texts)) == []


@pytest.mark.parametrize(("name", "level"), CUT)
def test_one_level_is_whole_in_itself(name: str, level: str, tmp_path: Path) -> None:
    mappings = loaded(tmp_path, render_template(name, TODAY, level))
    wanted = set(TOGETHER.get(level, (level,)))
    tables = [*mappings.goals.values(), *mappings.objectives.values()]
    assert {one.level for one in tables} == wanted
    assert any(one.is_anti for one in mappings.goals.values())
    kept = [one for one in mappings.goals.values() if not one.is_anti]
    assert kept
    assert all(one.objective in mappings.objectives for one in kept)
    used = {one.kpi for one in mappings.goals.values()}
    assert set(mappings.kpis) - used <= {"churn_bad"}


def test_days_move_to_the_same_day_of_the_quarter() -> None:
    text = render_template("first_response", date(2027, 2, 3))
    plan = tomllib.loads(text)["goal"]["first_response_plan"]
    assert (plan["period"]["start"], plan["period"]["end"]) == (date(2027, 1, 1), date(2027, 4, 1))
    assert [one["date"] for one in plan["milestones"]] == [
        date(2027, 1, 20), date(2027, 2, 13), date(2027, 3, 1),
    ]  # fmt: skip
    assert plan["review"] == date(2027, 4, 8)


@pytest.mark.parametrize("month", range(1, 13))
def test_in_any_quarter_all_templates_load(month: int, tmp_path: Path) -> None:
    day = date(2028, month, 28)
    everything = loaded(tmp_path, *(render_template(name, day) for name in templates()))
    starts = {goal.period.start for goal in everything.goals.values()}
    assert starts == {date(2028, month - (month - 1) % 3, 1)}


def test_without_a_name_the_templates_are_listed(empty: Cli) -> None:
    for arguments in (["--template"], ["--template", "--level", "team"]):
        ran = empty("init", str(empty.folder), *arguments)
        assert (ran.code, ran.err) == (ExitCode.DONE, "")
        rows = [line.split()[0] for line in ran.out.splitlines()[1:] if line.startswith("  ")]
        assert set(templates()) <= set(rows)
        assert "First response: nobody waits" in ran.out
        assert "[company, department, team, person]" in ran.flat
    assert not empty.folder.exists()


def test_an_unknown_name_lists_them_too(empty: Cli) -> None:
    ran = empty("init", str(empty.folder), "--template", "first_respons")
    assert ran.code == ExitCode.CONFIG
    assert "Self-service: customers find" in ran.err
    assert 'there is no template first_respons; did you mean "first_response"?' in ran.err
    assert not empty.folder.exists()


def test_several_templates_and_a_level(empty: Cli) -> None:
    ran = empty(
        "init", str(empty.folder), "--template", "csat", "--template", "backlog", "--level", "team"
    )  # fmt: skip
    assert ran.code == ExitCode.DONE, ran.said
    assert sorted(path.name for path in (empty.folder / "mappings").iterdir()) == [
        "backlog.toml", "satisfaction.toml",
    ]  # fmt: skip
    checked = empty("check", "--offline")
    assert (checked.code, checked.err) == (ExitCode.DONE, "")


def test_a_template_is_added_to_what_is_there(cli: Cli) -> None:
    before = cli.config.read_text(encoding="utf-8")
    ran = cli("init", str(cli.folder), "--template", "first_response")
    assert ran.code == ExitCode.DONE, ran.said
    assert "connector lint" in ran.out
    assert cli.config.read_text(encoding="utf-8") == before
    again = cli("init", str(cli.folder), "--template", "first_reply")
    assert again.code == ExitCode.CONFIG
    assert "first_response.toml exists already" in again.err


@pytest.mark.parametrize(
    ("name", "said"),
    [("backlog", "it has company, department, team"), ("people", "it has none")],
)
def test_a_level_that_a_template_does_not_have_is_refused(empty: Cli, name: str, said: str) -> None:
    ran = empty("init", str(empty.folder), "--template", name, "--level", "person")
    assert ran.code == ExitCode.CONFIG
    assert f"the template {name} has nothing for level person: {said}" in ran.err
    assert not empty.folder.exists()


def test_a_template_works_as_it_was_written(cli: Cli) -> None:
    cli.mapping.unlink()
    assert cli("init", str(cli.folder), "--template", "first_response").code == ExitCode.DONE
    assert cli("check").code == ExitCode.DONE
    assert cli("setup", "--apply").code == ExitCode.DONE
    ran = cli("sync")
    assert ran.code == ExitCode.DONE, ran.said
    shown = cli("goals", "--json")
    judged = {one["id"]: one["status"] for one in json.loads(shown.out)}
    written = goal_ids("first_response")
    assert written < judged.keys()
    made = [id_ for id_ in judged if id_.startswith("first_response_of_each_of_")]
    assert len(made) > 1


def goal_ids(name: str) -> set[str]:
    return set(tomllib.loads(templates()[name].text)["goal"])


def a_desk_with_months_of_work() -> MemoryHelpdesk:
    """Return a helpdesk with one team, open day and night, whose customers rate it."""
    chance = random.Random(5)  # noqa: S311  # a fixed history, no secret
    desk = staffed()
    desk.now = datetime(2026, 5, 1, tzinfo=UTC)
    team = desk.add_group("Support")
    always = Schedule(id="1", name="A", timezone="UTC", intervals=((0, 10_080),), is_default=True)
    desk.add_schedule(always)
    desk.fields["7"] = SchemaField(id="7", title="Total time spent (sec)", kind="integer")
    for _ in range(12 * 72):
        ticket = asked(desk)
        desk.put(ticket, group_id=team, assignee_id=AGENT, priority=chance.choice(PRIORITIES))
        desk.advance(chance.uniform(60, 3600))
        desk.comment(ticket, by=AGENT)
        if chance.random() < 0.9:
            desk.set_status(ticket, "solved", by=AGENT)
            desk.rate(ticket, chance.choice(("good", "good", "good", "bad")))
        desk.advance(5400)
    return desk


@pytest.fixture(scope="module")
def reports(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, GoalReport]:
    """Return how the goals of all templates stand, by id, after one whole run."""
    desk = a_desk_with_months_of_work()
    runner = Runner(tmp_path_factory.mktemp("templates"))
    runner.write("config.toml", CONFIG.replace("enabled = true", "enabled = false"))
    (runner.folder / "mappings" / "goals.toml").unlink()
    for name in templates():
        runner.write(f"mappings/{name}.toml", render_template(name, date(2026, 8, 1)))
    runner.set_up(desk)
    assert runner.run(desk).report.problems == []
    job = runner.job(desk.now)
    with views(job) as seen:
        return {one.id: one for one in judge_all(job, seen).alone}


@pytest.mark.parametrize("name", sorted(templates()))
def test_every_goal_of_a_template_is_judged(name: str, reports: Mapping[str, GoalReport]) -> None:
    stand = {id_: GoalState(reports[id_].status) for id_ in goal_ids(name)}
    unknown = {id_ for id_, state in stand.items() if state in UNKNOWN}
    assert unknown <= OUTSIDE
    assert any(id_.startswith(f"{each}_of_") for each in stand for id_ in reports) is (
        name in CLASSIC
    )


def row_of(name: str, folder: Path) -> str:
    mappings = loaded(folder / name, templates()[name].text)
    aims, guards = (
        sorted(
            {
                mappings.kpis[one.kpi].measure
                for one in mappings.goals.values()
                if one.is_anti is way
            }
            if name != "people"
            else ()
        )
        for way in (False, True)
    )
    cells = [
        f"`{name}`",
        templates()[name].title.rstrip("."),
        ", ".join(f"`{one}`" for one in aims) or "evidence",
        ", ".join(f"`{one}`" for one in guards),
        ", ".join(templates()[name].levels),
    ]
    return f"| {' | '.join(cells)} |".replace("|  |", "| |").replace("|  |", "| |")


@pytest.mark.parametrize("name", sorted(templates()))
def test_the_guide_s_table_says_what_is_in_a_template(name: str, tmp_path: Path) -> None:
    assert row_of(name, tmp_path) in GUIDE.read_text(encoding="utf-8")


def test_the_guide_names_every_other_name() -> None:
    guide = GUIDE.read_text(encoding="utf-8")
    for other, name in ALIASES.items():
        assert f"`{other}` is `{name}`" in guide
