"""The twelve KPIs that the benches ask for, and the same by hand."""

from __future__ import annotations

from connector.config.mapping import KpiTable, Quantity

KPIS = {
    "reply_median": KpiTable(measure="first_reply_time"),
    "reply_p90_business": KpiTable(measure="first_reply_time", aggregate="p90", clock="business"),
    "reply_within": KpiTable(
        measure="first_reply_time", aggregate="within", limit=Quantity(14_400, "s")
    ),
    "first_resolution": KpiTable(measure="first_resolution_time"),
    "full_resolution": KpiTable(measure="full_resolution_time", clock="business"),
    "waiting": KpiTable(measure="requester_wait_time"),
    "replies": KpiTable(measure="replies_per_ticket"),
    "csat": KpiTable(measure="csat_pct"),
    "reopened": KpiTable(measure="reopen_rate"),
    "one_touch": KpiTable(measure="one_touch_rate"),
    "created": KpiTable(measure="tickets_created"),
    "solved": KpiTable(measure="tickets_solved"),
}

AGGREGATES = {
    "reply_median": "median(m.value)",
    "reply_p90_business": "quantile_cont(m.value, 0.9)",
    "reply_within": "avg((m.value <= 14400)::int)",
    "first_resolution": "median(m.value)",
    "full_resolution": "median(m.value)",
    "waiting": "median(m.value)",
    "replies": "avg(m.value)",
    "csat": "avg(m.value)",
    "reopened": "avg(m.value)",
    "one_touch": "avg(m.value)",
    "created": "count(distinct m.ticket_id)",
    "solved": "count(distinct m.ticket_id)",
}
"""What a person would write; intervals and flags come on top in ours."""

BY_HAND = """
select
  t.assignee_id, t.group_id, date_trunc('week', m."at") as week, {aggregate} as value,
  count(*) as n
from measures as m
join tickets as t on t.helpdesk = m.helpdesk and t.ticket_id = m.ticket_id
where m.measure = '{measure}' and m.clock = '{clock}' and m.value is not null
  and m.flags & {out} = 0 and m."at" >= timestamp '{start}' and m."at" < timestamp '{end}'
group by all
"""
