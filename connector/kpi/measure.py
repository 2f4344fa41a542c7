"""Measure tickets: every form that KPIs need, for the tickets that changed, or for all.

What is due is found here: tickets that changed, those that time alone wakes, those whose
requester came back, and all of them for a form that was not measured before.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

import duckdb
import msgspec

from connector.errors import StoreError
from connector.kpi.forms import Form, usual_forms
from connector.kpi.hours import create_hours
from connector.kpi.rows import Run, measure_range
from connector.model.kpi import LONGEST_WINDOW_S

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

CHUNK: Final = 100_000
FEW: Final = 10_000
LITTLE_MB: Final = 224
"""So much memory is enough for few tickets; more would only keep what was read on the way."""

FAMILY: Final = """
create or replace temp macro family(status) as case
  when status is null then null
  when status in ('new', 'open', 'pending', 'hold') then 'unsolved'
  when status in ('solved', 'closed') then 'done'
  when status = 'deleted' then 'deleted'
  else error('status ' || status || ' is none of the connector\'\'s; the adapter has to map it')
end
"""
DUE: Final = """
create or replace temp table m_due as
select ticket_id from changed
union
select ticket_id from measures where wakes_at <= $now
"""
PEOPLE: Final = """
create or replace temp table m_people as
select requester_id, min(created_at) as first_at, max(created_at) as last_at
from tickets
where requester_id is not null and ticket_id in (select ticket_id from m_due)
group by requester_id
"""
COMPANIONS: Final = """
insert into m_due
select o.ticket_id
from tickets as o join m_people as c on c.requester_id = o.requester_id
where o.created_at <= c.last_at
  and o.updated_at >= c.first_at - to_seconds($window)
  and o.updated_at >= (select min(first_at) from m_people) - to_seconds($window)
  and o.ticket_id not in (select ticket_id from m_due)
"""
"""Earlier tickets of the same people, which a new one may turn into repeat contacts.

The oldest instant of all is said once more, on its own, because by it whole row groups are skipped.
"""


def measure(
    con: DuckDBPyConnection,
    *,
    now: datetime,
    forms: Sequence[Form] | None = None,
    bots: frozenset[int] = frozenset(),
    ignore: frozenset[int] = frozenset(),
    everything: bool = False,
    chunk: int = CHUNK,
) -> int:
    """Measure what is due, or all tickets; return how many tickets. One transaction.

    `forms` are all that `measures` shall hold, by default every measure with its defaults. `bots`
    are people whose comments are no human replies, `ignore` people whose comments count for
    nothing. `chunk` bounds how many tickets are worked on at once, and so the memory.
    """
    wanted = usual_forms() if forms is None else tuple(forms)
    run = _run(wanted, now, bots, ignore)
    with _told_errors():
        if not everything and _is_little(con, run):
            count = _measure_frugally(con, run, chunk)
            if count is not None:
                return count
        with _transaction(con):
            return _measure(con, run, everything=everything, chunk=chunk)


def _is_little(con: DuckDBPyConnection, run: Run) -> bool:
    """Tell whether few tickets changed, and no form is new."""
    ((changed,),) = con.execute("select count(*) from changed").fetchall()
    return bool(changed <= FEW) and _measured(con) == _wanted(run)


def _measure_frugally(con: DuckDBPyConnection, run: Run, chunk: int) -> int | None:
    """Measure with little memory; None where that was not enough, as in a very large store."""
    with suppress(duckdb.OutOfMemoryException), _frugally(con), _transaction(con):
        return _measure(con, run, everything=False, chunk=chunk)
    return None


@contextmanager
def _frugally(con: DuckDBPyConnection) -> Iterator[None]:
    """Hold the database to little memory inside the block, where it may use more.

    Outside of a transaction: one in which the limit is refused is lost.
    """
    ((before, is_more),) = con.execute(
        "select value, parse_formatted_bytes(value) > ? from duckdb_settings()"
        " where name = 'memory_limit'",
        [LITTLE_MB * 1_000_000],
    ).fetchall()
    if is_more:
        with suppress(duckdb.OutOfMemoryException):  # what others hold now cannot be given back
            con.execute(f"set memory_limit = '{LITTLE_MB}MB'")
    try:
        yield
    finally:
        con.execute(f"set memory_limit = '{before}'")


def is_due(
    con: DuckDBPyConnection,
    *,
    now: datetime,
    forms: Sequence[Form],
    bots: frozenset[int] = frozenset(),
    ignore: frozenset[int] = frozenset(),
) -> bool:
    """Tell whether `measure` would have anything to do."""
    run = _run(forms, now, bots, ignore)
    query = "select exists (from changed) or exists (from measures where wakes_at <= ?)"
    with _told_errors():
        if _measured(con) != _wanted(run):
            return True
        ((is_any,),) = con.execute(query, [_naive(now)]).fetchall()
    return bool(is_any)


def _run(forms: Sequence[Form], now: datetime, bots: frozenset[int], ignore: frozenset[int]) -> Run:
    not_human = tuple(sorted(bots | ignore))
    return Run(forms=forms, now=now, not_human=not_human, bots=tuple(sorted(bots)))


@contextmanager
def _told_errors() -> Iterator[None]:
    try:
        yield
    except duckdb.Error as error:
        reason = str(error).partition("\n")[0]
        raise StoreError(
            f"the tickets could not be measured: {reason}; check disk space and memory, and run"
            " again: nothing is lost"
        ) from error


@contextmanager
def _transaction(con: DuckDBPyConnection) -> Iterator[None]:
    """Commit at the end of the block, or take everything back, also when interrupted."""
    con.execute("begin transaction")
    is_done = False
    try:
        yield
        con.execute("commit")
        is_done = True
    finally:
        if not is_done:
            with suppress(duckdb.Error):  # a fatal error has ended the transaction already
                con.execute("rollback")


def _measure(con: DuckDBPyConnection, run: Run, *, everything: bool, chunk: int) -> int:
    con.execute(FAMILY)
    before, wanted = ({}, _wanted(run)) if everything else (_measured(con), _wanted(run))
    _forget(con, [key for key in before if wanted.get(key) != before[key]], everything=everything)
    new = [form for form in run.forms if before.get(form.key) != wanted[form.key]]
    if before != wanted:
        con.execute("insert into unpublished values (null)")
    if everything:
        con.execute("create or replace temp table m_due as select ticket_id from tickets")
    else:
        _find_due(con, run)
    due = "select distinct ticket_id from m_due"
    count = _measure_these(con, f"{due} order by 1", run, chunk)
    if new and not everything:
        rest = msgspec.structs.replace(run, forms=new)
        others = f"select ticket_id from tickets where ticket_id not in ({due}) order by 1"
        count += _measure_these(con, others, rest, chunk)
    if before != wanted:
        _remember(con, wanted)
    con.execute("delete from changed")
    return count


def _measured(con: DuckDBPyConnection) -> dict[str, str]:
    return dict(con.execute("select key, fingerprint from measured").fetchall())


def _wanted(run: Run) -> dict[str, str]:
    return {form.key: run.fingerprint(form) for form in run.forms}


def _remember(con: DuckDBPyConnection, wanted: Mapping[str, str]) -> None:
    con.execute("delete from measured")
    con.execute(
        "insert into measured select unnest(?::varchar[]), unnest(?::varchar[])",
        [list(wanted), list(wanted.values())],
    )


def _forget(con: DuckDBPyConnection, stale: Sequence[str], *, everything: bool) -> None:
    if everything:
        con.execute("delete from measures")
    elif stale:
        con.execute("delete from measures where measure in (select unnest(?::varchar[]))", [stale])


def _find_due(con: DuckDBPyConnection, run: Run) -> None:
    """Fill `m_due`, and delete what is known of these tickets."""
    con.execute(DUE, {"now": _naive(run.now)})
    windows = [
        float(form.settings.get("window", LONGEST_WINDOW_S))  # type: ignore[arg-type]
        for form in run.forms
        if "contacts" in form.definition.depends_on
    ]
    if windows:
        con.execute(PEOPLE)
        con.execute(COMPANIONS, {"window": max(windows)})
    con.execute("delete from measures where ticket_id in (select ticket_id from m_due)")
    con.execute("insert into unpublished select ticket_id from m_due")


def _measure_these(con: DuckDBPyConnection, query: str, run: Run, chunk: int) -> int:
    con.execute(f"create or replace temp table m_todo as {query}")
    ranges = _ranges(con, chunk)
    if ranges and run.forms:
        create_hours(con, *_stretch(con, run.now))
        for low, high in ranges:
            measure_range(con, low, high, run)
    return sum(con.execute("select count(*) from m_todo").fetchone() or (0,))


def _ranges(con: DuckDBPyConnection, chunk: int) -> list[tuple[int, int]]:
    """Cut the tickets to measure into ranges of ids, `chunk` tickets each."""
    rows = con.execute(
        "select min(ticket_id), max(ticket_id) from"
        " (select ticket_id, (row_number() over (order by ticket_id) - 1) // ? as nth from m_todo)"
        " group by nth order by nth",
        [chunk],
    ).fetchall()
    return [(low, high) for low, high in rows]


def _stretch(con: DuckDBPyConnection, now: datetime) -> tuple[datetime, datetime]:
    """Return the time that business hours have to cover, in whole years so that it can be kept."""
    oldest = con.execute(
        "select min(created_at) from tickets where ticket_id in (select ticket_id from m_todo)"
    ).fetchone()
    first = oldest[0] if oldest and oldest[0] else now
    return datetime(first.year, 1, 1, tzinfo=UTC), datetime(now.year + 1, 1, 2, tzinfo=UTC)


def _naive(instant: datetime) -> datetime:
    return instant.astimezone(UTC).replace(tzinfo=None)
