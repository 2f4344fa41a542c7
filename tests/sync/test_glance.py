"""A look before anything is opened: what it told is used once, and not asked for again."""

from __future__ import annotations

import pytest

from connector.adapters.memory import MemoryHelpdesk
from connector.errors import UnavailableError
from connector.model.page import Stream
from connector.sync.glance import Glance
from tests.run import Runner, asked, staffed


@pytest.fixture
def desk() -> MemoryHelpdesk:
    desk = staffed()
    asked(desk)
    desk.advance(60)
    return desk


@pytest.fixture
def glance(desk: MemoryHelpdesk, tmp_path_factory: pytest.TempPathFactory) -> Glance:
    job = Runner(tmp_path_factory.mktemp("run")).job(desk.now)
    return Glance(job.open_adapter(job.helpdesks()[0]))


def test_what_a_look_told_is_not_asked_for_again(desk: MemoryHelpdesk, glance: Glance) -> None:
    before = desk.requests
    page = glance.look(None)
    assert glance.read(Stream.TICKETS, None) is page
    assert desk.requests == before + 1


def test_it_is_used_once(desk: MemoryHelpdesk, glance: Glance) -> None:
    glance.look(None)
    before = desk.requests
    for _ in range(2):
        glance.read(Stream.TICKETS, None)
    assert desk.requests == before + 1


def test_another_cursor_and_another_stream_are_asked_for(
    desk: MemoryHelpdesk, glance: Glance
) -> None:
    glance.look(None)
    before = desk.requests
    glance.read(Stream.TICKETS, "1")
    glance.read(Stream.EVENTS, None)
    assert desk.requests == before + 2


def test_what_went_wrong_comes_up_when_the_page_is_wanted(
    desk: MemoryHelpdesk, glance: Glance
) -> None:
    desk.fail_next(UnavailableError("memory: down for maintenance", status=503))
    assert glance.look(None) is None
    with pytest.raises(UnavailableError, match="down for maintenance"):
        glance.read(Stream.TICKETS, None)
    assert len(glance.read(Stream.TICKETS, None).records) == 1
