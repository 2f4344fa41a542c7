"""`[measure.ID]`: what an admin may define, what it becomes, and every mistake in it."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from connector.config.mapping import load_mappings
from connector.errors import MappingError
from connector.model.kpi import MeasureDefinition
from tests.config.conftest import Write

Definitions = Mapping[str, MeasureDefinition]

WHOLE = """\
[measure.effort]
kind = "number"
title = "Effort"
field = "Effort (min)"
unit = "min"
direction = "lower"

[measure.time_to_delivery]
kind = "date"
title = "Time to delivery"
field = "Delivered on"

[measure.promise_kept]
kind = "between"
title = "Delivered after the promise"
from = "field.Promised for"
to = "field.Delivered on"
timezone = "Europe/Berlin"

[measure.bugs]
kind = "tag"
title = "Share of bugs"
tag = "bug"
over = "solved"

[kpi.effort]
measure = "effort"
aggregate = "p90"
[kpi.delivery]
measure = "time_to_delivery"
clock = "business"
[kpi.bugs]
measure = "bugs"
[goal.less_effort]
title = "Less effort"
kpi = "effort"
owner = "me"
period = { start = 2026-10-01, end = 2027-01-01 }
baseline = "40 min"
target = "30 min"
"""


def complaints(text: str, write: Write, definitions: Definitions) -> list[str]:
    with pytest.raises(MappingError) as caught:
        load_mappings([write("m/a.toml", text).parent], definitions)
    return [f"{problem.line}: {problem.message}" for problem in caught.value.problems]


def test_own_measures_become_definitions_that_kpis_use(
    write: Write, definitions: Definitions
) -> None:
    mappings = load_mappings([write("m/a.toml", WHOLE).parent], definitions)
    effort = mappings.measures["effort"]
    assert (effort.family, effort.unit, effort.stamp, effort.template) == (
        "number", "s", "S", "custom/number",
    )  # fmt: skip
    assert effort.given == {"field": "Effort (min)", "stamp": "last_solved", "factor": 60}
    assert "Effort (min)" in effort.definition
    assert mappings.kpis["effort"].own == effort
    assert mappings.kpis["delivery"].own == mappings.measures["time_to_delivery"]
    assert mappings.goals["less_effort"].target is not None
    bugs = mappings.measures["bugs"]
    assert (bugs.family, bugs.aggregates, bugs.stamp) == ("rate", ("rate",), "S")
    promise = mappings.measures["promise_kept"]
    assert promise.given["start_field"] == "Promised for"
    assert promise.given["timezone"] == "Europe/Berlin"


def test_a_kpi_of_the_catalogue_has_no_definition_of_its_own(
    write: Write, definitions: Definitions
) -> None:
    text = '[kpi.x]\nmeasure = "reply_time"\n'
    kpi = load_mappings([write("m/a.toml", text).parent], definitions).kpis["x"]
    assert kpi.own is None
    assert kpi.definition_in(definitions) is definitions["reply_time"]


def test_own_measures_belong_to_the_folders_they_stand_in(
    write: Write, definitions: Definitions
) -> None:
    one = write("one/a.toml", WHOLE).parent
    two = write("two/b.toml", '[kpi.x]\nmeasure = "effort"\n').parent
    mappings = load_mappings([one, two], definitions)
    assert set(mappings.within([two]).measures) == set()
    assert set(mappings.within([one]).measures) == set(mappings.measures)
    assert mappings.within([two]).kpis["x"].own == mappings.measures["effort"]


NUMBER = '[measure.x]\nkind = "number"\ntitle = "X"\n'
BETWEEN = '[measure.x]\nkind = "between"\ntitle = "X"\n'
TAG = '[measure.x]\nkind = "tag"\ntitle = "X"\ntag = "bug"\n'


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (NUMBER, ["1: this key is required"]),
        (f'{NUMBER}field = "E"\ntag = "x"\n', ["5: a measure of this kind has no tag"]),
        (f'{NUMBER}field = "E"\nunit = "money"\n', ["5: money needs a currency"]),
        (f'{NUMBER}field = "E"\ncurrency = "EUR"\n', ["5: only money has a currency"]),
        (f'{NUMBER}field = "E"\nstamp = "end"\n', ["5: only a time has an end"]),
        (
            f'{BETWEEN}from = "creatd"\nto = "Done on"\n',
            ['4: "creatd" is no instant of a ticket', '5: "Done on" is no instant of a ticket'],
        ),
        (
            f'{BETWEEN}from = "created"\nto = "created"\n',
            ["5: the time starts and stops at the same instant"],
        ),
        (
            f'{TAG}over = "solved"\nstamp = "created"\n',
            ["6: solved tickets are dated by a solve"],
        ),
        (f"{TAG}[measure.reply_time]\n" + TAG.partition("\n")[2], [
            '5: the catalogue has a measure "reply_time" already',
        ]),
    ],
)  # fmt: skip
def test_every_mistake_in_a_measure_is_told(
    text: str, said: list[str], write: Write, definitions: Definitions
) -> None:
    assert complaints(text, write, definitions) == said


def test_several_mistakes_are_told_at_once_and_nothing_is_blamed_twice(
    write: Write, definitions: Definitions
) -> None:
    text = f'{NUMBER}feld = "E"\n[measure.y]\nkind = "tga"\ntitle = "Y"\n[kpi.a]\nmeasure = "x"\n'
    assert complaints(text, write, definitions) == [
        "1: this key is required",
        "4: unknown key",
        '6: must be "number" or "date" or "between" or "tag", not "tga"',
    ]


def test_a_measure_that_is_nearly_one_of_their_own_is_suggested(
    write: Write, definitions: Definitions
) -> None:
    with pytest.raises(MappingError, match='did you mean "bugs_share"'):
        load_mappings(
            [
                write(
                    "m/a.toml",
                    TAG.replace("measure.x", "measure.bugs_share")
                    + '[kpi.a]\nmeasure = "bug_share"\n',
                ).parent
            ],
            definitions,
        )
