from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from connector.config.mapping import (
    TABLES,
    PeriodTable,
    Quantity,
    ShowTable,
    TicketRuleTable,
    load_mappings,
)
from connector.errors import MappingError, Problem
from connector.model.kpi import MeasureDefinition
from tests.config.conftest import Write

Definitions = Mapping[str, MeasureDefinition]

KPIS = """\
[kpi.first_reply]
measure = "reply_time"
clock = "business"
[kpi.in_time]
measure = "reply_time"
aggregate = "within"
limit = "4 h"
[kpi.happy]
measure = "satisfaction"
[kpi.again]
measure = "reopened"
[kpi.pile]
measure = "open_tickets"
[kpi.new]
measure = "arrivals"
[kpi.full]
measure = "full_time"
"""
GOAL = """\
[goal.x]
title = "X"
kpi = "{kpi}"
owner = "me"
period = {{ start = 2026-10-01, end = 2027-01-01 }}
"""


def complaints(folders: list[Path], definitions: Definitions) -> list[str]:
    with pytest.raises(MappingError) as caught:
        load_mappings(folders, definitions)
    return str(caught.value).replace(str(folders[0].parent) + "/", "").splitlines()


def problems_in(folder: Path, definitions: Definitions) -> tuple[Problem, ...]:
    try:
        load_mappings([folder], definitions)
    except MappingError as error:
        return error.problems
    return ()


def about_goal(body: str, write: Write, definitions: Definitions, kpi: str = "first_reply") -> str:
    write("m/kpis.toml", KPIS)
    path = write("m/goal.toml", GOAL.format(kpi=kpi) + body)
    found = complaints([path.parent], definitions)
    assert len(found) == 1, found
    return found[0].removeprefix("m/goal.toml:")


def about_kpi(body: str, write: Write, definitions: Definitions) -> str:
    found = complaints([write("m/kpi.toml", f"[kpi.x]\n{body}").parent], definitions)
    assert len(found) == 1, found
    return found[0].removeprefix("m/kpi.toml:")


def test_a_whole_mapping_is_read(write: Write, definitions: Definitions) -> None:
    text = """\
[objective.happier]
title = "Customers feel looked after"
level = "department"
[goal.faster]
kind = "key_result"
title = "Faster first reply"
objective = "happier"
kpi = "first_reply"
level = "team"
owner = "EMEA support lead"
period = { start = 2026-10-01, end = 2027-01-01, timezone = "Europe/Berlin" }
baseline = "95 min"
target = "60 min"
why = "Waiting"
business_effect = "Churn"
ticket = { limit = "60 min", due_soon = "15 min" }
show = { status = "at_once", tag = true }
"""
    write(
        "m/kpis.toml", KPIS.replace('"business"\n', '"business"\nwhere = { group = "EMEA" }\n', 1)
    )
    mappings = load_mappings([write("m/goals.toml", text).parent], definitions)
    goal = mappings.goals["faster"]
    assert goal.baseline == Quantity(5_700, "s")
    assert goal.target == Quantity(3_600, "s")
    assert goal.ticket == TicketRuleTable(limit=Quantity(3_600, "s"), due_soon=Quantity(900, "s"))
    assert goal.show == ShowTable(status="at_once", tag=True)
    assert mappings.objectives["happier"].level == "department"
    assert mappings.kpis["first_reply"].where == {"group": ("EMEA",)}
    path, line = mappings.origin["goal.faster"]
    assert (path.name, line) == ("goals.toml", 4)


def test_problems_in_two_files_are_told_at_once(write: Write, definitions: Definitions) -> None:
    write("m/a.toml", '[kpi.first_reply]\nmeasure = "reply_tme"\n[kpi.ok]\nmeasure = "reopened"\n')
    text = GOAL.format(kpi="okay") + 'targt = "1 h"\ntarget = "-"\n'
    folder = write("m/b.toml", text).parent
    write("m/c.toml", "[goal.y]\ntitle = Quick\n")
    assert complaints([folder], definitions) == [
        (
            'm/a.toml:2: kpi.first_reply.measure: there is no measure "reply_tme"; '
            'did you mean "reply_time"?'
        ),
        'm/b.toml:6: goal.x.targt: unknown key; did you mean "target"?',
        (
            'm/b.toml:7: goal.x.target: cannot read "-"; '
            'write for example "95 min", "1.5 h", "2 d", "90 %" or 200'
        ),
        'm/c.toml:2: expected a value here (column 9); text needs quotes: title = "Quick"',
    ]
    write("m/c.toml", "")
    assert 'm/b.toml:3: goal.x.kpi: there is no KPI "okay"; did you mean "ok"?' in complaints(
        [folder], definitions
    )


def test_a_malformed_key_does_not_hide_other_problems_of_its_goal(
    write: Write, definitions: Definitions
) -> None:
    write("m/kpis.toml", KPIS)
    text = GOAL.format(kpi="first_reply").replace("end = 2027", "end = 2026")
    folder = write("m/goal.toml", text + 'targt = 1\ntarget = "90 %"\nlevel = "Team"\n').parent
    keys = [row.split(": ")[1] for row in complaints([folder], definitions)]
    assert keys == [
        "goal.x.period.end", "goal.x.targt", "goal.x.target", "goal.x.level",
    ]  # fmt: skip


def test_a_faulty_kpi_is_not_blamed_on_its_goals(write: Write, definitions: Definitions) -> None:
    text = '[kpi.k]\nmeasure = "reply_time"\naggregate = "withn"\nlimit = "1 h"\n'
    folder = write("m/a.toml", text + GOAL.format(kpi="k") + 'target = "90 %"\n').parent
    assert complaints([folder], definitions) == [
        'm/a.toml:3: kpi.k.aggregate: reply_time has no aggregate "withn"; did you mean "within"?',
        (
            "m/a.toml:4: kpi.k.limit: only a share within has a limit; "
            'write aggregate = "within", or leave the limit out'
        ),
    ]


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ("", "1: kpi.x.measure: this key is required"),
        ('measure = "reply_time"\naggregat = "mean"',
         '3: kpi.x.aggregat: unknown key; did you mean "aggregate"?'),
        ('measure = "satisfaction"\nclock = "business"',
         "3: kpi.x.clock: satisfaction has no business clock; it has: calendar"),
        ('measure = "reply_time"\nclock = "bussiness"',
         ('3: kpi.x.clock: must be "calendar" or "business", not "bussiness"; '
         'did you mean "business"?')),
        ('measure = "satisfaction"\naggregate = "median"',
         '3: kpi.x.aggregate: satisfaction has no aggregate "median"; it has: rate'),
        ('measure = "reply_time"\naggregate = "within"',
         ('3: kpi.x.aggregate: aggregate = "within" needs a limit; '
         'write for example limit = "4 h"')),
        ('measure = "reply_time"\naggregate = "within"\nlimit = "90 %"',
         ('4: kpi.x.limit: "90 %" is not a time, which reply_time is; '
         'write it with its unit: "60 min"')),
        ('measure = "reply_time"\naggregate = "within"\nlimit = "0 s"',
         "4: kpi.x.limit: must be more than 0"),
        ('measure = "reply_time"\nvariant = "other"',
         '3: kpi.x.variant: reply_time has no variant "other"; leave the key out'),
        ('measure = "reply_time"\nwhere = { grop = "a" }',
         '3: kpi.x.where.grop: tickets cannot be told apart by "grop"; did you mean "group"?'),
        ('measure = "reply_time"\nwhere = { tag = [] }',
         "3: kpi.x.where.tag: an empty list means no ticket at all; leave the key out for all"),
        ('measure = "reply_time"\n[kpi.x.where]\ngroup = ["a", true]',
         "4: kpi.x.where.group: must be text or a list of texts, not true"),
    ],
)  # fmt: skip
def test_a_mistake_in_a_kpi(
    body: str, message: str, write: Write, definitions: Definitions
) -> None:
    assert about_kpi(body, write, definitions) == message


@pytest.mark.parametrize(
    ("kpi", "body", "message"),
    [
        ("first_repl", 'target = "1 h"',
         '3: goal.x.kpi: there is no KPI "first_repl"; did you mean "first_reply"?'),
        ("zebra", 'target = "1 h"',
         ('3: goal.x.kpi: there is no KPI "zebra"; '
         "known: again, first_reply, full, happy, in_time, new, pile")),
        ("first_reply", 'target = "1 h"\nobjective = "gone"',
         '7: goal.x.objective: there is no objective "gone"; write a table [objective.gone]'),
        ("first_reply", "", "1: goal.x.target: this key is required"),
        ("first_reply", 'limit = "1 h"\ntarget = "1 h"',
         '6: goal.x.limit: only anti-goals have a limit; write "target"'),
        ("first_reply", 'target = "1 h"\nwarning = "1 h"',
         "7: goal.x.warning: only anti-goals have a warning; leave the key out"),
        ("again", 'kind = "anti_goal"',
         '1: goal.x.limit: this key is required; an anti-goal has a "limit" instead of a target'),
        ("again", 'kind = "anti_goal"\nlimit = "5 %"\ntarget = "5 %"',
         '8: goal.x.target: an anti-goal has no target; write "limit" for the value never to pass'),
        ("first_reply", 'target = "2 h"\nbaseline = "95 min"',
         ("6: goal.x.target: the target 2 h is on the wrong side of the baseline 1 h 35 min; "
         "lower is better for reply_time")),
        ("happy", 'target = "80 %"\nbaseline = "84 %"',
         ("6: goal.x.target: the target 80 % is on the wrong side of the baseline 84 %; "
         "higher is better for satisfaction")),
        ("in_time", 'target = "80 %"\nbaseline = 0.84',
         ("6: goal.x.target: the target 80 % is on the wrong side of the baseline 84 %; "
         "higher is better for the share of reply_time within the limit")),
        ("again", 'kind = "anti_goal"\nlimit = "5 %"\nwarning = "8 %"',
         ("8: goal.x.warning: the warning 8 % is on the wrong side of the limit 5 %; "
         "lower is better for reopened")),
        ("happy", 'kind = "anti_goal"\nlimit = "85 %"\nwarning = "80 %"',
         ("8: goal.x.warning: the warning 80 % is on the wrong side of the limit 85 %; "
         "higher is better for satisfaction")),
        ("again", 'kind = "anti_goal"\nlimit = "5 %"\nbaseline = "8 %"',
         ("7: goal.x.limit: the limit 5 % is on the wrong side of the baseline 8 %; "
         "lower is better for reopened")),
        ("happy", 'target = "60 min"',
         ('6: goal.x.target: "60 min" is not a percentage, which satisfaction is; '
         'write for example "90 %"')),
        ("happy", "target = 90",
         ('6: goal.x.target: 90 is not a percentage, which satisfaction is; '
         'write for example "90 %"')),
        ("happy", "target = 1",
         ('6: goal.x.target: 1 is not a percentage, which satisfaction is; '
         'write for example "90 %"')),
        ("first_reply", "target = 60",
         ('6: goal.x.target: 60 is not a time, which reply_time is; '
         'write it with its unit: "60 min"')),
        ("pile", 'target = "90 %"',
         ('6: goal.x.target: "90 %" is not a plain number, which open_tickets is; '
         "write it without a unit: 200")),
        ("first_reply", 'target = "2 d"',
         ('6: goal.x.target: "2 d" is unclear: a working day has fewer hours; '
         'write business hours: "16 h"')),
        ("happy", 'target = "140 %"',
         '6: goal.x.target: "140 %" is out of reach for satisfaction; it runs from 0 % to 100 %'),
        ("pile", "target = -5",
         "6: goal.x.target: -5 is out of reach for open_tickets; it is never below 0"),
        ("new", "target = 100",
         ("1: goal.x.baseline: no side of arrivals is better by itself, so the goal needs a "
         'baseline; write a value or "from_history"')),
        ("first_reply", 'target = "1 h"\nbaseline = "from_histroy"',
         ('7: goal.x.baseline: cannot read "from_histroy"; write a value such as "95 min", '
         'or "from_history"')),
        ("happy", 'target = "90 %"\nticket = { limit = "1 h" }',
         ("7: goal.x.ticket: no single event settles satisfaction for one ticket; "
         "leave the key out: the goal still stands, tickets show its status")),
        ("happy", 'target = "90 %"\nticket = "sla"',
         ("7: goal.x.ticket: no single event settles satisfaction for one ticket; "
         "leave the key out: the goal still stands, tickets show its status")),
        ("full", 'target = "1 d"\nticket = "sla"',
         ("7: goal.x.ticket: full_time settles 14 d later, when a ticket may be closed; "
         "give the rule to a goal for the first reply or solution")),
        ("first_reply", 'target = "1 h"\nticket = "slo"',
         ('7: goal.x.ticket: "slo" is no rule for tickets; '
         'write { limit = "60 min", due_soon = "15 min" } or "sla"')),
        ("first_reply", 'target = "1 h"\nticket = true',
         "7: goal.x.ticket: must be a table: { key = value }, not true"),
        ("first_reply", 'target = "1 h"\nticket = { due_soon = "1 h" }',
         "7: goal.x.ticket.limit: this key is required"),
        ("in_time", 'target = "90 %"\nticket = { limit = "90 %" }',
         ('7: goal.x.ticket.limit: "90 %" is not a time, which reply_time is; '
         'write it with its unit: "60 min"')),
        ("first_reply", 'target = "1 h"\nticket = { limit = "1 h", due_soon = "2 h" }',
         ("7: goal.x.ticket.due_soon: 2 h is longer than the limit of 1 h; "
         "it counts back from the limit")),
        ("first_reply", 'target = "1 h"\nticket = { limit = "0 min" }',
         "7: goal.x.ticket.limit: must be more than 0"),
        ("first_reply", 'target = "1 h"\nshow = { status = "hourly" }',
         '7: goal.x.show.status: must be "with_ticket" or "daily" or "at_once", not "hourly"'),
        ("first_reply", 'target = "1 h"\nkind = "anti-goal"',
         ('7: goal.x.kind: must be "key_result" or "anti_goal" or "backward" or "simple" or '
         '"development", not "anti-goal"; did you mean "anti_goal"?')),
        ("first_reply", 'target = "1 h"\nwhy = " "', "7: goal.x.why: must not be empty"),
    ],
)  # fmt: skip
def test_a_mistake_in_a_goal(
    kpi: str, body: str, message: str, write: Write, definitions: Definitions
) -> None:
    assert about_goal(body, write, definitions, kpi) == message


@pytest.mark.parametrize(
    ("period", "message"),
    [
        ("start = 2026-10-01, end = 2026-01-01",
         ("period.end: the period ends on 2026-01-01, before it starts on 2026-10-01; "
         "exchange the two, or correct the year")),
        ("start = 2026-10-01, end = 2026-10-01",
         ("period.end: the period is empty: it starts and ends on 2026-10-01; "
         "the end is the first day after the period")),
        ("start = 2026-10-01", "period.end: this key is required"),
        ("start = 20261001, end = 2027-01-01",
         "period.start: must be a date such as 2026-10-01, not 20261001"),
        ("start = 0001-01-01, end = 2027-01-01",
         "period.start: must be a date from 1990 to 2200, not 0001-01-01"),
        ('start = "1 Oct", end = 2027-01-01',
         'period.start: must be a date such as 2026-10-01, not "1 Oct"'),
        ('start = 2026-10-01, end = 2027-01-01, timezone = "Europe/Berln"',
         'period.timezone: there is no time zone "Europe/Berln"; did you mean "Europe/Berlin"?'),
        ('start = 2026-10-01, end = 2027-01-01, timezone = "New York"',
         'period.timezone: there is no time zone "New York"; did you mean "America/New_York"?'),
        ('start = 2026-10-01, end = 2027-01-01, timezone = "../etc"',
         'period.timezone: there is no time zone "../etc"; zones look like "Europe/Berlin"'),
    ],
)  # fmt: skip
def test_a_mistake_in_a_period(
    period: str, message: str, write: Write, definitions: Definitions
) -> None:
    goal = GOAL.format(kpi="happy").partition("period")[0] + 'target = "90 %"\n'
    goal += f"period = {{ {period} }}\n"
    write("m/kpis.toml", KPIS)
    folder = write("m/goal.toml", goal).parent
    assert complaints([folder], definitions) == [f"m/goal.toml:6: goal.x.{message}"]


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("status", 'a goal cannot be called "status"; reserved: any, outcome, status'),
        ("Faster", '"Faster" cannot be an id; use a-z, 0-9 and "_", and start with a letter'),
        ("a-b", '"a-b" cannot be an id; use a-z, 0-9 and "_", and start with a letter'),
        ("a__b", ('an id holds no "__" and does not end in "_": "a__b"; '
                 'tags use "__" between their parts')),
        ("a_", ('an id holds no "__" and does not end in "_": "a_"; '
               'tags use "__" between their parts')),
        ("a" * 41, "an id has at most 40 letters, since tags must stay short; this one has 41"),
    ],
)  # fmt: skip
def test_an_id_must_fit_into_a_tag(
    name: str, message: str, write: Write, definitions: Definitions
) -> None:
    text = KPIS + GOAL.format(kpi="happy").replace("goal.x", f"goal.{name}") + 'target = "90 %"\n'
    folder = write("m/goal.toml", text).parent
    assert complaints([folder], definitions) == [f"m/goal.toml:18: goal.{name}: {message}"]


def test_one_id_in_two_files_names_both_places(write: Write, definitions: Definitions) -> None:
    write("m/a.toml", '\n[kpi.k]\nmeasure = "reopened"\n')
    folder = write("m/b.toml", '[kpi.k]\nmeasure = "reopened"\n').parent
    assert complaints([folder], definitions) == [
        (
            "m/b.toml:1: kpi.k: m/a.toml:2 has the same id; "
            "ids are unique over all files: rename one of them"
        )
    ]


def test_a_goal_and_its_kpi_stand_in_one_folder(write: Write, definitions: Definitions) -> None:
    one = write("m/a.toml", KPIS).parent
    two = write("n/b.toml", GOAL.format(kpi="happy") + 'target = "90 %"\n').parent
    assert complaints([one, two], definitions) == [
        (
            "n/b.toml:3: goal.x.kpi: there is no [kpi.happy] in n; m/a.toml has it: "
            "put both into one folder"
        )
    ]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[kpis.a]", 'm/a.toml:1: kpis: unknown table; did you mean "kpi"?'),
        ("kpi = 1", "m/a.toml:1: kpi: must be a table; write [kpi.NAME]"),
        ("[[goal]]\ntitle = 'x'", "m/a.toml:1: goal: must be a table; write [goal.NAME]"),
        ("[kpi]\nmeasure = 'x'",
         "m/a.toml:2: kpi.measure: this key stands outside of a table; write [kpi.NAME] above it"),
    ],
)  # fmt: skip
def test_a_mistake_in_the_layout_of_a_file(
    text: str, message: str, write: Write, definitions: Definitions
) -> None:
    assert complaints([write("m/a.toml", text).parent], definitions) == [message]


def test_a_missing_or_empty_folder_is_told(tmp_path: Path, definitions: Definitions) -> None:
    (tmp_path / "empty").mkdir()
    assert complaints([tmp_path / "empty", tmp_path / "gone"], definitions) == [
        "empty: there is no mapping file *.toml; run `connector init`, or write one",
        (
            "gone: this folder does not exist; "
            "correct `mappings` in config.toml, or run `connector init`"
        ),
    ]


def test_a_folder_that_two_helpdesks_share_is_read_once(
    write: Write, definitions: Definitions
) -> None:
    one = write("m/a.toml", KPIS).parent
    two = write("n/a.toml", '[kpi.other]\nmeasure = "reopened"\n').parent
    mappings = load_mappings([one, two, one, two / ".." / "m"], definitions)
    assert len(mappings.kpis) == 8
    assert set(mappings.within([two]).kpis) == {"other"}
    assert set(mappings.within([one]).origin) == {f"kpi.{name}" for name in mappings.kpis} - {
        "kpi.other"
    }


def test_hidden_and_other_files_are_left_alone(write: Write, definitions: Definitions) -> None:
    write("m/.#a.toml", "broken")
    write("m/README.md", "broken")
    assert load_mappings([write("m/a.toml", KPIS).parent], definitions).goals == {}


def test_a_bare_number_is_read_in_the_unit_of_its_kpi(
    write: Write, definitions: Definitions
) -> None:
    body = "target = 0.9\nbaseline = 0\n"
    folder = write("m/a.toml", KPIS + GOAL.format(kpi="happy") + body).parent
    goal = load_mappings([folder], definitions).goals["x"]
    assert (goal.target, goal.baseline) == (Quantity(0.9, "ratio"), Quantity(0, "ratio"))


def test_an_anti_goal_without_baseline_and_a_maintain_goal_are_fine(
    write: Write, definitions: Definitions
) -> None:
    anti = GOAL.format(kpi="again") + 'kind = "anti_goal"\nlimit = "5 %"\nwarning = "4 %"\n'
    keep = GOAL.format(kpi="happy").replace(".x", ".y") + 'target = "90 %"\nbaseline = "90 %"\n'
    folder = write("m/a.toml", KPIS + anti + keep).parent
    assert set(load_mappings([folder], definitions).goals) == {"x", "y"}


def test_an_sla_may_decide_about_tickets(write: Write, definitions: Definitions) -> None:
    text = KPIS + GOAL.format(kpi="first_reply") + 'target = "1 h"\nticket = "sla"\n'
    goal = load_mappings([write("m/a.toml", text).parent], definitions).goals["x"]
    assert goal.ticket == "sla"


@pytest.mark.parametrize(
    ("zone", "start", "end"),
    [
        ("UTC", (2026, 10, 1, 0), (2027, 1, 1, 0)),
        ("Europe/Berlin", (2026, 9, 30, 22), (2026, 12, 31, 23)),
        ("Asia/Kolkata", (2026, 9, 30, 18, 30), (2026, 12, 31, 18, 30)),
    ],
)
def test_a_period_begins_and_ends_at_local_midnight(
    zone: str, start: tuple[int, int, int, int], end: tuple[int, int, int, int]
) -> None:
    period = PeriodTable(start=date(2026, 10, 1), end=date(2027, 1, 1), timezone=zone)
    assert period.instants() == (datetime(*start, tzinfo=UTC), datetime(*end, tzinfo=UTC))


def test_a_midnight_that_is_skipped_moves_forward() -> None:
    day = date(2018, 11, 4)  # São Paulo went from 23:59 to 01:00
    period = PeriodTable(start=day, end=date(2018, 11, 5), timezone="America/Sao_Paulo")
    start, end = period.instants()
    assert start == datetime(2018, 11, 4, 3, tzinfo=UTC)
    assert (end - start).total_seconds() == 23 * 3_600


VALUES = (
    "5", "-1.5", "nan", "inf", "true", '""', '"x"', '"5 min"', "[]", "[1]", "[{}]", "{}", "{x = 1}",
    "07:00:00", "2026-10-01", "2026-10-01T00:00:00Z", "1" + "0" * 400, '"' + "9" * 400 + ' h"',
)  # fmt: skip


@pytest.mark.parametrize("value", VALUES)
def test_messages_never_speak_the_validator_s_language(
    value: str, write: Write, definitions: Definitions
) -> None:
    for kind, model in TABLES.items():
        for key in (*model.model_fields, '"x.y[1]"', "period.end", "ticket.limit", "show.tag"):
            folder = write("m/a.toml", f"[{kind}.a]\n{key} = {value}\n").parent
            found = problems_in(folder, definitions)
            said = "\n".join(map(str, found))
            assert "nput should" not in said, said
            assert "cannot stand here" not in said, said
            assert all(problem.line for problem in found), said


def test_the_fiftieth_percentile_is_the_median(write: Write, definitions: Definitions) -> None:
    folder = write("m/a.toml", '[kpi.k]\nmeasure = "reply_time"\naggregate = "p50"\n').parent
    assert load_mappings([folder], definitions).kpis["k"].aggregate == "median"
