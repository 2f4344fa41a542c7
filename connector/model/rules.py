"""What a helpdesk does by itself: its triggers, automations and SLA policies, as far as we look.

Only settings that admins made are here. Texts that rules send to people are left out. A condition
has its vendor's own words, for people, and what they mean in words of ours, for judging.
"""

from __future__ import annotations

from enum import StrEnum

import msgspec


class Topic(StrEnum):
    """What a condition may ask about that is the same everywhere; other topics are the vendor's."""

    MOMENT = "moment"  # whether a ticket is created or changed
    USER = "user"  # who makes the update: ids of users, or kinds of them
    CHANNEL = "channel"  # how the update came in
    COMMENT = "comment"  # the comment that came with the update
    TAGS = "tags"
    STATUS = "status"
    STATUS_HOURS = "status_hours"  # how long a ticket has had the status that is the value
    UPDATE_HOURS = "update_hours"  # how long ago the last update of any kind was


CREATED, CHANGED = "created", "changed"
STAFF, CUSTOMER = "staff", "customer"
BY_API = "api"


def field_topic(field_id: str) -> str:
    """Return the topic of a custom field."""
    return f"field:{field_id}"


class Comparison(StrEnum):
    """How a condition compares; tests of several tags ask for any of them, and for none of them."""

    IS = "is"
    IS_NOT = "is not"
    PRESENT = "present"
    ABSENT = "absent"
    LESS = "less"
    GREATER = "greater"
    CHANGED = "changed"
    NOT_CHANGED = "not changed"
    CHANGED_TO = "changed to"
    NOT_CHANGED_TO = "not changed to"
    CHANGED_FROM = "changed from"
    NOT_CHANGED_FROM = "not changed from"
    UNKNOWN = "unknown"


class Meaning(msgspec.Struct, frozen=True):
    """What a condition asks, in words of ours; values are translated where that is known."""

    topic: str = ""
    comparison: Comparison = Comparison.UNKNOWN
    values: tuple[str, ...] = ()


class Condition(msgspec.Struct, frozen=True):
    """One test of a rule; `values` is empty for tests that need none."""

    field: str
    operator: str
    values: tuple[str, ...] = ()
    meaning: Meaning = Meaning()

    @property
    def words(self) -> str:
        """Return the condition as the helpdesk has it."""
        return " ".join((self.field, self.operator, ", ".join(self.values))).strip()


class Action(msgspec.Struct, frozen=True):
    """One thing that a rule does; `values` is empty where it would be text.

    `effects` are the topics that it changes, with the values they may take; without values, any.
    """

    field: str
    values: tuple[str, ...] = ()
    effects: tuple[tuple[str, tuple[str, ...]], ...] = ()


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


class Cures(msgspec.Struct, frozen=True, kw_only=True):
    """How an admin keeps our writes from setting off a rule, in the words of the rule editor.

    `{user}` stands for the name of our account, `{tags}` for tags.
    """

    not_by_us: str = "let it ask that {user} did not make the update"
    without_tags: str = "let it ask that the ticket has none of the tags {tags}"
    other_clock: str = "let it count from something else than the last update"


class Rules(msgspec.Struct, frozen=True, kw_only=True):
    """The rules of an account, in the order in which the helpdesk goes through them.

    `missing` names the kinds that the account or its plan does not have, or hides from us; those
    that were refused, and not just not there, are `hidden` too.
    """

    triggers: tuple[Rule, ...] = ()
    automations: tuple[Rule, ...] = ()
    sla_policies: tuple[Rule, ...] = ()
    group_sla_policies: tuple[Rule, ...] = ()
    missing: tuple[str, ...] = ()
    hidden: tuple[str, ...] = ()
    cures: Cures = Cures()
