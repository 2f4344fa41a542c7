"""The tables of docs/goal-accuracy.md: how often each status was right."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import pairwise
from statistics import fmean

from goal_accuracy_watch import Look, Watched

CHECKPOINTS = (0.25, 0.50, 0.75)
CLEAR, EVEN = 0.95, 0.5
"""A truth is clear when what happens meets the target, or misses it, with this chance."""
BINS = (0.0, 0.2, 0.4, 0.6, 0.8, 1.0)
BY_KPI = ("first_reply", "in_time", "satisfied", "reopened", "contacts")
Test = Callable[[Look], bool]
SAYS: dict[str, Test] = {
    "on_track": lambda look: look.status == "on_track",
    "at_risk": lambda look: look.status == "at_risk",
    "off_track": lambda look: look.status == "off_track",
    "naive: green": lambda look: not look.is_red,
    "naive: red": lambda look: look.is_red,
}
ALARMS: dict[str, Test] = {
    "off_track": SAYS["off_track"],
    "at_risk or off_track": lambda look: look.status in {"at_risk", "off_track"},
    "naive: red": SAYS["naive: red"],
}
CLASSES: dict[str, Callable[[Watched], bool]] = {
    "clearly meets its target": lambda one: one.truth.chance >= CLEAR,
    "meets it, not clearly": lambda one: EVEN < one.truth.chance < CLEAR,
    "exactly on target": lambda one: one.truth.chance == EVEN,
    "misses it, not clearly": lambda one: 1 - CLEAR < one.truth.chance < EVEN,
    "clearly misses it": lambda one: one.truth.chance <= 1 - CLEAR,
}
DISTANCES = {
    "below 0.95": (0.0, 0.95),
    "0.95 to 1.05": (0.95, 1.05),
    "1.05 to 1.2": (1.05, 1.2),
    "above 1.2": (1.2, 9.0),
}
CHANGING = {"improving", "gaming"}
NONE = "-"


def at(one: Watched, share: float) -> Look:
    """Return the look at which so much of the quarter is over."""
    return min(one.looks, key=lambda look: abs(look.share - share))


def by_status(goals: Sequence[Watched]) -> str:
    """Return what became of goals by what was said of them."""
    head = ["said", *(f"at {p:.0%}: n | met in the end | truth meets" for p in CHECKPOINTS)]
    rows = []
    for name, says in SAYS.items():
        cells = [f"`{name}`" if "naive" not in name else name]
        for share in CHECKPOINTS:
            chosen = [one for one in goals if says(at(one, share))]
            met, true = (one.met for one in chosen), (one.truth.meets for one in chosen)
            cells.append(f"{len(chosen)} | {_share(met)} | {_share(true)}")
        rows.append(cells)
    return table(head, rows)


def by_right(goals: Sequence[Watched]) -> str:
    """Return how often what was said came true, by the checkpoint."""
    rows = []
    for share in CHECKPOINTS:
        looks = [(one, at(one, share)) for one in goals]
        sure = [(one, look) for one, look in looks if look.status in {"on_track", "off_track"}]
        told = [(one, look.chance) for one, look in looks if look.chance is not None]
        rows.append(
            [
                f"{share:.0%}",
                _share(look.is_red != one.met for one, look in looks),
                _share((chance >= EVEN) == one.met for one, chance in told),
                f"{len(sure) / len(looks):.0%}",
                _share((look.status == "on_track") == one.met for one, look in sure),
                _share(look.is_red != one.met for one, look in sure),
            ]
        )
    head = [
        "of the quarter over",
        "naive right, all",
        "chance on the right side of 50 %",
        "we say on_track or off_track",
        "right, of these",
        "naive right, of these",
    ]
    return table(head, rows)


def by_class(goals: Sequence[Watched]) -> str:
    """Return how often alarm was given, by what is true."""
    head = ["the truth", "goals", "alarm", *(f"at {p:.0%}" for p in CHECKPOINTS), "all days"]
    rows = []
    for name, belongs in CLASSES.items():
        chosen = [one for one in goals if belongs(one)]
        for alarm, says in ALARMS.items():
            shares = [_share(says(at(one, share)) for one in chosen) for share in CHECKPOINTS]
            days = _share(says(look) for one in chosen for look in one.looks)
            rows.append([name, str(len(chosen)), alarm, *shares, days])
    return table(head, rows)


def ever(goals: Sequence[Watched]) -> str:
    """Return how many quarters had an alarm at all, looked at daily and weekly."""
    groups: dict[str, Callable[[Watched], bool]] = {
        **CLASSES,
        "CSAT exactly on target": lambda one: one.kpi == "satisfied" and one.truth.chance == EVEN,
        "exactly on target, achieved": lambda one: one.truth.chance == EVEN and one.met,
        "exactly on target, missed": lambda one: one.truth.chance == EVEN and not one.met,
        "all that were achieved": lambda one: one.met,
        "all that were missed": lambda one: not one.met,
    }
    head = ["the truth", "goals"]
    head += [f"{name}, {often}" for often in ("daily", "weekly") for name in ALARMS]
    rows = []
    for name, belongs in groups.items():
        chosen = [one for one in goals if belongs(one)]
        seen = [[one.looks[step - 1 :: step] for one in chosen] for step in (1, 7)]
        shares = [
            _share(any(map(says, looks)) for looks in often)
            for often in seen
            for says in ALARMS.values()
        ]
        rows.append([name, str(len(chosen)), *shares])
    return table(head, rows)


def by_kpi(goals: Sequence[Watched], share: float = 0.5) -> str:
    """Return how often each status was right half way, by KPI."""
    head = ["KPI", "goals", *(f"{name}: n, met" for name in SAYS), "final verdict as in truth"]
    rows = []
    for kpi in BY_KPI:
        chosen = [one for one in goals if one.kpi == kpi]
        cells = [f"`{kpi}`", str(len(chosen))]
        for says in SAYS.values():
            said = [one for one in chosen if says(at(one, share))]
            cells.append(f"{len(said)}, {_share(one.met for one in said)}")
        rows.append([*cells, _share(one.is_achieved == one.truth.meets for one in chosen)])
    return table(head, rows)


def calibration(goals: Sequence[Watched]) -> str:
    """Return how often targets were met by the chance told, of teams that change or not."""
    head = ["teams", "chance told", *(f"at {p:.0%}: n | told | came true" for p in CHECKPOINTS)]
    rows = []
    for name, changes in (("stay as they are", False), ("change", True)):
        here = [one for one in goals if (one.team in CHANGING) == changes]
        for low, high in pairwise(BINS):
            cells = [_came_true(here, share, low, high) for share in CHECKPOINTS]
            rows.append([name, f"{low:.1f} to {high:.1f}", *cells])
    return table(head, rows)


def _came_true(goals: Sequence[Watched], share: float, low: float, high: float) -> str:
    told = [(one.met, at(one, share).chance) for one in goals]
    chosen = [(met, p) for met, p in told if p is not None and _within(p, low, high)]
    if not chosen:
        return f"0 | {NONE} | {NONE}"
    mean, came = fmean(p for _, p in chosen), fmean(met for met, _ in chosen)
    return f"{len(chosen)} | {mean:.2f} | {came:.2f}"


def in_the_end(goals: Sequence[Watched]) -> str:
    """Return how often the final verdict was right."""
    head = ["the truth", "goals", "as what happened", "as the truth", "naive, as the truth"]
    rows = []
    for name, belongs in {**CLASSES, "all": bool}.items():
        chosen = [one for one in goals if belongs(one)]
        right = _share(one.is_achieved == one.met for one in chosen)
        true = _share(one.is_achieved == one.truth.meets for one in chosen)
        naive = _share((not one.looks[-1].is_red) == one.truth.meets for one in chosen)
        rows.append([name, str(len(chosen)), right, true, naive])
    return table(head, rows)


def of_teams(goals: Sequence[Watched]) -> str:
    """Return what is said of teams that change, quarter by quarter."""
    changing = [("improving", kpi) for kpi in ("first_reply", "satisfied")]
    changing += [("gaming", kpi) for kpi in ("first_reply", "satisfied", "reopened")]
    columns = (*CHECKPOINTS, 1.0)
    head = ["team, KPI, quarter", "truth meets", "met", *(f"at {p:.0%}" for p in columns)]
    rows = []
    for team, kpi in changing:
        for quarter in range(4):
            here = [o for o in goals if (o.team, o.kpi, o.quarter) == (team, kpi, quarter)]
            says = [_told(at(one, share).status for one in here) for share in CHECKPOINTS]
            says.append(_told(one.final for one in here))
            meets = "yes" if here and here[0].truth.meets else "no"
            met = _share(one.met for one in here)
            rows.append([f"{team}, `{kpi}`, {quarter + 1}", meets, met, *says])
    return table(head, rows)


def guards(goals: Sequence[Watched]) -> str:
    """Return how often anti-goals were violated, by how far the truth is from their limit."""
    head = ["truth: multiple of what the target allows; the limit is 1.2", "quarters"]
    head += ["ever warning", "ever violated", "of the days", "violated in the end"]
    rows = []
    for kpi in ("satisfied", "reopened"):
        for name, (low, high) in DISTANCES.items():
            here = [o for o in goals if o.kpi == kpi and low <= _multiple(o) < high]
            warned, broken = (
                _share(any(look.guard == state for look in one.looks) for one in here)
                for state in ("warning", "violated")
            )
            days = _share(look.guard == "violated" for one in here for look in one.looks)
            end = _share(one.guard == "violated" for one in here)
            rows.append([f"`{kpi}`, {name}", str(len(here)), warned, broken, days, end])
    return table(head, rows)


def _multiple(one: Watched) -> float:
    """Return how much bad there truly is, as a multiple of what the target allows."""
    true, target = one.truth.value, one.truth.target
    return (1 - true) / (1 - target) if one.kpi == "satisfied" else true / target


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a table in Markdown; a cell may hold several, parted by a bar."""
    lines = [f"| {' | '.join(_parted(head))} |"]
    lines.append("|---" * len([one for cell in head for one in cell.split("|")]) + "|")
    return "\n".join([*lines, *(f"| {' | '.join(row)} |" for row in rows)])


def _parted(head: Sequence[str]) -> Iterator[str]:
    """Repeat what stands before a colon in each part of a head."""
    for cell in head:
        first, *more = cell.split("|")
        yield first.strip()
        prefix = first.partition(":")[0]
        yield from (f"{prefix}: {one.strip()}" for one in more)


def _within(chance: float, low: float, high: float) -> bool:
    return low <= chance < high or chance == high == 1


def _share(yes: Iterable[bool]) -> str:
    told = list(yes)
    return f"{fmean(told):.0%}" if told else NONE


def _told(states: Iterable[str]) -> str:
    found = list(states)
    counts = {state: found.count(state) for state in dict.fromkeys(sorted(found))}
    return ", ".join(f"{state} {count}" for state, count in counts.items())
