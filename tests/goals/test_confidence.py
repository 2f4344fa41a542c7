"""What the owner believes contradicts the numbers, or does not."""

from __future__ import annotations

import pytest

from connector.goals.confidence import disagreement
from connector.model.goal import CheckIn
from tests.goals.cases import MIDDLE


def said(confidence: int | None, by: str = "Ann") -> CheckIn:
    return CheckIn(goal="g", at=MIDDLE, by=by, confidence=confidence, note="hm")


@pytest.mark.parametrize(
    ("status", "confidence"),
    [("off_track", 8), ("off_track", 10), ("on_track", 3), ("on_track", 0)],
)
def test_a_plain_contradiction_is_told(status: str, confidence: int) -> None:
    assert disagreement(status, said(confidence))


@pytest.mark.parametrize(
    ("status", "confidence"),
    [
        ("off_track", 7),
        ("off_track", 0),
        ("off_track", None),
        ("on_track", 4),
        ("on_track", 10),
        ("on_track", None),
        ("at_risk", 10),
        ("at_risk", 0),
        ("missed", 9),
    ],
)
def test_anything_else_is_no_contradiction(status: str, confidence: int | None) -> None:
    assert disagreement(status, said(confidence)) == ""


def test_it_says_who_believes_what() -> None:
    sure = "Ann is confident (9 of 10), the numbers say off track"
    assert disagreement("off_track", said(9)) == sure
    unsure = "the owner doubts it (2 of 10), the numbers say on track"
    assert disagreement("on_track", said(2, by="")) == unsure


def test_nobody_who_said_nothing_disagrees() -> None:
    assert disagreement("off_track", None) == ""
