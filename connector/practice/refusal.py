"""An answer that says no, as the vendor words it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


class Refusal(Exception):  # noqa: N818  # it is an answer of the far side, not an error of ours
    """A request that is not granted: status, body and headers of the answer."""

    def __init__(
        self, status: int, body: Mapping[str, Any], headers: Mapping[str, str] | None = None
    ) -> None:
        """Keep what the answer will say."""
        super().__init__(str(body.get("description", body.get("error", status))))
        self.status = status
        self.body = dict(body)
        self.headers = dict(headers or {})

    def sentence(self) -> str:
        """Return the reason as one sentence, as items of a job carry it."""
        details = self.body.get("details")
        if not isinstance(details, dict):
            return str(self)
        return "; ".join(
            f"{name.title()}: {problem['description']}"
            for name, problems in details.items()
            for problem in problems
        )


def invalid(name: str, description: str) -> Refusal:
    """Return a 422 about one field of the record."""
    details = {name: [{"description": description}]}
    body = {"error": "RecordInvalid", "description": "Record validation errors", "details": details}
    return Refusal(422, body)


def not_found() -> Refusal:
    """Return a 404 for a record."""
    return Refusal(404, {"error": "RecordNotFound", "description": "Not found"})


def too_many(limit: int) -> Refusal:
    """Return the 400 for a batch above the limit."""
    description = f"Parameter  cannot specify more than {limit} values"
    return Refusal(400, {"error": "TooManyValues", "description": description, "max_count": limit})


def bad_request(description: str) -> Refusal:
    """Return a 400 for a request that makes no sense."""
    return Refusal(400, {"error": "InvalidValue", "description": description})


def forbidden(
    message: str = "You do not have access to this page. Please contact the account owner.",
) -> Refusal:
    """Return the 403 for somebody without the right."""
    return Refusal(403, {"error": {"title": "Forbidden", "message": message}})
