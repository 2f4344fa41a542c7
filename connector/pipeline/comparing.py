"""A helpdesk's own figures beside ours, from its published set: the helpdesk is not asked."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import msgspec

from connector.config.settings import HelpdeskTable
from connector.errors import StoreError, UsageError
from connector.kpi.explain import TimelineRow, explain_ticket
from connector.kpi.parity import Figure, Pair, Parity, compare, compare_ticket, forms_of
from connector.kpi.parity_rules import TOLERANCE_S
from connector.pipeline.job import Job
from connector.pipeline.views import Measuring
from connector.store.published import attach, latest
from connector.store.reading import person_keys
from connector.store.replay import measured_keys, supplement

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection


class ParityReport(msgspec.Struct, frozen=True, kw_only=True):
    """How ours compare with a helpdesk's own figures; times less than `tolerance_s` apart agree."""

    helpdesk: str
    as_of: datetime
    tolerance_s: int
    figures: tuple[Parity, ...]


class TicketParity(msgspec.Struct, frozen=True, kw_only=True):
    """Both values of one ticket, and the events behind ours."""

    helpdesk: str
    ticket: str
    as_of: datetime
    tolerance_s: int
    figures: tuple[Pair, ...]
    timeline: tuple[TimelineRow, ...]


def parity(job: Job, helpdesk: HelpdeskTable, wanted: Sequence[Figure]) -> ParityReport:
    """Compare over all tickets of a helpdesk."""
    with _compared(job, helpdesk, wanted) as (con, as_of):
        found = compare(con, wanted, bots=person_keys(con, job.people_of(helpdesk).bots))
    return ParityReport(helpdesk=helpdesk.name, as_of=as_of, tolerance_s=TOLERANCE_S, figures=found)


def ticket_parity(
    job: Job, helpdesk: HelpdeskTable, wanted: Sequence[Figure], ticket: str
) -> TicketParity:
    """Compare one ticket; `UsageError` if it is not stored."""
    with _compared(job, helpdesk, wanted) as (con, as_of):
        story = explain_ticket(con, helpdesk.name, ticket)
        bots = person_keys(con, job.people_of(helpdesk).bots)
        found = compare_ticket(con, wanted, story.ticket_id, bots=bots)
    return TicketParity(
        helpdesk=helpdesk.name,
        ticket=ticket,
        as_of=as_of,
        tolerance_s=TOLERANCE_S,
        figures=found,
        timeline=story.timeline,
    )


@contextmanager
def _compared(
    job: Job, helpdesk: HelpdeskTable, wanted: Sequence[Figure]
) -> Iterator[tuple[DuckDBPyConnection, datetime]]:
    """Open a helpdesk's newest set with every measure that a figure is held against."""
    one = latest(job.folder(helpdesk.name))
    if one is None:
        raise StoreError(f"{helpdesk.name} has not been read yet; run `connector sync` first")
    known = measured_keys(one)
    missing = tuple(form for form in forms_of(wanted) if form.key not in known)
    as_of = one.manifest.as_of
    with TemporaryDirectory(prefix="connector-") as scratch:
        if missing:
            again = Measuring(one, job.people_of(helpdesk), missing, as_of)
            one = supplement(one, Path(scratch) / helpdesk.name, measure=again)
        con = attach([one])
        try:
            if not con.execute("select count(*) from native").fetchall()[0][0]:
                raise UsageError(f"{helpdesk.name} offers no figures of its own to compare with")
            yield con, as_of
        finally:
            con.close()
