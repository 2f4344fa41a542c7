"""What `connector check` says of the helpdesk's own rules: which of them our writes would reach."""

from __future__ import annotations

from typing import TYPE_CHECKING

from connector.cli.output import many, print_line

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from rich.console import Console

    from connector.adapters.retrying import RetryingAdapter
    from connector.cli.workspace import Workspace
    from connector.model.page import Identity
    from connector.model.rules import Cures, Rules
    from connector.writeback.loops import Finding

MOST_NAMED = 10
"""How many rules of one sort are named; of the others the number is told."""
MOST_ASKED = 3
KINDS: Mapping[str, str] = {
    "triggers": "triggers",
    "automations": "automations",
    "sla_policies": "SLA policies",
    "group_sla_policies": "SLA policies for groups",
}
PLURALS: Mapping[str, str] = {
    "SLA policy": "SLA policies",
    "group SLA policy": "SLA policies for groups",
}
REACHED: Mapping[str, tuple[str, str]] = {
    "always": ("fires on every write of ours", "fire on every write of ours"),
    "any update": (
        "fires on any update, so on ours too, of a ticket that is as it asks",
        "fire on any update, so on ours too, of a ticket that is as they ask",
    ),
    "labels": ("asks for our labels", "ask for our labels"),
    "lacking": (
        "asks for tickets without labels of ours, so it fires when we take them off",
        "ask for tickets without labels of ours, so they fire when we take them off",
    ),
    "after": (
        "is reached by what other rules do after our write",
        "are reached by what other rules do after our write",
    ),
    "clock": (
        "counts the hours since the last update, and our write is one",
        "count the hours since the last update, and our write is one",
    ),
}
WANTED = "leave it if that is what it is for; else "
FIRST = "the cure of those may be enough; else "


def say_rules(
    workspace: Workspace,
    name: str,
    adapter: RetryingAdapter,
    who: Identity,
    *,
    out: Console,
) -> None:
    """Name the rules that our writes would set off, hold up or feed, each with the cure."""
    from connector.writeback.loops import loops
    from connector.writeback.ownership import Names
    from connector.writeback.reach import Reach

    rules = adapter.read_rules()
    if rules is None:
        return
    reach = Reach(
        user=who.id,
        names=Names(workspace.settings.writeback.tag_prefix),
        fields=workspace.state.fields(name),
        goals=workspace.mappings.goals,
    )
    found = loops(rules, reach)
    _say_hidden(name, rules, out=out)
    if not found:
        print_line(f"✓ {name}: none of {_read(rules)} reacts to our writes", out=out, style="green")
        return
    print_line(
        f"! {name}: of {_read(rules)}, {len({one.id for one in found}):,} may react to our writes:",
        out=out,
        style="yellow",
    )
    for sort in _sorted(found):
        _say_sort(sort, rules.cures, who.name, out=out)


def _read(rules: Rules) -> str:
    counts = [(len(getattr(rules, kind)), words) for kind, words in KINDS.items()]
    told = [f"{n:,} {words if n != 1 else _one(words)}" for n, words in counts if n]
    return " and ".join(", ".join(told).rsplit(", ", 1)) or "its rules"


def _one(words: str) -> str:
    return words.replace("policies", "policy") if "policies" in words else words.removesuffix("s")


def _say_hidden(name: str, rules: Rules, *, out: Console) -> None:
    """Say what could not be looked at: an account may not have it, or our user may not see it."""
    if rules.hidden:
        kinds = " and ".join(KINDS.get(kind, kind) for kind in rules.hidden)
        print_line(
            f"! {name}: its {kinds} are not shown to us (403): the plan has none, or our user may"
            " not see them; look there yourself for what any update or our tags would set off",
            out=out,
            style="yellow",
        )


def _sorted(found: Iterable[Finding]) -> list[list[Finding]]:
    """Put what is of one kind, and listed for one reason, together."""
    sorts: dict[tuple[str, str], list[Finding]] = {}
    for one in found:
        sorts.setdefault((one.kind, one.why), []).append(one)
    return list(sorts.values())


def _say_sort(found: Sequence[Finding], cures: Cures, user: str, *, out: Console) -> None:
    first = found[0]
    is_one = len(found) == 1
    noun = first.kind if is_one else PLURALS.get(first.kind, f"{first.kind}s")
    said = REACHED[first.why][0 if is_one else 1]
    print_line(f"{len(found):,} {noun} {said}:", out=out, indent=2)
    for one in found[:MOST_NAMED]:
        print_line(f'"{one.title}" ({one.id}){_reason(one)}', out=out, indent=4)
    rest = len(found) - MOST_NAMED
    if rest > 0:
        print_line(f"and {rest:,} more", out=out, indent=4)
    print_line(f"→ {_cure(first, cures, user)}", out=out, indent=4, style="dim")


def _reason(found: Finding) -> str:
    """Return which conditions let us in."""
    asked = [one.words for one in found.through[:MOST_ASKED]]
    rest = len(found.through) - len(asked)
    more = [f"and {many(rest, 'condition')} more"] if rest else []
    told = f": {'; '.join((*asked, *more))}" if asked else ""
    makers = ", ".join(f'"{title}"' for title in found.after)
    return f"{told}, which {makers} may bring about" if makers else told


def _cure(found: Finding, cures: Cures, user: str) -> str:
    if found.kind in PLURALS:
        instead = "take that condition out of its filter"
        return (
            f"{FIRST if found.after else 'leave it if goals are to decide on SLAs; else '}{instead}"
        )
    if found.why == "clock":
        return f"our writes are rare, so a wait gets longer, not endless; else {cures.other_clock}"
    if found.kind == "automation":
        return f"{WANTED}take that condition out of it"
    before = {"labels": WANTED, "lacking": WANTED, "after": FIRST}.get(found.why, "")
    return before + cures.not_by_us.format(user=user)
