"""A value over time, drawn with characters: its line, what it aims at, the status below it.

Every line of the drawing has its own shape and every status its own sign, so that nothing is told
by colour alone. Days without a value are gaps.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise

from rich.text import Text

from connector.cli.output import STATUS_STYLES

TARGET, BASELINE = "╌", "┈"
ABOVE, BELOW = "↑", "↓"
BETWEEN = "   "
UNSURE = frozenset({"insufficient_data", "needs_baseline"})
VALUE_STYLE, TARGET_STYLE, DIM = "bold cyan", "magenta", "dim"
NO_SIGN = ("○", "dim")
WIDEST_DAY = 4
"""How many columns a day takes at most."""
DATE_ROOM = 12
"""How many columns a date and the room around it take."""
AXIS = 3
"""How many columns stand between the labels and the drawing."""

Cells = dict[tuple[int, int], tuple[str, str]]
"""Character and style by row and column."""


@dataclass(frozen=True)
class ChartDay:
    """One day of a chart; one that nobody knows of is simply not there."""

    day: date
    status: str
    value: float | None = None
    target: float | None = None
    baseline: float | None = None
    version: int = 1

    @property
    def numbers(self) -> tuple[float, ...]:
        """Return everything that is drawn of the day."""
        told = (self.value, self.target, self.baseline)
        return tuple(number for number in told if number is not None)


Columns = Sequence[ChartDay | None]


@dataclass(frozen=True)
class Scale:
    """From numbers to rows; the highest number is in row 0."""

    low: float
    high: float
    rows: int

    def row(self, number: float) -> int:
        """Return the row of a number; a single number stands in the middle."""
        if self.low == self.high:
            return self.rows // 2
        inside = min(max(number, self.low), self.high)
        return round((self.high - inside) / (self.high - self.low) * (self.rows - 1))

    def beyond(self, number: float | None) -> str:
        """Return an arrow for a number that lies beyond the scale, else nothing."""
        if number is None or self.low <= number <= self.high:
            return ""
        return ABOVE if number > self.high else BELOW


def chart(
    days: Sequence[ChartDay], said: Callable[[float], str], *, width: int, height: int
) -> Iterator[Text]:
    """Draw days that are in order; `said` writes a number with its unit. No number, no drawing."""
    scale = scale_of(days, height)
    if scale is None:
        return
    labels = _labels(days, scale, said)
    margin = max(6, *map(len, labels.values()))
    columns = laid_out(days, max(width - margin - AXIS, 1))
    cells = _cells(columns, scale)
    for row in range(height):
        line = Text(f"{labels.get(row, ''):>{margin}} {'┤' if row in labels else '│'} ", style=DIM)
        for column in range(len(columns)):
            line.append(*cells.get((row, column), (" ", "")))
        yield line
    yield Text(f"{'':{margin}} └{'─' * (len(columns) + 1)}", style=DIM)
    yield Text(f"{'':{margin + AXIS}}{_dates(columns)}", style=DIM)
    signs = Text(f"{'status':>{margin}}   ", style=DIM)
    for one in columns:
        signs.append(*((" ", "") if one is None else sign(one.status)))
    yield signs
    marks = _versions(columns)
    if marks:
        yield Text(f"{'':{margin + AXIS}}{marks}", style=DIM)


def legend(
    days: Sequence[ChartDay], said: Callable[[float], str], aim: str, *, width: int
) -> Iterator[Text]:
    """Say what the lines and signs stand for, of those that occur; `aim` is target or limit."""
    parts = [("─ value", VALUE_STYLE)]
    targets = [one.target for one in days if one.target is not None]
    baselines = [one.baseline for one in days if one.baseline is not None]
    parts += [(f"{TARGET} {aim} {said(targets[-1])}", TARGET_STYLE)] if targets else []
    parts += [(f"{BASELINE} baseline {said(baselines[-1])}", DIM)] if baselines else []
    scale = scale_of(days, 1)
    if scale is not None and any(scale.beyond(one.value) for one in days):
        parts.append((f"{ABOVE}{BELOW} beyond the scale, too little data", DIM))
    for status in dict.fromkeys(one.status for one in days):
        symbol, style = sign(status)
        parts.append((f"{symbol} {status.replace('_', ' ')}", style))
    line = Text()
    for words, style in parts:
        if line and len(line) + len(BETWEEN) + len(words) > width:
            yield line
            line = Text()
        line.append(BETWEEN if line else "").append(words, style)
    yield line


def scale_of(days: Sequence[ChartDay], rows: int) -> Scale | None:
    """Return a scale for all numbers, None if there are none.

    Values of days with too little data swing widely, so they do not stretch it.
    """
    sure = [number for one in days if one.status not in UNSURE for number in one.numbers]
    numbers = sure or [number for one in days for number in one.numbers]
    return Scale(min(numbers), max(numbers), rows) if numbers else None


def sign(status: str) -> tuple[str, str]:
    """Return the sign and the colour of a status."""
    return STATUS_STYLES.get(status, NO_SIGN)


def laid_out(days: Sequence[ChartDay], room: int) -> Columns:
    """Return what stands in each column: a day over several, or the last one of several days.

    A value of such days is the last that is known of them; days without any are gaps.
    """
    known = {one.day: one for one in days}
    first, length = days[0].day, (days[-1].day - days[0].day).days + 1
    every = [known.get(first + timedelta(days=number)) for number in range(length)]
    if length <= room:
        times = min(WIDEST_DAY, room // length)
        return [one for one in every for _ in range(times)]
    edges = [number * length // room for number in range(room + 1)]
    return [_last(every[start:end]) for start, end in pairwise(edges)]


def _last(days: Columns) -> ChartDay | None:
    told = [one for one in days if one is not None]
    valued = [one for one in told if one.value is not None]
    return next(iter((valued or told)[-1:]), None)


def _labels(
    days: Sequence[ChartDay], scale: Scale, said: Callable[[float], str]
) -> Mapping[int, str]:
    """Return what stands beside the rows: the ends of the scale, the last target and baseline."""
    found = {scale.row(number): number for number in (scale.high, scale.low)}
    for name in ("baseline", "target"):
        told = [getattr(one, name) for one in days if getattr(one, name) is not None]
        found |= {scale.row(number): number for number in told[-1:]}
    return {row: said(number) for row, number in found.items()}


def _cells(columns: Columns, scale: Scale) -> Cells:
    cells: Cells = {}
    for column, one in enumerate(columns):
        if one is not None and one.baseline is not None:
            cells[scale.row(one.baseline), column] = (BASELINE, DIM)
        if one is not None and one.target is not None:
            cells[scale.row(one.target), column] = (TARGET, TARGET_STYLE)
    before: int | None = None
    for column, one in enumerate(columns):
        number = None if one is None else one.value
        beyond = scale.beyond(number)
        now = None if number is None or beyond else scale.row(number)
        if now is not None:
            strokes = _stroke(before, now)
            cells |= {(row, column): (drawn, VALUE_STYLE) for row, drawn in strokes}
        elif number is not None:
            cells[scale.row(number), column] = (beyond, VALUE_STYLE)
        before = now
    return cells


def _stroke(before: int | None, now: int) -> Iterator[tuple[int, str]]:
    """Return the piece of the line that leads from one row to another."""
    if before is None or before == now:
        yield now, "─"
        return
    is_up = now < before
    yield before, "╯" if is_up else "╮"
    yield now, "╭" if is_up else "╰"
    yield from ((row, "│") for row in range(min(before, now) + 1, max(before, now)))


def _dates(columns: Columns) -> str:
    """Return the dates below a drawing: the first, the last, some between if there is room."""
    line = [" "] * max(len(columns), DATE_ROOM)
    known = [column for column, one in enumerate(columns) if one is not None]
    steps = max(1, len(columns) // (2 * DATE_ROOM))
    for step in range(steps + 1):
        wanted = step * (len(columns) - 1) // steps
        column = min(known, key=lambda one: abs(one - wanted))
        found = columns[column]
        text = "" if found is None else found.day.isoformat()
        start = max(0, min(column, len(line) - len(text)))
        if not "".join(line[max(0, start - 1) : start + len(text) + 1]).strip():
            line[start : start + len(text)] = text
    return "".join(line).rstrip()


def _versions(columns: Columns) -> str:
    """Return where versions of the goal begin; nothing as long as there was only one."""
    line, last = [" "] * (len(columns) + 4), None
    for column, one in enumerate(columns):
        if one is not None and one.version != last:
            mark = f"v{one.version}"
            if last is not None:
                line[column : column + len(mark)] = mark
            last = one.version
    return "".join(line).rstrip()
