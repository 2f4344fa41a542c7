"""Which of a helpdesk's own rules our writes would set off, hold up or feed; pure.

A trigger is listed when all that it asks can hold right after a write of ours, or after what other
listed triggers then do. An automation is listed when our write restarts the clock it goes by, or
when it asks for our labels; an SLA policy, when our labels decide whose it is.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from enum import StrEnum

import msgspec

from connector.model.rules import Comparison, Condition, Rule, Rules, Topic
from connector.writeback.reach import CHANGES, EVENTS, Labels, Reach


class Why(StrEnum):
    """Why a rule is listed."""

    ALWAYS = "always"  # a trigger that acts on every write of ours
    ANY_UPDATE = "any update"  # a trigger that any update sets off, if the ticket is as it asks
    LABELS = "labels"  # it asks for our fields or tags
    LACKING = "lacking"  # a trigger that asks for tickets without our fields or tags
    AFTER = "after"  # what other listed triggers change lets it through
    CLOCK = "clock"  # an automation that goes by the time since the last update


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """One rule that our writes reach.

    `through` are the conditions that let us in: those that ask for ours, for the clock, or for what
    the triggers named in `after` change; with any update, all that it asks of the ticket.
    """

    kind: str
    id: str
    title: str
    why: Why
    through: tuple[Condition, ...] = ()
    after: tuple[str, ...] = ()


TRIGGER, AUTOMATION = "trigger", "automation"
POLICY, GROUP_POLICY = "SLA policy", "group SLA policy"
_LACKING = frozenset({Comparison.IS_NOT, Comparison.ABSENT})


def loops(rules: Rules, reach: Reach) -> tuple[Finding, ...]:
    """Return the active rules that our writes reach, in the helpdesk's order."""
    triggers, wider = _triggers([one for one in rules.triggers if one.is_active], reach)
    automations = (one for one in rules.automations if one.is_active)
    policies = [(POLICY, one) for one in rules.sla_policies]
    policies += [(GROUP_POLICY, one) for one in rules.group_sla_policies]
    return (
        *triggers.values(),
        *(found for one in automations for found in _automation(one, reach)),
        *_policies([(kind, one) for kind, one in policies if one.is_active], wider, reach),
    )


class _Wider(msgspec.Struct, frozen=True):
    """How far an update of ours reaches with what the triggers do that it sets off."""

    reach: Reach
    acting: tuple[Rule, ...] = ()

    def makers(self, conditions: Sequence[Condition]) -> tuple[str, ...]:
        """Return the titles of the triggers that change what any of these conditions asks for."""
        makers = (rule for rule in self.acting if any(_changes(rule, one) for one in conditions))
        return tuple(dict.fromkeys(rule.title for rule in makers))


def _changes(rule: Rule, condition: Condition) -> bool:
    """Tell whether a rule changes what a condition asks for; of tags, these or all of them."""
    what = condition.meaning
    return any(
        topic == what.topic
        and (topic != Topic.TAGS or not values or not set(values).isdisjoint(what.values))
        for action in rule.actions
        for topic, values in action.effects
    )


def _triggers(rules: Sequence[Rule], reach: Reach) -> tuple[dict[str, Finding], _Wider]:
    """Find the triggers that act, until what those do lets no other through."""
    found: dict[str, Finding] = {}
    wider = _Wider(reach)
    while True:
        acting = [one for one in rules if one.id not in found and wider.reach.holding(one)]
        if not acting:
            return {one.id: found[one.id] for one in rules if one.id in found}, wider
        for one in acting:
            found[one.id] = _trigger(one, wider, reach)
        actions = (action for one in acting for action in one.actions)
        wider = _Wider(wider.reach.after(actions), (*wider.acting, *acting))


def _trigger(rule: Rule, wider: _Wider, reach: Reach) -> Finding:
    states = reach.holding(rule)
    if not states:
        through = tuple(one for one in rule.conditions if _is_barred(one, reach))
        after = wider.makers(through)
        return _finding(TRIGGER, rule, Why.AFTER, through, after)
    labels = _asking(rule, reach, states)
    if labels:
        return _finding(TRIGGER, rule, Why.LABELS, labels)
    lacking = tuple(
        one
        for one in rule.all_of
        if one.meaning.comparison in _LACKING and reach.asks_for_ours(one)
    )
    if lacking:
        return _finding(TRIGGER, rule, Why.LACKING, lacking)
    asked = tuple(one for one in rule.conditions if one.meaning.topic not in EVENTS)
    return _finding(TRIGGER, rule, Why.ANY_UPDATE if asked else Why.ALWAYS, asked)


def _is_barred(condition: Condition, reach: Reach) -> bool:
    return not any(reach.can_hold(condition, labels) for labels in reach.states)


def _asking(rule: Rule, reach: Reach, states: Sequence[Labels]) -> tuple[Condition, ...]:
    """Return the conditions without which a trigger does not act, and that ask for our labels."""
    wanted = tuple(one for one in rule.all_of if _wants_ours(one, reach))
    if wanted:
        return wanted
    open_ways = [one for one in rule.any_of if any(reach.can_hold(one, s) for s in states)]
    return tuple(open_ways) if all(_wants_ours(one, reach) for one in open_ways) else ()


def _wants_ours(condition: Condition, reach: Reach) -> bool:
    """Tell whether a condition holds only where our labels are, or have changed."""
    what = condition.meaning
    if what.comparison in _LACKING or not reach.asks_for_ours(condition):
        return False
    is_tags = what.topic == Topic.TAGS
    return all(map(reach.is_ours, what.values)) if is_tags else what.comparison in _ASKING


_ASKING = CHANGES | {Comparison.IS, Comparison.PRESENT}


def _automation(rule: Rule, reach: Reach) -> Iterable[Finding]:
    """Find whether an automation goes by the last update of tickets that we write, or by labels."""
    clocks = tuple(one for one in rule.conditions if one.meaning.topic == Topic.UPDATE_HOURS)
    if clocks and reach.holding(rule):
        yield _finding(AUTOMATION, rule, Why.CLOCK, clocks)
    labels = tuple(one for one in rule.conditions if reach.asks_for_ours(one))
    if labels:
        yield _finding(AUTOMATION, rule, Why.LABELS, labels)


def _policies(rules: Iterable[tuple[str, Rule]], wider: _Wider, reach: Reach) -> Iterable[Finding]:
    """Find the policies whose filter asks for our labels, or for what triggers then change."""
    for kind, rule in rules:
        labels = tuple(one for one in rule.conditions if reach.asks_for_ours(one))
        changed = tuple(one for one in rule.conditions if wider.makers([one]) and one not in labels)
        if labels:
            yield _finding(kind, rule, Why.LABELS, labels)
        elif changed:
            yield _finding(kind, rule, Why.AFTER, changed, wider.makers(changed))


def _finding(
    kind: str,
    rule: Rule,
    why: Why,
    through: tuple[Condition, ...],
    after: tuple[str, ...] = (),
) -> Finding:
    return Finding(kind=kind, id=rule.id, title=rule.title, why=why, through=through, after=after)
