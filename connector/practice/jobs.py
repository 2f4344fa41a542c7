"""Background jobs: queued at first, working while asked, then done with each item's outcome."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from connector.practice.refusal import not_found


@dataclass(slots=True)
class Job:
    """One background job; its work is done, its answer takes a few questions to come out."""

    id: str
    kind: str
    results: list[dict[str, Any]]
    ended_at: int
    polls_left: int

    def document(self, url: str, *, is_new: bool = False) -> dict[str, Any]:
        """Return the job as the wire has it; every question brings it nearer to its end."""
        total = len(self.results)
        status, progress, message, results = "queued", None, None, None
        if not is_new and self.polls_left > 0:
            self.polls_left -= 1
            status, progress = "working", total // 2
            message = f"Updating ticket #{progress}"
        elif not is_new:
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


class Jobs:
    """All jobs of the account; `polls` is how often one answers that it is still working."""

    def __init__(self, polls: int = 1) -> None:
        """Begin without jobs."""
        self.polls = polls
        self._jobs: dict[str, Job] = {}

    def begin(self, kind: str, results: Sequence[dict[str, Any]], at: int) -> Job:
        """Keep the results of a batch under a new id."""
        digest = hashlib.sha256(f"{len(self._jobs)} {kind} {at}".encode()).hexdigest()
        job = Job(f"V3-{digest[:32]}", kind, list(results), at, self.polls)
        self._jobs[job.id] = job
        return job

    def get(self, job_id: str) -> Job:
        """Return a job, or refuse."""
        if job_id not in self._jobs:
            raise not_found()
        return self._jobs[job_id]
