"""The catalogue as it is printed: chapters, variants, settings, measures of their own."""

from __future__ import annotations

import json
import re
from itertools import pairwise

import pytest

from connector.kpi.catalogue import definitions
from connector.kpi.sections import MEMBERS, OWN, SECTIONS, grouped, section_of
from tests.cli.cli import Cli

OWN_MEASURE = """
[measure.effort]
kind = "number"
title = "Logged effort"
field = "Effort"
unit = "min"
[kpi.effort]
measure = "effort"
"""


@pytest.fixture
def cli(synced: Cli) -> Cli:
    synced.mapping.write_text(synced.mapping.read_text(encoding="utf-8") + OWN_MEASURE)
    return synced


def test_every_measure_stands_in_a_chapter_that_was_chosen_for_it() -> None:
    measures = [one for one in definitions().values() if not one.variant_of]
    unplaced = {
        one.id
        for one in measures
        if one.id not in MEMBERS and not one.id.startswith("sla_") and one.family != "imported"
    }
    assert unplaced == set()
    assert MEMBERS.keys() <= definitions().keys()


def test_variants_stand_right_after_their_measure() -> None:
    for measures in grouped(definitions().values()).values():
        for before, one in pairwise(measures):
            if one.variant_of:
                assert one.variant_of in {before.id, before.variant_of}
                assert section_of(one) == section_of(before)


def test_the_catalogue_goes_by_chapters_and_ends_with_own_measures(cli: Cli) -> None:
    said = cli("catalogue").out
    places = [said.find(f"{section.upper()}\n") for section in SECTIONS]
    assert places == sorted(places)
    assert places[0] == 0
    own = said[places[SECTIONS.index(OWN)] :]
    assert "effort  Logged effort" in own
    assert "your own, from the mapping" in own
    assert re.search(r'\nreopen_rate .*?\n    variant = "dbt"', said, re.DOTALL)


def test_settings_are_shown_with_ranges_and_defaults(cli: Cli) -> None:
    assert "settings.window: 1 d to 30 d; 7 d if left out" in cli("catalogue").out


def test_one_measure_is_shown_with_its_variants(cli: Cli) -> None:
    said = cli("catalogue", "reopen_rate").out
    assert re.search(r"^starts +the first solve", said, re.MULTILINE)
    assert 'reopen_rate, variant = "dbt"' in said
    assert "first_reply_time" not in said.splitlines()[0]
    ids = {one["id"] for one in json.loads(cli("catalogue", "reopen_rate", "--json").out)}
    assert ids == {id_ for id_ in definitions() if id_.partition(".")[0] == "reopen_rate"}


def test_words_find_what_is_about_them(cli: Cli) -> None:
    found = json.loads(cli("catalogue", "logged", "effort", "--json").out)
    assert [one["id"] for one in found] == ["effort"]


def test_a_measure_that_is_not_there_is_suggested(cli: Cli) -> None:
    ran = cli("catalogue", "first_rply_time")
    assert ran.code == 2
    assert 'did you mean "first_reply_time"?' in ran.err


def test_a_broken_mapping_does_not_hide_the_catalogue(cli: Cli) -> None:
    cli.mapping.write_text("[kpi.x]\n")
    assert "first_reply_time" in cli("catalogue").out


def test_a_schema_knows_own_measures(cli: Cli) -> None:
    schema = json.loads(cli("schema", "mapping").out)
    kpi = schema["properties"]["kpi"]["additionalProperties"]
    assert "effort" in kpi["properties"]["measure"]["enum"]


def test_a_field_that_the_helpdesk_lacks_is_told_by_check(cli: Cli) -> None:
    ran = cli("check")
    assert ran.code == 2
    assert re.search(r'starter\.toml:\d+: measure\.effort\.field: field "Effort"', ran.err)
