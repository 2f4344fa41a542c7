"""What a run leaves behind when nothing waits: until when the next ones have nothing to do.

A run that ended well notes what it knew, and the first instants at which time alone makes something
due: a clock that runs out, a day that begins, a ticket that is due soon, people to be asked for. As
long as neither these instants nor any change of files, settings or state have come, a run that is
told of no new ticket changes nothing (`idle`).
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from importlib.metadata import version
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
from pydantic import BaseModel, SecretStr

from connector.config.mapping import GoalTable
from connector.config.settings import HelpdeskTable
from connector.config.zones import midnight
from connector.kpi.forms import definition_of
from connector.kpi.rows import Run
from connector.model.goal import GoalReport
from connector.model.series import DAY
from connector.pipeline.dwelling import steadied
from connector.pipeline.job import Job
from connector.pipeline.pinning import ask_again_at
from connector.pipeline.rolling import Judged
from connector.pipeline.showing import daily_instant
from connector.pipeline.subject import period_of
from connector.store.quiet import Quiet, file_mark, said
from connector.store.waiting import deferred
from connector.sync.pull import RARELY


class Rest(msgspec.Struct, frozen=True, kw_only=True):
    """What holds while nothing is due in one helpdesk.

    `due_at` is by the helpdesk's clock, as data is complete up to it; `ask_at` is by ours. `shown`
    are the statuses that tickets show of anti-goals, which hold for a while.
    """

    run: str
    meaning: str
    cursor: str | None
    store: tuple[int, int] | None
    published: str
    due_at: datetime
    ask_at: datetime
    shown: dict[str, str]


def note_rest(
    job: Job,
    helpdesk: HelpdeskTable,
    judged: Judged,
    found: Quiet,
    *,
    as_of: datetime,
    published: str,
    turns_at: datetime | None,
) -> None:
    """Note that nothing waits in a helpdesk, if that is so; nothing before ends with this run."""
    if is_waiting(job, helpdesk.name, as_of):
        return
    instants = [*_instants(judged.job, as_of), found.wakes_at, turns_at]
    read_again_at = found.read_at + RARELY if found.read_at else None
    ask = (read_again_at, ask_again_at(job.state, helpdesk.name), job.clock() + RARELY)
    (run, *_) = said(job.state)
    rest = Rest(
        run=run,
        meaning=meaning(job, helpdesk),
        cursor=found.cursor,
        store=file_mark(job.folder(helpdesk.name)),
        published=published,
        due_at=min(one for one in instants if one is not None),
        ask_at=min(one for one in ask if one is not None),
        shown=shown(job, judged),
    )
    job.state.put(_key(helpdesk.name), msgspec.json.encode(rest).decode())


def rest_of(job: Job, helpdesk: HelpdeskTable, published: str) -> Rest | None:
    """Return what the last run noted, if it still holds by all that is known without asking."""
    text = job.state.get(_key(helpdesk.name))
    try:
        rest = msgspec.json.decode(text or "null", type=Rest | None)
    except msgspec.MsgspecError:  # another version of the connector noted it
        return None
    if rest is None:
        return None
    there = (rest.run, rest.store, rest.published)
    here = (said(job.state)[0], file_mark(job.folder(helpdesk.name)), published)
    if there != here or job.clock() >= rest.ask_at or rest.meaning != meaning(job, helpdesk):
        return None
    return rest


def is_waiting(job: Job, helpdesk: str, as_of: datetime) -> bool:
    """Tell whether writes are under way, or left for the next run."""
    state = job.state
    if state.open_batches(helpdesk) or deferred(state, helpdesk):
        return True
    last = state.last_daily(helpdesk)
    is_shown = last is not None and last >= daily_instant(job, as_of)
    return job.settings.writeback.enabled and not is_shown


def shown(job: Job, judged: Judged) -> dict[str, str]:
    """Return what tickets show of goals whose statuses hold for a while."""
    if not job.settings.writeback.enabled:
        return {}
    goals = judged.job.mappings.goals
    return {one.id: steadied(job, goals[one.id], one).status for one in _anti(goals, judged.goals)}


def meaning(job: Job, helpdesk: HelpdeskTable) -> str:
    """Return what differs as soon as a file, a setting or the connector itself has changed."""
    run = Run(forms=job.forms_of(helpdesk), now=job.clock())
    parts = [
        version("helpdesk-goal-connector"),
        job.settings,
        job.mappings,
        [run.fingerprint(form) for form in run.forms],
        job.people_of(helpdesk),
        said(job.state)[1:],
    ]
    text = msgspec.json.encode(parts, enc_hook=_plain, order="deterministic")
    return hashlib.sha256(text).hexdigest()[:32]


def _instants(job: Job, as_of: datetime) -> Iterator[datetime]:
    """Yield instants after one at which days begin, values are final, or statuses are shown."""
    yield midnight(as_of.astimezone(UTC).date() + DAY, "UTC")
    if job.settings.writeback.enabled:
        yield daily_instant(job, as_of) + DAY
    for goal in job.mappings.goals.values():
        zone = goal.period.timezone
        yield midnight(as_of.astimezone(ZoneInfo(zone)).date() + DAY, zone)
        yield from (one for one in _settled(job, goal) if one > as_of)


def _settled(job: Job, goal: GoalTable) -> Iterator[datetime]:
    """Yield when the value of a goal, and of the time before it, is final."""
    if goal.kpi:
        lag = timedelta(seconds=definition_of(job.mappings.kpis[goal.kpi], job.definitions).lag_s)
        period = period_of(goal)
        yield from (period.start + lag, period.end + lag)


def _anti(goals: Mapping[str, GoalTable], reports: Iterable[GoalReport]) -> Iterator[GoalReport]:
    return (one for one in reports if one.id in goals and goals[one.id].is_anti)


def _plain(value: Any) -> Any:
    """Return a value of a file as what JSON knows; of a secret only that there is one."""
    if isinstance(value, BaseModel):
        return dict(value)
    if isinstance(value, SecretStr):
        return "secret"
    if isinstance(value, Path):
        return str(value)
    return [*value]


def _key(helpdesk: str) -> str:
    return f"rest:{helpdesk}"
