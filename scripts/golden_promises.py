"""Hold every SLA target against `sla_policies_exact`, and the other way round."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

from duckdb import DuckDBPyConnection
from golden_columns import TOLERANCE_MIN
from golden_compare import Line, Row

from connector.config.mapping import KpiTable
from connector.kpi import catalogue
from connector.kpi.flags import excluded
from connector.kpi.forms import form_of
from connector.kpi.measure import measure
from connector.store.published import PublishedSet
from connector.store.replay import supplement

FILE = "sla_policies_exact"
COLUMNS = (
    "target", "in_business_hours", "active", "exact_breach", "exact_elapsed", "exact_breach_at",
)  # fmt: skip
LOST = (
    "a reply was promised in business hours, and not one second of them had passed when the ticket"
    " was solved without one, or has passed by now: the target is achieved, or still runs; the file"
    " has no row for it"
)
UNTOUCHED = (
    "the file knows a status only once it has ended: it has no row for a target for work or wait"
    " that was applied after all such stays, or to one that is not over; it counts like any other"
)
QUERY = """
with placed as (
  select
    s.*, t.flags as marks, s.metric in ('first_reply_time', 'next_reply_time') as is_reply,
    case when s.metric = 'first_reply_time' then t.created_at else s.applied_at end as counts_from
  from m_sla as s
  join m_tickets as t on t.ticket_id = s.ticket_id
  where s.metric <> 'first_reply_time' or s.nth = 1
),
-- the last instant by which business hours of the ticket's schedules were open
opened as (
  select
    p.ticket_id, max(least(h.opens_at + h.length, epoch(least(p.until, $now))::bigint)) as until
  from m_schedules as p
  join m_hours as h
    on h.schedule_id = p.schedule_id and h.opens_at + h.length > epoch(p."at")
    and h.opens_at < epoch(least(p.until, $now))
  where p.ticket_id in (select ticket_id from placed where is_reply and elapsed = 0)
  group by p.ticket_id
)
select
  s.ticket_id, s.metric, s.counts_from, s.target / 60, s.is_business, s.since is not null,
  s.outcome, s.elapsed / 60, s."at",
  exists (
    from m_comments as c where c.ticket_id = s.ticket_id and c.is_reply and c.at = s.ended_at
  ),
  coalesce(o.until > epoch(s.counts_from), false),
  exists (
    from m_states as c
    where c.ticket_id = s.ticket_id and c.until > s.counts_from
      and (not s.is_business or c.until > greatest(c.at, s.counts_from))
      and (
        c.status in ('new', 'open') or (c.status = 'hold' and s.metric = 'requester_wait_time')
      )
  ),
  s.marks
from placed as s
left join opened as o on o.ticket_id = s.ticket_id
"""


class Promise(NamedTuple):
    """A target as it was judged here; times in minutes."""

    ticket_id: int
    metric: str
    applied_at: datetime
    target: float
    is_business: bool
    runs: bool
    outcome: int | None
    elapsed: float
    at: datetime | None
    is_answered: bool
    has_hours: bool
    has_stays: bool
    marks: int

    @property
    def key(self) -> tuple[int, str, datetime]:
        """Return what the file calls it."""
        return self.ticket_id, self.metric, self.applied_at

    @property
    def why_lost(self) -> str | None:
        """Return why the file has no row for it, where that is one of the known reasons."""
        if self.metric not in {"first_reply_time", "next_reply_time"}:
            return None if self.has_stays else UNTOUCHED
        if not self.is_business or self.elapsed > 0 or (self.is_answered and self.has_hours):
            return None
        return LOST

    def shown(self) -> tuple[Any, ...]:
        """Return the values of `COLUMNS`."""
        is_broken = self.outcome == 0
        flags = (int(self.is_business), int(self.runs), int(is_broken))
        return (self.target, *flags, self.elapsed, self.at if is_broken else None)


def promises(published: PublishedSet, at: datetime) -> list[Promise]:
    """Return every target, judged again from what was synced by the SQL that judged it there."""
    form = form_of(KpiTable(measure="sla_attainment"))
    found: list[Promise] = []

    def judged(con: DuckDBPyConnection) -> None:
        measure(con, now=at, forms=[form], everything=True)
        known = {"now": at.astimezone(UTC).replace(tzinfo=None)}
        found.extend(Promise(*row) for row in con.execute(QUERY, known).fetchall())

    with TemporaryDirectory(prefix="golden-") as name:
        supplement(published, Path(name) / "again", measure=judged)
    return found


def per_target(ours: Sequence[Promise], rows: Sequence[Row]) -> Iterator[Line]:
    """Compare the columns of every target, and then whose targets are not in the file."""
    known = {one.key: one for one in ours}
    keys = [_key(row) for row in rows]
    for place, name in enumerate(COLUMNS):
        line = Line(FILE, name, "sla_attainment, its targets")
        for key, row in zip(keys, rows, strict=True):
            one = known.get(key)
            exact = _read(name, row[name])
            value = one.shown()[place] if one else "no such target"
            is_equal = one is not None and _is_equal(name, exact, value)
            line.add(key, exact, value, 0.0 if is_equal else None)
        yield line
    rest = Line(FILE, "targets without a row", "sla_attainment, its targets")
    for key in sorted(known.keys() - set(keys)):
        why = known[key].why_lost
        if why:
            rest.explain(why)
        else:
            rest.add(key, "no row", known[key].shown(), None)
    yield rest


def lost_by_month(ours: Sequence[Promise], created: Mapping[int, datetime]) -> Counter[str]:
    """Count the achieved first replies that the file lost by the month of the ticket's creation.

    Only those that the KPI counts: none of deleted tickets, nor of those merged away.
    """
    out = excluded(catalogue.definitions()["sla_attainment"].excludes)
    return Counter(
        created[one.ticket_id].strftime("%Y-%m")
        for one in ours
        if one.metric == "first_reply_time" and one.outcome == 1
        if one.why_lost == LOST and not one.marks & out
    )


def _key(row: Row) -> tuple[int, str, datetime]:
    at = datetime.fromisoformat(row["sla_applied_at"])
    return int(row["ticket_id"]), row["metric"], at


def _read(name: str, text: str | None) -> Any:
    if name == "exact_breach_at":
        return datetime.fromisoformat(text) if text else None
    return None if text is None else float(text)


def _is_equal(name: str, exact: Any, ours: Any) -> bool:
    if name == "exact_elapsed" and exact is not None:
        return bool(abs(exact - ours) <= TOLERANCE_MIN)
    return bool(exact == ours)
