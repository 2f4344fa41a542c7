from __future__ import annotations

import gzip
import importlib.util
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from connector.practice.metrics import figures
from connector.practice.world import Change, World

SCRIPT = Path(__file__).resolve().parents[2] / "scripts" / "load_uci.py"
NOW = datetime(2017, 3, 1, tzinfo=UTC)
COLUMNS = (
    "number,incident_state,opened_at,opened_by,caller_id,sys_updated_by,sys_updated_at,"
    "contact_type,category,priority,assignment_group,assigned_to,resolved_at,closed_at"
)
LOG = """\
INC0000045,New,29/2/2016 01:16,Opened by  8,Caller 1,Updated by 2,29/2/2016 01:10,Phone,Category 5,3 - Moderate,Group 56,?,1/1/2020 00:00,1/1/2020 00:00
INC0000045,Active,29/2/2016 01:16,Opened by  8,Caller 1,Updated by 2,29/2/2016 02:00,Phone,Category 5,2 - High,Group 56,Resolver 9,1/1/2020 00:00,1/1/2020 00:00
INC0000045,-100,29/2/2016 01:16,Opened by  8,Caller 1,Updated by 2,29/2/2016 03:00,Phone,Category 5,2 - High,Group 56,Resolver 9,1/1/2020 00:00,1/1/2020 00:00
INC0000045,Resolved,29/2/2016 01:16,Opened by  8,Caller 1,Updated by 2,29/2/2016 04:16,Phone,Category 5,2 - High,Group 56,Resolver 9,1/1/2020 00:00,1/1/2020 00:00
INC0000045,Active,29/2/2016 01:16,Opened by  8,Caller 1,Updated by 2,29/2/2016 05:00,Phone,Category 5,2 - High,Group 56,Resolver 9,1/1/2020 00:00,1/1/2020 00:00
INC0000045,Closed,29/2/2016 01:16,Opened by  8,Caller 1,Updated by 2,29/2/2016 06:00,Phone,Category 5,2 - High,Group 56,Resolver 9,1/1/2020 00:00,1/1/2020 00:00
"""  # noqa: E501  # rows of the log


@pytest.fixture(scope="module")
def load_world() -> Callable[[Path, datetime], World]:
    spec = importlib.util.spec_from_file_location("load_uci", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    load: Callable[[Path, datetime], World] = module.load_world
    return load


@pytest.fixture
def small(load_world: Callable[[Path, datetime], World], tmp_path: Path) -> World:
    path = tmp_path / "log.csv.gz"
    path.write_bytes(gzip.compress(f"{COLUMNS}\n{LOG}".encode()))
    return load_world(path, NOW)


def test_states_become_changes_of_status_at_their_time(small: World) -> None:
    ticket = small.ticket(45)
    began = ticket.created_at
    changes = [
        (audit.at - began, change.new)
        for _, audit in small.history(ticket)
        for change in audit.changes
        if isinstance(change, Change) and change.name == "status"
    ]
    assert changes == [
        (44 * 60, "open"),
        (180 * 60, "solved"),
        (224 * 60, "open"),
        (284 * 60, "closed"),
    ]


def test_an_update_before_the_opening_is_moved_up_to_it(small: World) -> None:
    ticket = small.ticket(45)
    first = next(audit for _, audit in list(small.history(ticket))[1:])
    assert first.at == ticket.created_at
    assert {change.name for change in first.changes if isinstance(change, Change)} >= {
        "group_id",
        "priority",
    }


def test_final_values_do_not_leak(small: World) -> None:
    ticket = small.ticket(45)
    found = figures(small, ticket)
    assert found.first.calendar == 180 * 60
    assert found.reopens == 1
    assert found.reply.calendar is None
    assert small.now() > ticket.updated_at


def test_numbers_become_people_and_groups(small: World) -> None:
    ticket = small.ticket(45)
    directory = small.directory
    assert directory.groups[ticket.group_id or 0].name == "Group 56"
    assert directory.users[ticket.assignee_id or 0].name == "Resolver 9"
    assert directory.users[ticket.requester_id].role == "end-user"
    assert directory.users[ticket.submitter_id].name == "Opened by 8"
    assert ticket.via.channel == "voice"


@pytest.mark.slow
def test_the_whole_log_comes_in(
    load_world: Callable[[Path, datetime], World], shared: Path
) -> None:
    world = load_world(shared / "data/uci-incidents/incident_event_log.csv.gz", NOW)
    assert len(world.tickets) == 24_918
    assert Counter(ticket.status for ticket in world.tickets.values()) == {"closed": 24_918}
    reopened = sum(figures(world, ticket).reopens > 0 for ticket in world.tickets.values())
    assert reopened == 275
    busiest = Counter(audit.at for audit in world.feed).most_common(1)[0][1]
    assert busiest < 1000
