"""The table of agreement, as text for a terminal and for the docs."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator

from golden_compare import SHOWN, Line
from golden_run import Agreement

HEADINGS = ("column", "measure", "compared", "equal", "differing", "worst", "why")
LEFT = frozenset({0, 1, 6})
NOTHING = 5e-6


def plain(found: Agreement) -> str:
    """Return the table with what differs for no known reason, and the totals as the last line."""
    parts: list[str] = []
    for file in dict.fromkeys(line.file for line in found.lines):
        rows = [HEADINGS, *(_cells(line, found) for line in found.lines if line.file == file)]
        widths = [max(len(row[place]) for row in rows) for place in range(len(HEADINGS))]
        parts.append(f"{file}")
        parts += [_aligned(row, widths) for row in rows]
        parts.append("")
    parts += [f"({number}) {reason}" for reason, number in _reasons(found).items()]
    parts += [f"not compared: {what}: {why}" for why, what in _skipped(found).items()]
    parts += list(_troubles(found))
    return "\n".join([*parts, total(found)])


def markdown(found: Agreement) -> str:
    """Return the tables in the form of the docs."""
    parts: list[str] = []
    for file in dict.fromkeys(line.file for line in found.lines):
        parts += [f"### `{file}`", "", f"| {' | '.join(HEADINGS)} |"]
        parts.append("|" + "|".join("---" if p in LEFT else "--:" for p in range(7)) + "|")
        lines = (line for line in found.lines if line.file == file)
        parts += [f"| {' | '.join(_cells(line, found))} |" for line in lines]
        parts.append("")
    reasons = [f"- ({number}) {reason}." for reason, number in _reasons(found).items()]
    parts += ["### Why values differ", "", *reasons, ""] if reasons else []
    skipped = [f"- {what}: {why}." for why, what in _skipped(found).items()]
    parts += ["### Not compared", "", *skipped, ""] if skipped else []
    return "\n".join([*parts, total(found)])


def total(found: Agreement) -> str:
    """Return the last line."""
    compared = sum(line.compared for line in found.lines)
    equal = sum(line.equal for line in found.lines)
    explained = sum(line.reasons.total() for line in found.lines)
    missing = sum(line.is_missing for line in found.lines)
    return (
        f"{compared:,} values in {len(found.lines) - missing} columns compared: {equal:,} equal,"
        f" {explained:,} differ for a reason given, {compared - equal - explained:,} differ without"
        f" one; {missing} columns have no measure"
    )


def _cells(line: Line, found: Agreement) -> tuple[str, ...]:
    if line.is_missing:
        return (line.column, line.measure, "-", "-", "-", "-", "no such measure")
    numbers = _reasons(found)
    words = [f"{count} ({numbers[reason]})" for reason, count in line.reasons.items()]
    words += [f"{len(line.unexplained)} UNEXPLAINED"] if line.unexplained else []
    counts = (line.compared, line.equal, line.differing)
    worst = f"{line.worst:.5f}" if line.worst > NOTHING else "0"
    return (line.column, line.measure, *(f"{c:,}" for c in counts), worst, ", ".join(words))


def _reasons(found: Agreement) -> dict[str, int]:
    told = Counter(reason for line in found.lines for reason in line.reasons)
    return {reason: number for number, reason in enumerate(told, start=1)}


def _skipped(found: Agreement) -> dict[str, str]:
    together: defaultdict[str, list[str]] = defaultdict(list)
    for what, why in found.skipped:
        together[why].append(what)
    return {why: ", ".join(names) for why, names in together.items()}


def _troubles(found: Agreement) -> Iterator[str]:
    for line in found.lines:
        for one in line.unexplained[:SHOWN]:
            yield f"unexplained: {line.file}, {line.column}: {one}"


def _aligned(cells: tuple[str, ...], widths: list[int]) -> str:
    pairs = enumerate(zip(cells, widths, strict=True))
    return "  ".join(c.ljust(w) if p in LEFT else c.rjust(w) for p, (c, w) in pairs).rstrip()
