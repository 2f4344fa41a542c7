"""Ticket forms: which fields agents see, in which order, and on what conditions."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from connector.practice.refusal import invalid

CONDITIONS = ("agent_conditions", "end_user_conditions")
FLAGS = ("active", "end_user_visible")


@dataclass(slots=True)
class Form:
    """What was chosen for one form; `field_ids` None means every custom field there is."""

    created_at: int = 0
    updated_at: int = 0
    field_ids: tuple[int, ...] | None = None
    active: bool = True
    end_user_visible: bool = True
    agent_conditions: tuple[Mapping[str, Any], ...] = ()
    end_user_conditions: tuple[Mapping[str, Any], ...] = ()

    def change(self, body: Mapping[str, Any], known: Collection[int], at: int) -> None:
        """Take on what a body names, and leave the rest; a field that is unknown is refused."""
        if "ticket_field_ids" in body:
            wanted = tuple(int(one) for one in body["ticket_field_ids"])
            unknown = [one for one in wanted if one not in known]
            if unknown:
                raise invalid("ticket_field_ids", f"Ticket field: {unknown[0]} is invalid")
            self.field_ids = tuple(dict.fromkeys(wanted))
        for name in CONDITIONS:
            if name in body:
                setattr(self, name, tuple(body[name] or ()))
        for name in FLAGS:
            if name in body:
                setattr(self, name, bool(body[name]))
        self.updated_at = at
