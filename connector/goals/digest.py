"""A digest of goals for people: what changed, what is at risk, small wins, what to do next.

Goals stand in the order of the mapping; of what is at risk the gravest come first. Goals of people
come after them, in the order of the mapping only: nothing here compares people with each other.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime
from zoneinfo import ZoneInfo

import msgspec

from connector.config.mapping import GoalTable, ObjectiveTable
from connector.config.phrases import written
from connector.config.quantity import format_quantity
from connector.goals.changes import StatusChange, changes
from connector.goals.milestones import wins
from connector.goals.pyramid import FINAL, GREEN, RED, UNJUDGED, YELLOW
from connector.goals.visibility import PERSON
from connector.model.goal import (
    DayVerdict,
    GoalKind,
    GoalReport,
    GoalState,
    MilestoneReport,
    ObjectiveReport,
)

STREAKS = (14, 30, 60, 90, 180, 365)
"""After how many safe days in a row an anti-goal is praised."""


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """One sentence of a digest: whose it is, what is said of it, and why.

    Without a title the text is a sentence by itself.
    """

    goal: str = ""
    title: str = ""
    owner: str = ""
    level: str = ""
    status: str = ""
    text: str
    why: str = ""


class Digest(msgspec.Struct, frozen=True, kw_only=True):
    """What is worth telling of goals since a day. `hidden` says how many may not be seen."""

    since: date
    as_of: datetime
    summary: str
    changed: tuple[Entry, ...] = ()
    at_risk: tuple[Entry, ...] = ()
    wins: tuple[Entry, ...] = ()
    next: tuple[Entry, ...] = ()
    hidden: str = ""


class Ended(msgspec.Struct, frozen=True):
    """A period of a goal that is over and has no lesson yet."""

    goal: str
    day: date
    status: str


class Rewritten(msgspec.Struct, frozen=True):
    """A day on which a goal was changed in its mapping; `what` says from what to what."""

    day: date
    what: str


class Facts(msgspec.Struct, frozen=True, kw_only=True):
    """What a digest is told from: only what its reader may see.

    `since` is the first day whose beginning is news. `then` is how goals and objectives stood
    before it, by id; what was not judged then is not in it. `clocks` says for each KPI which hours
    its times count.
    """

    since: date
    now: datetime
    goals: Sequence[GoalReport]
    objectives: Sequence[ObjectiveReport] = ()
    days: Mapping[str, Sequence[DayVerdict]] = {}
    then: Mapping[str, GoalReport | ObjectiveReport] = {}
    tables: Mapping[str, GoalTable | ObjectiveTable] = {}
    clocks: Mapping[str, str] = {}
    ended: Sequence[Ended] = ()
    rewritten: Mapping[str, Sequence[Rewritten]] = {}

    @property
    def reports(self) -> tuple[GoalReport | ObjectiveReport, ...]:
        """Return objectives and goals."""
        return (*self.objectives, *self.goals)

    def is_proposal(self, id_: str) -> bool:
        """Tell whether nobody has accepted a goal yet, so that it counts for nothing."""
        table = self.tables.get(id_)
        return table is not None and table.is_proposal


def changed(facts: Facts) -> Iterator[Entry]:
    """Tell which status turned, when and why, and what was rewritten; a win is told there."""
    for report in facts.goals:
        turns = _turns(facts, report)
        if turns and not _is_win(turns):
            yield entry(report, _turned(turns), why=turns[-1].why)
        for one in facts.rewritten.get(report.id, ()):
            yield entry(report, f"was changed in its mapping on {written(one.day)}", why=one.what)
    for objective in facts.objectives:
        before = facts.then.get(objective.id)
        if before is not None and before.status != objective.status:
            text = f"went from {words(before.status)} to {words(objective.status)}"
            yield entry(objective, text, why=objective.why)


def at_risk(facts: Facts) -> Iterator[Entry]:
    """Tell what is off its way or near it, the gravest first."""
    running = (one for one in facts.reports if not _is_over(one, facts.now))
    found = [one for one in running if one.status in RED | YELLOW and not facts.is_proposal(one.id)]
    for report in sorted(found, key=lambda one: _severity(one, facts)):
        text = f"is {words(report.status)}{_held(report)}"
        yield entry(report, f"{text}{_standing(report, facts)}", why=report.why)


def _held(report: GoalReport | ObjectiveReport) -> str:
    """Say since which day of the goal's own zone it has stood as it does."""
    if isinstance(report, ObjectiveReport) or report.since is None:
        return ""
    return f" since {written(report.since.astimezone(ZoneInfo(report.timezone)).date())}"


def small_wins(facts: Facts) -> Iterator[Entry]:
    """Tell what was reached: goals, milestones, limits that hold again, and for long."""
    for report in facts.goals:
        turns = _turns(facts, report)
        if turns and _is_win(turns):
            yield entry(report, _won(turns[-1]), why=turns[-1].why)
        elif _was_closed_by_hand(report, facts):
            yield entry(report, "is achieved", why=report.why)
        for milestone in _milestones(report, facts):
            timing = f", {words(milestone.timing)}" if milestone.timing else ""
            on = f" on {written(milestone.reached_on)}" if milestone.reached_on else ""
            text = f'reached the milestone "{milestone.name}"{on}{timing}'
            yield entry(report, text, why=milestone.why)
        mark = _streak(report, facts)
        if mark:
            yield entry(report, f"has been safe for {mark} days in a row")


def summary(facts: Facts) -> str:
    """Say in a sentence how many goals stand how."""
    if not facts.goals:
        return "No goals to tell of."
    kinds = (
        ("all right", GREEN),
        ("at risk", YELLOW),
        ("off track, missed or violated", RED),
        ("not judged yet or paused", UNJUDGED),
    )
    count = Counter(name for one in facts.goals for name, kind in kinds if one.status in kind)
    told = ", ".join(f"{count[name]} {name}" for name, _ in kinds if count[name])
    number = len(facts.goals)
    return f"{number:,} {'goal' if number == 1 else 'goals'}: {told}."


def entry(report: GoalReport | ObjectiveReport, text: str, why: str = "") -> Entry:
    """Return a sentence about a goal or an objective."""
    return Entry(
        goal=report.id,
        title=report.title,
        owner=report.owner,
        level=report.level,
        status=report.status,
        text=text,
        why=why,
    )


def words(status: str) -> str:
    """Write a state with spaces."""
    return status.replace("_", " ")


def _turns(facts: Facts, report: GoalReport) -> list[StatusChange]:
    """Return the changes since, with one for today where the goal stands otherwise by now.

    What an anti-goal caps is no news as long as it was capped in the same way, and neither is what
    was told already before the day began that says the same.
    """
    days = facts.days.get(report.id, ())
    found = list(changes(days, facts.since))
    last = days[-1].status if days else ""
    then = facts.then.get(report.id)
    is_as_then = bool(report.capped_by) and (then is None or then.status == report.status)
    if last and report.status != last and not is_as_then:
        today = report.as_of.date()
        found.append(StatusChange(day=today, before=last, status=report.status, why=report.why))
    was_told = then is not None and then.status == report.status and len(found) == 1
    return [] if was_told else found


def _turned(turns: Sequence[StatusChange]) -> str:
    first, last = turns[0], turns[-1]
    if len(turns) == 1:
        return f"went from {words(first.before)} to {words(last.status)} on {written(last.day)}"
    between = list(dict.fromkeys(words(one.status) for one in turns[:-1]))
    way = " and ".join(filter(None, (", ".join(between[:-1]), between[-1])))
    if first.before == last.status:
        return f"was {way} for a while and is {words(last.status)} again since {written(last.day)}"
    start, end = words(first.before), words(last.status)
    return f"went from {start} to {end} on {written(last.day)}, having been {way} between"


def _is_win(turns: Sequence[StatusChange]) -> bool:
    before, now = turns[0].before, turns[-1].status
    is_clear = now == GoalState.SAFE and before in {GoalState.WARNING, GoalState.VIOLATED}
    return now == GoalState.ACHIEVED or is_clear


def _won(turn: StatusChange) -> str:
    if turn.status == GoalState.ACHIEVED:
        return f"was achieved on {written(turn.day)}"
    return f"is safe again since {written(turn.day)}, after being {words(turn.before)}"


def _was_closed_by_hand(report: GoalReport, facts: Facts) -> bool:
    """Tell whether evidence closed a goal without a KPI since."""
    said = report.checkin
    is_closed = report.kind == GoalKind.DEVELOPMENT and report.status == GoalState.ACHIEVED
    if not is_closed or report.id not in facts.then:
        return is_closed and said is not None and said.at.date() >= facts.since
    return facts.then[report.id].status != GoalState.ACHIEVED


def _milestones(report: GoalReport, facts: Facts) -> Iterable[MilestoneReport]:
    """Return the milestones reached since; by their dates where nobody looked before."""
    if report.outlook is None:
        return ()
    now, then = report.outlook.milestones, facts.then.get(report.id)
    if isinstance(then, GoalReport) and then.outlook is not None:
        return wins(then.outlook.milestones, now)
    return (one for one in wins((), now) if one.reached_on and one.reached_on >= facts.since)


def _streak(report: GoalReport, facts: Facts) -> int:
    """Return the longest praised number of safe days that was completed since; 0 for none."""
    if report.streak is None or report.status != GoalState.SAFE:
        return 0
    clean = report.streak.clean_days
    before = clean - (report.as_of.date() - facts.since).days - 1
    return max((mark for mark in STREAKS if before < mark <= clean), default=0)


def _is_over(report: GoalReport | ObjectiveReport, now: datetime) -> bool:
    period = report.period
    is_final = report.status in FINAL or "provisional" not in report.flags
    return period is not None and now >= period.end and is_final


def _severity(report: GoalReport | ObjectiveReport, facts: Facts) -> tuple[bool, bool, bool]:
    """Return what a sort takes to put the gravest first; goals of people stay as they stand."""
    if report.level == PERSON:
        return True, False, False
    table = facts.tables.get(report.id)
    is_grave = table is not None and (
        table.critical or (isinstance(table, GoalTable) and table.is_anti and table.hard)
    )
    return False, report.status not in RED, not is_grave


def _standing(report: GoalReport | ObjectiveReport, facts: Facts) -> str:
    if isinstance(report, ObjectiveReport):
        return "" if report.grade is None else f", with the grade {report.grade:.2f}"
    if report.value is None or report.target is None:
        return ""
    clock = facts.clocks.get(report.kpi, "calendar")
    value, aim = (
        format_quantity(number, report.unit, clock=clock)
        for number in (report.value, report.target)
    )
    name = "limit" if report.kind == GoalKind.ANTI_GOAL else "target"
    return f", at {value} with the {name} {aim} (n {report.n:,})"
