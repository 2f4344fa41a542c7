"""A goal, explained on paper: how it stands and why, what drives it, who broke its limit."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import TYPE_CHECKING

from connector.cli.flags import in_words
from connector.cli.measures import said_n
from connector.cli.output import (
    clean,
    day,
    many,
    print_facts,
    print_line,
    print_table,
    status_text,
    when,
)
from connector.cli.timeline import said_number
from connector.cli.versions import said_frozen
from connector.config.quantity import format_quantity
from connector.model.goal import GoalKind

if TYPE_CHECKING:
    from rich.console import Console

    from connector.config.mapping import GoalTable
    from connector.kpi.card import KpiCard
    from connector.model.goal import Burn, GoalReport, MilestoneReport, Outlook, Streak
    from connector.pipeline.explaining import Explained

Facts = list[tuple[str, object]]


def print_goal(explained: Explained, *, out: Console) -> None:
    """Print how a goal stands, which rule decided, and what the admin wrote about it."""
    report, goal = explained.report, explained.goal
    if report is None or goal is None:
        return
    out.print(clean(f"{report.title} ({report.kind.replace('_', ' ')})"), style="bold")
    facts = [
        *_standing(report),
        *(_numbers(report, goal, explained.card) if explained.card else ()),
        *_written(report, goal),
    ]
    print_facts(facts, out=out)
    if report.outlook is not None:
        _print_outlook(report, report.outlook, explained.card, out=out)
    if report.drivers:
        rows = [
            (one.title, status_text(one.status), _grade(one.grade), f"{one.weight:g}")
            for one in report.drivers
        ]
        print_table("What drives it", ("goal", "status", ">grade", ">weight"), rows, out=out)
    _print_culprits(explained, out=out)


def _standing(report: GoalReport) -> Iterator[tuple[str, object]]:
    yield "status", status_text(report.status)
    yield "because", report.why
    yield "since", "" if report.since is None else day(report.since, report.timezone)
    yield "said then", status_text(report.known) if report.known else ""
    yield "owner says", _said(report)
    yield "but", report.disagrees


def _said(report: GoalReport) -> str:
    said = report.checkin
    if said is None:
        return ""
    sure = "" if said.confidence is None else f"confidence {said.confidence} of 10"
    told = ", ".join(filter(None, (sure, said.note, said.evidence)))
    return f"{told} ({said.by or 'the owner'}, {day(said.at)})"


def _numbers(report: GoalReport, goal: GoalTable, card: KpiCard) -> Iterator[tuple[str, object]]:
    clock = card.value.clock

    def shown(number: float | None) -> str:
        return format_quantity(number, report.unit, clock=clock)

    is_anti = report.kind == GoalKind.ANTI_GOAL
    yield "value", f"{shown(report.value)} over {said_n(card.definition, report.n)}"
    yield "limit" if is_anti else "target", shown(report.target)
    yield "baseline", _baseline(shown(report.baseline), goal)
    yield "grade", "" if report.grade is None else f"{report.grade:.2f} of 1"
    forecast = report.forecast
    if forecast is not None and forecast.low is not None and forecast.high is not None:
        yield "lands", f"between {shown(forecast.low)} and {shown(forecast.high)} (90 %)"
    yield "forecast by", "" if forecast is None else forecast.method
    yield "budget", _budget(report.burn)
    yield "in breach", _breach(report.streak)
    yield "final", said_frozen(report.versions, report.unit, clock)


def _written(report: GoalReport, goal: GoalTable) -> Iterator[tuple[str, object]]:
    yield "period", _period(report)
    yield "level", report.level
    yield "made for", report.for_whom
    yield "differs", "; ".join(own.reason for own in goal.override.values() if report.for_whom)
    yield (
        "kind",
        ", ".join(filter(None, (goal.bucket, goal.horizon, goal.category))).replace("_", " "),
    )
    yield "commitment", "" if goal.commitment == "committed" else goal.commitment
    yield "serves", ", ".join(report.parents)
    yield "proposal", "nobody has accepted it yet" if goal.is_proposal else ""
    yield "guards", ", ".join(goal.protects)
    yield "capped by", ", ".join(report.capped_by)
    yield "owner", goal.owner
    yield "why", goal.why
    yield "effect", goal.business_effect
    yield "version", f"{report.version}; `connector history {report.id}` tells what changed"
    yield "mind", in_words(report.flags)


def _baseline(shown: str, goal: GoalTable) -> str:
    return f"{shown} (measured before the period)" if goal.baseline == "from_history" else shown


def _period(report: GoalReport) -> str:
    """Return the first and the last local day of a period."""
    zone, last = report.timezone, report.period.end - timedelta(seconds=1)
    return f"{day(report.period.start, zone)} to {day(last, zone)}, {zone}"


def _grade(grade: float | None) -> str:
    return "–" if grade is None else f"{grade:.2f}"


def _budget(burn: Burn | None) -> str:
    if burn is None:
        return ""
    told = f"{burn.bad:g} of {burn.budget:.0f} bad events, {burn.consumed:.0%}"
    return f"{told}; alert: {burn.alert}" if burn.alert else told


def _breach(streak: Streak | None) -> str:
    if streak is None:
        return ""
    clean_ = many(streak.clean_days, "day")
    return (
        f"{many(streak.days_violated, 'day')} violated, {many(streak.days_warning, 'day')} warned;"
        f" clean for {clean_}"
    )


def _print_outlook(
    report: GoalReport, outlook: Outlook, card: KpiCard | None, *, out: Console
) -> None:
    clock = card.value.clock if card else "calendar"
    facts: Facts = [
        ("working days left", f"{outlook.working_days_left}"),
        ("realism", _realism(outlook)),
        ("critical path", " → ".join(outlook.critical_path)),
    ]
    print_facts(facts, out=out)
    for problem in outlook.problems:
        print_line(problem, out=out, style="yellow")
    columns = ("milestone", "by", "state", ">value", ">actual", "start by", ">float", "owner", "")
    rows = [_milestone(one, report.unit, clock) for one in outlook.milestones]
    if rows:
        print_table("Milestones", columns, rows, out=out)


def _realism(outlook: Outlook) -> str:
    if outlook.share is None:
        return outlook.realism
    past = f"{many(outlook.windows, 'past window')} ({outlook.independent} independent)"
    told = f"{outlook.realism}: {outlook.share:.0%} of {past} changed as much"
    if outlook.simulated is None:
        return told
    return f"{told}; {outlook.simulated:.0%} of simulated runs get there"


def _milestone(one: MilestoneReport, unit: str, clock: str) -> tuple[object, ...]:
    state = f"{one.state} {one.timing}".strip().replace("_", " ")
    value, actual = (
        "" if number is None else format_quantity(number, unit, clock=clock)
        for number in (one.value, one.actual)
    )
    spare = "" if one.float_days is None else f"{one.float_days:g} d"
    name = f"{one.name} *" if one.is_critical else one.name
    start = one.latest_start or ""
    return name, one.day, state, value, actual, start, spare, one.owner, ", ".join(one.flags)


def _print_culprits(explained: Explained, *, out: Console) -> None:
    card = explained.card
    if not explained.culprits or card is None:
        return
    definition = card.definition
    rows = [
        (
            one.helpdesk,
            one.id,
            said_number(one.value, definition.unit, definition.family, clock=card.value.clock),
            when(one.at),
        )
        for one in explained.culprits
    ]
    columns = ("helpdesk", "ticket", ">value", "dated")
    print_table("Tickets that count against it", columns, rows, out=out)
