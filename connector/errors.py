"""Every error the connector raises on purpose, one tree; the first split says who acts.

ConnectorError
├── ConfigError(problems)     an admin edits a file: all problems at once   exit 2
│   └── SettingsError, MappingError
├── AdapterError(status, retry_after_s)
│   ├── FatalError            stop this helpdesk, go on with the others     exit 1
│   │   └── AuthenticationError, ProtocolError
│   └── RetryableError        same call again, after a wait
│       └── RateLimitedError, UnavailableError
├── StoreError                the disk or a stored file                     exit 1
├── LockedError               another run holds the lock                    exit 4
└── UsageError                a command asked for something that is not there   exit 2

Exit codes are decided in `connector.cli`, retrying in `connector.adapters.retrying`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


class ConnectorError(Exception):
    """Anything the connector refuses or fails at, with a message that says what to do next."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One mistake in a file a person wrote: what, where, and what to do."""

    message: str
    file: str = ""
    line: int | None = None
    key: str = ""
    hint: str = ""

    def __str__(self) -> str:
        """Render as `file:line: key: message; hint`, leaving out what is unknown."""
        where = self.file if self.line is None else f"{self.file}:{self.line}"
        parts = [part for part in (where, self.key, self.message) if part]
        return ": ".join(parts) + (f"; {self.hint}" if self.hint else "")


class ConfigError(ConnectorError):
    """An admin has to edit a file; carries every problem found, not the first."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        """Keep the problems in the order of file and line."""
        self.problems = tuple(sorted(problems, key=lambda p: (p.file, p.line or 0)))
        super().__init__("\n".join(str(problem) for problem in self.problems))


class SettingsError(ConfigError):
    """`config.toml`, the environment or a secret is wrong."""


class MappingError(ConfigError):
    """A mapping file is wrong, or names what the helpdesk does not have."""


class AdapterError(ConnectorError):
    """A helpdesk did not do what was asked.

    `status` is the HTTP status where there was one, `retry_after_s` the wait it asked for.
    """

    def __init__(
        self, message: str, *, status: int | None = None, retry_after_s: float | None = None
    ) -> None:
        """Keep the message free of secrets and ticket text."""
        super().__init__(message)
        self.status = status
        self.retry_after_s = retry_after_s


class FatalError(AdapterError):
    """This helpdesk is done for this run; others go on."""


class AuthenticationError(FatalError):
    """The credentials are wrong, expired, or may not do this."""


class ProtocolError(FatalError):
    """The helpdesk answered what its protocol does not allow, and went on doing so."""


class RetryableError(AdapterError):
    """The same call may succeed after a wait."""


class RateLimitedError(RetryableError):
    """Too many requests; `retry_after_s` is the wait asked for, if any was."""


class UnavailableError(RetryableError):
    """The helpdesk is down, cut the answer short, or sent something unreadable this time."""


class StoreError(ConnectorError):
    """The local store cannot be read or written; nothing half-written is left behind."""


class LockedError(ConnectorError):
    """Another run holds the lock of this helpdesk."""


class UsageError(ConnectorError):
    """A command named a goal, KPI, ticket or run that does not exist."""
