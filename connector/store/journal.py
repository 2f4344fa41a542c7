"""The journal of writes: intent before a batch is sent, outcome after, and what we believe since.

Intent without outcome means that a run died in between: the tickets are read again and settled.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime

import msgspec

from connector.model.change import Outcome, TicketChange, WriteResult
from connector.store.database import Database, as_instant, as_text

Fields = Mapping[str, str | None]

ADD_BATCH = """
insert into batches (run, helpdesk, at, is_undo) values (:run, :helpdesk, :at, :is_undo)
"""
ADD_INTENT = """
insert into journal (batch, ticket, tags_added, tags_removed, fields_before, fields_after)
values (:batch, :ticket, :tags_added, :tags_removed, :fields_before, :fields_after)
"""
SUBMITTED = "update batches set submitted_at = :at, job = :job where batch = :batch"
OUTCOME = """
update journal set outcome = :outcome, detail = :detail where batch = :batch and ticket = :ticket
"""
SETTLE = """
update batches set settled_at = :at where batch = :batch and settled_at is null
and not exists (select 1 from journal where batch = :batch and outcome is null)
"""
OPEN = """
select batch, run, at, submitted_at, job, is_undo from batches
where helpdesk = :helpdesk and settled_at is null order by batch
"""
INTENTS = """
select ticket, tags_added, tags_removed, fields_before, fields_after
from journal where batch = :batch and outcome is null order by ticket
"""
ROWS = """
select batch, run, helpdesk, ticket, at, tags_added, tags_removed, fields_before, fields_after,
       outcome, detail, is_undo, undone_by is not null
from journal join batches using (batch)
where (:run is null or run = :run) and (:helpdesk is null or helpdesk = :helpdesk)
order by batch, ticket
"""
UNDONE = "update batches set undone_by = :run where batch = :batch"
BELIEVED = "select ticket, at, fields, tags, corrected from believed where helpdesk = :helpdesk"
BELIEVE = """
insert into believed values (:helpdesk, :ticket, :at, :fields, :tags, :corrected)
on conflict do update set
  at = excluded.at, fields = excluded.fields, tags = excluded.tags, corrected = excluded.corrected
"""
FORGET = "delete from believed where helpdesk = :helpdesk and ticket = :ticket"


class Intent(msgspec.Struct, frozen=True, kw_only=True):
    """One ticket's change and what was there before: `fields_before` has the same keys as after."""

    ticket_id: str
    add_tags: tuple[str, ...] = ()
    remove_tags: tuple[str, ...] = ()
    fields_before: Fields = {}
    fields_after: Fields = {}

    @property
    def change(self) -> TicketChange:
        """Return what was asked of the helpdesk."""
        return TicketChange(
            ticket_id=self.ticket_id,
            add_tags=self.add_tags,
            remove_tags=self.remove_tags,
            fields=self.fields_after,
        )


class OpenBatch(msgspec.Struct, frozen=True, kw_only=True):
    """A batch whose outcome is not known. `submitted_at` is None if it may never have been sent."""

    batch: int
    run: str
    at: datetime
    submitted_at: datetime | None
    job: str | None
    is_undo: bool
    intents: tuple[Intent, ...]


class JournalRow(msgspec.Struct, frozen=True, kw_only=True):
    """One line of the journal: the first nine are the keys of `connector export journal`."""

    run: str
    helpdesk: str
    ticket: str
    at: datetime
    tags_added: tuple[str, ...]
    tags_removed: tuple[str, ...]
    fields_before: Fields
    fields_after: Fields
    outcome: str | None
    detail: str
    batch: int
    is_undo: bool
    is_undone: bool


class Believed(msgspec.Struct, frozen=True, kw_only=True):
    """What our acknowledged writes left on a ticket: only fields and tags that we wrote.

    `corrected` names what the last write put right after a person had changed it.
    """

    at: datetime
    fields: Fields = {}
    tags: frozenset[str] = frozenset()
    corrected: frozenset[str] = frozenset()


class Journal(Database):
    """Intents, outcomes and beliefs of every helpdesk."""

    def record_intent(
        self,
        run: str,
        helpdesk: str,
        intents: Sequence[Intent],
        *,
        at: datetime,
        is_undo: bool = False,
    ) -> int:
        """Journal a batch before it is sent; return its number."""
        values = {"run": run, "helpdesk": helpdesk, "at": as_text(at), "is_undo": is_undo}
        with self.transaction() as connection:
            batch = connection.execute(ADD_BATCH, values).lastrowid
            assert batch is not None
            connection.executemany(ADD_INTENT, [_line(batch, intent) for intent in intents])
        return batch

    def record_receipt(self, batch: int, job: str | None, *, at: datetime) -> None:
        """Journal that the helpdesk took a batch, and the job it works on, if any."""
        self.write(SUBMITTED, {"batch": batch, "job": job, "at": as_text(at)})

    def record_outcomes(
        self,
        batch: int,
        results: Sequence[WriteResult],
        *,
        at: datetime,
        left: Mapping[str, Believed] | None = None,
    ) -> None:
        """Journal what became of tickets of a batch; `left` is what they now show of ours.

        Without `left` it is worked out for the written ones from what was believed before. A batch
        all of whose tickets have an outcome is settled.
        """
        with self.transaction() as connection:
            helpdesk = self._helpdesk(batch)
            written = [r.ticket_id for r in results if r.outcome == Outcome.WRITTEN]
            beliefs = self._left(batch, helpdesk, written, at) if left is None else left
            connection.executemany(OUTCOME, [_outcome(batch, result) for result in results])
            self._believe(connection, helpdesk, beliefs)
            connection.execute(SETTLE, {"batch": batch, "at": as_text(at)})

    def open_batches(self, helpdesk: str) -> list[OpenBatch]:
        """Return the batches whose outcome is not known, oldest first, with the open tickets."""
        return [
            OpenBatch(
                batch=batch,
                run=run,
                at=as_instant(at),
                submitted_at=as_instant(submitted_at) if submitted_at else None,
                job=job,
                is_undo=bool(is_undo),
                intents=tuple(self._intents(batch)),
            )
            for batch, run, at, submitted_at, job, is_undo in self.rows(OPEN, helpdesk=helpdesk)
        ]

    def journal_rows(
        self, run: str | None = None, *, helpdesk: str | None = None
    ) -> Iterator[JournalRow]:
        """Yield the journal, oldest first, of one run or all, of one helpdesk or all."""
        for row in self.rows(ROWS, run=run, helpdesk=helpdesk):
            batch, run_id, desk, ticket, at, added, removed, before, after, *rest = row
            outcome, detail, is_undo, is_undone = rest
            yield JournalRow(
                run=run_id,
                helpdesk=desk,
                ticket=ticket,
                at=as_instant(at),
                tags_added=_tags(added),
                tags_removed=_tags(removed),
                fields_before=_fields(before),
                fields_after=_fields(after),
                outcome=outcome,
                detail=detail,
                batch=batch,
                is_undo=bool(is_undo),
                is_undone=bool(is_undone),
            )

    def mark_undone(self, batches: Sequence[int], *, by: str) -> None:
        """Note that a later run took these batches back."""
        self.write(UNDONE, *({"batch": batch, "run": by} for batch in batches))

    def believed(self, helpdesk: str) -> dict[str, Believed]:
        """Return what our acknowledged writes left on each ticket."""
        return {
            ticket: Believed(
                at=as_instant(at),
                fields=_fields(fields),
                tags=frozenset(_tags(tags)),
                corrected=frozenset(_tags(corrected)),
            )
            for ticket, at, fields, tags, corrected in self.rows(BELIEVED, helpdesk=helpdesk)
        }

    def believe(self, helpdesk: str, beliefs: Mapping[str, Believed]) -> None:
        """Replace what we believe of these tickets."""
        with self.transaction() as connection:
            self._believe(connection, helpdesk, beliefs)

    def forget(self, helpdesk: str, tickets: Sequence[str]) -> None:
        """Drop what we believe of tickets that show nothing of ours any more."""
        self.write(FORGET, *({"helpdesk": helpdesk, "ticket": ticket} for ticket in tickets))

    def _intents(self, batch: int) -> Iterator[Intent]:
        for ticket, added, removed, before, after in self.rows(INTENTS, batch=batch):
            yield Intent(
                ticket_id=ticket,
                add_tags=_tags(added),
                remove_tags=_tags(removed),
                fields_before=_fields(before),
                fields_after=_fields(after),
            )

    def _left(
        self, batch: int, helpdesk: str, written: Sequence[str], at: datetime
    ) -> dict[str, Believed]:
        before = self.believed(helpdesk)
        intents = {i.ticket_id: i for i in self._intents(batch) if i.ticket_id in set(written)}
        left: dict[str, Believed] = {}
        for ticket, intent in intents.items():
            old = before.get(ticket, Believed(at=at))
            tags = (old.tags | set(intent.add_tags)) - set(intent.remove_tags)
            fields = {**old.fields, **intent.fields_after}
            left[ticket] = Believed(at=at, fields=fields, tags=tags, corrected=old.corrected)
        return left

    def _believe(
        self, connection: sqlite3.Connection, helpdesk: str, beliefs: Mapping[str, Believed]
    ) -> None:
        rows = [
            {
                "helpdesk": helpdesk,
                "ticket": ticket,
                "at": as_text(belief.at),
                "fields": _json(belief.fields),
                "tags": _json(sorted(belief.tags)),
                "corrected": _json(sorted(belief.corrected)),
            }
            for ticket, belief in beliefs.items()
        ]
        connection.executemany(BELIEVE, rows)

    def _helpdesk(self, batch: int) -> str:
        rows = self.rows("select helpdesk from batches where batch = :batch", batch=batch)
        return str(rows[0][0])


def _line(batch: int, intent: Intent) -> dict[str, object]:
    return {
        "batch": batch,
        "ticket": intent.ticket_id,
        "tags_added": _json(intent.add_tags),
        "tags_removed": _json(intent.remove_tags),
        "fields_before": _json(intent.fields_before),
        "fields_after": _json(intent.fields_after),
    }


def _outcome(batch: int, result: WriteResult) -> dict[str, object]:
    return {
        "batch": batch,
        "ticket": result.ticket_id,
        "outcome": str(result.outcome),
        "detail": result.detail,
    }


def _json(value: object) -> str:
    return msgspec.json.encode(value, order="sorted").decode()


def _tags(text: str) -> tuple[str, ...]:
    return msgspec.json.decode(text, type=tuple[str, ...])


def _fields(text: str) -> Fields:
    return msgspec.json.decode(text, type=dict[str, str | None])
