"""The text of a suggested goal: a mapping file that can be read beside the others.

Every number in it was measured. Who owns the goal and what it changes is for people to say.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any, Final

import msgspec

from connector.cli.draft import Ids, quoted
from connector.config.mapping import KpiTable
from connector.config.quantity import Quantity, format_quantity
from connector.goals.suggest import STRETCH_DAYS
from connector.model.kpi import KpiValue
from connector.pipeline.drafting import Draft, Guard

OWNER: Final = "To be named"
CATEGORIES: Final = {
    "csat_pct": "quality",
    "reopen_rate": "problem_solving",
    "fcr_system": "problem_solving",
    "repeat_contact_rate": "problem_solving",
    "full_resolution_time": "response_time",
}
GUARD: Final = "guard of"
_BARE: Final = re.compile(r"[A-Za-z0-9_-]+")


class Text(msgspec.Struct, frozen=True):
    """A suggestion as text, with the ids of its goals."""

    goal: str
    guard: str
    text: str


def texts(drafts: list[Draft], taken: frozenset[str]) -> list[Text]:
    """Write each draft; their ids are nobody else's."""
    ids = Ids()
    ids.taken |= taken
    return [_text(draft, ids) for draft in drafts]


def why_of(draft: Draft) -> str:
    """Say in words and numbers what got worse."""
    one, fall = draft.fall.of, draft.fall
    recent = one.recent
    return (
        f"{draft.title} of {one.dimension} {one.name}: {_said(recent, recent.value)} from"
        f" {_days(recent)} (n = {recent.n:,}), {_said(recent, fall.usual)} in the middle one of the"
        f" {len(one.past)} stretches before"
    )


def rule_of(draft: Draft) -> str:
    """Say why it is no noise."""
    fall = draft.fall
    return (
        f"{fall.excess:.1f} spreads worse than the stretches of {STRETCH_DAYS} days before;"
        f" {fall.least:.1f} are beyond noise among all that was looked at"
    )


def feasible_of(draft: Draft) -> str:
    """Say what makes the target one that can be reached."""
    past = f"reached in {draft.met} of the {len(draft.fall.of.past)} stretches before"
    if draft.share is None:
        return f"{past}; realism: {draft.realism}"
    share = f"{100 * draft.share:.0f} % of past quarters changed as much"
    return f"{past}, {share}; realism: {draft.realism}"


def _text(draft: Draft, ids: Ids) -> Text:
    one = draft.fall.of
    goal = ids.free(f"{one.measure} {one.name}")
    guard = ids.free(f"{GUARD} {goal}") if draft.guard else ""
    blocks = [_head(draft), _kpi(goal, draft.table), _goal(draft, goal)]
    if draft.guard:
        blocks += [_kpi(guard, draft.guard.table), _guard(draft, draft.guard, guard, goal)]
    return Text(goal, guard, "\n\n".join(blocks) + "\n")


def _head(draft: Draft) -> str:
    lines = [why_of(draft), rule_of(draft)]
    if draft.guard is None:
        lines.append("No guard is suggested: too few tickets tell of what could suffer.")
    return "\n".join(f"# {_plain(line)}" for line in lines)


def _goal(draft: Draft, name: str) -> str:
    one = draft.fall.of
    measured = f"measured from {_days(one.recent)}, n = {one.recent.n:,}"
    lines = [
        f"[goal.{name}]",
        f"title = {quoted(_plain(f'{draft.title} of {one.name} back to what it was'))}",
        f'kpi = "{name}"',
        f"owner = {quoted(OWNER)}   # who answers for it",
        f"period = {{ start = {draft.start}, end = {draft.end} }}",
        f"baseline = {draft.baseline.text}   # {measured}",
        f"target = {draft.target.text}   # {feasible_of(draft)}",
        f"why = {quoted(_plain(why_of(draft)))}",
    ]
    return "\n".join(lines)


def _guard(draft: Draft, guard: Guard, name: str, protected: str) -> str:
    one, known = draft.fall.of, guard.slice
    worse = "falls" if known.direction == "higher" else "grows"
    meanwhile = f"{guard.title} of {one.name} {worse} meanwhile"
    why = (
        f"{guard.title} is what suffers first where {draft.title.lower()} alone counts; it was"
        f" {_said(known.recent, known.recent.value)} from {_days(known.recent)}"
        f" (n = {known.recent.n:,})"
    )
    lines = [
        f"[goal.{name}]",
        'kind = "anti_goal"',
        f"title = {quoted(_plain(meanwhile))}",
        f'kpi = "{name}"',
        f"owner = {quoted(OWNER)}",
        f"period = {{ start = {draft.start}, end = {draft.end} }}",
        f"limit = {guard.limit.text}   # the worst of the last {len(known.past) + 1} stretches",
        f'category = "{CATEGORIES.get(known.measure, "other")}"',
        f'protects = ["{protected}"]',
        f"why = {quoted(_plain(why))}",
    ]
    return "\n".join(lines)


def _kpi(name: str, table: KpiTable) -> str:
    return "\n".join((f"[kpi.{name}]", *_kpi_lines(table)))


def _kpi_lines(table: KpiTable) -> Iterator[str]:
    """Yield what a KPI says beyond what is usual."""
    for key, field in KpiTable.model_fields.items():
        value = getattr(table, key)
        if field.is_required() or value != field.default:
            yield f"{key} = {_toml(value)}"


def _toml(value: Any) -> str:
    """Write a value of a mapping on one line."""
    if isinstance(value, Quantity):
        return _quantity(value)
    if isinstance(value, msgspec.Struct):
        return _toml(msgspec.to_builtins(value, builtin_types=(date,)))
    if isinstance(value, Mapping):
        return f"{{ {', '.join(f'{_key(k)} = {_toml(v)}' for k, v in value.items())} }}"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(_toml, value))}]"
    return quoted(value) if isinstance(value, str) else str(value)


def _key(name: str) -> str:
    return name if _BARE.fullmatch(name) else quoted(name)


def _quantity(value: Quantity) -> str:
    if value.unit == "s":
        minutes = value.number / 60
        return f'"{minutes:g} min"' if minutes.is_integer() else f'"{value.number:.9g} s"'
    return f'"{value.number * 100:.9g} %"' if value.unit == "ratio" else f"{value.number:.9g}"


def _said(value: KpiValue, number: float | None) -> str:
    return format_quantity(number, value.unit, clock=value.clock)


def _days(value: KpiValue) -> str:
    return f"{value.period.start:%Y-%m-%d} to {value.period.end:%Y-%m-%d}"


def _plain(text: str) -> str:
    """Return text that fits on a line of a comment."""
    return "".join(c if c.isprintable() else " " for c in text).strip()
