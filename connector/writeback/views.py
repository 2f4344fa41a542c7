"""The views that agents may be given: what to look at first, by what our fields say; pure."""

from __future__ import annotations

from collections.abc import Sequence

from connector.model.page import TicketField
from connector.model.view import ViewSpec
from connector.writeback.ownership import Names
from connector.writeback.words import TicketOutcome, Word, language


def view_specs(prefix: str, code: str, fields: Sequence[TicketField]) -> tuple[ViewSpec, ...]:
    """Return our views, in one of the shipped languages; they show the field they go by."""
    names, tongue = Names(prefix), language(code)
    ids = {field.role: field.id for field in fields if field.active}
    asked = {
        "at_risk": ("status", (names.status(Word.OFF_TRACK), names.status(Word.AT_RISK))),
        "due_soon": ("outcome", (names.outcome(TicketOutcome.DUE_SOON),)),
    }
    return tuple(
        ViewSpec(
            role=role,
            title=tongue.views[role].title,
            description=tongue.views[role].description,
            tags=tags,
            columns=(ids[field],) if field in ids else (),
        )
        for role, (field, tags) in asked.items()
    )
