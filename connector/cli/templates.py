"""The mapping templates that `connector init` writes: whole, or what one level needs of them.

A template is a mapping file like any other. Comments such as `# Team: ...` at the beginning of a
line start what is for that level; what stands before the first one, or under `# Every level: ...`,
is for all of them.
"""

from __future__ import annotations

import re
import tomllib
from calendar import monthrange
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from importlib.resources import files
from typing import TYPE_CHECKING, Final, NamedTuple

from connector.errors import UsageError

if TYPE_CHECKING:
    from importlib.resources.abc import Traversable

ALIASES: Final[Mapping[str, str]] = {
    "csat": "satisfaction",
    "fcr": "first_contact_resolution",
    "first_reply": "first_response",
    "nps": "satisfaction",
    "resolution": "resolution_time",
}
"""Other names that people know templates by."""

WRITTEN: Final = date(2026, 10, 1)
"""The first day of the quarter that the days of the templates are in."""

EVERY: Final = "every level"
LEVELS: Final = ("company", "department", "team", "person")
TOGETHER: Final[Mapping[str, tuple[str, ...]]] = {"person": ("team", "person")}
"""Levels that do not go without another one: goals of people serve that of their team."""

_HEAD = re.compile(r"^# (?=Every|Company|Department|Team|Person)([A-Z][a-z, ]*): ", re.MULTILINE)
_PERIOD = re.compile(r"start = \d{4}-\d\d-\d\d, end = \d{4}-\d\d-\d\d")
_DAY = re.compile(r"\b(\d{4})-(\d\d)-(\d\d)\b")
_LEVEL = re.compile(r'^level = "\w+"', re.MULTILINE)
_ONE = re.compile(r'(objective|vision) = "(\w+)"')
_MANY = re.compile(r"((?:serves|parents|protects) = )\[(.*?)\](.*)")


class Template(NamedTuple):
    """A mapping to start with; `title` is its first line, `levels` what it can be cut to."""

    name: str
    text: str

    @property
    def title(self) -> str:
        """Return what it is for, in a line."""
        return self.text.partition("\n")[0].lstrip("# ")

    @property
    def levels(self) -> tuple[str, ...]:
        """Return the levels that it has something of their own for."""
        there = {level for section in _sections(self.text) for level in section.levels}
        return tuple(level for level in LEVELS if level in there)


class _Section(NamedTuple):
    """A part of a template; without levels it is for all of them."""

    levels: frozenset[str]
    text: str


def templates() -> dict[str, Template]:
    """Return every template by name."""
    return {
        name: Template(name, source.read_text(encoding="utf-8"))
        for name, source in sorted(sources().items())
    }


def sources() -> dict[str, Traversable]:
    """Return the files of the templates by name."""
    found = files("connector.config").joinpath("templates", "mappings").iterdir()
    return {source.name.removesuffix(".toml"): source for source in found}


def template_named(name: str) -> Template:
    """Return a template by its name or another one it is known by."""
    known = templates()
    found = known.get(ALIASES.get(name, name))
    if found is None:
        from connector.config.table import nearest

        hint = nearest(name, (*known, *ALIASES)) or f"choose one of {', '.join(known)}"
        raise UsageError(f"there is no template {name}; {hint}")
    return found


def described() -> list[str]:
    """Return a line about each template: its name, what it is for, its levels."""
    found = templates().values()
    width = max(len(one.name) for one in found)
    return [f"  {one.name:<{width}}  {one.title}{_said(one.levels)}" for one in found]


def render_template(name: str, today: date, level: str | None = None) -> str:
    """Return a template for the quarter that `today` is in: all levels, or what one needs."""
    template = template_named(name)
    text = template.text if level is None else _cut(template, level)
    return _moved(text, months=_months(quarter(today)[0]) - _months(WRITTEN))


def with_period(mapping: str, start: date, end: date) -> str:
    """Return the text of a mapping with every period set to these days."""
    return _PERIOD.sub(f"start = {start}, end = {end}", mapping)


def quarter(today: date) -> tuple[date, date]:
    """Return the first day of a day's quarter, and of the next one."""
    month = today.month - (today.month - 1) % 3
    start = date(today.year, month, 1)
    return start, date(today.year + month // 10, (month + 2) % 12 + 1, 1)


def _moved(text: str, *, months: int) -> str:
    """Move all days by so many months; a day that a month does not have becomes its last one."""

    def later(match: re.Match[str]) -> str:
        year, month, day = map(int, match.groups())
        year, month = divmod(12 * year + month - 1 + months, 12)
        return str(date(year, month + 1, min(day, monthrange(year, month + 1)[1])))

    return _DAY.sub(later, text)


def _months(day: date) -> int:
    return 12 * day.year + day.month


def _said(levels: Sequence[str]) -> str:
    return f" [{', '.join(levels)}]" if levels else ""


def _sections(text: str) -> Iterator[_Section]:
    heads = list(_HEAD.finditer(text))
    ends = [*(head.start() for head in heads), len(text)]
    yield _Section(frozenset(), text[: ends[0]])
    for head, end in zip(heads, ends[1:], strict=True):
        named = frozenset(head[1].lower().split(", ")) - {EVERY}
        yield _Section(named, text[head.start() : end])


def _cut(template: Template, level: str) -> str:
    """Leave out what is for other levels, and the links to it; what is for all gets this level."""
    if level not in template.levels:
        there = f"it has {', '.join(template.levels)}" if template.levels else "it has none"
        raise UsageError(f"the template {template.name} has nothing for level {level}: {there}")
    wanted = TOGETHER.get(level, (level,))
    parts = [
        part.text if len(part.levels) == 1 else _LEVEL.sub(f'level = "{wanted[0]}"', part.text)
        for part in _sections(template.text)
        if not part.levels or part.levels.intersection(wanted)
    ]
    return _linked("".join(parts).rstrip() + "\n")


def _linked(text: str) -> str:
    """Take out what is named and is not there; a goal without its objective gets the first one."""
    from connector.config.mapping import TABLES

    data = tomllib.loads(text)
    there = {kind: list(data.get(kind, {})) for kind in TABLES}
    lines = (_relinked(line, there) for line in text.split("\n"))
    return "\n".join(line for line in lines if line is not None)


def _relinked(line: str, there: Mapping[str, Sequence[str]]) -> str | None:
    """Return a line without links to what is not there; None if nothing is left of it."""
    one, many = _ONE.match(line), _MANY.match(line)
    if one and one[2] not in there[one[1]]:
        return f'{one[1]} = "{there[one[1]][0]}"' if there[one[1]] else None
    if many:
        named = (name.strip().strip('"') for name in many[2].split(","))
        kept = [f'"{name}"' for name in named if name in {*there["objective"], *there["goal"]}]
        return f"{many[1]}[{', '.join(kept)}]{many[3]}" if kept else None
    return line
