"""How many examples of a law are tried: enough for every run, more in a thorough one."""

from __future__ import annotations

from hypothesis import settings

THOROUGH = "thorough"
"""The profile of `pytest --hypothesis-profile=thorough`."""


def register_profiles() -> None:
    """Make the thorough profile known, which tries three times as many examples as usual."""
    settings.register_profile(THOROUGH, max_examples=300)


def examples(usual: int, thorough: int) -> int:
    """Return how many examples of a costly law to try."""
    return thorough if settings.get_current_profile_name() == THOROUGH else usual
