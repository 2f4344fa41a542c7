"""The SLA targets of the example set as steps of the helpdesk's clocks."""

from __future__ import annotations

from connector.kpi.catalogue import definitions
from connector.kpi.forms import Form
from tests.kpi.desk import Desk

METRICS = ("first_reply_time", "next_reply_time", "requester_wait_time", "agent_work_time")
LOAD = """
insert into metric_events
with told as (
  select
    row_number() over (order by rowid) as id, ticket_id, updated, field_name,
    json_extract(value, '$.minutes')::double as minutes,
    json_extract(value, '$.in_business_hours')::boolean as is_business
  from ticket_field_history_data
  where list_contains(?, field_name) and value is not null
)
select
  id, ticket_id, updated,
  case when field_name in ('first_reply_time', 'next_reply_time')
    then 'reply_time' else field_name end,
  'apply_sla',
  case when field_name = 'next_reply_time'
    then 1 + row_number() over (partition by ticket_id, field_name order by updated, id) else 1 end,
  null, minutes, is_business
from told
"""


def load_targets(desk: Desk) -> None:
    """Fill the metric events of a golden desk from the history of its fields."""
    desk.con.execute(LOAD, [list(METRICS)])


def attainment(metric: str) -> Form:
    """Return the form of SLA attainment for one kind of target."""
    return Form(definitions()["sla_attainment"], {"metric": metric})
