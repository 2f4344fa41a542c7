"""How many examples of a law are tried: enough for every run, more in a thorough one."""

from __future__ import annotations

from hypothesis import settings

USUAL = "usual"
THOROUGH = "thorough"
"""The profile of `pytest --hypothesis-profile=thorough`."""


def register_profiles() -> None:
    """Try fewer examples than is usual in every run, and many in a thorough one."""
    settings.register_profile(USUAL, max_examples=50)
    settings.register_profile(THOROUGH, max_examples=300)
    settings.load_profile(USUAL)


def examples(usual: int, thorough: int) -> int:
    """Return how many examples of a costly law to try."""
    return thorough if settings.get_current_profile_name() == THOROUGH else usual
