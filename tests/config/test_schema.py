from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import jsonschema  # type: ignore[import-untyped]  # it has no types
import pytest

from connector.cli.schema import schema_text, write_schemas
from connector.config.schema import json_schemas
from connector.errors import UsageError
from connector.kpi.catalogue import definitions as catalogue
from connector.model.kpi import MeasureDefinition

ROOT = Path(__file__).resolve().parents[2]
SHIPPED = sorted((ROOT / "mappings").glob("*.toml"))


def as_editor_sees(text: str) -> Any:
    """Read TOML with dates as text, which is how editors check them."""
    return json.loads(json.dumps(tomllib.loads(text), default=str))


def complaints(name: str, text: str, definitions: Mapping[str, MeasureDefinition]) -> list[str]:
    schema = json_schemas(definitions)[name]
    checker = jsonschema.Draft7Validator(schema)
    return [error.message for error in checker.iter_errors(as_editor_sees(text))]


@pytest.mark.parametrize("name", ["config", "mapping"])
def test_the_schemas_are_schemas(name: str) -> None:
    jsonschema.Draft7Validator.check_schema(json_schemas(catalogue())[name])


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: str(path.name))
def test_shipped_mappings_fit_the_schema(path: Path) -> None:
    assert complaints("mapping", path.read_text(encoding="utf-8"), catalogue()) == []


def test_the_example_fits_the_schema() -> None:
    text = (ROOT / "config.example.toml").read_text(encoding="utf-8")
    assert complaints("config", text, catalogue()) == []


PERIOD = 'owner = "me"\nperiod = { start = 2026-10-01, end = 2027-01-01 }\n'


BACKWARD = (
    f'[goal.x]\nkind = "backward"\ntitle = "X"\nkpi = "a"\ntarget = 1\n{PERIOD}'
    "[[goal.x.milestones]]\n"
)
EACH = f'[goal.x]\ntitle = "X"\nkpi = "a"\ntarget = 1\nfor_each = "assignee"\n{PERIOD}'


def test_the_guide_s_goals_fit_the_schema() -> None:
    guide = (ROOT / "docs" / "configuring-mappings.md").read_text(encoding="utf-8")
    blocks = re.findall(r"```toml\n(.*?)```", guide, re.DOTALL)[:-1]
    goals = [block for block in blocks if "[goal." in block or "[objective." in block]
    assert len(goals) == 6
    assert [complaints("mapping", block, catalogue()) for block in goals] == [[]] * len(goals)


def test_an_editor_accepts_steps_and_overrides() -> None:
    step = 'name = "m"\ndate = 2026-11-01\nduration = 2\ndepends_on = ["n"]\n'
    assert complaints("mapping", BACKWARD + step, catalogue()) == []
    override = '[goal.x.override."Ann Lee"]\nreason = "new"\ntarget = "2 h"\npaused = false\n'
    assert complaints("mapping", EACH + override, catalogue()) == []


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("mapping", '[kpi.a]\nmeasure = "gone"'),
        ("mapping", '[kpi.a]\nmeasure = "satisfaction"\naggregate = "median"'),
        ("mapping", '[kpi.a]\nmeasure = "satisfaction"\nclock = "business"'),
        ("mapping", '[kpi.a]\nmeasure = "reply_time"\naggregate = "within"'),
        ("mapping", '[kpi.a]\nmeasure = "reply_time"\nwhere = { grop = "x" }'),
        ("mapping", '[kpi.A]\nmeasure = "reply_time"'),
        ("mapping", "[kpis.a]"),
        ("mapping", f'[goal.x]\ntitle = "X"\nkpi = "a"\n{PERIOD}'),
        ("mapping", f'[goal.x]\ntitle = "X"\nkpi = "a"\nkind = "anti_goal"\ntarget = 1\n{PERIOD}'),
        ("mapping", f'[goal.status]\ntitle = "X"\nkpi = "a"\ntarget = 1\n{PERIOD}'),
        ("mapping", f'[goal.x]\ntitle = "X"\nkpi = "a"\ntarget = "soon"\n{PERIOD}'),
        ("mapping", f'[goal.x]\ntitle = "X"\nkind = "development"\nkpi = "a"\n{PERIOD}'),
        ("mapping", f'[goal.x]\ntitle = "X"\ntarget = 1\n{PERIOD}'),
        ("mapping", f"{BACKWARD}date = 2026-11-01"),
        ("mapping", f'{BACKWARD}name = "m"\ndate = 2026-11-01\nduration = 0'),
        ("mapping", f'{BACKWARD}name = "m"\ndate = 2026-11-01\nowners = "me"'),
        ("mapping", f'{EACH}[goal.x.override."Ann Lee"]\ntarget = 2'),
        ("mapping", f'{EACH}[goal.x.override."Ann Lee"]\nreason = "new"\nlevel = "team"'),
        ("mapping", f"{EACH}weight = -1"),
        ("mapping", '[vision.a]\nowner = "me"'),
        ("mapping", '[objective.a]\ntitle = "A"\ncommitment = "maybe"'),
        ("config", "[writeback]\nenabled = true"),
        ("config", '[[helpdesk]]\nname = "a"\nkind = "b"\n[helpdesk.options]\ntoken = "written"'),
        ("config", '[[helpdesk]]\nname = "a"\nkind = "b"\n[writeback]\npeople = "maybe"'),
    ],
)
def test_an_editor_marks_what_is_wrong(
    name: str, text: str, definitions: Mapping[str, MeasureDefinition]
) -> None:
    assert complaints(name, text, definitions) != []


@pytest.mark.parametrize(
    "kpi",
    [
        'measure = "reopen_rate"\nvariant = "dbt"',
        'measure = "fcr_system"\nsettings = { window = "3 d" }',
        'measure = "first_level_resolution"\nsettings = { tiers = ["Tier 1"] }',
    ],
)
def test_an_editor_accepts_variants_and_settings_of_a_measure(kpi: str) -> None:
    assert complaints("mapping", f"[kpi.a]\n{kpi}\n", catalogue()) == []


@pytest.mark.parametrize(
    "kpi",
    [
        'measure = "reopen_rate"\nvariant = "dbtt"',
        'measure = "reopen_rate.dbt"',
        'measure = "first_reply_time"\nvariant = "dbt"',
        'measure = "fcr_system"\nsettings = { windw = "3 d" }',
        'measure = "first_level_resolution"\nsettings = { tiers = 1 }',
    ],
)
def test_an_editor_marks_variants_and_settings_of_other_measures(kpi: str) -> None:
    assert complaints("mapping", f"[kpi.a]\n{kpi}\n", catalogue()) != []


def test_an_editor_knows_own_measures_and_their_kinds(
    definitions: Mapping[str, MeasureDefinition],
) -> None:
    text = '[measure.a]\nkind = "number"\ntitle = "A"\nfield = "Effort"\n'
    assert complaints("mapping", text, definitions) == []
    assert complaints("mapping", text.replace("number", "numbr"), definitions) != []
    assert complaints("mapping", text.replace("field", "feld"), definitions) != []


def test_every_key_is_described() -> None:
    def undescribed(part: Any, path: str = "") -> list[str]:
        found = []
        for key, value in part.get("properties", {}).items():
            known = "description" in value or "$ref" in value or path.endswith(("where", "only"))
            found += [] if known else [f"{path}.{key}"]
            found += undescribed(value, f"{path}.{key}")
        inner = part.get("additionalProperties")
        found += undescribed(inner, f"{path}.*") if isinstance(inner, dict) else []
        for name, definition in part.get("definitions", {}).items():
            found += undescribed(definition, name)
        return found

    schemas = json_schemas(catalogue())
    assert [key for schema in schemas.values() for key in undescribed(schema)] == [
        ".measure", ".import", ".kpi", ".vision", ".objective", ".goal",
    ]  # fmt: skip


def test_schemas_are_written_for_editors(
    tmp_path: Path, definitions: Mapping[str, MeasureDefinition]
) -> None:
    paths = write_schemas(tmp_path / "new", definitions)
    assert [path.name for path in paths] == ["config.schema.json", "mapping.schema.json"]
    assert json.loads(paths[1].read_text(encoding="utf-8")) == json_schemas(definitions)["mapping"]
    assert json.loads(schema_text(definitions)) == json_schemas(definitions)
    with pytest.raises(UsageError, match="cannot be written: "):
        write_schemas(paths[0], definitions)
    with pytest.raises(UsageError, match="there is no schema x; choose one of config, mapping"):
        schema_text(definitions, "x")


def test_editors_know_the_fiftieth_percentile() -> None:
    text = '[kpi.a]\nmeasure = "first_reply_time"\naggregate = "p50"'
    assert complaints("mapping", text, catalogue()) == []
