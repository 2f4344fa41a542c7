"""The rows behind a grouped KPI, each with the keys of its group, as one query."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

import msgspec

from connector.errors import UsageError
from connector.kpi.ask import SPANNING, Question, counting, in_stretch, naive, relation
from connector.kpi.by_time import Calendar, is_zone, local
from connector.model.kpi import Family

NAMED: Final = {
    "group": "group_id",
    "assignee": "assignee_id",
    "brand": "brand_id",
    "organization": "organization_id",
    "form": "form_id",
}
"""Dimensions whose keys are ids of the helpdesk."""

WORDS: Final = {
    "helpdesk": "helpdesk",
    "channel": "channel",
    "priority": "priority",
    "type": "type",
}
TIMES: Final = ("hour", "day", "week", "month")
TAG: Final = "tag"
FIELD: Final = "field."
DIMENSIONS: Final = ("helpdesk", *NAMED, "channel", "priority", "type", TAG, *TIMES)
WEEKDAYS: Final = (
    "monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday",
)  # fmt: skip


class Grouping(msgspec.Struct, frozen=True, kw_only=True):
    """What a KPI is told apart by, in which zone, and on which day weeks begin.

    `fields` has the ids of the ticket fields among it: by dimension, then by helpdesk.
    """

    by: tuple[str, ...]
    zone: str = "UTC"
    week_start: str = "monday"
    fields: Mapping[str, Mapping[str, str]] = {}

    @property
    def calendar(self) -> Calendar | None:
        """Return how time is cut; None where it is not."""
        unit = next((name for name in self.by if name in TIMES), None)
        return Calendar(self.zone, unit, WEEKDAYS.index(self.week_start)) if unit else None

    @property
    def needs_helpdesk(self) -> bool:
        """Tell whether the keys mean something only within one helpdesk."""
        return any(name in NAMED or name.startswith(FIELD) for name in self.by)


def grouping(by: tuple[str, ...], zone: str = "UTC", week_start: str = "monday") -> Grouping:
    """Check what to group by; `UsageError` says what there is."""
    for name in by:
        if name not in DIMENSIONS and not (name.startswith(FIELD) and name != FIELD):
            known = ", ".join((*DIMENSIONS, "field.ID"))
            raise UsageError(f"tickets cannot be told apart by {name}; there are: {known}")
    times = [name for name in dict.fromkeys(by) if name in TIMES]
    if len(times) > 1:
        raise UsageError(f"{' and '.join(times)} lie in each other; name one of them")
    if week_start not in WEEKDAYS:
        raise UsageError(f"a week cannot begin on {week_start}; write monday, or another day")
    if not is_zone(zone):
        raise UsageError(f"there is no time zone {zone}; zones look like Europe/Berlin")
    return Grouping(by=tuple(dict.fromkeys(by)), zone=zone, week_start=week_start)


def rows(question: Question, grouped: Grouping) -> tuple[str, list[Any]]:
    """Return a query for the rows that count: keys `k0`, `k1`, ..., value, weight and flags."""
    tests, params = counting(question)
    with_ticket = any(_is_of_ticket(question, name) for name in grouped.by)
    source = f"{relation(question, with_ticket=with_ticket)} as m"
    if question.family in SPANNING:
        source += f" join {_edges(question, grouped)} as e on {_spans('e.edge')}"
    else:
        during, more = in_stretch(question)
        tests, params = f"{tests} and {during}", [*params, *more]
    keys = [f"{_key(question, grouped, name)} as k{i}" for i, name in enumerate(grouped.by)]
    columns = ", ".join((*keys, *_columns(question)))
    return f"select {columns} from {source} where {tests}", params


def _columns(question: Question) -> list[str]:
    found = ["m.helpdesk", "m.ticket_id", "m.flags"]
    if question.family is Family.AGE:
        found.append("epoch(date_trunc('second', e.edge)) - epoch(m.since) as value")
    else:
        found.append("m.value")
    if question.is_shared:
        found.append("m.weight")
    if question.family is Family.DAYS:
        day = local("m.at", question.zone, question.start, question.end)
        found += ["m.actor_id", f"date_trunc('day', {day}) as day"]
    return found


def _key(question: Question, grouped: Grouping, name: str) -> str:
    calendar = grouped.calendar
    if name in TIMES and calendar is not None:
        if question.family in SPANNING:
            return "e.key"
        return calendar.key("m.at", question.start, question.end)
    if name == TAG:
        return "unnest(case when len(m.tags) > 0 then list_distinct(m.tags) else [null] end)"
    if name.startswith(FIELD):
        return _field(grouped.fields.get(name, {}), name.removeprefix(FIELD))
    return f"m.{NAMED[name]}" if name in NAMED else f"m.{WORDS[name]}"


def _field(ids: Mapping[str, str], name: str) -> str:
    if len(set(ids.values())) <= 1:
        return f"m.fields[{_text(next(iter(ids.values()), name))}]"
    cases = " ".join(
        f"when {_text(helpdesk)} then m.fields[{_text(id_)}]" for helpdesk, id_ in ids.items()
    )
    return f"case m.helpdesk {cases} end"


def _is_of_ticket(question: Question, name: str) -> bool:
    """Tell whether a key stands with the ticket, and not with the row of the measure."""
    if name == "assignee":
        return question.credit != "assignee_at_event"
    if name == "group":
        return question.group_as_of != "event"
    return name != "helpdesk" and name not in TIMES


def _edges(question: Question, grouped: Grouping) -> str:
    """Return the ends of all buckets, which is where spans are looked at, with their keys."""
    calendar = grouped.calendar
    if calendar is None:
        return f"(select {_instant(question.end)} as edge, null as key)"
    found = list(calendar.buckets(question.start, question.end))
    edges = ", ".join(_instant(min(bucket.end, question.end)) for bucket in found)
    keys = ", ".join(_instant(bucket.start) for bucket in found)
    key = "key" if calendar.unit == "hour" else calendar.key("key", question.start, question.end)
    return (
        f"(select edge, {key} as key from"
        f" (select unnest([{edges}]) as edge, unnest([{keys}]) as key))"
    )


def _spans(edge: str) -> str:
    return f"m.at < {edge} and (m.until is null or m.until >= {edge})"


def _instant(instant: datetime) -> str:
    return f"timestamp '{naive(instant)}'"


def _text(word: str) -> str:
    return "'" + word.replace("'", "''") + "'"
