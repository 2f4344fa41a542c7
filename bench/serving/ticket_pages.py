"""Tickets of the page server as the exports give them, in the order of their last change."""

from __future__ import annotations

from bisect import bisect_left
from typing import Any

import numpy as np

from bench.serving.life import (
    BLOCK,
    BLOCK_S,
    FIRST_TICKET,
    LATER,
    ROUND_S,
    SLOT_S,
    SOLVED,
    STATUS,
    Life,
)
from bench.serving.profiles import Account, Profile
from bench.serving.strips import Numbers, Strip
from connector.practice.statuses import STATUS_IDS

Json = dict[str, Any]
SEVERAL = 10
"""Blocks that are printed at once, as long as all their tickets are through."""
FIRST_REPLY, ANSWERED, SECOND_REPLY, RAISED = 2, 3, 6, 7


class Tickets:
    """Prints tickets; places count from the one that has not changed for the longest time."""

    def __init__(self, life: Life, account: Account, url: str) -> None:
        """Print links that begin with `url`."""
        self._life = life
        self._account = account
        self._url = url
        self._customers = np.array(account.customers)
        self._strips: dict[tuple[int, int, bool], Strip] = {}
        self._late_stamps, self._late_numbers = self._line_up()

    def rows(self, first: int, last: int, *, with_figures: bool) -> list[memoryview]:
        """Return the tickets of places from `first` to before `last`, each with a comma behind."""
        settled = self._life.settled * BLOCK
        parts = self._late(max(first, settled), last, with_figures=with_figures)
        size = BLOCK * SEVERAL
        last = min(last, settled)
        early = []
        while first < last:
            begin = first // size * size
            blocks = min(SEVERAL, self._life.settled - begin // BLOCK)
            until = min(last, begin + size)
            out, starts = self._printed(begin // BLOCK, blocks, with_figures=with_figures)
            early.append(out[starts[first - begin] : starts[until - begin]])
            first = until
        return early + parts

    def one(self, number: int, stage: int, at: int, *, with_figures: bool) -> bytes:
        """Return a ticket by its number from 0, as one that changed at an instant."""
        block = number // BLOCK
        strip = self._strip(stage, 1, with_figures=with_figures)
        row = int(self._life.rounds[stage - 1][number % BLOCK])
        values = self._values(stage, np.array([block]))
        values |= {"iso_updated": np.full(BLOCK, at), "epoch_generated": np.full(BLOCK, at)}
        return strip.filled(values)[strip.starts[row] : strip.starts[row + 1]].tobytes()

    def stamp(self, place: int) -> int:
        """Return the generated stamp of the ticket at a place; it rises with the place."""
        life = self._life
        late = place - life.settled * BLOCK
        if late >= 0:
            return int(self._late_stamps[late])
        slot = life.stages - 1
        return life.begin + (place + LATER[slot] * BLOCK) * ROUND_S + slot * SLOT_S

    def place_from(self, at: int) -> int:
        """Return the first place whose stamp is not before an instant."""
        return bisect_left(range(self._life.tickets), at, key=self.stamp)

    def requester(self, numbers: Numbers) -> Numbers:
        """Return who came with tickets, by their numbers from 0."""
        return np.asarray(self._customers[numbers * 7_919 % len(self._customers)])

    def requester_of(self, number: int) -> int:
        """Return who came with one ticket."""
        return int(self.requester(np.array([number]))[0])

    def last_change(self, number: int) -> int:
        """Return when a ticket changed for the last time."""
        block, place = divmod(number, BLOCK)
        at = self._life.slot_at(self._life.stage(block) - 1)[place]
        return int(self._life.begin + block * BLOCK_S + at)

    def _line_up(self) -> tuple[Numbers, Numbers]:
        """Return stamps and numbers of the late tickets, in the order of their last change."""
        life = self._life
        blocks = range(life.settled, life.blocks)
        stamps = [
            life.begin + block * BLOCK_S + life.slot_at(life.stage(block) - 1) for block in blocks
        ]
        if not stamps:
            return np.array([], dtype=np.int64), np.array([], dtype=np.int64)
        flat = np.concatenate(stamps)
        order = np.argsort(flat)
        return flat[order], order + life.settled * BLOCK

    def _late(self, first: int, last: int, *, with_figures: bool) -> list[memoryview]:
        """Return tickets from among the late ones: each block is printed for the rows it has."""
        settled = self._life.settled * BLOCK
        wanted = self._late_numbers[max(0, first - settled) : max(0, last - settled)]
        rows: dict[int, memoryview] = {}
        for block in np.unique(wanted // BLOCK).tolist():
            stage = self._life.stage(block)
            out, starts = self._printed(block, 1, with_figures=with_figures)
            for number in wanted[wanted // BLOCK == block].tolist():
                row = int(self._life.rounds[stage - 1][number % BLOCK])
                rows[number] = out[starts[row] : starts[row + 1]]
        return [rows[number] for number in wanted.tolist()]

    def _printed(
        self, block: int, blocks: int, *, with_figures: bool
    ) -> tuple[memoryview, list[int]]:
        stage = self._life.stage(block)
        strip = self._strip(stage, blocks, with_figures=with_figures)
        return strip.filled(self._values(stage, np.arange(block, block + blocks))), strip.starts

    def _values(self, stage: int, blocks: Numbers) -> dict[str, Numbers]:
        """Return what fills the holes of some blocks that are at the same stage."""
        life = self._life
        order = life.orders[stage - 1]
        numbers = (blocks[:, None] * BLOCK + order).ravel()
        begins = np.repeat(life.begin + blocks * BLOCK_S, BLOCK)
        values = {"ticket": numbers + FIRST_TICKET, "requester": self.requester(numbers)}
        for slot in range(stage):
            values[f"iso_{slot}"] = begins + np.tile(life.slot_at(slot)[order], len(blocks))
        values["iso_updated"] = values["epoch_generated"] = values[f"iso_{stage - 1}"]
        return values

    def _strip(self, stage: int, blocks: int, *, with_figures: bool) -> Strip:
        key = (stage, blocks, with_figures)
        if key not in self._strips:
            order = [int(number) for number in self._life.orders[stage - 1]]
            profiles = [self._account.profiles[number] for number in order]
            items = [
                self._ticket(profile, number, stage, with_figures=with_figures)
                for _ in range(blocks)
                for number, profile in zip(order, profiles, strict=True)
            ]
            self._strips[key] = Strip(items)
        return self._strips[key]

    def _ticket(self, profile: Profile, number: int, stage: int, *, with_figures: bool) -> Json:
        status = STATUS[stage - 1]
        channel = profile.channel[0]
        values = self._custom(profile)
        ticket: Json = {
            "url": f"{self._url}/api/v2/tickets/@ticket@.json",
            "id": "#ticket#",
            "external_id": None,
            "via": {"channel": channel, "source": {"from": {}, "to": {}, "rel": None}},
            "created_at": "@iso_0@",
            "updated_at": "@iso_updated@",
            "generated_timestamp": "#epoch_generated#",
            "type": profile.type,
            "subject": profile.subject,
            "raw_subject": profile.subject,
            "description": profile.text,
            "priority": profile.priority if stage <= RAISED else "high",
            "status": status,
            "recipient": None,
            "requester_id": "#requester#",
            "submitter_id": "#requester#",
            "assignee_id": profile.assignee_id if stage > 1 else None,
            "organization_id": profile.organization_id,
            "group_id": profile.group_id,
            **_QUIET,
            "tags": profile.tags,
            "custom_fields": values,
            "satisfaction_rating": {"score": "unoffered"},
            "custom_status_id": STATUS_IDS.get(status),
            "fields": values,
            "ticket_form_id": profile.form_id,
            "brand_id": profile.brand_id,
            "support_type": "agent",
            "from_messaging_channel": False,
        }
        return ticket | (
            {"metric_set": self._figures(profile, number, stage)} if with_figures else {}
        )

    def _custom(self, profile: Profile) -> list[Json]:
        product, *others = self._account.fields
        empty = [{"id": field, "value": None} for field in others]
        return [{"id": product, "value": profile.product}, *empty]

    def _figures(self, profile: Profile, number: int, stage: int) -> Json:
        at = [int(self._life.slot_at(slot)[number]) for slot in range(stage)]
        assigned = "@iso_1@" if stage > 1 else None
        solved = stage > SOLVED

        def minutes(slot: int) -> Json:
            calendar = (at[slot] - at[0]) // 60 if stage > slot else None
            business = None if calendar is None else int(calendar * profile.business)
            return {"calendar": calendar, "business": business}

        return {
            "url": f"{self._url}/api/v2/ticket_metrics/@ticket@.json",
            "id": "#ticket#",
            "ticket_id": "#ticket#",
            "created_at": "@iso_0@",
            "updated_at": "@iso_updated@",
            "group_stations": 1,
            "assignee_stations": int(stage > 1),
            "reopens": 0,
            "replies": sum(stage > slot for slot in (FIRST_REPLY, SECOND_REPLY, SOLVED)),
            "assignee_updated_at": assigned,
            "requester_updated_at": "@iso_0@",
            "status_updated_at": "@iso_updated@",
            "initially_assigned_at": assigned,
            "assigned_at": assigned,
            "solved_at": f"@iso_{SOLVED}@" if solved else None,
            "latest_comment_added_at": "@iso_0@",
            "reply_time_in_minutes": minutes(FIRST_REPLY),
            "first_resolution_time_in_minutes": minutes(SOLVED),
            "full_resolution_time_in_minutes": minutes(SOLVED),
            "agent_wait_time_in_minutes": minutes(ANSWERED),
            "requester_wait_time_in_minutes": minutes(SOLVED),
            "on_hold_time_in_minutes": {"calendar": 0, "business": 0},
        }


_QUIET: Json = {
    "collaborator_ids": [],
    "follower_ids": [],
    "email_cc_ids": [],
    "followup_ids": [],
    "forum_topic_id": None,
    "problem_id": None,
    "has_incidents": False,
    "is_public": True,
    "due_at": None,
    "sharing_agreement_ids": [],
    "allow_channelback": False,
    "allow_attachments": True,
}
