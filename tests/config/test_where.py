"""`where` as a person writes it: what is understood, and every mistake with its key."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

import jsonschema  # type: ignore[import-untyped]  # it has no types
import msgspec
import pytest

from connector.config.entry import KpiTable
from connector.config.mapping import load_mappings
from connector.config.phrases import in_words
from connector.config.schema import json_schemas
from connector.config.where import Condition, Filter
from connector.errors import MappingError
from connector.kpi.catalogue import definitions

KPI = '[kpi.x]\nmeasure = "first_reply_time"\nwhere = '


def read(where: str) -> Mapping[str, Condition]:
    """Return a `where` of a file as the connector takes it."""
    table = KpiTable.model_validate({"measure": "x", **tomllib.loads(f"where = {where}")})
    return table.where


def complaints(folder: Path, where: str) -> list[str]:
    (folder / "m.toml").write_text(KPI + where + "\n", encoding="utf-8")
    with pytest.raises(MappingError) as caught:
        load_mappings([folder], definitions())
    return [str(problem).partition("kpi.x.where")[2] for problem in caught.value.problems]


@pytest.mark.parametrize(
    ("where", "expected"),
    [
        ('{ group = "EMEA" }', {"group": ("EMEA",)}),
        ("{ assignee = [7, 8] }", {"assignee": ("7", "8")}),
        ('{ group = { not = "EMEA" } }', {"group": Filter(exclude=("EMEA",))}),
        (
            '{ tag = { any = ["a"], all = ["b", "c"], none = ["d"] } }',
            {"tag": Filter(any=("a",), all=("b", "c"), none=("d",))},
        ),
        ('{ "field.Product area" = "Billing" }', {"field.Product area": ("Billing",)}),
        ('{ "field.360001" = { min = 3, max = 8.5 } }', {"field.360001": Filter(min=3, max=8.5)}),
        ('{ "field.VIP" = true }', {"field.VIP": ("true",)}),
        (
            '{ created = { from = 2026-01-01, to = 2026-04-01, timezone = "Europe/Berlin" } }',
            {
                "created": Filter(
                    since=date(2026, 1, 1), until=date(2026, 4, 1), timezone="Europe/Berlin"
                )
            },
        ),
    ],
)
def test_what_is_written_is_understood(where: str, expected: Mapping[str, Condition]) -> None:
    assert read(where) == expected


@pytest.mark.parametrize(
    ("where", "said"),
    [
        ("{ created = 2026-01-01 }", ".created: must be a stretch of days, not 2026-01-01"),
        ("{ created = { form = 2026-01-01 } }", '.created.form: "created" has no "form"; did you'),
        ("{ group = { nto = 'a' } }", '.group.nto: "group" has no "nto"; did you mean "not"?'),
        ("{ group = { } }", ".group: an empty table says nothing; write { not = "),
        ("{ group = { not = [] } }", ".group.not: an empty list means no ticket at all"),
        ("{ group = { min = 3 } }", '.group.min: "group" has no "min"'),
        ('{ "field.a" = { min = "3" } }', '."field.a".min: must be a number, not "3"'),
        ('{ "field.a" = { min = 5, max = 3 } }', '."field.a".max: the range is empty: 5 is more'),
        (
            '{ "field.a" = { min = 5, to = 2026-01-01 } }',
            '."field.a": a range is of numbers or of days, not of both',
        ),
        ('{ "field.a" = false }', '."field.a": must be text or a list of texts, not false; write'),
        (
            '{ field.a = "b" }',
            '.field: names no field; write the field into the key, in quotes: "f',
        ),
        (
            "{ updated = { from = 2026-04-01, to = 2026-01-01 } }",
            ".updated.to: the range is empty: 2026-04-01 to 2026-01-01",
        ),
        (
            '{ created = { from = 2026-04-01, timezone = "Europe/Berln" } }',
            '.created.timezone: there is no time zone "Europe/Berln"; did you mean',
        ),
        ("{ created = { from = 1066-10-14 } }", ".created.from: must be a date from 1990"),
        ("{ created = { timezone = 'UTC' } }", ".created.timezone: only days have a time zone"),
        ("{ craeted = { from = 2026-01-01 } }", '.craeted: tickets cannot be told apart by "craet'),
    ],
)
def test_each_mistake_is_named_with_its_key(tmp_path: Path, where: str, said: str) -> None:
    (told,) = complaints(tmp_path, where)
    assert told.startswith(said)


def test_every_mistake_is_named_at_once(tmp_path: Path) -> None:
    where = '{ grop = "a", tag = { sum = "b" }, "field.x" = { min = true, max = "y" } }'
    assert len(complaints(tmp_path, where)) == 4


def test_a_filter_is_told_as_it_is_written() -> None:
    where = read('{ group = { not = "A" }, created = { from = 2026-01-01 }, tag = ["x"] }')
    assert msgspec.to_builtins(where, str_keys=True) == {
        "group": {"not": ("A",)}, "created": {"from": "2026-01-01"}, "tag": ("x",),
    }  # fmt: skip


@pytest.mark.parametrize(
    ("where", "words"),
    [
        ("{}", "all tickets"),
        ('{ group = ["A", "B"], channel = "email" }', "group A or B; channel email"),
        ('{ group = { not = ["A", "B"] } }', "group anything but A or B"),
        ('{ tag = { all = ["a", "b"], none = "c" } }', "tags a and b; no tag c"),
        ('{ tag = { any = ["a", "b"] } }', "tag a or b"),
        ('{ "field.Effort" = { min = 3, max = 8 } }', "Effort from 3 to 8"),
        ('{ "field.Effort" = { min = 3 } }', "Effort at least 3"),
        (
            "{ created = { from = 2026-01-01, to = 2026-04-01 } }",
            "created from 2026-01-01 and before 2026-04-01",
        ),
        (
            '{ created = { to = 2026-04-01, timezone = "Europe/Berlin" } }',
            "created before 2026-04-01 (Europe/Berlin)",
        ),
    ],
)
def test_a_where_is_said_in_words(where: str, words: str) -> None:
    assert in_words(read(where)) == words
    kept = msgspec.json.decode(msgspec.json.encode(read(where)))
    assert in_words(kept) == words


def marked(where: Any) -> bool:
    schema = json_schemas(definitions())["mapping"]
    kpi = {"measure": "first_reply_time", "where": where}
    return not jsonschema.Draft7Validator(schema).is_valid({"kpi": {"x": kpi}})


@pytest.mark.parametrize(
    ("where", "is_marked"),
    [
        ({"group": {"not": ["EMEA"]}}, False),
        ({"tag": {"any": ["a"], "all": "b", "none": ["c"]}}, False),
        ({"field.Product area": {"min": 3}}, False),
        ({"field.VIP": True}, False),
        ({"created": {"from": "2026-01-01", "to": "2026-04-01"}}, False),
        ({"group": {"min": 3}}, True),
        ({"created": "2026-01-01"}, True),
        ({"field.": "x"}, True),
        ({"group": {}}, True),
        ({"tag": {"none": []}}, True),
    ],
)
def test_an_editor_knows_the_filters(where: Any, is_marked: bool) -> None:  # noqa: FBT001  # of the table
    assert marked(where) is is_marked
