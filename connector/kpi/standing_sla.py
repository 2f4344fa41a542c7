"""What the helpdesk's own SLA says of single tickets: which target, and how it stands."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

import msgspec

from connector.config.mapping import KpiTable
from connector.kpi.flags import Flag
from connector.kpi.forms import Form, definition_of, form_of
from connector.model.kpi import MeasureDefinition

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

ATTAINMENT: Final = "sla_attainment"
LATEST: Final = "latest"
"""The variant by which each run of a clock has one target, as the helpdesk shows it."""

METRICS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "first_reply_time": "first_reply_time",
        "next_reply_time": "next_reply_time",
        "first_resolution_time": "total_resolution_time",
        "full_resolution_time": "total_resolution_time",
        "requester_wait_time": "requester_wait_time",
        "agent_work_time": "agent_work_time",
    }
)
"""Which kind of target is about what a measure measures."""

UNKNOWN: Final = int(Flag.PARTIAL_HISTORY | Flag.NO_SCHEDULE)


class Promised(msgspec.Struct, frozen=True):
    """The targets of one ticket: how many wait, were missed and met; when the next one is due."""

    helpdesk: str
    ticket_id: int
    id: str
    waiting: int
    missed: int
    met: int
    due_at: datetime | None
    missed_at: datetime | None


def sla_form(kpi: KpiTable, definitions: Mapping[str, MeasureDefinition] | None = None) -> Form:
    """Return what has to be measured to tell how tickets stand with the SLA behind a KPI."""
    definition = definition_of(kpi, definitions)
    name = definition.variant_of or definition.id
    metric = METRICS.get(name) or str(form_of(kpi, definitions).settings.get("metric", "all"))
    return form_of(
        KpiTable(measure=ATTAINMENT, variant=LATEST, settings={"metric": metric}), definitions
    )


def promised(
    con: DuckDBPyConnection, form: Form, covered: str, params: list[Any]
) -> list[Promised]:
    """Return how the tickets `t` that are covered stand with their targets."""
    rows = con.execute(
        "select t.helpdesk, t.ticket_id, t.id,"
        " count(*) filter (m.measure is not null and m.value is null),"
        " count(*) filter (m.value = 0), count(*) filter (m.value = 1),"
        " min(m.until) filter (m.value is null), min(m.until) filter (m.value = 0)"
        " from tickets as t left join measures as m"
        " on m.helpdesk = t.helpdesk and m.ticket_id = t.ticket_id and m.measure = ?"
        f" and m.flags & {UNKNOWN} = 0 where {covered}"
        " group by t.helpdesk, t.ticket_id, t.id order by t.helpdesk, t.ticket_id",
        [form.key, *params],
    ).fetchall()
    return [_promised(*row) for row in rows]


def _promised(*row: Any) -> Promised:
    *counts, due_at, missed_at = row
    values = [*counts, _aware(due_at), _aware(missed_at)]
    return Promised(*values)


def _aware(instant: datetime | None) -> datetime | None:
    return instant.replace(tzinfo=UTC) if instant else None
