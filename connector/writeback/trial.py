"""Tries every way of writing on one chosen ticket, says what came of each, and puts it all back."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import msgspec

from connector.adapters.base import Adapter
from connector.errors import UnavailableError, UsageError
from connector.model.change import Outcome, TicketChange, WriteResult
from connector.model.page import TicketField
from connector.model.ticket import Status, Ticket
from connector.writeback.apply import Poll, collect
from connector.writeback.outcomes import answered

TEXT = "Write test of the connector"
REFUSED = frozenset({Status.CLOSED, Status.DELETED})


class Finding(msgspec.Struct, frozen=True):
    """What one attempt showed; `is_good` is None where nothing was tried."""

    text: str
    is_good: bool | None = True


class Trial:
    """One ticket under test; whatever happens, it is left as it was found."""

    def __init__(
        self,
        adapter: Adapter,
        ticket_id: str,
        *,
        tag: str,
        fields: Sequence[TicketField],
        poll: Poll,
    ) -> None:
        """Read the ticket, and refuse one that is not there or cannot be written."""
        self._adapter = adapter
        self._poll = poll
        self._tag = tag
        self._fields = [field for field in fields if field.active]
        self._idle = [field for field in fields if not field.active]
        self._id = ticket_id
        self._before = self._read()
        if self._before.status in REFUSED:
            raise UsageError(f"ticket {ticket_id} is {self._before.status}; choose an open one")

    def run(self, say: Callable[[Finding], None]) -> bool:
        """Try tags, fields and a conflict; tell whether all went as it should."""
        findings: list[Finding] = []

        def note(finding: Finding) -> None:
            findings.append(finding)
            say(finding)

        try:
            self._try_tags(note)
            for field in self._fields:
                self._try_field(field, note)
            for field in self._idle:
                note(Finding(f'the field "{field.title}" is deactivated: not tried', None))
            if not self._fields and not self._idle:
                note(Finding("our ticket fields are not set up: not tried", None))
            self._try_conflict(note)
        finally:
            self._put_back(note)
        return all(finding.is_good is not False for finding in findings)

    def _try_tags(self, note: Callable[[Finding], None]) -> None:
        others = set(self._before.tags) - {self._tag}
        for verb, change in (
            ("added", TicketChange(ticket_id=self._id, add_tags=(self._tag,))),
            ("removed", TicketChange(ticket_id=self._id, remove_tags=(self._tag,))),
        ):
            result = self._write(change)
            tags = set(self._read().tags)
            if (self._tag in tags) != (verb == "added"):
                note(Finding(f"the tag {self._tag} was not {verb}: {_said(result)}", is_good=False))
            elif lost := others - tags:
                note(Finding(f"other tags are gone: {', '.join(sorted(lost))}", is_good=False))
            else:
                note(Finding(f"a tag is {verb}, the others stay"))

    def _try_field(self, field: TicketField, note: Callable[[Finding], None]) -> None:
        before = self._before.fields.get(field.id)
        value = next((o for o in field.options if o != before), None) if field.options else TEXT
        for verb, wanted in (("set", value), ("put back", before)):
            result = self._write(TicketChange(ticket_id=self._id, fields={field.id: wanted}))
            shown = self._read().fields.get(field.id)
            if (shown or None) != (wanted or None):
                text = f'the field "{field.title}" was not {verb}: {_said(result)}'
                note(Finding(text, is_good=False))
                return
        note(Finding(f'the field "{field.title}" is set and put back'))

    def _try_conflict(self, note: Callable[[Finding], None]) -> None:
        can = self._adapter.capabilities
        if not can.detects_conflicts:
            safe = f"tags of others are safe by: {can.keeps_foreign_tags}"
            text = f"a conflict was not tried, since none is refused here; {safe}"
            note(Finding(text, None))
            return
        stale = TicketChange(
            ticket_id=self._id, add_tags=(self._tag,), expected_stamp=self._before.stamp
        )
        result = self._write(stale)
        if result.outcome == Outcome.CONFLICT:
            note(Finding("a change of an older version is refused as a conflict"))
        else:
            text = f"a change of an older version was not refused: {_said(result)}"
            note(Finding(text, is_good=False))

    def _put_back(self, note: Callable[[Finding], None]) -> None:
        now, before = self._read(), self._before
        ours = {field.id: before.fields.get(field.id) for field in self._fields}
        fields = {k: v for k, v in ours.items() if (now.fields.get(k) or None) != (v or None)}
        tags = (self._tag,) if self._tag in now.tags else ()
        if fields or tags:
            self._write(TicketChange(ticket_id=self._id, remove_tags=tags, fields=fields))
            now = self._read()
        differs = sorted((set(now.tags) ^ set(before.tags)) - {self._tag})
        differs += [f.title for f in self._fields if now.fields.get(f.id) != ours[f.id]]
        if differs or self._tag in now.tags:
            named = ", ".join(differs or [self._tag])
            text = f"ticket {self._id} is not as it was, put right by hand: {named}"
            note(Finding(text, is_good=False))
        else:
            note(Finding(f"ticket {self._id} is as it was"))

    def _read(self) -> Ticket:
        found = self._adapter.get([self._id])
        if not found:
            raise UsageError(f"there is no ticket {self._id}")
        return found[0]

    def _write(self, change: TicketChange) -> WriteResult:
        receipt = self._adapter.submit([change])
        results = collect(self._adapter, receipt, self._poll)
        if results is None:
            raise UnavailableError("the helpdesk did not finish the write in time")
        return answered(receipt, results)[0]


def _said(result: WriteResult) -> str:
    return f"{result.outcome}, {result.detail}" if result.detail else result.outcome
