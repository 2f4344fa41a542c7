"""Changes of tags and fields: read, merge, write, read back.

Redmine replaces a list field's values as a whole and guards nothing, and answers 204 whatever it
did. But its journal tells value by value what a write changed. So what ours did to tags that
others set or removed in the same moment is seen there, and put right.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from functools import cached_property
from typing import Any

import msgspec
import requests

from connector.adapters.readback import outcome_of, shows
from connector.adapters.redmine.client import RedmineClient
from connector.adapters.redmine.parse import Terms, several, ticket
from connector.adapters.redmine.tickets import number
from connector.adapters.redmine.wire import Issue, IssueAnswer
from connector.errors import AdapterError, FatalError
from connector.model.change import Outcome, TicketChange, WriteResult
from connector.model.ticket import Status

NOT_THERE = (403, 404)
_ISSUE = msgspec.json.Decoder(IssueAnswer)


class Writer:
    """Writes one change after the other."""

    def __init__(self, client: RedmineClient, terms: Terms, watched: frozenset[str]) -> None:
        """Write by this client; the results show the watched fields."""
        self._client = client
        self._terms = terms
        self._watched = watched

    @cached_property
    def _our_id(self) -> int:
        return self._client.me().id

    def write(self, change: TicketChange) -> WriteResult:
        """Make one ticket show what is asked for, and say what became of it."""
        before = self.shown(change.ticket_id)
        if before is None:
            return WriteResult(ticket_id=change.ticket_id, outcome=Outcome.MISSING)
        is_there = shows(self._ticket(before, change), change)
        if is_there:
            return self._result(change, before, Outcome.WRITTEN)
        if self._ticket(before, change).status == Status.CLOSED:
            return self._result(change, before, Outcome.LOCKED, "closed")
        lacking = self._lacking(before, change)
        if lacking:
            return self._result(change, before, Outcome.REJECTED, lacking)
        return self._send(change, before)

    def shown(self, ticket_id: str) -> Issue | None:
        """Return a ticket with its journals; None if it is gone, or not for us to see."""
        path = f"issues/{number(ticket_id)}.json"
        try:
            return self._client.get(path, _ISSUE, {"include": "journals"}).issue
        except FatalError as error:
            if error.status not in NOT_THERE:
                raise
        return None

    def _send(self, change: TicketChange, before: Issue, *, is_second: bool = False) -> WriteResult:
        refusal = self._put(before.id, self._values(change, before))
        after = self.shown(change.ticket_id)
        if after is None:
            return WriteResult(ticket_id=change.ticket_id, outcome=Outcome.MISSING)
        new = [journal for journal in after.journals if journal.id > _last(before)]
        others = [journal for journal in new if not self._is_ours(journal.user)]
        if refusal and others and not is_second:
            return self._send(change, after, is_second=True)
        after = self._put_right(change, after, new)
        if shows(self._ticket(after, change), change):
            return self._result(change, after, Outcome.WRITTEN)
        if others:
            return self._result(change, after, Outcome.CONFLICT, "changed by somebody else")
        detail = refusal or "answered with success, but the ticket does not show it"
        outcome = outcome_of(self._ticket(after, change), change)
        return self._result(change, after, outcome, detail)

    def _put(self, issue_id: int, values: list[dict[str, Any]]) -> str:
        """Write custom fields; return why it was refused, empty if it was not."""
        try:
            self._client.put(f"issues/{issue_id}.json", {"issue": {"custom_fields": values}})
        except FatalError as error:
            return _refusal(error)
        return ""

    def _values(self, change: TicketChange, issue: Issue) -> list[dict[str, Any]]:
        values: list[dict[str, Any]] = [
            {"id": number(name), "value": value or ""} for name, value in change.fields.items()
        ]
        tags = self._terms.tags(issue)
        if tags is not None and (change.add_tags or change.remove_tags):
            there = several(tags.value)
            merged = _merged(there, change.add_tags, change.remove_tags)
            if merged != there:
                values.append({"id": tags.id, "value": merged})
        return values

    def _put_right(self, change: TicketChange, after: Issue, new: Iterable[Any]) -> Issue:
        """Undo what our write did to others' tags, which they changed while it was under way."""
        tags = self._terms.tags(after)
        if tags is None:
            return after
        details = [
            one
            for journal in new
            if self._is_ours(journal.user)
            for one in journal.details
            if one.property == "cf" and one.name == str(tags.id)
        ]
        there = several(tags.value)
        lost = {one.old_value for one in details if one.old_value} - {*change.remove_tags, *there}
        raised = {one.new_value for one in details if one.new_value} - {*change.add_tags}
        raised &= set(there)
        if not lost and not raised:
            return after
        self._put(after.id, [{"id": tags.id, "value": _merged(there, sorted(lost), raised)}])
        return self.shown(str(after.id)) or after

    def _lacking(self, issue: Issue, change: TicketChange) -> str:
        """Say which fields this ticket does not have; Redmine would ignore them silently."""
        has = {str(field.id) for field in issue.custom_fields}
        missing = sorted(name for name in change.fields if name not in has)
        where = "is not on this ticket; see the field's trackers and projects, and who may see it"
        if missing:
            return f"the field {missing[0]} {where}"
        if (change.add_tags or change.remove_tags) and self._terms.tags(issue) is None:
            return f"the field of tags, {self._terms.tags_field!r}, {where}"
        return ""

    def _is_ours(self, user: Any) -> bool:
        return user is not None and bool(user.id == self._our_id)

    def _ticket(self, issue: Issue, change: TicketChange) -> Any:
        return ticket(issue, self._terms, self._watched.union(change.fields))

    def _result(
        self, change: TicketChange, issue: Issue, outcome: Outcome, detail: str = ""
    ) -> WriteResult:
        return WriteResult(
            ticket_id=change.ticket_id,
            outcome=outcome,
            detail=detail,
            ticket=self._ticket(issue, change),
        )


def _merged(there: Iterable[str], add: Iterable[str], remove: Collection[str]) -> list[str]:
    """Return the tags with some more and some fewer, in the order in which they stand."""
    return [tag for tag in dict.fromkeys((*there, *add)) if tag not in remove]


def _refusal(error: AdapterError) -> str:
    if error.status == requests.codes.unprocessable_entity:
        return (
            "refused (422): a value is not on offer (add it to the field's possible values), or the"
            " ticket lacks something that Redmine requires"
        )
    if error.status == requests.codes.forbidden:
        return "refused (403): the key's user may not edit this ticket"
    if error.status == requests.codes.not_found:
        return "gone while it was written"
    raise error


def _last(issue: Issue) -> int:
    return max((journal.id for journal in issue.journals), default=0)
