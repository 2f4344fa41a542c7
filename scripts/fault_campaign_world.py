"""One world of the campaign: a helpdesk under fire and its calm twin, some rounds, and an undo."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from multiprocessing.process import BaseProcess
from pathlib import Path
from random import Random
from typing import Any

from fault_campaign_books import outcomes, problems
from fault_campaign_desk import PUT, Aim, CampaignDesk, meaning
from fault_campaign_life import LIMIT, MANY, VERY_MANY, People, Planned
from fault_campaign_orders import (
    CONFLICT,
    FORGOTTEN,
    GIVEN_UP,
    KILL_APPLY,
    KILLS,
    NAMES,
    PARTIAL,
    RIVAL,
    STUCK,
    Order,
    ordered,
)
from fault_campaign_tally import Tally
from fault_campaign_victim import started

from connector.config.settings import WritebackTable
from connector.pipeline.undoing import Undone, undo
from connector.practice.jobs import FOR_EVER
from tests.whole import ENVIRON, Ran, Whole

TICKETS = 12
TO_THE_RUN_S, BETWEEN_S, TO_THE_END_S, OVER_NIGHT_S = 2_400, 480, 9_000, 3_600
VISIBLE_S = 180
LONGEST_S = 120
DAILY_AT = WritebackTable().daily_at
MOST_RUNS = 5
AT_ONCE = 5
"""How many tickets people work on while runs are under way."""

LARGE = 10
"""One world in so many has more open tickets than fit in a batch."""

DWELL = "1min"
"""So short that the anti-goal's status changes on tickets in every round."""

LOCKED = 4


class World:
    """Two helpdesks in which the same people do the same at the same time; one meets faults."""

    def __init__(self, folder: Path, seed: int, tally: Tally, stack: ExitStack) -> None:
        self.random = Random(seed)  # noqa: S311  # the same campaign for the same seed
        many = VERY_MANY if seed % LARGE == 0 else MANY
        self.people = People(Random(seed), many, seed * 5)  # noqa: S311
        self.tally = tally
        self.name = f"seed {seed}"
        self.calm, self.desk = (stack.enter_context(CampaignDesk(TICKETS, seed)) for _ in range(2))
        self.quiet = _settled_in(folder / "calm", self.calm)
        self.whole = _settled_in(folder / "fire", self.desk)
        self.met: Counter[str] = Counter()
        self.found: list[str] = []
        self.round = 0

    def play(self, first: int, runs: int = 2) -> None:
        """Play one round: a day, runs under fire, the end of it all, and the checks."""
        self.round += 1
        self.met, self.found = Counter(), []
        day = self.people.day(self.round)
        for desk in (self.calm, self.desk):
            day(desk)
            desk.clock.advance(TO_THE_RUN_S)
            desk.has_written = False
        meddling = self.people.meddling(self.desk, AT_ONCE)
        self._get_ready(meddling)
        begun = self.desk.clock.now()
        self._calm_run()
        for number in range(first, first + runs):
            self._run_under_fire(ordered(self.random, number))
            self.desk.clock.advance(BETWEEN_S)
        taken = self._quieten(begun)
        self._check()
        self.tally.end_round(self.met, taken, [f"{self.name}, {one}" for one in self.found])
        for desk in (self.calm, self.desk):
            desk.clock.advance(OVER_NIGHT_S)

    def take_back(self) -> None:
        """Undo all, over a line that breaks, and compare with what tickets had before."""
        desk, record = self.desk, self.desk.record
        self.met, self.found = Counter(), []
        before = {n: desk.ours(t) for n, t in desk.world.tickets.items()}
        desk.is_undoing = True
        for kind in ("lost", "503", "reset"):
            desk.ledger.fail_next(PUT, kind)
        seen = len(desk.ledger.requests)
        done = self._undo()
        self._note_line(seen)
        listed = {int(stay.ticket_id) for stay in done.stays}
        left = record.pristine
        for number, ticket in desk.world.tickets.items():
            now = desk.ours(ticket)
            self.found += _not_back(
                number,
                now=now,
                before=before[number],
                pristine=left.get(number, {}),
                touched=record.touched.get(number, set())
                if ticket.status not in {"closed", "deleted"}
                else {*now, *before[number], *left.get(number, {})},
                is_listed=number in listed,
            )
        self.found += record.violations
        record.violations = []
        if self._undo().plan.changes:
            self.found.append("a second undo takes something back")
        self.tally.figures["tickets restored by undo"] += len(done.plan.changes)
        self.tally.figures["tickets that undo listed instead"] += len(listed)
        self.tally.end_round(self.met, 1, [f"{self.name}, undo, {one}" for one in self.found])

    def _undo(self) -> Undone:
        workspace = self.whole._workspace()(self.whole.folder / "config.toml", ENVIRON)  # noqa: SLF001
        try:
            return undo(workspace.job(), run=None, is_applied=True)[0]
        finally:
            workspace.close()

    def _get_ready(self, meddling: list[Planned]) -> None:
        for desk in (self.calm, self.desk):
            desk.edits = {}
            for one in meddling:
                desk.edits.setdefault(one.stage, []).append(_edit(desk, one))
        for one in meddling:
            kind = f"by hand: {one.kind}"
            self.desk.edits[one.stage].append(lambda kind=kind: self.met.update([kind]))  # type: ignore[misc]

    def _calm_run(self) -> None:
        ran = self.quiet("sync")
        if ran.code not in {0, 3}:
            self.found.append(f"the calm run ended with {ran.code}: {ran.out}")

    def _run_under_fire(self, order: Order) -> None:
        desk, jobs = self.desk, self.desk.desk.jobs
        seen, sent, lost = len(desk.ledger.requests), desk.put_requests(), jobs.lose
        for path, kind in order.line:
            desk.ledger.fail_next(path, kind)
        self._begin(order)
        lost = jobs.lose
        code, is_killed = self._ran(order)
        has_sent = desk.put_requests() > sent
        self._note_line(seen)
        if _has_happened(order, is_killed=is_killed, has_sent=has_sent, lost=lost - jobs.lose):
            self.met[order.ending] += 1
        if order.ending == GIVEN_UP and any(
            r.fault == "503-bare" for r in desk.ledger.requests[seen:]
        ):
            self.met[GIVEN_UP] += 1
        if not is_killed and code not in {0, 1, 3}:
            self.found.append(f"round {self.round}: a run ended with {code}")
        self._recover()
        self.tally.figures["runs under fire"] += 1

    def _begin(self, order: Order) -> None:
        """Switch on what is not a fault of the line."""
        desk, jobs = self.desk, self.desk.desk.jobs
        if order.ending == STUCK:
            jobs.polls = FOR_EVER
        elif order.ending == FORGOTTEN:
            jobs.lose = 1
        elif order.ending == PARTIAL:
            jobs.failing = dict.fromkeys(self._some(), "Ticket form: is required")
        elif order.ending == CONFLICT:
            desk.colliding = frozenset(self._some())
        elif order.ending == GIVEN_UP:
            desk.ledger.fail_next(order.path, "503-bare", 1_000)
        elif order.ending == RIVAL:
            desk.rival = self._rival

    def _some(self) -> list[int]:
        """Return every third ticket that may be written."""
        tickets = self.desk.world.tickets.items()
        return [n for n, ticket in tickets if ticket.status in {"new", "open", "solved"}][::3]

    def _rival(self) -> None:
        """Start a run while another is under way: it has to end at once and touch nothing."""
        seen = len(self.desk.ledger.requests)
        process = started(self.whole.folder, ENVIRON, self.desk.clock.now())
        process.join(LONGEST_S)
        if process.exitcode != LOCKED or len(self.desk.ledger.requests) != seen:
            self.found.append(f"a second run at the same time ended with {process.exitcode}")

    def _ran(self, order: Order) -> tuple[int, bool]:
        """Run once and return how it ended, and whether it was killed."""
        if order.ending not in KILLS:
            ran = self.whole("sync")
            self._tell(ran)
            code, is_killed = ran.code, False
        else:
            code, is_killed = self._killed(order)
        self.desk.end_run(outcomes(self.whole.folder), order.ending)
        return code, is_killed

    def _tell(self, ran: Ran) -> None:
        if "Traceback" in ran.out + ran.err:
            self.found.append(f"a run ended with a trace: {ran.err}")

    def _killed(self, order: Order) -> tuple[int, bool]:
        victim: list[BaseProcess] = []
        if order.ending == KILL_APPLY:
            nth = 1 if order.path == PUT else order.nth
            self.desk.aim = Aim(lambda: victim[0].pid, order.path, nth, order.is_before)
        victim.append(started(self.whole.folder, ENVIRON, self.desk.clock.now(), order.point))
        victim[0].join(LONGEST_S)
        code = victim[0].exitcode
        self.desk.aim = None
        if code is None or code < 0:
            return code or 0, code is not None
        return code, False

    def _note_line(self, seen: int) -> None:
        """Count the faults of the line that happened, and the requests that came again."""
        requests = self.desk.ledger.requests
        for place in range(seen, len(requests)):
            one = requests[place]
            if one.fault not in NAMES:
                continue
            self.met[NAMES[one.fault]] += 1
            later = requests[place + 1 :]
            if any((r.method, r.target) == (one.method, one.target) for r in later):
                self.tally.repeated[NAMES[one.fault]] += 1

    def _recover(self) -> None:
        desk, jobs = self.desk, self.desk.desk.jobs
        desk.recover()
        jobs.polls, jobs.lose, jobs.failing = 1, 0, {}
        desk.colliding, desk.rival = frozenset(), None

    def _quieten(self, begun: float) -> int:
        """Sync without faults until nothing is written; return how many runs wrote.

        It begins when the daily statuses are due: until then good news goes with whatever else is
        written, and so depends on when that could be written.
        """
        due = next_daily(begun + TO_THE_END_S)
        for desk in (self.calm, self.desk):
            for stage in ("look", "put", "job"):
                desk.act(stage)
            desk.clock.reach(due)
        taken = 0
        for number in range(MOST_RUNS):
            sent = self.desk.put_requests()
            for whole in (self.quiet, self.whole):
                ran = whole("sync")
                if ran.code not in {0, 3}:
                    self.found.append(f"a run without faults ended with {ran.code}: {ran.out}")
            self.desk.end_run(outcomes(self.whole.folder))
            for desk in (self.calm, self.desk):
                desk.clock.advance(VISIBLE_S)
            if self.desk.put_requests() == sent and number:
                return taken
            taken += self.desk.put_requests() > sent
        self.found.append(f"round {self.round}: {MOST_RUNS} runs in a row wrote something")
        return taken

    def _check(self) -> None:
        record = self.desk.record
        self.found += record.violations
        record.violations = []
        self.tally.repeated += record.repeated_for
        record.repeated_for = Counter()
        self.found += _different(self.desk, self.calm)
        self.found += problems(self.whole.folder, self.desk)
        if self.calm.record.violations:
            self.found += [f"calm twin: {one}" for one in self.calm.record.violations]
        self.tally.figures["rounds compared with the calm twin"] += 1

    def end(self) -> None:
        """Add what the helpdesk counted."""
        figures = self.tally.figures
        figures["tickets written, as often as the helpdesk was asked to"] += self.desk.record.writes
        figures["of them for a state that was there already"] += self.desk.record.repeats
        figures["requests"] += len(self.desk.ledger.requests)


def next_daily(after: float) -> float:
    """Return the next second at which a run shows statuses that are shown daily."""
    day = datetime.fromtimestamp(after, tz=UTC)
    due = day.replace(hour=DAILY_AT.hour, minute=DAILY_AT.minute, second=1, microsecond=0)
    return (due if due >= day else due + timedelta(days=1)).timestamp()


def _settled_in(folder: Path, desk: CampaignDesk) -> Whole:
    whole = Whole(folder, desk)
    mapping = folder / "mappings" / "goals.toml"
    text = mapping.read_text(encoding="utf-8").replace("limit = 5", f"limit = {LIMIT}")
    mapping.write_text(text, encoding="utf-8")
    with (folder / "config.toml").open("a", encoding="utf-8") as config:
        config.write(f'dwell = "{DWELL}"\n')
    ran = whole("setup", "--apply")
    assert ran.code == 0, ran.out + ran.err
    assert whole("sync").code == 0  # what is solved before the first whole run is never written
    return whole


def _edit(desk: CampaignDesk, one: Planned) -> Any:
    def act() -> None:
        with desk.by_hand(one.ticket):
            one.edit(desk)

    return act


def _has_happened(order: Order, *, is_killed: bool, has_sent: bool, lost: int) -> bool:
    if order.ending in KILLS:
        return is_killed
    if order.ending == FORGOTTEN:
        return lost > 0
    return has_sent and order.ending != GIVEN_UP


def _different(one: CampaignDesk, twin: CampaignDesk) -> Iterator[str]:
    """Compare what every ticket shows with what it shows in the twin."""
    for number, ticket in twin.world.tickets.items():
        ours, theirs = one.world.tickets[number], ticket
        shown, wanted = (
            json.dumps(
                [sorted(t.tags), meaning({str(k): v for k, v in t.values.items()})], sort_keys=True
            )
            for t in (ours, theirs)
        )
        if shown != wanted or ours.status != theirs.status:
            yield f"ticket {number} ({ours.status}) shows {shown}, and in the twin {wanted}"


def _not_back(
    number: int,
    *,
    now: dict[str, Any],
    before: dict[str, Any],
    pristine: dict[str, Any],
    touched: set[str],
    is_listed: bool,
) -> Iterator[str]:
    """Say what an undo did not put back though it could have, or changed though it should not."""
    for key in now | before | pristine:
        wanted = pristine[key] if key in pristine and key not in touched else before.get(key)
        if now.get(key) != wanted:
            yield f"ticket {number}: {key} is {now.get(key)!r} after the undo, not {wanted!r}"
    stays = any(now.get(key) != value for key, value in pristine.items())
    if stays and not is_listed:
        yield f"ticket {number} keeps something of ours, and the undo does not list it"
