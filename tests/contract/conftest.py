"""Fixtures of the contract tests."""

from tests.fakes.zendesk_spec import zendesk_spec

__all__ = ["zendesk_spec"]
