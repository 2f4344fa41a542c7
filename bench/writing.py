"""Requests of a run that writes many tickets, against those that its plan needs."""

from __future__ import annotations

from math import ceil
from pathlib import Path
from tempfile import TemporaryDirectory

import msgspec

from bench.practising import ENVIRON, helpdesk, lay_out
from bench.stages import taken
from bench.timing import Figure
from connector.model.run import HelpdeskReport, RunReport

A_BATCH = 100
EACH = 4
"""A hundred tickets are looked at and sent; the job is done when the helpdesk is asked twice."""
ONCE = 2
"""Whether our fields are there, and what one ticket shows afterwards."""
A_READ = 1
"""Tickets are asked for once, as in every run; nothing has moved."""


def figures(folder: Path, tickets: int, new: int) -> list[Figure]:
    """Count the requests of a run that shows a first status on new tickets."""
    with helpdesk(tickets) as desk, TemporaryDirectory(dir=folder) as home:
        place = Path(home) / "goals"
        lay_out(place, desk.url)
        taken(["setup", "--apply"], place, environ=ENVIRON)
        taken(["sync", "--dry-run"], place, environ=ENVIRON)
        desk.create(new)
        taken(["sync", "--dry-run"], place, environ=ENVIRON)
        report = _synced(place)
    written = report.writes.written
    batches = ceil(written / A_BATCH)
    return [
        Figure(
            name=f"writing {written:,} tickets: requests",
            value=report.requests - A_READ,
            bound=EACH * batches + ONCE,
            unit="requests",
            notes={"batches": batches},
        )
    ]


def _synced(place: Path) -> HelpdeskReport:
    ran = taken(["sync", "--json"], place, environ=ENVIRON)
    if ran.code:
        raise SystemExit(f"connector sync ended with {ran.code}: {ran.output}")
    return msgspec.json.decode(ran.output, type=RunReport).helpdesks[0]
