"""Imported values apart by hour, day, week or month: each of them told as a whole is."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from connector.kpi.by_rows import TIMES, Grouping
from connector.kpi.estimates import answer
from connector.kpi.forms import parts_of
from connector.model.kpi import Family

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

    from connector.kpi.ask import Question
    from connector.kpi.by_estimates import Answers


def rests_on_imports(question: Question) -> bool:
    """Tell whether a KPI, or a part of its ratio, is imported."""
    forms = parts_of(question.form) if question.family is Family.RATIO else (question.form,)
    return any(form.definition.family == Family.IMPORTED for form in forms)


def is_told_by(grouped: Grouping) -> bool:
    """Tell whether imported values can be told apart this way: they know their time alone."""
    return set(grouped.by) <= set(TIMES)


def imported_answers(con: DuckDBPyConnection, question: Question, grouped: Grouping) -> Answers:
    """Return the estimate of every stretch of the calendar that has a value."""
    calendar = grouped.calendar
    if calendar is None or not is_told_by(grouped):
        return {}
    found: Answers = {}
    for bucket in calendar.buckets(question.start, question.end):
        start, end = max(bucket.start, question.start), min(bucket.end, question.end)
        told = answer(con, msgspec.structs.replace(question, start=start, end=end))
        if told[0].value is not None:
            found[(calendar.first(bucket.start),)] = told
    return found
