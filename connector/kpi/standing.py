"""Where single tickets stand against a limit: what is due, when, and what was met or missed.

Only KPIs that one event settles (a first reply, a resolution) say something about one ticket. Its
limit is the goal's, or the target that the helpdesk's own SLA has set for this ticket.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final, Literal

import msgspec

from connector.config.mapping import KpiTable, TicketRuleTable
from connector.kpi import catalogue
from connector.kpi.ask import Question, ask, naive
from connector.kpi.flags import Flag, excluded_marks
from connector.kpi.hours import Hours, load_hours
from connector.kpi.standing_sla import Promised, promised, sla_form
from connector.kpi.where import Scope, resolve
from connector.model.kpi import Family
from connector.model.ticket import UNSOLVED

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

RECENT: Final = timedelta(days=7)
HORIZON: Final = timedelta(days=3 * 366)
SOON: Final = timedelta(hours=1)
"""How long before its SLA's target runs out a ticket is due soon; no goal says otherwise."""

UNKNOWN: Final = Flag.PARTIAL_HISTORY | Flag.NO_SCHEDULE


class Outlook(StrEnum):
    """How one ticket stands against its limit."""

    PENDING = "pending"
    DUE_SOON = "due_soon"
    MET = "met"
    MISSED = "missed"


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """One ticket and one KPI; `state` is None where a single ticket says nothing.

    `turns_at` is before time alone can give it another state, None where time does not.
    """

    helpdesk: str
    ticket_id: int
    id: str
    state: str | None = None
    due_at: datetime | None = None
    turns_at: datetime | None = None


class _Row(msgspec.Struct, frozen=True):
    """A ticket in scope with what was measured: its value, or when it was solved without one."""

    helpdesk: str
    ticket_id: int
    id: str
    status: str
    created_at: datetime
    value: float | None
    flags: int | None
    solved_at: datetime | None


Periods = Sequence[tuple[int, datetime, datetime | None]]


class _Deadlines(msgspec.Struct, frozen=True, kw_only=True):
    """When a limit runs out; by the calendar where there are no hours to count."""

    limit_s: int
    hours: Mapping[int, Hours] = {}
    periods: Mapping[int, Periods] = {}

    def due_at(self, row: _Row) -> datetime | None:
        """Return the instant at which the limit is reached; None beyond the horizon."""
        if not self.hours:
            return row.created_at + timedelta(seconds=self.limit_s)
        remaining = self.limit_s
        for schedule, start, end in self.periods.get(row.ticket_id, ()):
            hours = self.hours[schedule]
            due = hours.add_open(start, remaining)
            if end is None or (due is not None and due <= end):
                return due
            remaining -= hours.open_seconds(start, end)
        return None

    def soon_at(self, row: _Row, due_at: datetime, soon_s: int) -> datetime | None:
        """Return an instant up to which more than so many seconds are left, None if unknown."""
        if not self.hours:
            return due_at - timedelta(seconds=soon_s)
        schedule, _, _ = self.periods[row.ticket_id][-1]
        return self.hours[schedule].ago(due_at, soon_s + 1)

    def left_s(self, row: _Row, now: datetime, due_at: datetime) -> int:
        """Return the seconds left, open ones where hours count."""
        if not self.hours:
            return int((due_at - now).total_seconds())
        schedule, _, _ = self.periods[row.ticket_id][-1]
        return self.hours[schedule].open_seconds(now, due_at)


def standings(
    con: DuckDBPyConnection,
    kpi: KpiTable,
    rule: TicketRuleTable | Literal["sla"] | None,
    *,
    now: datetime,
    since: datetime | None = None,
    scope: Scope | None = None,
) -> list[Standing]:
    """Return the tickets a KPI covers that are unsolved now, or were solved after `since`.

    `since` is seven days ago unless told; exactly at the limit is met.
    """
    question = ask(kpi, resolve(kpi.where, con) if scope is None else scope, now, now)
    covered, params = _covered(question, now - RECENT if since is None else since)
    if rule == "sla":
        found_promises = promised(con, sla_form(kpi), covered, params)
        return [_kept(one, now) for one in found_promises]
    rows = _rows(con, question, covered, params)
    if rule is None or not question.definition.settles_by:
        return [_standing(row) for row in rows]
    found: list[Standing] = []
    for helpdesk in sorted({row.helpdesk for row in rows}):
        own = [row for row in rows if row.helpdesk == helpdesk]
        deadlines = _deadlines(con, question, helpdesk, own, rule)
        found.extend(_judged(row, rule, deadlines, now) for row in own)
    return found


def _covered(question: Question, since: datetime) -> tuple[str, list[Any]]:
    """Return the condition for the tickets `t` of a KPI that still say something."""
    condition, params = question.scope.condition("t")
    marks = excluded_marks(question.definition.excludes)
    unsolved = ", ".join(f"'{status}'" for status in sorted(UNSOLVED))
    test = (
        f"{condition} and t.marks & {marks} = 0 and (t.status in ({unsolved})"
        " or (t.status in ('solved', 'closed') and t.updated_at >= ?))"
    )
    return test, [*params, naive(since)]


def _kept(one: Promised, now: datetime) -> Standing:
    """Judge a ticket by its SLA: what still waits comes before what was missed or met."""
    state = due_at = turns_at = None
    if one.waiting:
        is_soon = one.due_at is not None and one.due_at <= now + SOON
        state, due_at = Outlook.DUE_SOON if is_soon else Outlook.PENDING, one.due_at
        turns_at = due_at if is_soon or due_at is None else due_at - SOON
    elif one.missed:
        state, due_at = Outlook.MISSED, one.missed_at
    elif one.met:
        state = Outlook.MET
    return Standing(
        helpdesk=one.helpdesk,
        ticket_id=one.ticket_id,
        id=one.id,
        state=state,
        due_at=due_at,
        turns_at=turns_at,
    )


def _rows(
    con: DuckDBPyConnection, question: Question, covered: str, params: list[Any]
) -> list[_Row]:
    # other measures may have several rows a ticket, and none of them matters here
    definition = question.definition
    is_settling = definition.settles_by and definition.family == Family.TIME
    settling = question.form.key if is_settling else ""
    rows = con.execute(
        "select t.helpdesk, t.ticket_id, t.id, t.status, t.created_at, m.value, m.flags, s.at"
        " from tickets as t"
        " left join measures as m on m.helpdesk = t.helpdesk and m.ticket_id = t.ticket_id"
        " and m.measure = ? and m.clock = ?"
        " left join measures as s on s.helpdesk = t.helpdesk and s.ticket_id = t.ticket_id"
        " and s.measure = 'first_resolution_time' and s.clock = 'calendar'"
        f" where {covered} order by t.helpdesk, t.ticket_id",
        [settling, question.clock, *params],
    ).fetchall()
    return [_row(*values) for values in rows]


def _row(*values: Any) -> _Row:
    helpdesk, ticket_id, vendor_id, status, created_at, value, flags, solved_at = values
    return _Row(
        helpdesk, ticket_id, vendor_id, status, _aware(created_at), value, flags,
        solved_at and _aware(solved_at),
    )  # fmt: skip


def _aware(instant: datetime) -> datetime:
    return instant.replace(tzinfo=UTC)


def _standing(
    row: _Row,
    state: Outlook | None = None,
    due_at: datetime | None = None,
    turns_at: datetime | None = None,
) -> Standing:
    return Standing(
        helpdesk=row.helpdesk,
        ticket_id=row.ticket_id,
        id=row.id,
        state=state,
        due_at=due_at,
        turns_at=turns_at,
    )


def _judged(row: _Row, rule: TicketRuleTable, deadlines: _Deadlines, now: datetime) -> Standing:
    """Judge one ticket; one solved without a reply missed it if it was overdue by then."""
    if row.flags is None or row.flags & UNKNOWN:
        return _standing(row)
    due_at = deadlines.due_at(row)
    if row.value is not None:
        state = Outlook.MET if row.value <= rule.limit.number else Outlook.MISSED
        return _standing(row, state, due_at)
    if row.status not in UNSOLVED:
        is_late = due_at is not None and row.solved_at is not None and due_at < row.solved_at
        return _standing(row, Outlook.MISSED if is_late else None, due_at)
    if due_at is None or now > due_at:
        return _standing(row, Outlook.PENDING if due_at is None else Outlook.MISSED, due_at)
    soon = int(rule.due_soon.number) if rule.due_soon else -1
    if soon >= 0 and deadlines.left_s(row, now, due_at) <= soon:
        return _standing(row, Outlook.DUE_SOON, due_at, due_at)
    turns_at = due_at if soon < 0 else deadlines.soon_at(row, due_at, soon) or now
    return _standing(row, Outlook.PENDING, due_at, turns_at)


def _deadlines(
    con: DuckDBPyConnection,
    question: Question,
    helpdesk: str,
    rows: Sequence[_Row],
    rule: TicketRuleTable,
) -> _Deadlines:
    limit = int(rule.limit.number)
    if question.clock == "calendar":
        return _Deadlines(limit_s=limit)
    oldest = min(row.created_at for row in rows)
    hours = load_hours(con, oldest, question.end + HORIZON, helpdesk)
    periods = _periods(con, helpdesk, [row.ticket_id for row in rows])
    return _Deadlines(limit_s=limit, hours=hours, periods=periods)


def _periods(
    con: DuckDBPyConnection, helpdesk: str, ids: Sequence[int]
) -> dict[int, list[tuple[int, datetime, datetime | None]]]:
    """Return which schedule was in force when, by the same SQL that measures it."""
    con.execute("create or replace temp table m_chunk as select unnest(?::bigint[]) as id", [ids])
    con.execute(
        "create or replace temp table m_tickets as select ticket_id, created_at from tickets"
        " where helpdesk = ? and ticket_id in (select id from m_chunk)",
        [helpdesk],
    )
    con.execute(
        "create or replace temp table m_events as select e.ticket_id, e.event_id, e.kind, e.value,"
        ' e.previous, greatest(e.at, t.created_at) as "at" from events as e'
        " join m_tickets as t on t.ticket_id = e.ticket_id"
        " where e.helpdesk = ? and e.kind = 'schedule'",
        [helpdesk],
    )
    own = f"'{helpdesk}'"  # the name in config.toml: lower case letters, digits, - and _
    query = catalogue.input_sql(
        "schedules",
        schedules=f"(select * from schedules where helpdesk = {own})",
        vendor_ids=f"(select * from vendor_ids where helpdesk = {own})",
    )
    columns = "ticket_id, schedule_id, \"at\", nullif(until, 'infinity'::timestamp)"
    return _grouped(con.execute(f'select {columns} from ({query}) order by "at"').fetchall())


def _grouped(
    rows: Iterable[tuple[int, int, datetime, datetime | None]],
) -> dict[int, list[tuple[int, datetime, datetime | None]]]:
    found: defaultdict[int, list[tuple[int, datetime, datetime | None]]] = defaultdict(list)
    for ticket_id, schedule_id, start, end in rows:
        found[ticket_id].append((schedule_id, _aware(start), end and _aware(end)))
    return found
