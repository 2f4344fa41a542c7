"""The chapters of the catalogue: which measures belong together, in a reader's order."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from connector.model.kpi import Family, MeasureDefinition

SPEED: Final = "Speed"
STATES: Final = "Time in state"
FLOW: Final = "Quality and flow"
SLA: Final = "SLA"
SURVEYS: Final = "Surveys"
VOLUME: Final = "Volume and backlog"
IMPORTED: Final = "Imported"
OWN: Final = "Your own"
SECTIONS: Final = (SPEED, STATES, FLOW, SLA, SURVEYS, VOLUME, IMPORTED, OWN)

MEMBERS: Final[Mapping[str, str]] = {
    id_: section
    for section, ids in {
        SPEED: "first_reply_time handover_reply_time next_reply_time total_reply_wait"
        " first_resolution_time full_resolution_time resolution_active_time"
        " time_to_first_assignment handle_time",
        STATES: "requester_wait_time agent_wait_time on_hold_time agent_work_time new_time"
        " open_time",
        FLOW: "one_touch_rate two_touch_rate multi_touch_rate fcr_system first_level_resolution"
        " reopen_rate reopens_per_ticket repeat_contact_rate replies_per_ticket"
        " comments_per_ticket customer_comments_per_ticket reply_share assignee_stations"
        " group_stations reassignment_rate escalation_rate handoffs automation_rate"
        " cohort_resolved_pct solves_per_ticket",
        SURVEYS: "csat_pct csat_mean csat_response_rate dsat_pct dsat_reason_share fcr_survey nps"
        " ces",
        VOLUME: "tickets_created tickets_solved net_flow solve_rate backlog backlog_age"
        " unreplied_open contact_rate tickets_per_staff_day staff_days cost_per_ticket",
    }.items()
    for id_ in ids.split()
}
"""Where a measure stands whose name or family does not say it."""


def section_of(definition: MeasureDefinition) -> str:
    """Return the chapter of a measure; a variant stands with its measure."""
    if definition.template:
        return OWN
    name = definition.variant_of or definition.id
    if name in MEMBERS:
        return MEMBERS[name]
    if name.startswith("sla_"):
        return SLA
    return IMPORTED if definition.family == Family.IMPORTED else VOLUME


def grouped(
    definitions: Iterable[MeasureDefinition],
) -> dict[str, list[MeasureDefinition]]:
    """Return the measures of each chapter that has some, variants after their measure."""
    order = {id_: place for place, id_ in enumerate(MEMBERS)}
    found: dict[str, list[MeasureDefinition]] = {section: [] for section in SECTIONS}
    for one in definitions:
        found[section_of(one)].append(one)
    for measures in found.values():
        measures.sort(key=lambda one: _place(one, order))
    return {section: measures for section, measures in found.items() if measures}


def _place(one: MeasureDefinition, order: Mapping[str, int]) -> tuple[int, str, str]:
    name = one.variant_of or one.id
    return order.get(name, len(order)), name, one.id if one.variant_of else ""
