"""The example set of `../shared/golden` as a store, loaded table by table."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

from connector.kpi.hours import Hours, load_hours
from tests.kpi.desk import Desk

TABLES = (
    "ticket_data", "ticket_comment_data", "ticket_field_history_data", "ticket_schedule_data",
    "ticket_tag_data", "csat_ratings", "schedule_data", "schedule_holiday_data", "time_zone_iana",
    "user_data", "group_data",
)  # fmt: skip
LOAD = """
insert into tickets
select t.id, t.status, t.created_at, t.updated_at, t.updated_at, t.requester_id, t.submitter_id,
  t.assignee_id, t.group_id, t.organization_id, t.brand_id, t.ticket_form_id, t.via_channel,
  t.priority, t.type,
  case when list_contains(g.tags, 'closed_by_merge') then 1 else 0 end
  + case when list_contains(g.tags, 'spam') then 2 else 0 end,
  coalesce(g.tags, []), map {}, timestamp '2026-07-01'
from ticket_data as t
left join (select ticket_id, list(tag) as tags from ticket_tag_data group by 1) as g
  on g.ticket_id = t.id;
insert into people select id, case role when 'end-user' then 'customer' else role end, name, active,
  updated_at from user_data;
insert into groups select id, name, _fivetran_deleted from group_data;
insert into schedules
select s.id, any_value(s.name), any_value(z.iana),
  min(s.created_at) = (select min(created_at) from schedule_data), timestamp '2023-01-01'
from schedule_data as s join time_zone_iana as z on z.time_zone = s.time_zone group by s.id;
insert into schedule_intervals select id, timestamp '2023-01-01', start_time, end_time
from schedule_data;
insert into holidays select schedule_id, timestamp '2023-01-01', name, start_date, end_date
from schedule_holiday_data;
insert into ratings
select row_number() over (), c.ticket_id, c.last_score, null, null, c.offered_at, c.last_rated_at,
  null, null, c.last_rated_at from csat_ratings as c;
insert into events (ticket_id, event_id, "at", kind, actor_id, is_public, value)
select id, id, created_at, 'created', null, null, null from ticket_data
union all
select ticket_id, id, created, 'comment', user_id, public, null from ticket_comment_data
union all
select ticket_id, row_number() over (order by rowid), updated,
  case field_name when 'status' then 'status' when 'assignee_id' then 'assignee'
  when 'group_id' then 'group' when 'priority' then 'priority' else 'type' end,
  user_id, null, nullif(value, '')
from ticket_field_history_data
where field_name in ('status', 'assignee_id', 'group_id', 'priority', 'type')
union all
select ticket_id, row_number() over (order by created_at), created_at, 'schedule', null, null,
  schedule_id::varchar
from ticket_schedule_data;
"""


def load(folder: Path) -> Desk:
    """Return a store filled with the inputs of a golden folder, and its exact files as tables."""
    desk = Desk()
    con = desk.con
    con.execute("delete from people")
    for name in TABLES:
        con.execute(f"create temp table {name} as from read_csv('{folder}/inputs/{name}.csv')")
    for path in sorted((folder / "exact").glob("*.csv")):
        con.execute(f"create temp table {path.stem} as from read_csv('{path}')")
    con.execute(LOAD)
    return desk


def values(desk: Desk, name: str, clock: str) -> dict[int, float]:
    """Return the values of a measure by ticket."""
    return dict(
        desk.con.execute(
            "select ticket_id, value from measures"
            " where measure = ? and clock = ? and value is not null",
            [name, clock],
        ).fetchall()
    )


def elapsed(desk: Desk, name: str, clock: str, as_of: datetime) -> dict[int, float]:
    """Return the seconds on the clock of every ticket, one that still runs read at `as_of`."""
    rows = desk.con.execute(
        "select ticket_id, value, so_far, since from measures where measure = ? and clock = ?",
        [name, clock],
    ).fetchall()
    hours, periods = _hours(desk, as_of), _periods(desk)
    found = {}
    for ticket, value, so_far, since in rows:
        running = 0.0
        if since is not None and clock == "calendar":
            running = (as_of - since.replace(tzinfo=UTC)).total_seconds()
        elif since is not None:
            running = _open_seconds(hours, periods[ticket], since.replace(tzinfo=UTC), as_of)
        found[ticket] = so_far + running if value is None else value
    return found


def gaps_spent_done(desk: Desk, clock: str) -> dict[int, float]:
    """Return the seconds that tickets spent solved, closed or deleted before their last solve.

    Straight from the status history, without any of the measures.
    """
    spans = desk.con.execute(
        "with s as ("
        ' select ticket_id, value as status, "at",'
        ' lead("at") over (partition by ticket_id order by "at", event_id) as until'
        " from events where kind = 'status'),"
        " u as (select ticket_id, max(until) as last_at from s"
        " where status in ('new', 'open', 'pending', 'hold') group by 1)"
        ' select ticket_id, "at", until from s join u using (ticket_id)'
        " where status in ('solved', 'closed', 'deleted') and until <= last_at and \"at\" < last_at"
    ).fetchall()
    hours, periods = _hours(desk, datetime(2026, 7, 1, tzinfo=UTC)), _periods(desk)
    found: defaultdict[int, float] = defaultdict(float)
    for ticket, start, end in spans:
        a, b = start.replace(tzinfo=UTC), end.replace(tzinfo=UTC)
        if clock == "calendar":
            found[ticket] += (b - a).total_seconds()
        else:
            found[ticket] += _open_seconds(hours, periods[ticket], a, b)
    return found


def _hours(desk: Desk, until: datetime) -> dict[int, Hours]:
    return load_hours(desk.con, datetime(2024, 12, 1, tzinfo=UTC), until)


def _periods(desk: Desk) -> Mapping[int, Sequence[tuple[int, datetime, datetime]]]:
    """Return which schedule was in force on which ticket when."""
    found: defaultdict[int, list[tuple[int, datetime, datetime]]] = defaultdict(list)
    for ticket, schedule, start, end in desk.con.execute(
        "select ticket_id, schedule_id, \"at\", least(until, timestamp '2100-01-01')"
        " from m_schedules"
    ).fetchall():
        found[ticket].append((schedule, start.replace(tzinfo=UTC), end.replace(tzinfo=UTC)))
    return found


def _open_seconds(
    hours: Mapping[int, Hours],
    periods: Sequence[tuple[int, datetime, datetime]],
    start: datetime,
    end: datetime,
) -> int:
    stretches = ((one, max(start, low), min(end, high)) for one, low, high in periods)
    return sum(hours[one].open_seconds(a, b) for one, a, b in stretches if a < b)
