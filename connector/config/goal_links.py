"""What goals and objectives name in other tables: known ids, levels, circles, guarded goals."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from connector.config.cycles import circles
from connector.config.goal_tables import LEVELS, AlignedTable, GoalTable, ObjectiveTable
from connector.config.reading import Entry, Reading
from connector.config.table import nearest
from connector.errors import Problem

SPOKEN = {"kpi": "KPI", "objective": "objective", "goal": "goal", "vision": "vision"}
_ARTICLE = {"objective": "an objective", "goal": "a goal"}
ABOVE = frozenset({"objective", "serves", "parents"})
"""Keys that name what a goal or an objective serves."""


@dataclass(frozen=True, slots=True)
class Link:
    """An id in a table that names another one, of one of these kinds."""

    kinds: tuple[str, ...]
    name: str
    keys: tuple[str | int, ...]


def links_of(entry: Entry) -> Iterator[Link]:
    """Return every id that a goal or objective names."""
    table = entry.table
    if isinstance(table, GoalTable):
        if table.kpi:
            yield Link(("kpi",), table.kpi, ("kpi",))
        if table.objective is not None:
            yield Link(("objective",), table.objective, ("objective",))
        yield from _listed(("objective", "goal"), table.serves, "serves", entry)
        yield from _listed(("goal",), table.protects, "protects", entry)
    if isinstance(table, ObjectiveTable):
        yield from _listed(("objective", "goal"), table.parents, "parents", entry)
    if isinstance(table, AlignedTable) and table.vision is not None:
        yield Link(("vision",), table.vision, ("vision",))


def link_problems(entry: Entry, reading: Reading) -> Iterator[Problem]:
    """Check everything that a goal or an objective names."""
    for link in links_of(entry):
        found = _found(link, entry, reading)
        if not found:
            yield from _unknown(link, entry, reading)
        elif len(found) > 1:
            message = f'an objective and a goal are both called "{link.name}"'
            yield entry.place.problem(message, *link.keys, hint="rename one of them")
        else:
            yield from _fit_problems(link, entry, found[0])


def circle_problems(reading: Reading) -> Iterator[tuple[Entry, Problem]]:
    """Find goals and objectives that serve themselves, by way of others or not."""
    entries = {f"{e.kind}.{e.id}": e for kind in ("objective", "goal") for e in reading.of(kind)}
    above = {name: _above(entry, reading) for name, entry in entries.items()}
    for circle in circles({name: list(found) for name, found in above.items()}):
        entry = entries[circle[0]]
        keys = above[circle[0]][circle[1]].keys
        message = f"this serves itself: {' -> '.join(circle)}"
        yield entry, entry.place.problem(message, *keys, hint="take one of these steps out")


def _listed(
    kinds: tuple[str, ...], names: tuple[str, ...], key: str, entry: Entry
) -> Iterator[Link]:
    in_a_list = isinstance(entry.place.written(key), list)
    for number, name in enumerate(names):
        yield Link(kinds, name, (key, number) if in_a_list else (key,))


def _found(link: Link, entry: Entry, reading: Reading) -> list[Entry]:
    named = (reading.entries.get((kind, link.name)) for kind in link.kinds)
    return [one for one in named if one is not None and one.path.parent == entry.path.parent]


def _above(entry: Entry, reading: Reading) -> dict[str, Link]:
    """Return what serves as the next step up from here, with the key that names it."""
    return {
        f"{found.kind}.{found.id}": link
        for link in links_of(entry)
        if link.keys[0] in ABOVE
        for found in _found(link, entry, reading)
    }


def _unknown(link: Link, entry: Entry, reading: Reading) -> Iterator[Problem]:
    folder, place = entry.path.parent, entry.place
    if folder in reading.broken:
        return
    for kind in link.kinds:
        elsewhere = reading.entries.get((kind, link.name))
        if elsewhere is not None:
            hint = f"{elsewhere.path} has it: put both into one folder"
            message = f"there is no [{kind}.{link.name}] in {folder}"
            yield place.problem(message, *link.keys, hint=hint)
            return
    known = [name for kind in link.kinds for name in reading.ids(kind, folder)]
    hint = nearest(link.name, known, "known") or f"write a table [{link.kinds[0]}.{link.name}]"
    if link.keys[0] == "objective" and link.name in reading.ids("goal", folder):
        hint = f'it is a goal: write serves = ["{link.name}"]'
    spoken = " or ".join(SPOKEN[kind] for kind in link.kinds)
    yield place.problem(f'there is no {spoken} "{link.name}"', *link.keys, hint=hint)


def _fit_problems(link: Link, entry: Entry, other: Entry) -> Iterator[Problem]:
    mine, theirs = entry.table, other.table
    if link.keys[0] == "protects" and isinstance(theirs, GoalTable) and theirs.is_anti:
        message = f'"{link.name}" is an anti-goal itself'
        hint = "name the goals whose pursuit this one watches"
        yield entry.place.problem(message, *link.keys, hint=hint)
    if link.keys[0] not in ABOVE or "level" in entry.suspect | other.suspect:
        return
    if not isinstance(mine, AlignedTable) or not isinstance(theirs, AlignedTable):
        return
    is_said = isinstance(theirs, GoalTable) or "level" in theirs.model_fields_set
    if is_said and LEVELS.index(mine.level) < LEVELS.index(theirs.level):
        message = (
            f'{_ARTICLE[entry.kind]} of level "{mine.level}" cannot serve "{link.name}", '
            f'which is of level "{theirs.level}"'
        )
        hint = f"from the top: {', '.join(LEVELS)}"
        yield entry.place.problem(message, *link.keys, hint=hint)
