"""Values that are final are frozen: kept as they were, with what they became beside them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from connector.config.mapping import KpiTable
from connector.kpi.forms import definition_of
from connector.kpi.frozen import as_frozen, is_news, is_settled, meaning
from connector.kpi.frozen_changes import members, reason
from connector.model.kpi import Family, KpiValue, Version
from connector.pipeline.job import Job
from connector.store.versions import Versions

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

FROM_OUTSIDE: Final = frozenset({Family.IMPORTED, Family.RATIO})
"""Families that may have no value yet for the only reason that nothing was imported."""


def frozen(
    job: Job,
    con: DuckDBPyConnection,
    kpi: KpiTable,
    value: KpiValue,
    *,
    zone: str = "UTC",
    keep: bool = False,
) -> KpiValue:
    """Return a value as it was first frozen, with its versions; as it is before it is settled.

    With `keep` a settled value is frozen now, and one that changed since gets another version.
    What may still be imported for the first time is not frozen as nothing.
    """
    definition = definition_of(kpi, job.definitions)
    if not is_settled(definition, value.period, value.as_of):
        return value
    book = Versions(job.state, value.id, meaning(kpi, zone), value.period)
    kept = book.kept(until=value.as_of)
    waits = value.value is None and definition.family in FROM_OUTSIDE
    if keep and (is_news(value, kept[-1]) if kept else not waits):
        _keep(job, con, kpi, value, book, kept=kept, zone=zone)
        kept = book.kept(until=value.as_of)
    return as_frozen(value, kept)


def _keep(
    job: Job,
    con: DuckDBPyConnection,
    kpi: KpiTable,
    value: KpiValue,
    book: Versions,
    *,
    kept: tuple[Version, ...],
    zone: str,
) -> None:
    behind = members(con, kpi, value.period, value.as_of, zone)
    if kept:
        why = reason(con, kpi, book.members(), behind, since=kept[-1].as_of)
    else:
        why = "" if book.otherwise() is None else "the definition of the KPI changed"
    version = Version(
        version=len(kept) + 1,
        value=value.value,
        n=value.n,
        k=value.k,
        low=value.low,
        high=value.high,
        frozen_at=job.clock(),
        as_of=value.as_of,
        reason=why,
    )
    book.keep(version, behind)
