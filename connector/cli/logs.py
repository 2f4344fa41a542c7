"""Log lines on standard error: an event and its fields, no sentences."""

from __future__ import annotations

import logging
import sys
from typing import Any

import structlog

from connector.cli.exits import is_debugging


def logger() -> Any:
    """Return what sends log lines to standard error: warnings, or everything with `--debug`."""
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper("iso", utc=True),
            structlog.processors.KeyValueRenderer(key_order=["timestamp", "level", "event"]),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(
            logging.DEBUG if is_debugging() else logging.WARNING
        ),
        logger_factory=_to_stderr,
        cache_logger_on_first_use=False,
    )
    return structlog.get_logger()


def _to_stderr(*_: Any) -> structlog.PrintLogger:
    """Return a logger for what standard error is now: a progress bar may stand in for it."""
    return structlog.PrintLogger(sys.stderr)
