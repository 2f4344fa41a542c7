"""What was written to the tickets of the quarter: how often, why, and what must never be."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import pairwise

from quiet_quarter_runs import Log, Shown, Write

from connector.writeback.reasons import Cause

CAUSES = (
    "first status",
    "goal status changed",
    "due soon",
    "missed",
    "no longer due soon",
    "how it ended, once solved",
    "goals ended",
)
PENDING = "goal_outcome__pending"


def cause(write: Write) -> str:
    """Return the one cause that a write is counted under: what is told of the ticket goes first."""
    kinds = {reason.cause: reason.state for reason in write.reasons}
    if Cause.SOLVED in kinds:
        return "how it ended, once solved"
    if Cause.OUTCOME in kinds:
        is_late = kinds[Cause.OUTCOME] == "missed" or _is_missed(write.now) > _is_missed(
            write.before
        )
        other = "missed" if is_late else "no longer due soon"
        return "due soon" if kinds[Cause.OUTCOME] == "due_soon" else other
    if Cause.REMOVED in kinds:
        return "goals ended"
    return "goal status changed" if any(write.before[0]) else "first status"


def _is_missed(shown: Shown) -> bool:
    """Tell whether a ticket says of a goal that it was missed: as its outcome, or by a tag."""
    options, _, tags = shown
    return options[1].endswith("__missed") or any(tag.endswith("__missed") for tag in tags)


def by_ticket(writes: Iterable[Write]) -> dict[str, list[Write]]:
    found: dict[str, list[Write]] = {}
    for write in writes:
        found.setdefault(write.ticket, []).append(write)
    return found


def quantile(counts: Sequence[int], share: float) -> int:
    """Return the least count that this share of the tickets does not exceed."""
    ordered = sorted(counts)
    return ordered[min(int(len(ordered) * share), len(ordered) - 1)]


def promises(log: Log) -> dict[str, int]:
    """Count what must not be; all of it is to be 0."""
    tickets = by_ticket(log.writes).values()
    return {
        "writes to tickets that were pending or on hold": sum(
            one.status in {"pending", "hold"} for one in log.writes
        ),
        "writes to tickets that were closed": sum(one.status == "closed" for one in log.writes),
        "tickets written twice for the same state": sum(
            any(one.now == other.now for one, other in pairwise(writes)) for writes in tickets
        ),
        "writes that changed nothing that is told": sum(
            one.before == one.now for one in log.writes
        ),
        "writes that told pending and nothing else": sum(
            _without_outcome(one.before) == _without_outcome(one.now)
            and one.now[0][1] == PENDING
            and not one.before[0][1]
            for one in log.writes
        ),
        "writes of tickets that a run left out": log.overlooked,
        "tickets that had to wait for the breaker": log.rested,
    }


def _without_outcome(shown: Shown) -> tuple[object, ...]:
    return shown[0][0], shown[1], shown[2]


def per_ticket(log: Log, tickets: Sequence[str]) -> str:
    """Print how often tickets were written over their life, by cause."""
    written = by_ticket(log.writes)
    counts = [len(written.get(one, ())) for one in tickets]
    causes = {one: Counter(map(cause, written.get(one, ()))) for one in tickets}
    rows = [("all", counts)]
    rows += [(name, [causes[one][name] for one in tickets]) for name in CAUSES]
    lines = ["| writes to one ticket | tickets with any | median | p95 | max | in all |"]
    lines += ["|---|---|---|---|---|---|"]
    for name, found in rows:
        share = sum(map(bool, found)) / max(len(found), 1)
        numbers = (quantile(found, 0.5), quantile(found, 0.95), max(found), sum(found))
        lines.append(f"| {name} | {share:.1%} | {' | '.join(f'{one:,}' for one in numbers)} |")
    return "\n".join(lines)


def spread(log: Log, tickets: Sequence[str]) -> str:
    """Print how many tickets were written how often."""
    written = by_ticket(log.writes)
    found = Counter(min(len(written.get(one, ())), 8) for one in tickets)
    heads = [f"{n}{' or more' if n == 8 else ''}" for n in range(9)]  # noqa: PLR2004  # the last
    shares = [f"{found[n] / len(tickets):.1%}" for n in range(9)]
    lines = [f"| writes | {' | '.join(heads)} |", "|---" * 10 + "|"]
    return "\n".join([*lines, f"| tickets | {' | '.join(shares)} |"])


def never(log: Log) -> str:
    """Print what must not be."""
    rows = [f"| {name} | {count:,} |" for name, count in promises(log).items()]
    return "\n".join(["| must not be | found |", "|---|---|", *rows])
