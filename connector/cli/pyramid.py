"""Goals and objectives on paper: a table in which everything stands under what it serves."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

from connector.cli.flags import legend, marks
from connector.cli.output import NARROW, day, print_line, print_table, status_text, when
from connector.cli.versions import said_frozen
from connector.config.quantity import format_quantity
from connector.model.goal import GoalKind, GoalReport, ObjectiveReport

if TYPE_CHECKING:
    from rich.console import Console

NOTHING = "–"


class Place(NamedTuple):
    """A goal or objective, and how far below the top it stands."""

    depth: int
    report: GoalReport | ObjectiveReport


def print_goals(
    goals: Sequence[GoalReport],
    objectives: Sequence[ObjectiveReport],
    clocks: Mapping[str, str],
    *,
    out: Console,
) -> None:
    """Print goals under what they serve, and below the table why each stands where it stands.

    `clocks` says for each KPI which hours its times count.
    """
    if not goals and not objectives:
        out.print("No goals yet: write one in mappings/, or start with `connector init`.")
        return
    is_wide = out.width >= NARROW
    is_past = any(goal.known for goal in goals)
    columns = [
        "goal",
        "status",
        *(["said then"] if is_past else []),
        ">value",
        ">target",
        *([">baseline"] if is_wide else []),
        ">grade",
        *([">chance"] if is_wide else []),
        ">n",
        "flags",
    ]
    places = list(in_place(goals, objectives))
    rows = [_row(place, clocks, is_wide=is_wide, is_past=is_past) for place in places]
    oldest = min((goal.as_of for goal in goals), default=None)
    print_table(f"Goals as of {when(oldest)}", columns, rows, out=out)
    for place in places:
        print_line(f"{place.report.id}: {_why(place.report, clocks)}", out=out)
    for line in legend(flag for place in places for flag in place.report.flags):
        print_line(line, out=out, style="dim")


def in_place(goals: Sequence[GoalReport], objectives: Sequence[ObjectiveReport]) -> Iterator[Place]:
    """Yield everything once, each below the first that it serves, in the order given."""
    both: list[GoalReport | ObjectiveReport] = [*objectives, *goals]
    reports = {one.id: one for one in both}
    below: dict[str | None, list[str]] = {}
    for one in reports.values():
        above = next((parent for parent in one.parents if parent in reports), None)
        below.setdefault(above, []).append(one.id)

    def walk(above: str | None, depth: int) -> Iterator[Place]:
        for id_ in below.get(above, ()):
            yield Place(depth, reports[id_])
            yield from walk(id_, depth + 1)

    yield from walk(None, 0)


def _row(
    place: Place, clocks: Mapping[str, str], *, is_wide: bool, is_past: bool
) -> tuple[object, ...]:
    one = place.report
    title = f"{'  ' * place.depth}{_name(place)}"
    grade = NOTHING if one.grade is None else f"{one.grade:.2f}"
    cells: tuple[object, ...]
    if isinstance(one, ObjectiveReport):
        cells = ("", "", "", "", grade, "", "")
    else:
        known = status_text(one.known) if one.known else NOTHING
        n = f"{one.n:,}" if one.kpi else NOTHING
        cells = (known, *_amounts(one, clocks), grade, _chance(one), n)
    kept = (is_past, True, True, is_wide, True, is_wide, True)
    shown = (cell for cell, is_kept in zip(cells, kept, strict=True) if is_kept)
    return (title, status_text(one.status), *shown, marks(one.flags))


def _name(place: Place) -> str:
    """Return what a row is called: one of many, below what they make up, by its own name."""
    one = place.report
    if isinstance(one, GoalReport) and one.for_whom and place.depth:
        return one.for_whom
    return one.title


def _amounts(goal: GoalReport, clocks: Mapping[str, str]) -> tuple[str, str, str]:
    """Return value, target and baseline as people write them."""
    if not goal.kpi:
        return NOTHING, NOTHING, NOTHING
    clock = clocks.get(goal.kpi, "calendar")
    value, target, baseline = (
        format_quantity(number, goal.unit, clock=clock)
        for number in (goal.value, goal.target, goal.baseline)
    )
    limit = "limit " if goal.kind == GoalKind.ANTI_GOAL else ""
    return value, limit + target, baseline


def _chance(goal: GoalReport) -> str:
    """Return the chance of meeting the target; an anti-goal has one of breaking its limit."""
    forecast = goal.forecast
    if forecast is None or forecast.probability is None or goal.kind == GoalKind.ANTI_GOAL:
        return NOTHING
    return f"{forecast.probability:.0%}"


def _why(one: GoalReport | ObjectiveReport, clocks: Mapping[str, str]) -> str:
    if isinstance(one, ObjectiveReport):
        return one.why
    clock = clocks.get(one.kpi, "calendar")
    more = one.parents[1:]
    told = (
        one.why,
        f"since {day(one.since, one.timezone)}" if one.since else "",
        said_frozen(one.versions, one.unit, clock),
        one.disagrees,
        _next_step(one),
        f"also serves {', '.join(more)}" if more else "",
    )
    return "; ".join(filter(None, told))


def _next_step(goal: GoalReport) -> str:
    """Say which milestone comes next, and whether the past ever did as much."""
    if goal.outlook is None:
        return ""
    waiting = [one for one in goal.outlook.milestones if one.state not in {"reached", "missed"}]
    told = f"{goal.outlook.realism} by its own past"
    if not waiting:
        return told
    first = waiting[0]
    return f"next: {first.name} by {first.day}, {first.state.replace('_', ' ')}; {told}"
