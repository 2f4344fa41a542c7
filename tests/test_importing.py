"""Values from outside: files with every mistake named, kept once, evaluated like any KPI."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from connector.adapters.memory import MemoryHelpdesk
from connector.errors import ConfigError, MappingError, UsageError
from connector.kpi.by import GroupValue
from connector.kpi.by_rows import grouping
from connector.model.goal import GoalState
from connector.model.kpi import KpiValue
from connector.pipeline.evaluating import kpi_values
from connector.pipeline.explaining import explained_kpi
from connector.pipeline.grouping import kpi_groups
from connector.pipeline.importing import ImportReport, import_file
from connector.pipeline.judging import goal_reports
from connector.pipeline.views import views
from connector.store.imports import Imports
from tests.run import Runner, asked, staffed

MAPPING = """
[import.survey]
measure = "nps"
title = "Relationship survey"
definition = "All customers of the quarter, asked by mail"

[import.effort]
measure = "ces"
title = "Effort"
definition = "Asked after every fifth ticket"

[import.asked_fcr]
measure = "fcr_survey"
title = "Resolved at once?"
definition = "Asked after every ticket"

[import.spent]
measure = "support_cost"
title = "Cost"
definition = "Pay, tools and rooms of support"
currency = "EUR"

[import.base]
measure = "active_customers"
title = "Customers"
definition = "Customers with an order in the month"

[import.churn]
title = "Churn"
definition = "Customers lost / customers at the start"
unit = "ratio"
direction = "lower"
timezone = "Europe/Berlin"

[import.quality]
title = "Quality of answers"
definition = "Mean score of reviewed tickets, 0 to 100"
unit = "points"
direction = "higher"
origin = "the review team"

[kpi.recommended]
measure = "nps"

[kpi.easy]
measure = "ces"

[kpi.very_easy]
measure = "ces"
variant = "pct"

[kpi.at_once]
measure = "fcr_survey"

[kpi.cost]
measure = "cost_per_ticket"

[kpi.contacts]
measure = "contact_rate"

[kpi.lost]
measure = "churn"

[kpi.reviewed]
measure = "quality"

[goal.fewer_lost]
title = "Fewer leave"
kpi = "lost"
owner = "Lead"
period = { start = 2026-01-01, end = 2026-04-01 }
baseline = "8 %"
target = "4 %"
"""
START, END = datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 4, 1, tzinfo=UTC)
HEADER = "source,start,end,value,n,numerator,denominator,unit,direction,as_of\n"


@pytest.fixture
def desk() -> MemoryHelpdesk:
    desk = staffed()
    for _ in range(4):
        asked(desk)
    desk.now = END + timedelta(days=40)
    asked(desk)
    return desk


@pytest.fixture
def runner(tmp_path: Path, desk: MemoryHelpdesk) -> Runner:
    runner = Runner(tmp_path)
    runner.write("mappings/goals.toml", MAPPING)
    runner.set_up(desk)
    return runner


def imported(
    runner: Runner, text: str, *, name: str = "values.csv", source: str | None = None,
    dry_run: bool = False,
) -> ImportReport:  # fmt: skip
    runner.write(name, text)
    job = runner.job(END + timedelta(days=50))
    return import_file(job, runner.folder / name, source=source, dry_run=dry_run)


def problems(runner: Runner, text: str, *, name: str = "values.csv") -> list[str]:
    """Return what is wrong with a file, without its folder."""
    with pytest.raises(ConfigError) as caught:
        imported(runner, text, name=name)
    job = runner.job(END)
    assert not Imports(job.state).values()
    assert not Imports(job.state).answers()
    return [str(one).replace(f"{runner.folder}/", "") for one in caught.value.problems]


def kpi(runner: Runner, desk: MemoryHelpdesk, name: str, end: datetime = END) -> KpiValue:
    runner.run(desk)
    job = runner.job(desk.now)
    with views(job) as seen:
        values = kpi_values(job, seen, start=START, end=end)
    return next(value for value in values if value.id == name)


def test_the_same_file_twice_changes_nothing(runner: Runner) -> None:
    text = "source,start,end,value,n\nquality,2026-01-01,2026-02-01,81.5,40\n"
    first, again = imported(runner, text), imported(runner, text, name="copy.csv")
    assert (first.new, first.changed, first.same) == (1, 0, 0)
    assert (again.new, again.changed, again.same) == (0, 0, 1)


def test_a_correction_is_a_new_version_and_the_old_one_stays(runner: Runner) -> None:
    text = "source,start,end,value,n\nquality,2026-01-01,2026-02-01,81.5,40\n"
    imported(runner, text)
    assert imported(runner, text.replace("81.5", "82")).changed == 1
    job = runner.job(END)
    (now,) = Imports(job.state).values()
    assert (now.value, now.version) == (82, 2)
    rows = job.state.rows("select version, value from imported_values order by version")
    assert rows == [(1, 81.5), (2, 82)]


def test_a_dry_run_keeps_nothing(runner: Runner) -> None:
    text = "source,start,end,value\nquality,2026-01-01,2026-02-01,81.5\n"
    assert imported(runner, text, dry_run=True).new == 1
    assert Imports(runner.job(END).state).values() == []


def test_values_keep_what_they_mean_and_where_they_come_from(runner: Runner) -> None:
    imported(runner, "start,end,value\n2026-01-01,2026-02-01,81.5\n", source="quality")
    (one,) = Imports(runner.job(END).state).values()
    assert one.definition == "Mean score of reviewed tickets, 0 to 100"
    assert (one.origin, one.direction, one.unit) == ("the review team", "higher", "points")
    assert (one.file, one.line) == ("values.csv", 2)


def test_days_begin_in_the_zone_of_the_import(runner: Runner) -> None:
    imported(runner, "source,start,end,value\nchurn,2026-01-01,2026-02-01,0.05\n")
    (one,) = Imports(runner.job(END).state).values()
    assert one.start == datetime(2025, 12, 31, 23, tzinfo=UTC)


def test_every_mistake_is_named_with_its_line(runner: Runner) -> None:
    text = HEADER + (
        "nobody,2026-01-01,2026-02-01,1,,,,,,\n"
        "quality,2026-13-01,2026-02-01,1,,,,,,\n"
        "quality,2026-02-01,2026-01-01,1,,,,,,\n"
        'quality,2026-03-01,2026-04-01,"1,5",x,,,,,\n'
        "churn,2026-01-01,2026-02-01,1.5,,,,,,\n"
        "churn,2026-02-01,2026-03-01,,,3,,,,\n"
        "churn,2026-03-01,2026-04-01,0.1,,3,100,,higher,\n"
        "spent,2026-01-01,2026-02-01,10.005,,,,USD,,2027-01-01\n"
        "churn,2026-05-01,2026-06-01,,,3,0,,,\n"
    )
    found = problems(runner, text)
    assert [one.partition(";")[0] for one in found] == [
        'values.csv:2: source: there is no import "nobody"',
        'values.csv:3: start: "2026-13-01" is no time',
        "values.csv:4: end: the period ends before it starts",
        'values.csv:5: value: "1,5" is no number',
        'values.csv:5: n: "x" is no number',
        "values.csv:6: value: 1.5 is out of reach for churn",
        "values.csv:7: numerator: needs numerator and denominator",
        'values.csv:8: direction: "higher" is not the direction',
        "values.csv:8: value: a row has one value",
        "values.csv:9: as_of: lies in the future",
        'values.csv:9: unit: "USD" is another currency',
        "values.csv:9: value: 10.005 has too many decimals",
        "values.csv:10: denominator: must be more than 0",
    ]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("source,start,stop,value\n", "values.csv:1: stop: unknown column"),
        ("", "values.csv: there are no rows in it"),
        ("source,start,end,value\nquality,a,b,1,2,3\n", "values.csv:2: more cells than columns"),
        ('source,start\n"quality', "values.csv:2: cannot be read as CSV"),
        ("start,end,value\n2026-01-01,2026-02-01,1\n", "values.csv:2: source: it is not said"),
        ("source,start,end,at,value\nquality,2026-01-01,2026-02-01,2026-01-01,1\n", "one time"),
        ("source,start,value\nquality,2026-01-01,1\n", "values.csv:2: end: this column"),
    ],
)
def test_a_malformed_file_is_refused(runner: Runner, text: str, said: str) -> None:
    assert any(said in one for one in problems(runner, text))


def test_json_lines_are_told_by_line_as_well(runner: Runner) -> None:
    good = '{"source": "quality", "start": "2026-01-01", "end": "2026-02-01", "value": 80, "n": 9}'
    found = problems(
        runner, f'{good}\n\n["x"]\n{{"source": "quality", "vlaue": 1}}\n', name="v.jsonl"
    )
    assert [one.partition(":")[2].partition(":")[0] for one in found][:2] == ["3", "4"]
    assert 'did you mean "value"?' in found[1]
    assert imported(runner, good, name="v.jsonl").new == 1


@pytest.mark.parametrize(
    ("second", "said"),
    [
        ("2026-01-31,2026-03-01", "this period overlaps 2026-01-01T00:00Z to 2026-02-01T00:00Z"),
        ("2026-01-01,2026-02-01", "this period stands twice"),
        ("2026-01-05,2026-01-06", "this period overlaps"),
    ],
)
def test_periods_that_overlap_are_refused(runner: Runner, second: str, said: str) -> None:
    rows = f"quality,2026-01-01,2026-02-01,1\nquality,{second},2\nbase,{second},2\n"
    (found,) = problems(runner, "source,start,end,value\n" + rows)
    assert said in found
    assert "values.csv:2" in found


def test_a_period_that_overlaps_what_is_stored_is_refused(runner: Runner) -> None:
    head = "source,start,end,value\n"
    imported(runner, head + "quality,2026-01-01,2026-02-01,1\n", name="old.csv")
    with pytest.raises(ConfigError, match=r"overlaps .* of quality \(old.csv:2\)"):
        imported(runner, head + "quality,2026-01-15,2026-02-15,1\n")
    assert imported(runner, head + "quality,2026-02-01,2026-03-01,1\n").new == 1


def test_answers_of_another_scale_are_refused(runner: Runner) -> None:
    rows = (
        "effort,2026-01-05,9,\neffort,2026-01-05,5,1-5\n"
        "survey,2026-01-05,7.5,\nasked_fcr,2026-01-05,maybe,\n"
    )
    found = problems(runner, "source,at,score,scale\n" + rows)
    assert [one.partition(";")[0] for one in found] == [
        'values.csv:2: score: "9" is no answer to ces',
        'values.csv:3: scale: "1-5" is another scale',
        'values.csv:4: score: "7.5" is no answer to nps',
        'values.csv:5: score: "maybe" is no number',
    ]


def test_an_import_has_answers_or_values(runner: Runner) -> None:
    imported(runner, "source,at,score\nsurvey,2026-01-05,9\n")
    with pytest.raises(ConfigError, match="survey has answers already, these are values"):
        imported(runner, "source,start,end,value\nsurvey,2026-01-01,2026-02-01,40\n")


def test_an_nps_of_answers_has_n_and_an_interval(runner: Runner, desk: MemoryHelpdesk) -> None:
    scores = [10] * 40 + [8] * 24 + [3] * 16
    rows = [
        f"survey,2026-02-{1 + place % 28:02},{score},{place}" for place, score in enumerate(scores)
    ]
    imported(runner, "source,at,score,ticket\n" + "\n".join(rows))
    found = kpi(runner, desk, "recommended")
    assert found.value == pytest.approx(30)
    assert found.n == 80
    assert found.low == pytest.approx(13, abs=0.6)
    assert found.high == pytest.approx(47, abs=0.6)


def test_answers_of_the_same_moment_are_told_apart(runner: Runner) -> None:
    text = "source,at,score\n" + "effort,2026-01-05,6\n" * 3
    assert imported(runner, text).new == 3
    assert imported(runner, text).same == 3


def test_effort_and_first_contact_are_counted_by_their_own_rules(
    runner: Runner, desk: MemoryHelpdesk
) -> None:
    rows = [f"effort,2026-01-05,{score},{score}," for score in (2, 4, 5, 7)]
    rows += [
        f"asked_fcr,2026-01-06,{word},{place}," for place, word in enumerate(["yes", "no", "yes"])
    ]
    imported(runner, "source,at,score,id,ticket\n" + "\n".join(rows))
    assert kpi(runner, desk, "easy").value == 4.5
    assert (kpi(runner, desk, "very_easy").value, kpi(runner, desk, "very_easy").n) == (0.5, 4)
    at_once = kpi(runner, desk, "at_once")
    assert (at_once.k, at_once.n) == (2, 3)
    assert at_once.low is not None


def test_shares_of_several_periods_are_pooled(runner: Runner, desk: MemoryHelpdesk) -> None:
    rows = (
        "churn,2026-01-01T00:00Z,2026-02-01,10,100\n"
        "churn,2026-02-01,2026-03-01,0,300\n"
    )  # fmt: skip
    imported(runner, "source,start,end,numerator,denominator\n" + rows)
    found = kpi(runner, desk, "lost")
    assert (found.value, found.k, found.n) == (10 / 400, 10, 400)
    assert found.low is not None


def test_values_without_n_have_no_interval(runner: Runner, desk: MemoryHelpdesk) -> None:
    rows = "quality,2026-01-01,2026-02-01,70\nquality,2026-02-01,2026-03-01,90\n"
    imported(runner, "source,start,end,value\n" + rows)
    found = kpi(runner, desk, "reviewed")
    assert (found.value, found.n, found.low, found.high) == (90, 0, None, None)


def test_values_with_n_are_weighted(runner: Runner, desk: MemoryHelpdesk) -> None:
    rows = "quality,2026-01-01,2026-02-01,70,30\nquality,2026-02-01,2026-03-01,90,10\n"
    imported(runner, "source,start,end,value,n\n" + rows)
    found = kpi(runner, desk, "reviewed")
    assert (found.value, found.n) == (75, 40)


def test_a_value_that_reaches_over_the_edge_counts_for_neither_period(
    runner: Runner, desk: MemoryHelpdesk
) -> None:
    imported(runner, "source,start,end,value\nquality,2026-03-15,2026-04-15,70\n")
    assert kpi(runner, desk, "reviewed").value is None


def test_cost_per_ticket_is_money_over_tickets(runner: Runner, desk: MemoryHelpdesk) -> None:
    imported(runner, "source,start,end,value,unit\nspent,2026-01-01,2026-04-01,1234.56,EUR\n")
    (stored,) = Imports(runner.job(END).state).values()
    assert (stored.value, stored.unit) == (123456, "EUR")
    found = kpi(runner, desk, "cost")
    assert found.value == pytest.approx(1234.56 / 4)
    assert found.unit == "EUR"


def test_contact_rate_divides_by_what_was_imported(runner: Runner, desk: MemoryHelpdesk) -> None:
    assert kpi(runner, desk, "contacts").value is None
    imported(runner, "source,start,end,value\nbase,2026-01-01,2026-04-01,200\n")
    assert kpi(runner, desk, "contacts").value == 4 / 200


def test_a_ratio_is_told_over_what_the_import_covers(runner: Runner, desk: MemoryHelpdesk) -> None:
    head = "source,start,end,value\n"
    imported(runner, head + "spent,2026-01-01,2026-02-01,100\nspent,2026-02-01,2026-03-01,300\n")
    desk.now = END - timedelta(days=1)
    asked(desk)  # in March, for which no cost is known
    desk.now = END + timedelta(days=41)
    asked(desk)
    desk.delete(asked(desk))  # in April, outside of what is told
    found = kpi(runner, desk, "cost", desk.now + timedelta(days=1))
    assert found.value == 400 / 4
    assert found.left_out == {}


def by(runner: Runner, desk: MemoryHelpdesk, kpi_id: str, *names: str) -> list[GroupValue]:
    runner.run(desk)
    job = runner.job(desk.now)
    with views(job) as seen:
        return list(kpi_groups(job, seen, grouping(names), [kpi_id], start=START, end=END))


def test_imported_values_and_their_ratios_are_told_apart_by_time(
    runner: Runner, desk: MemoryHelpdesk
) -> None:
    head = "source,start,end,value\n"
    imported(runner, head + "spent,2026-01-01,2026-02-01,100\nspent,2026-02-01,2026-03-01,300\n")
    rated = "churn,2026-01-01,2026-02-01,0.02\nchurn,2026-03-01,2026-04-01,0.04\n"
    imported(runner, head + rated)
    told = [(one.by["month"], one.value) for one in by(runner, desk, "lost", "month")]
    assert told == []  # its days begin in Berlin, those of the table in UTC
    costs = [(one.by["month"], one.value, one.n) for one in by(runner, desk, "cost", "month")]
    assert costs == [("2026-01", 25, 4)]  # there are no tickets in February


@pytest.mark.parametrize("names", [("group",), ("group", "month"), ("helpdesk",)])
def test_what_is_imported_is_never_told_by_group(
    runner: Runner, desk: MemoryHelpdesk, names: tuple[str, ...]
) -> None:
    imported(runner, "source,start,end,value\nspent,2026-01-01,2026-02-01,100\n")
    assert by(runner, desk, "cost", *names) == []


def test_a_ratio_over_periods_with_a_gap_has_no_value(runner: Runner, desk: MemoryHelpdesk) -> None:
    head = "source,start,end,value\n"
    imported(runner, head + "spent,2026-01-01,2026-02-01,100\nspent,2026-03-01,2026-04-01,300\n")
    assert kpi(runner, desk, "cost").value is None


def test_the_card_of_a_kpi_names_its_imports(runner: Runner, desk: MemoryHelpdesk) -> None:
    rows = "quality,2026-01-01,2026-02-01,70,30\nspent,2026-01-01,2026-02-01,10,\n"
    imported(runner, "source,start,end,value,n\n" + rows)
    runner.run(desk)
    for name, source, told in (
        ("reviewed", "quality", "Mean score of reviewed tickets, 0 to 100"),
        ("cost", "spent", "Pay, tools and rooms of support"),
    ):
        card = explained_kpi(runner.job(desk.now), name).card
        assert card is not None
        (one,) = card.imported
        assert (one.source, one.definition, one.rows, one.files) == (
            source,
            told,
            1,
            ("values.csv",),
        )


def test_a_goal_can_be_bound_to_an_imported_kpi(runner: Runner, desk: MemoryHelpdesk) -> None:
    berlin = "2026-01-01T00:00Z,2026-04-01T00:00Z"
    imported(runner, f"source,start,end,value\nchurn,{berlin},0.03\n")
    (goal,) = runner.run(desk).report.goals
    assert (goal.value, goal.status) == (0.03, GoalState.ACHIEVED)
    assert imported(runner, f"source,start,end,value\nchurn,{berlin},0.07\n").changed == 1
    (goal,) = runner.run(desk).report.goals
    assert (goal.value, goal.status) == (0.03, GoalState.ACHIEVED)
    assert [one.value for one in goal.versions] == [0.03, 0.07]
    assert goal.versions[1].reason == "imported anew"


def test_a_value_without_n_is_judged_by_its_pace(runner: Runner, desk: MemoryHelpdesk) -> None:
    mid = datetime(2026, 3, 1, tzinfo=UTC)
    runner.write("mappings/goals.toml", MAPPING.replace("2026-04-01", "2026-12-31"))
    runner.run(desk)
    imported(runner, "source,start,end,value\nchurn,2026-01-01T00:00Z,2026-02-01,0.05\n")
    job = runner.job(desk.now)
    with views(job) as seen:
        (goal,) = goal_reports(job, seen)
    assert mid < desk.now
    assert goal.status in {GoalState.ON_TRACK, GoalState.AT_RISK, GoalState.OFF_TRACK}


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('measure = "nps"\ntitle', 'measure = "npss"\ntitle', 'did you mean "nps"'),
        ('currency = "EUR"', "", "money needs a currency"),
        ('currency = "EUR"', 'currency = "Euro"', "is no currency"),
        ('unit = "ratio"\n', "", "unit: this key is required"),
        ('measure = "ces"\ntitle', 'measure = "nps"\ntitle', "feeds nps already"),
        ("[import.churn]", "[import.backlog]", "has a measure"),
        ('definition = "Asked after every ticket"', "", "definition"),
        (
            'measure = "quality"',
            'measure = "quality"\nwhere = { tag = "vip" }',
            "an imported value has no filter",
        ),
    ],
)
def test_a_wrong_import_is_told_with_its_place(
    runner: Runner, old: str, new: str, said: str
) -> None:
    assert MAPPING.count(old) == 1
    runner.write("mappings/goals.toml", MAPPING.replace(old, new))
    with pytest.raises(MappingError) as caught:
        runner.job(END)
    assert said in str(caught.value)
    assert "goals.toml:" in str(caught.value)


def test_an_unknown_source_is_refused(runner: Runner) -> None:
    with pytest.raises(UsageError, match='did you mean "churn"'):
        imported(runner, "start,end,value\n2026-01-01,2026-02-01,1\n", source="chrun")
