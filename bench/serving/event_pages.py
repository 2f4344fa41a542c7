"""Ticket events of the page server, in order of time: one audit is one item of the export."""

from __future__ import annotations

from typing import Any

import numpy as np

from bench.serving.life import (
    BLOCK,
    BLOCK_S,
    FIRST_AUDIT,
    FIRST_TICKET,
    LATER,
    ROUND_S,
    SLOT_S,
    STATUS,
    STRIDE,
    Life,
)
from bench.serving.profiles import Account, Profile
from bench.serving.strips import Numbers, Strip
from bench.serving.ticket_pages import Tickets

Json = dict[str, Any]
MAIL, FORM, RULE = "Mail", "Web form", "Rule"
BY_REQUESTER = frozenset({0, 3, 7})
WROTE = {0: True, 2: True, 3: True, 4: False, 6: True, 7: True, 8: True}
"""The slots in which somebody writes, and whether it is public."""
FIELD, PRIORITY, CLOSED = 5, 7, 9


class Events:
    """Prints events; places count from the oldest."""

    def __init__(self, life: Life, account: Account, tickets: Tickets) -> None:
        """Tell of the same tickets as `tickets`."""
        self._life = life
        self._account = account
        self._tickets = tickets
        self._strips: dict[tuple[int, bool], Strip] = {}
        self._kept: dict[tuple[int, bool], tuple[memoryview, list[int]]] = {}
        slots = LATER[: life.slots]
        head = range((slots[-1] if slots else 0) + 1)
        counts = [BLOCK * self._slots(block) for block in head]
        self._head = [sum(counts[:block]) for block in head]
        self._rate = BLOCK * len(slots)

    @property
    def total(self) -> int:
        """Return the number of events."""
        return self._begins(self._life.blocks) if self._life.slots else 0

    def rows(self, first: int, last: int, *, with_comments: bool) -> list[memoryview]:
        """Return the events of places from `first` to before `last`, each with a comma behind."""
        parts = []
        while first < last:
            block = self._block(first)
            begin = self._begins(block)
            until = min(last, self._begins(block + 1))
            out, starts = self._printed(block, with_comments=with_comments)
            parts.append(out[starts[first - begin] : starts[until - begin]])
            first = until
        return parts

    def at(self, place: int) -> int:
        """Return when an event was."""
        block = self._block(place)
        number, slot = divmod(place - self._begins(block), self._slots(block))
        return self._life.begin + block * BLOCK_S + number * ROUND_S + slot * SLOT_S

    def place_from(self, at: int) -> int:
        """Return the first place that is not before an instant."""
        if at <= self._life.begin or not self.total:
            return 0
        block, rest = divmod(at - self._life.begin, BLOCK_S)
        if block >= self._life.blocks:
            return self.total
        number, rest = divmod(rest, ROUND_S)
        slots = self._slots(block)
        return self._begins(block) + number * slots + min(slots, -(-rest // SLOT_S))

    def _slots(self, block: int) -> int:
        return sum(later <= block for later in LATER[: self._life.slots])

    def _begins(self, block: int) -> int:
        """Return the place of a block's first event."""
        last = len(self._head) - 1
        if block <= last:
            return min(self._head[block], self._head[last])
        return self._head[last] + (block - last) * self._rate

    def _block(self, place: int) -> int:
        last = len(self._head) - 1
        if place >= self._head[last]:
            return last + (place - self._head[last]) // self._rate
        return max(block for block in range(last) if self._head[block] <= place)

    def _printed(self, block: int, *, with_comments: bool) -> tuple[memoryview, list[int]]:
        key = (block, with_comments)
        if key not in self._kept:
            strip = self._strip(self._slots(block), with_comments=with_comments)
            while len(self._kept) > 1:  # a page needs two
                del self._kept[next(iter(self._kept))]
            self._kept[key] = strip.filled(self._values(block)), strip.starts
        return self._kept[key]

    def _values(self, block: int) -> dict[str, Numbers]:
        life, slots = self._life, self._slots(block)
        orders = np.stack([life.orders[slot] for slot in range(slots)], axis=1)
        numbers = ((block - np.array(LATER[:slots])) * BLOCK + orders).ravel()
        audits = FIRST_AUDIT + (self._begins(block) + np.arange(BLOCK * slots)) * STRIDE
        rounds = np.arange(BLOCK)[:, None] * ROUND_S + np.arange(slots) * SLOT_S
        at = life.begin + block * BLOCK_S + rounds.ravel()
        return {
            "ticket": numbers + FIRST_TICKET,
            "requester": self._tickets.requester(numbers),
            **{f"audit_{number}": audits + number for number in range(4)},
            "epoch": at,
            "iso_at": at,
        }

    def _strip(self, slots: int, *, with_comments: bool) -> Strip:
        key = (slots, with_comments)
        if key not in self._strips:
            orders = self._life.orders
            profiles = self._account.profiles
            items = [
                event(profiles[int(orders[slot][number])], slot, with_comments=with_comments)
                for number in range(BLOCK)
                for slot in range(slots)
            ]
            self._strips[key] = Strip(items)
        return self._strips[key]


def event(profile: Profile, slot: int, *, with_comments: bool) -> Json:
    """Return what happens in a slot, with holes for what is different in each block."""
    via = profile.channel[1] if slot == 0 else MAIL if slot in BY_REQUESTER else FORM
    via = RULE if slot == CLOSED else via
    author = "#requester#" if slot in BY_REQUESTER else profile.assignee_id
    children = _beginning(profile) if slot == 0 else _changes(profile, slot)
    if slot in WROTE and slot and not with_comments:
        said = {"comment_present": True, "comment_public": WROTE[slot], "event_type": "Comment"}
        children.append(said)
    told = WROTE.get(slot) if with_comments else None
    return audit(profile, -1 if slot == CLOSED else author, via, children, wrote=told)


def audit(
    profile: Profile, author: object, via: str, children: list[Json], *, wrote: bool | None
) -> Json:
    """Return one audit; `wrote` says that the author did, and whether it is public."""
    if wrote is not None:
        children = [*children, _comment(profile, author, public=wrote)]
    return {
        "id": "#audit_0#",
        "ticket_id": "#ticket#",
        "timestamp": "#epoch#",
        "created_at": "@iso_at@",
        "updater_id": author,
        "via": via,
        "child_events": [
            {"id": f"#audit_{number}#", "via": via, "via_reference_id": None} | child
            for number, child in enumerate(children, start=1)
        ],
        "system": {
            "client": "Mozilla/5.0 (X11; Linux x86_64) Gecko/20100101 Firefox/140.0",
            "location": "Example City",
            "latitude": 0.0,
            "longitude": 0.0,
        },
        "metadata": {},
        "event_type": "Audit",
    }


def _beginning(profile: Profile) -> list[Json]:
    return [
        {
            "subject": profile.subject,
            "requester_id": "#requester#",
            "status": "new",
            "priority": profile.priority,
            "type": profile.type,
            "group_id": profile.group_id,
            "assignee_id": None,
            "brand_id": profile.brand_id,
            "ticket_form_id": profile.form_id,
            "tags": profile.tags,
            "custom_ticket_fields": {},
            "comment_present": True,
            "comment_public": True,
            "event_type": "Create",
        }
    ]


def _changes(profile: Profile, slot: int) -> list[Json]:
    changes: list[tuple[str, object, object]] = []
    if slot == 1:
        changes.append(("assignee_id", profile.assignee_id, None))
    if STATUS[slot] != STATUS[slot - 1]:
        changes.append(("status", STATUS[slot], STATUS[slot - 1]))
    if slot == PRIORITY and profile.priority != "high":
        changes.append(("priority", "high", profile.priority))
    if slot == FIELD:
        changes.append(("custom_ticket_fields", {"28900000000032": profile.product}, None))
    return [
        {name: new, "previous_value": old, "event_type": "Change"} for name, new, old in changes
    ]


def _comment(profile: Profile, author: object, *, public: bool) -> Json:
    text = profile.text[:120]
    return {
        "type": "Comment",
        "author_id": author,
        "body": text,
        "html_body": f'<div class="zd-comment" dir="auto">{text}</div>',
        "plain_body": text,
        "public": public,
        "audit_id": "#audit_0#",
        "via": {"channel": profile.channel[0], "source": {"from": {}, "to": {}, "rel": None}},
        "created_at": "@iso_at@",
        "attachments": [],
        "event_type": "Comment",
    }
