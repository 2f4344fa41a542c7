"""Helpdesks whose drop-downs keep the words that people read, and nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest

from connector.writeback.labels import field_specs
from tests.writeback.world import World, causes, due_soon, member


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path, stores_labels=True)


def test_the_fields_offer_words_alone() -> None:
    status, outcome, note = field_specs("goal_", "de", stores_labels=True)
    assert status.options == {
        w: w for w in ("Im Plan", "Gefährdet", "Nicht im Plan", "Keine Daten")
    }
    assert set(outcome.options) == {"Bald fällig", "Offen", "Verfehlt", "Erreicht"}
    assert note.options == {}


def test_a_ticket_shows_words_and_is_written_once(world: World) -> None:
    ticket = world.desk.put()
    world.sync({ticket: [due_soon("at_risk")]})
    assert (world.shows(ticket)["status"], world.shows(ticket)["outcome"]) == (
        "At risk",
        "Due soon",
    )
    assert world.plan({ticket: [due_soon("at_risk")]}).is_empty


def test_words_are_understood_when_read_anew(world: World) -> None:
    ticket = world.desk.put()
    world.sync({ticket: [member("at_risk")]})
    assert world.plan({ticket: [member("at_risk")]}, own={}).is_empty
    later = world.plan({ticket: [member("off_track")]}, own={})
    assert causes(later) == ["status"]


def test_a_new_state_is_written_and_an_undo_restores(world: World) -> None:
    ticket = world.desk.put()
    world.sync({ticket: [member("at_risk")]})
    world.sync({ticket: [member("off_track")]})
    assert world.shows(ticket)["status"] == "Off track"
    world.undo()
    assert set(world.shows(ticket).values()) == {None}


def test_words_that_a_person_chose_are_set_right_once(world: World) -> None:
    ticket = world.desk.put()
    members = {ticket: [member("at_risk")]}
    world.sync(members)
    world.person_sets(ticket, "status", "On track")
    assert causes(world.sync(members)) == ["corrected"]
    world.person_sets(ticket, "status", "On track")
    assert world.sync(members).is_empty
