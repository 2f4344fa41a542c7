"""Background jobs: queued at first, working while asked, then done with each item's outcome."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from connector.practice.refusal import Refusal, not_found

FOR_EVER = -1
FORGOTTEN_AFTER_S = 60.0
"""A job that nobody asks about has ended by then, unless it is stuck."""


@dataclass(slots=True)
class Job:
    """One background job; its work is done, its answer takes a few questions to come out."""

    id: str
    kind: str
    results: list[dict[str, Any]]
    ended_at: int
    polls_left: int
    begun: float
    is_told: bool = False

    def document(self, url: str, *, is_new: bool = False) -> dict[str, Any]:
        """Return the job as the wire has it; every question brings it nearer to its end."""
        total = len(self.results)
        status, progress, message, results = "queued", None, None, None
        if not is_new and self.polls_left != 0:
            self.polls_left -= self.polls_left > 0
            status, progress = "working", total // 2
            message = f"Updating ticket #{progress}"
        elif not is_new:
            self.is_told = True
            status, progress, results = "completed", total, self.results
            at = datetime.fromtimestamp(self.ended_at, tz=UTC)
            message = f"Completed at {at:%Y-%m-%d %H:%M:%S} +0000"
        return {
            "job_status": {
                "id": self.id,
                "job_type": self.kind,
                "url": f"{url}/api/v2/job_statuses/{self.id}.json",
                "total": total,
                "progress": progress,
                "status": status,
                "message": message,
                "results": results,
            }
        }

    def is_running(self, now: float) -> bool:
        """Tell whether the job takes up one of the places that an account has."""
        is_young = now - self.begun < FORGOTTEN_AFTER_S
        return not self.is_told and (is_young or self.polls_left == FOR_EVER)


class Jobs:
    """All jobs of the account; `polls` is how often one answers that it is still working.

    The switches: `polls` may be `FOR_EVER`; the next `lose` jobs do their work and are then
    unknown; the tickets in `failing` fail in every batch with the sentence given.
    """

    def __init__(self, polls: int = 1, *, now: Callable[[], float] = time.monotonic) -> None:
        """Begin without jobs."""
        self.polls = polls
        self.lose = 0
        self.failing: dict[int, str] = {}
        self._now = now
        self._begun = 0
        self._jobs: dict[str, Job] = {}

    def check_room(self, most: int) -> None:
        """Refuse a further job when so many are queued or working."""
        now = self._now()
        if sum(job.is_running(now) for job in self._jobs.values()) >= most:
            description = f"{most} jobs are queued or running already. Try again later."
            raise Refusal(429, {"error": "TooManyJobs", "description": description})

    def begin(self, kind: str, results: Sequence[dict[str, Any]], at: int) -> Job:
        """Keep the results of a batch under a new id."""
        digest = hashlib.sha256(f"{self._begun} {kind} {at}".encode()).hexdigest()
        self._begun += 1
        job = Job(f"V3-{digest[:32]}", kind, list(results), at, self.polls, self._now())
        if self.lose > 0:
            self.lose -= 1
        else:
            self._jobs[job.id] = job
        return job

    def get(self, job_id: str) -> Job:
        """Return a job, or refuse."""
        if job_id not in self._jobs:
            raise not_found()
        return self._jobs[job_id]

    def latest(self, most: int = 100) -> list[Job]:
        """Return the jobs begun last, the latest first."""
        return list(reversed(self._jobs.values()))[:most]

    def release(self) -> None:
        """Let every stuck job come to its end when it is asked about next."""
        for job in self._jobs.values():
            job.polls_left = 0
