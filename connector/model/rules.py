"""What a helpdesk does by itself: its triggers, automations and SLA policies, as far as we look.

Only settings that admins made are here. Texts that rules send to people are left out.
"""

from __future__ import annotations

import msgspec


class Condition(msgspec.Struct, frozen=True):
    """One test of a rule; `values` is empty for tests that need none."""

    field: str
    operator: str
    values: tuple[str, ...] = ()


class Action(msgspec.Struct, frozen=True):
    """One thing that a rule does; `values` is empty where it would be text."""

    field: str
    values: tuple[str, ...] = ()


class Rule(msgspec.Struct, frozen=True, kw_only=True):
    """A rule: all of `all_of` and any of `any_of` make it act."""

    id: str
    title: str
    is_active: bool = True
    all_of: tuple[Condition, ...] = ()
    any_of: tuple[Condition, ...] = ()
    actions: tuple[Action, ...] = ()

    @property
    def conditions(self) -> tuple[Condition, ...]:
        """Return every test of the rule."""
        return self.all_of + self.any_of


class Rules(msgspec.Struct, frozen=True, kw_only=True):
    """The rules of an account, in the order in which the helpdesk goes through them.

    `missing` names the kinds that the account or its plan does not have, or hides from us.
    """

    triggers: tuple[Rule, ...] = ()
    automations: tuple[Rule, ...] = ()
    sla_policies: tuple[Rule, ...] = ()
    group_sla_policies: tuple[Rule, ...] = ()
    missing: tuple[str, ...] = ()
