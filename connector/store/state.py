"""What cannot be read again: runs, journal, evaluations, fields, pins, refusals, approvals."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime

import msgspec

from connector.model.goal import GoalReport
from connector.model.page import TicketField
from connector.model.view import OurView
from connector.store.database import as_instant, as_text
from connector.store.journal import Journal

PARK_AFTER = 3
"""A ticket refused the same way this often is parked until it changes."""

START_RUN = """
insert into runs (run, started_at, args) values (:run, :at, :args)
on conflict do update set started_at = excluded.started_at, args = excluded.args
"""
FINISH_RUN = """
update runs set finished_at = :at, status = :status, report = :report where run = :run
"""
RUNS = """
select run, started_at, args, finished_at, status, report
from runs order by started_at desc, run desc limit :limit
"""
REPORTS = """
select report from runs
where started_at <= :until and status in ('ok', 'partial')
  and json_valid(args) and json_extract(args, '$.as_of') is null
order by started_at desc, run desc limit :limit
"""
EVALUATE = """
insert into evaluations values (:goal, :as_of, :run, :report)
on conflict do update set report = excluded.report
"""
HISTORY = """
select report from evaluations where goal = :goal
and (:since is null or as_of >= :since) order by as_of, run
"""
LAST = """
select report from evaluations
where (goal, as_of, run) in (
  select goal, as_of, max(run) from evaluations
  join (select goal, max(as_of) as as_of from evaluations group by goal) using (goal, as_of)
  group by goal, as_of
)
"""
REFUSE = """
insert into refusals values (:helpdesk, :ticket, :reason, 1, :stamp, :at)
on conflict do update set
  count = case when reason = excluded.reason and stamp in (:seen, excluded.stamp)
    then count + 1 else 1 end,
  reason = excluded.reason, stamp = excluded.stamp, at = excluded.at
"""
REFUSALS = "select ticket, reason, count, stamp, at from refusals where helpdesk = :helpdesk"
ALLOW = "delete from refusals where helpdesk = :helpdesk and ticket = :ticket"
FIELD = "insert into fields values (:helpdesk, :role, :field)"
PIN = """
insert into pins values (:helpdesk, :dimension, :name, :id)
on conflict do update set id = excluded.id
"""
APPROVE = """
insert into approvals values (:goal, :state, :until)
on conflict do update set expires_at = excluded.expires_at
"""
UNPIN = "delete from pins where helpdesk = :helpdesk and dimension = :dimension and name = :name"
PUT = "insert into meta values (:name, :value) on conflict do update set value = excluded.value"


class RunRow(msgspec.Struct, frozen=True, kw_only=True):
    """One run; `finished_at` is None while it runs, or if it died."""

    run: str
    started_at: datetime
    args: str
    finished_at: datetime | None
    status: str | None
    report: str | None


class Refusal(msgspec.Struct, frozen=True, kw_only=True):
    """How often a ticket's version `stamp` was refused for the same reason."""

    reason: str
    count: int
    stamp: datetime
    at: datetime

    @property
    def is_parked(self) -> bool:
        """Tell whether the ticket is left alone until it changes."""
        return self.count >= PARK_AFTER


class State(Journal):
    """The one SQLite file beside the stores; made by `open`."""

    def start_run(self, run: str, *, at: datetime, args: str = "") -> None:
        """Note that a run began."""
        self.write(START_RUN, {"run": run, "at": as_text(at), "args": args})

    def finish_run(self, run: str, *, at: datetime, status: str, report: str) -> None:
        """Note how a run ended; `report` is its JSON document."""
        values = {"run": run, "at": as_text(at), "status": status, "report": report}
        self.write(FINISH_RUN, values)

    def runs(self, limit: int = 10) -> list[RunRow]:
        """Return the last runs, newest first."""
        return [
            RunRow(
                run=run,
                started_at=as_instant(started),
                args=args,
                finished_at=as_instant(finished) if finished else None,
                status=status,
                report=report,
            )
            for run, started, args, finished, status, report in self.rows(RUNS, limit=limit)
        ]

    def reports_until(self, until: datetime, limit: int = 20) -> Iterator[str]:
        """Yield what runs for the present told up to an instant, as JSON, newest first."""
        for (report,) in self.rows(REPORTS, until=as_text(until), limit=limit):
            yield report

    def save_evaluations(self, run: str, reports: Sequence[GoalReport]) -> None:
        """Keep how goals were judged in a run."""
        self.write(
            EVALUATE,
            *(
                {
                    "goal": report.id,
                    "as_of": as_text(report.as_of),
                    "run": run,
                    "report": msgspec.json.encode(report).decode(),
                }
                for report in reports
            ),
        )

    def last_evaluations(self) -> dict[str, GoalReport]:
        """Return how each goal was judged last."""
        reports = [msgspec.json.decode(row[0], type=GoalReport) for row in self.rows(LAST)]
        return {report.id: report for report in reports}

    def history(self, goal: str, *, since: datetime | None = None) -> list[GoalReport]:
        """Return how a goal was judged over time, oldest first."""
        first = as_text(since) if since else None
        rows = self.rows(HISTORY, goal=goal, since=first)
        return [msgspec.json.decode(row[0], type=GoalReport) for row in rows]

    def save_fields(self, helpdesk: str, fields: Sequence[TicketField]) -> None:
        """Replace what we know of our fields in a helpdesk."""
        with self.transaction() as connection:
            connection.execute("delete from fields where helpdesk = ?", [helpdesk])
            connection.executemany(
                FIELD,
                [
                    {
                        "helpdesk": helpdesk,
                        "role": field.role,
                        "field": msgspec.json.encode(field).decode(),
                    }
                    for field in fields
                ],
            )

    def fields(self, helpdesk: str) -> tuple[TicketField, ...]:
        """Return our fields in a helpdesk as last seen."""
        query = "select field from fields where helpdesk = :helpdesk order by role"
        rows = self.rows(query, helpdesk=helpdesk)
        return tuple(msgspec.json.decode(row[0], type=TicketField) for row in rows)

    def save_views(self, helpdesk: str, views: Sequence[OurView]) -> None:
        """Replace what we know of the views that setup made in a helpdesk."""
        self.put(f"views:{helpdesk}", msgspec.json.encode(list(views)).decode())

    def views(self, helpdesk: str) -> tuple[OurView, ...]:
        """Return the views that setup made in a helpdesk, as it made them."""
        return msgspec.json.decode(self.get(f"views:{helpdesk}") or "[]", type=tuple[OurView, ...])

    def pin(self, helpdesk: str, dimension: str, ids: Mapping[str, str]) -> None:
        """Remember which id a name in a mapping stood for."""
        desk = {"helpdesk": helpdesk, "dimension": dimension}
        self.write(PIN, *({**desk, "name": name, "id": id_} for name, id_ in ids.items()))

    def unpin(self, helpdesk: str, names: Iterable[tuple[str, str]]) -> None:
        """Forget which ids some names of dimensions stood for."""
        keys = ({"helpdesk": helpdesk, "dimension": d, "name": name} for d, name in names)
        self.write(UNPIN, *keys)

    def pins(self, helpdesk: str) -> dict[tuple[str, str], str]:
        """Return the pinned ids by dimension and name."""
        query = "select dimension, name, id from pins where helpdesk = :helpdesk"
        return {(row[0], row[1]): row[2] for row in self.rows(query, helpdesk=helpdesk)}

    def refuse(
        self,
        helpdesk: str,
        ticket: str,
        *,
        reason: str,
        stamp: datetime,
        at: datetime,
        left: datetime | None = None,
    ) -> None:
        """Count one more refusal of a ticket's version `stamp`.

        What took our change back may have left a newer version behind, `left`: that is the one to
        leave alone, and the refusals of one after the other are the same one again.
        """
        times = {"seen": as_text(stamp), "stamp": as_text(left or stamp), "at": as_text(at)}
        self.write(REFUSE, {"helpdesk": helpdesk, "ticket": ticket, "reason": reason, **times})

    def refusals(self, helpdesk: str) -> dict[str, Refusal]:
        """Return the refused tickets; those with `is_parked` are left alone until they change."""
        return {
            ticket: Refusal(reason=reason, count=count, stamp=as_instant(stamp), at=as_instant(at))
            for ticket, reason, count, stamp, at in self.rows(REFUSALS, helpdesk=helpdesk)
        }

    def allow(self, helpdesk: str, tickets: Sequence[str]) -> None:
        """Forget the refusals of tickets that changed or were written."""
        self.write(ALLOW, *({"helpdesk": helpdesk, "ticket": ticket} for ticket in tickets))

    def approve(self, goal: str, state: str, *, until: datetime) -> None:
        """Let a goal's new state pass the brake until an instant."""
        self.write(APPROVE, {"goal": goal, "state": state, "until": as_text(until)})

    def approvals(self, now: datetime) -> frozenset[tuple[str, str]]:
        """Return the approved (goal, state) pairs that have not expired."""
        query = "select goal, state from approvals where expires_at > :now"
        return frozenset((row[0], row[1]) for row in self.rows(query, now=as_text(now)))

    def last_daily(self, helpdesk: str) -> datetime | None:
        """Return the daily instant for which goal statuses were last shown in a helpdesk."""
        found = self.get(f"daily:{helpdesk}")
        return as_instant(found) if found else None

    def save_daily(self, helpdesk: str, at: datetime) -> None:
        """Note that goal statuses were shown for a daily instant."""
        self.put(f"daily:{helpdesk}", as_text(at))

    def get(self, name: str) -> str | None:
        """Return a remembered value."""
        rows = self.rows("select value from meta where name = :name", name=name)
        return rows[0][0] if rows else None

    def suspect(self, helpdesk: str, people: Sequence[str]) -> None:
        """Remember which accounts of a helpdesk look like bots, by its ids; others no longer do."""
        self.put(f"suspects:{helpdesk}", msgspec.json.encode(list(people)).decode())

    def suspected(self, helpdesk: str) -> tuple[str, ...]:
        """Return the accounts of a helpdesk that look like bots."""
        return msgspec.json.decode(self.get(f"suspects:{helpdesk}") or "[]", type=tuple[str, ...])

    def put(self, name: str, value: str) -> None:
        """Remember a value."""
        self.write(PUT, {"name": name, "value": value})
