"""What has been published, opened for questions: as it is, as of a past moment, or one ticket."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, NamedTuple

from connector.config.settings import HelpdeskTable, PeopleTable
from connector.errors import StoreError
from connector.kpi.forms import Form
from connector.kpi.lookup import lay_pins, read_names_once
from connector.kpi.measure import measure
from connector.kpi.moments import Segment, read_segments
from connector.pipeline.importing import lay_known
from connector.pipeline.job import Job
from connector.store.published import Manifest, PublishedSet, attach, latest
from connector.store.reading import person_keys
from connector.store.replay import measured_keys, replay, single, supplement

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection


class Views:
    """Published sets of the helpdesks, attached in the combinations that goals need."""

    def __init__(
        self,
        sets: Sequence[PublishedSet],
        stack: ExitStack,
        as_of: datetime | None,
        pins: Callable[[str], Mapping[tuple[str, str], str]],
        lay: Callable[[DuckDBPyConnection], None],
    ) -> None:
        self._sets = {one.manifest.helpdesk: one for one in sets}
        self._stack = stack
        self._as_of = as_of
        self._pins = pins
        self._lay = lay
        self._open: dict[frozenset[str], DuckDBPyConnection] = {}

    def over(self, helpdesks: frozenset[str]) -> DuckDBPyConnection | None:
        """Return a connection over these helpdesks' sets; None when nothing was published yet."""
        published = helpdesks.intersection(self._sets)
        if not published:
            return None
        if published not in self._open:
            con = attach([self._sets[name] for name in sorted(published)])
            self._stack.callback(con.close)
            lay_pins(con, {name: self._pins(name) for name in published})
            self._lay(con)
            read_names_once(con)
            self._open[published] = con
        return self._open[published]

    @property
    def is_past(self) -> bool:
        """Tell whether a past moment was asked for."""
        return self._as_of is not None

    def present(self, clock: datetime) -> datetime:
        """Return the present, or the past moment that was asked for."""
        return clock if self._as_of is None else self._as_of

    def as_of(self, helpdesks: frozenset[str]) -> datetime:
        """Return the instant up to which all of these helpdesks were read, or the one asked for."""
        if self._as_of is not None:
            return self._as_of
        return min(one.as_of for one in self._manifests(helpdesks))

    def now(self, helpdesks: frozenset[str], clock: datetime) -> datetime:
        """Return the present by the helpdesks' own clocks, which the age of data is told from."""
        if self._as_of is not None:
            return self._as_of
        age_s = max(one.age_s(clock) for one in self._manifests(helpdesks))
        return self.as_of(helpdesks) + timedelta(seconds=age_s)

    def _manifests(self, helpdesks: frozenset[str]) -> list[Manifest]:
        return [self._sets[name].manifest for name in helpdesks.intersection(self._sets)]


@contextmanager
def views(job: Job, as_of: datetime | None = None) -> Iterator[Views]:
    """Open the published sets; with `as_of`, cut back to what had happened by then."""
    with ExitStack() as stack:
        scratch = Path(stack.enter_context(TemporaryDirectory(prefix="connector-")))
        found = (_set_of(job, helpdesk, scratch, as_of) for helpdesk in job.settings.helpdesk)
        sets = [one for one in found if one is not None]
        yield Views(sets, stack, as_of, job.state.pins, lambda con: lay_known(job, con, as_of))


def _set_of(
    job: Job, helpdesk: HelpdeskTable, scratch: Path, as_of: datetime | None
) -> PublishedSet | None:
    """Return a helpdesk's set: cut back to `as_of`, or with measures that it does not have yet."""
    one = latest(job.folder(helpdesk.name))
    if one is None:
        return None
    forms, folder = job.forms_of(helpdesk), scratch / helpdesk.name
    if as_of is not None:
        again = Measuring(one, job.people_of(helpdesk), forms, as_of)
        return replay(one, folder, as_of=as_of, measure=again)
    known = measured_keys(one)
    missing = tuple(form for form in forms if form.key not in known)
    if not missing:
        return one
    return supplement(
        one, folder, measure=Measuring(one, job.people_of(helpdesk), missing, one.manifest.as_of)
    )


@dataclass(frozen=True, slots=True)
class Measuring:
    """Measures what a connection holds, all of it, as a run would."""

    one: PublishedSet
    people: PeopleTable
    forms: tuple[Form, ...]
    now: datetime

    def __call__(self, con: DuckDBPyConnection) -> None:
        """Fill `measures`."""
        measure(
            con,
            now=self.now,
            forms=self.forms,
            bots=person_keys(con, self.people.bots),
            ignore=person_keys(con, self.people.ignore),
            everything=True,
        )


class TicketView(NamedTuple):
    """One ticket, measured with everything, and the stretches in which its clocks ran."""

    con: DuckDBPyConnection
    segments: tuple[Segment, ...]


@contextmanager
def ticket_view(job: Job, helpdesk: HelpdeskTable, ticket: str) -> Iterator[TicketView]:
    """Open one ticket of a published set, with every measure of the catalogue and the mappings."""
    one = latest(job.folder(helpdesk.name))
    if one is None:
        raise StoreError(f"{helpdesk.name} has not been read yet; run `connector sync` first")
    again = Measuring(one, job.people_of(helpdesk), job.all_forms(helpdesk), one.manifest.as_of)
    segments: list[Segment] = []

    def measured(con: DuckDBPyConnection) -> None:
        again(con)
        segments.extend(read_segments(con))

    with TemporaryDirectory(prefix="connector-") as scratch:
        alone = single(one, Path(scratch) / helpdesk.name, ticket, measure=measured)
        con = attach([alone])
        try:
            yield TicketView(con, tuple(segments))
        finally:
            con.close()
