"""The fault campaign in small, and that its checks see what they are there for."""

from __future__ import annotations

import json
import sys
from base64 import b64encode
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any

import pytest

from connector.practice.helpdesk import ADMIN_EMAIL, TOKEN

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "scripts"))

from fault_campaign_desk import PUT, CampaignDesk
from fault_campaign_orders import ENDINGS, ordered
from fault_campaign_play import played
from fault_campaign_world import _different, _not_back

LOGIN = b64encode(f"{ADMIN_EMAIL}/token:{TOKEN}".encode()).decode()
HEADERS = {"Authorization": f"Basic {LOGIN}"}
OURS = "goal__faster_first_reply__missed"


@pytest.fixture
def desk() -> Iterator[CampaignDesk]:
    with CampaignDesk(12, 1) as running:
        yield running


def last(desk: CampaignDesk) -> int:
    return desk.world.last_id


def write(desk: CampaignDesk, **change: Any) -> None:
    body = json.dumps({"tickets": [{"id": last(desk), **change}]}).encode()
    assert desk.answer("PUT", f"/api/v2/{PUT}.json", HEADERS, body).status == 200


def test_a_few_dozen_faults_leave_nothing_behind(tmp_path: Path) -> None:
    tally = played(40, 3, tmp_path, rounds=2)
    assert tally.violations == []
    assert tally.total >= 40
    assert tally.recovered == tally.injected
    assert tally.figures["tickets restored by undo"] > 0


def test_the_same_seed_orders_the_same_faults() -> None:
    chosen = (Random(5), Random(5))  # noqa: S311  # the same twice
    orders = [[ordered(one, number) for number in range(len(ENDINGS))] for one in chosen]
    assert orders[0] == orders[1]
    assert {order.ending for order in orders[0]} == set(ENDINGS)


def test_a_write_of_ours_is_no_violation(desk: CampaignDesk) -> None:
    write(desk, additional_tags=[OURS])
    assert desk.record.violations == []
    assert desk.record.pristine == {last(desk): {OURS: None}}


@pytest.mark.parametrize("change", [{"tags": [OURS]}, {"priority": "high"}], ids=["tags", "plain"])
def test_a_foreign_change_is_seen(desk: CampaignDesk, change: dict[str, Any]) -> None:
    desk.acts.add_tags(last(desk), "vip")
    write(desk, **change)
    assert f"ticket {last(desk)}: something foreign was changed" in desk.record.violations


def test_a_write_to_a_pending_ticket_is_seen(desk: CampaignDesk) -> None:
    desk.acts.set_status(last(desk), "pending")
    write(desk, additional_tags=[OURS])
    assert desk.record.violations == [f"ticket {last(desk)}: written while pending"]


def test_a_second_write_for_the_same_state_is_seen(desk: CampaignDesk) -> None:
    write(desk, additional_tags=[OURS])
    desk.end_run({last(desk): "written"})
    write(desk, additional_tags=[OURS])
    assert desk.record.violations == [f"ticket {last(desk)}: written again for the same state"]


def test_a_second_write_is_fine_when_the_end_of_the_first_was_not_known(
    desk: CampaignDesk,
) -> None:
    write(desk, additional_tags=[OURS])
    desk.end_run({last(desk): None}, "a kill")
    write(desk, additional_tags=[OURS])
    assert desk.record.violations == []
    assert desk.record.repeated_for == {"a kill": 1}


def test_a_label_that_is_lost_is_seen_beside_the_twin(desk: CampaignDesk) -> None:
    with CampaignDesk(12, 1) as twin:
        assert list(_different(desk, twin)) == []
        write(twin, additional_tags=[OURS])
        (found,) = _different(desk, twin)
    assert found.startswith(f"ticket {last(desk)} (new) shows")


def test_what_an_undo_forgets_is_seen() -> None:
    left: dict[str, Any] = {"before": {"a": 1}, "pristine": {"a": None}, "touched": set()}
    assert not list(_not_back(1, now={}, **left, is_listed=False))
    assert len(list(_not_back(1, now={"a": 1}, **left, is_listed=True))) == 1
    by_hand = {**left, "touched": {"a"}}
    assert not list(_not_back(1, now={"a": 1}, **by_hand, is_listed=True))
    assert list(_not_back(1, now={"a": 1}, **by_hand, is_listed=False)) == [
        "ticket 1 keeps something of ours, and the undo does not list it"
    ]
