"""The text of a first mapping, drafted from what a helpdesk has: groups, forms, fields, hours.

No number in it is made up: a target is what was measured, to be changed by whoever knows what is
wanted; where nothing was measured yet, the goal stands there as a comment.
"""

from __future__ import annotations

import json
import math
import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from connector.config.checks import LONGEST_ID, RESERVED_IDS
from connector.kpi.lookup import CHOICES
from connector.model.kpi import KpiValue, Unit
from connector.model.page import SchemaField
from connector.model.ticket import Schedule

MOST_GROUPS = 6
MOST_NAMES = 12
ENOUGH = 20
"""From how many tickets on a value is taken for how things are."""
MEASURED_DAYS = 91
MOST_MINUTES = 180
_PLAIN = re.compile(r"[^a-z0-9]+")


@dataclass(frozen=True, kw_only=True)
class Facts:
    """What a draft is made of. `groups` are the ones with most tickets first, as far as known."""

    helpdesk: str
    today: date
    period: tuple[date, date]
    groups: tuple[str, ...]
    forms: tuple[str, ...] = ()
    brands: tuple[str, ...] = ()
    fields: tuple[SchemaField, ...] = ()
    schedules: tuple[Schedule, ...] = ()
    taken: frozenset[str] = frozenset()

    @property
    def main_groups(self) -> tuple[str, ...]:
        """Return the groups that get KPIs of their own."""
        return self.groups[:MOST_GROUPS]

    @property
    def zone(self) -> str:
        """Return where the days begin: where the hours by default are kept."""
        usual = [one.timezone for one in self.schedules if one.is_default]
        return next(iter([*usual, *(one.timezone for one in self.schedules)]), "UTC")


@dataclass(frozen=True, kw_only=True)
class Idea:
    """A KPI of the draft and, with a title, the goal on it; `is_guard` makes it an anti-goal."""

    id: str
    lines: tuple[str, ...]
    title: str = ""
    why: str = ""
    is_guard: bool = False
    is_more_better: bool = False


@dataclass
class Ids:
    """Ids that nobody has yet."""

    taken: set[str] = field(default_factory=lambda: set(RESERVED_IDS))

    def free(self, words: str) -> str:
        """Return words as an id, numbered where somebody has it already."""
        plain = unicodedata.normalize("NFKD", words).encode("ascii", "ignore").decode().lower()
        stem = _PLAIN.sub("_", plain).strip("_")[: LONGEST_ID - 3].strip("_")
        numbered = (f"{stem}_{number}" for number in range(2, 100))
        chosen = next(name for name in (stem, *numbered) if name not in self.taken)
        self.taken.add(chosen)
        return chosen


def ideas(facts: Facts) -> list[Idea]:
    """Return the KPIs worth starting with; those of the goals have titles."""
    ids = Ids(set(RESERVED_IDS) | facts.taken)
    clock = ('clock = "business"',) if facts.schedules else ()
    found = [
        Idea(
            id=ids.free(f"first reply {group}"),
            lines=(
                'measure = "first_reply_time"', *clock, 'aggregate = "median"',
                f"where = {{ group = [{quoted(group)}] }}",
            ),
            title=f"First reply in {group}",
            why="Waiting is the first thing customers complain about",
        )
        for group in facts.main_groups
    ]  # fmt: skip
    usual = (
        ("resolution", "full_resolution_time", "Solved sooner", "What counts is the solution"),
        ("csat", "csat_pct", "Satisfied customers", "They say it best themselves"),
        ("reopened", "reopen_rate", "Solved tickets stay solved", "A hasty answer costs two"),
        ("backlog", "backlog", "The backlog stays in hand", "Nobody's ticket is forgotten"),
    )
    found += [
        Idea(
            id=ids.free(name),
            lines=(f'measure = "{measure}"',),
            title=title,
            why=why,
            is_guard=measure in {"reopen_rate", "backlog"},
            is_more_better=measure == "csat_pct",
        )
        for name, measure, title, why in usual
    ]
    counted = ("tickets_created", "tickets_solved")
    found += [Idea(id=ids.free(name), lines=(f'measure = "{name}"',)) for name in counted]
    return found


def render(facts: Facts, found: Sequence[Idea], values: Mapping[str, KpiValue]) -> str:
    """Return the mapping; `values` are what the KPIs are now, where that is known."""
    blocks = ["\n".join(f"# {line}".rstrip() for line in _head(facts, values))]
    blocks += ["\n".join((f"[kpi.{idea.id}]", *idea.lines)) for idea in found]
    blocks += ["\n".join(f"# {line}" for line in lines) for lines in _suggestions(facts)]
    blocks += [_goal(facts, idea, values.get(idea.id)) for idea in found if idea.title]
    return "\n\n".join(block for block in blocks if block) + "\n"


def is_enough(value: KpiValue | None) -> bool:
    """Tell whether a value rests on enough tickets to start from."""
    return value is not None and value.n >= ENOUGH and bool(value.value)


def quoted(name: str) -> str:
    """Write a name as text of a file."""
    return json.dumps(name, ensure_ascii=False).replace("\x7f", "\\u007f")


def _head(facts: Facts, values: Mapping[str, KpiValue]) -> Iterator[str]:
    yield f"Drafted on {facts.today} from what {facts.helpdesk} has. Change what you like;"
    yield "`connector check` says in words what each KPI counts."
    yield ""
    yield f"Groups: {_listed(facts.groups)}"
    if len(facts.groups) > len(facts.main_groups):
        yield f"  The first {len(facts.main_groups)} have a KPI here; copy one for the others."
    for name, names in (("Forms", facts.forms), ("Brands", facts.brands)):
        if names:
            yield f"{name}: {_listed(names)}"
    if facts.schedules:
        yield f"Hours: {_listed(map(_hours, facts.schedules))}"
    else:
        yield "Hours: none in the helpdesk, so all hours count."
    yield ""
    if values:
        yield f"Targets and limits are what was measured in the {MEASURED_DAYS} days before:"
        yield "they hold what you have. Write what you want instead."
    else:
        yield "Nothing was measured yet, so goals stand below as comments. After the first"
        yield "`connector sync`, `connector kpis` shows the numbers to set targets from."


def _suggestions(facts: Facts) -> Iterator[list[str]]:
    """Yield filters to put into a KPI, with names that the helpdesk has."""
    lines = []
    for key, names in (("form", facts.forms), ("brand", facts.brands)):
        if len(names) > 1:
            lines.append(
                f"where = {{ {key} = [{quoted(names[0])}] }}   # also: {_listed(names[1:])}"
            )
    titles = [one.title for one in facts.fields]
    for one in facts.fields[:MOST_NAMES]:
        name = one.title if titles.count(one.title) == 1 else one.id
        key = quoted(f"field.{name}")
        labels = [label.strip() for label in one.options.values() if label.strip()]
        if one.kind in CHOICES and labels:
            more = f"   # also: {_listed(labels[1:])}" if labels[1:] else ""
            lines.append(f"where = {{ {key} = [{quoted(labels[0])}] }}{more}")
        elif one.kind == "checkbox":
            lines.append(f"where = {{ {key} = true }}   # {_clean(one.title)}")
    if lines:
        yield ["Filters to put into a KPI, alone or together:", *lines]


def _goal(facts: Facts, idea: Idea, value: KpiValue | None) -> str:
    start, end = facts.period
    known = value if is_enough(value) else None
    aim = "limit" if idea.is_guard else "target"
    number = quoted(_number(idea, known)) if known else '"..."'
    if known and known.unit == Unit.COUNT:
        number = _number(idea, known)
    remark = "as it is now" if known else "yours to set"
    lines = [
        f"[goal.{idea.id}]",
        *(['kind = "anti_goal"'] if idea.is_guard else []),
        f"title = {quoted(idea.title)}",
        f'kpi = "{idea.id}"',
        'owner = "Support lead"',
        f"period = {{ start = {start}, end = {end}, timezone = {quoted(facts.zone)} }}",
        *([] if idea.is_guard else ['baseline = "from_history"']),
        f"{aim} = {number}   # {remark}",
        f"why = {quoted(idea.why)}",
    ]
    return "\n".join(lines if known else (f"# {line}" for line in lines))


def _number(idea: Idea, value: KpiValue) -> str:
    """Write a value, rounded to the side that leaves it reached."""
    number = value.value or 0.0
    if value.unit == Unit.SECONDS:
        return (
            f"{math.ceil(number / 60)} min"
            if number < 3 * 3600
            else f"{math.ceil(number / 3600)} h"
        )
    if value.unit == Unit.RATIO:
        return f"{math.floor(number * 100) if idea.is_more_better else math.ceil(number * 100)} %"
    return str(math.ceil(number))


def _hours(schedule: Schedule) -> str:
    open_h = sum(end - start for start, end in schedule.intervals) / 60
    usual = ", the default" if schedule.is_default else ""
    return f"{schedule.name} ({schedule.timezone}, {open_h:g} h a week{usual})"


def _listed(names: Iterable[str]) -> str:
    known = [_clean(name) for name in names]
    rest = len(known) - MOST_NAMES
    return ", ".join(known[:MOST_NAMES]) + (f" and {rest} more" if rest > 0 else "")


def _clean(name: str) -> str:
    return "".join(c if c.isprintable() else " " for c in name).strip()
