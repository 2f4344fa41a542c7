"""The files that come with the project: example, templates and mappings."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path

import pytest
from pydantic import BaseModel

from connector.cli.init import write_project
from connector.cli.templates import WRITTEN, quarter, render_template, templates
from connector.config.mapping import TABLES, MilestoneTable, OverrideTable, load_mappings
from connector.config.settings import (
    HelpdeskTable,
    LimitsTable,
    PeopleTable,
    Settings,
    load_settings,
)
from connector.errors import MappingError, UsageError
from connector.kpi.catalogue import definitions as catalogue

ROOT = Path(__file__).resolve().parents[2]
EXAMPLE = ROOT / "config.example.toml"
GUIDE = ROOT / "docs" / "configuring-mappings.md"
IMPORTS = ROOT / "docs" / "imports.md"


def keys_of(model: type[BaseModel]) -> set[str]:
    return {field.alias or name for name, field in model.model_fields.items()}


def test_the_example_loads_and_shows_the_defaults() -> None:
    settings = load_settings(EXAMPLE, {"ZENDESK_CLIENT_SECRET": "x"}, with_secrets=True)
    defaults = Settings()
    assert settings.run == defaults.run
    assert settings.writeback == defaults.writeback
    assert settings.store.path == ROOT / defaults.store.path
    assert settings.helpdesk[0].limits == LimitsTable()
    assert settings.helpdesk[0].people == PeopleTable()
    assert settings.helpdesk[0].mappings == HelpdeskTable.model_fields["mappings"].default


def test_every_key_of_the_models_occurs_in_the_example_with_a_reason() -> None:
    rows = EXAMPLE.read_text(encoding="utf-8").splitlines()
    tables = [field.default for field in Settings.model_fields.values()]
    models = {type(table) for table in tables if isinstance(table, BaseModel)}
    models |= {HelpdeskTable, LimitsTable, PeopleTable}
    wanted = {key for model in models for key in keys_of(model)}
    wanted |= keys_of(Settings)
    shown = {match[1] for row in rows if (match := re.match(r"(?:# )?(\w+) = ", row))}
    shown |= {match[1] for row in rows if (match := re.match(r"\[+(?:helpdesk\.)?(\w+)\]", row))}
    assert wanted - shown == set()
    without_reason = [row for row in rows if re.match(r"\w+ = ", row) and "#" not in row]
    assert [row.partition(" ")[0] for row in without_reason] == [
        "share_of_exports", "share_of_requests",
    ]  # fmt: skip


def test_every_key_of_a_mapping_occurs_in_the_guide() -> None:
    guide = GUIDE.read_text(encoding="utf-8") + IMPORTS.read_text(encoding="utf-8")
    models: tuple[type[BaseModel], ...] = (*TABLES.values(), MilestoneTable, OverrideTable)
    wanted = {key for model in models for key in keys_of(model)}
    assert {key for key in wanted if f"`{key}`" not in guide} == set()


def test_the_guide_shows_what_is_really_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    section = GUIDE.read_text(encoding="utf-8").partition("## Mistakes")[2]
    (mapping,) = re.findall(r"```toml\n(.*?)```", section, re.DOTALL)
    (shown,) = re.findall(r"```text\n(.*?)```", section, re.DOTALL)
    monkeypatch.chdir(tmp_path)
    Path("mappings").mkdir()
    Path("mappings/emea.toml").write_text(mapping, encoding="utf-8")
    with pytest.raises(MappingError) as caught:
        load_mappings([Path("mappings")], catalogue())
    assert str(caught.value) == shown.strip()


def test_the_guide_s_examples_load(tmp_path: Path) -> None:
    blocks = re.findall(r"```toml\n(.*?)```", GUIDE.read_text(encoding="utf-8"), re.DOTALL)[:-1]
    rates = '[kpi.reopen_rate]\nmeasure = "reopen_rate"\n'
    (tmp_path / "all.toml").write_text("\n".join([*blocks, rates]), encoding="utf-8")
    mappings = load_mappings([tmp_path], catalogue())
    assert {goal.kind for goal in mappings.goals.values()} == {
        "key_result", "anti_goal", "backward", "development",
    }  # fmt: skip
    assert (set(mappings.objectives), set(mappings.visions)) == (
        {"happier_customers", "quick_help"},
        {"looked_after"},
    )


def test_the_shipped_mappings_load_together() -> None:
    mappings = load_mappings([ROOT / "mappings"], catalogue())
    kinds = {goal.kind for goal in mappings.goals.values()}
    assert kinds == {"key_result", "anti_goal", "backward", "development"}
    assert {kpi.measure for kpi in mappings.kpis.values()} >= {
        "first_reply_time", "reopen_rate", "csat_pct", "backlog",
    }  # fmt: skip


@pytest.mark.parametrize("name", sorted(templates()))
def test_the_shipped_mappings_are_what_init_writes(name: str) -> None:
    shipped = (ROOT / "mappings" / f"{name}.toml").read_text(encoding="utf-8")
    assert shipped == render_template(name, WRITTEN), "copy the template over it"


def test_mappings_holds_the_templates_and_nothing_else() -> None:
    assert {path.stem for path in (ROOT / "mappings").glob("*.toml")} == set(templates())


@pytest.mark.parametrize("template", sorted(templates()))
def test_a_new_project_loads_as_it_is(template: str, tmp_path: Path) -> None:
    project = write_project(
        tmp_path / "new", [template], today=date(2026, 5, 17), url="https://acme.example"
    )
    settings = load_settings(tmp_path / "new" / "config.toml", {})
    mappings = load_mappings([settings.folder / "mappings"], catalogue())
    periods = {goal.period.start for goal in mappings.goals.values()}
    assert periods == {date(2026, 4, 1)}
    assert {goal.period.end for goal in mappings.goals.values()} == {date(2026, 7, 1)}
    assert settings.helpdesk[0].options["url"] == "https://acme.example"
    assert settings.writeback.enabled is False
    assert [path.name for path in project.files] == [
        "config.toml",
        f"{template}.toml",
        ".gitignore",
    ]


def test_a_new_project_says_what_comes_next(tmp_path: Path) -> None:
    steps = write_project(tmp_path, today=date(2026, 5, 17)).next_steps
    assert steps[0] == f"cd {tmp_path}"
    assert "the address of your helpdesk" in steps[1]
    assert steps[2] == "export ZENDESK_CLIENT_SECRET=..."


@pytest.mark.parametrize("name", ["config.toml", "mappings/starter.toml"])
def test_nothing_is_overwritten_and_nothing_half_written(name: str, tmp_path: Path) -> None:
    path = tmp_path / name
    path.parent.mkdir(exist_ok=True)
    path.write_text("mine", encoding="utf-8")
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises(UsageError) as caught:
        write_project(tmp_path, today=date(2026, 5, 17))
    assert str(caught.value) == f"{path} exists already; remove it, or name another folder"
    assert path.read_text(encoding="utf-8") == "mine"
    assert sorted(tmp_path.rglob("*")) == before


def test_a_gitignore_that_is_there_already_stays(tmp_path: Path) -> None:
    (tmp_path / ".gitignore").write_text("mine", encoding="utf-8")
    project = write_project(tmp_path, today=date(2026, 5, 17))
    assert (tmp_path / ".gitignore").read_text(encoding="utf-8") == "mine"
    assert tmp_path / ".gitignore" not in project.files


def test_an_unknown_template_is_refused_with_the_known_ones(tmp_path: Path) -> None:
    with pytest.raises(UsageError) as caught:
        write_project(tmp_path / "new", ["stater"], today=date(2026, 5, 17))
    assert str(caught.value) == 'there is no template stater; did you mean "starter"?'
    assert not (tmp_path / "new").exists()


def test_a_folder_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    with pytest.raises(UsageError, match="cannot be written: "):
        write_project(tmp_path / "file" / "new", today=date(2026, 5, 17))


@pytest.mark.parametrize(
    ("today", "start", "end"),
    [
        (date(2026, 1, 1), date(2026, 1, 1), date(2026, 4, 1)),
        (date(2026, 6, 30), date(2026, 4, 1), date(2026, 7, 1)),
        (date(2026, 9, 30), date(2026, 7, 1), date(2026, 10, 1)),
        (date(2026, 12, 31), date(2026, 10, 1), date(2027, 1, 1)),
    ],
)
def test_a_quarter_begins_in_january_april_july_and_october(
    today: date, start: date, end: date
) -> None:
    assert quarter(today) == (start, end)
