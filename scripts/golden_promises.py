"""Hold every SLA target against `sla_policies_exact`, and the other way round."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

from duckdb import DuckDBPyConnection
from golden_compare import TOLERANCE_MIN, Line, Row

from connector.config.mapping import KpiTable
from connector.kpi.forms import form_of
from connector.kpi.measure import measure
from connector.store.published import PublishedSet
from connector.store.replay import supplement

FILE = "sla_policies_exact"
COLUMNS = (
    "target", "in_business_hours", "active", "exact_breach", "exact_elapsed", "exact_breach_at",
)  # fmt: skip
LOST = (
    "a reply was promised, the ticket was solved without one, and not one second of the hours that"
    " count had passed: the target is achieved; the file has no row for it"
)
UNTOUCHED = (
    "a target for work or wait on a ticket whose status never changed counts like any other; the"
    " file has no row for it"
)
QUERY = """
select
  ticket_id, metric, applied_at, target / 60, is_business, since is not null, outcome, elapsed / 60,
  "at",
  exists (from m_comments as c where c.ticket_id = s.ticket_id and c.is_reply and c.at = s.at),
  (select count(distinct status) from m_states as c where c.ticket_id = s.ticket_id)
from m_sla as s
where metric <> 'first_reply_time' or nth = 1
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
    statuses: int

    @property
    def key(self) -> tuple[int, str, datetime]:
        """Return what the file calls it."""
        return self.ticket_id, self.metric, self.applied_at

    @property
    def why_lost(self) -> str | None:
        """Return why the file has no row for it, where that is one of the known reasons."""
        is_reply = self.metric in {"first_reply_time", "next_reply_time"}
        if is_reply and self.outcome == 1:
            return LOST if self.elapsed == 0 and not self.is_answered else None
        return UNTOUCHED if not is_reply and self.statuses == 1 else None

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
        found.extend(Promise(*row) for row in con.execute(QUERY).fetchall())

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
    """Count the first reply targets that the file lost by the month of the ticket's creation."""
    return Counter(
        created[one.ticket_id].strftime("%Y-%m")
        for one in ours
        if one.metric == "first_reply_time" and one.why_lost == LOST
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
