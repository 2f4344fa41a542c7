"""The views that agents may be given."""

from __future__ import annotations

import pytest

from connector.model.page import TicketField
from connector.writeback.views import view_specs
from connector.writeback.words import LANGUAGES


@pytest.mark.parametrize("code", list(LANGUAGES))
def test_views_go_by_option_tags_in_every_language(code: str) -> None:
    fields = [TicketField(role=role, id=role, title=role) for role in ("status", "note")]
    at_risk, due_soon = view_specs("goal_", code, fields)
    assert at_risk.tags == ("goal_status__off_track", "goal_status__at_risk")
    assert due_soon.tags == ("goal_outcome__due_soon",)
    assert (at_risk.columns, due_soon.columns) == (("status",), ())
    assert (at_risk.title, due_soon.title) == {
        "en": ("Goal at risk", "Due soon"),
        "de": ("Ziel gefährdet", "Bald fällig"),
    }[code]
