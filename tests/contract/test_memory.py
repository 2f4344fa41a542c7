from __future__ import annotations

import pytest
from pydantic import SecretStr

from connector.adapters.base import Adapter
from connector.adapters.memory import MemoryAdapter, MemoryHelpdesk, MemorySettings
from connector.adapters.retrying import RetryingAdapter
from tests.contract.adapter_contract import AdapterContract


class TestMemory(AdapterContract):
    @pytest.fixture
    def desk(self) -> MemoryHelpdesk:
        return MemoryHelpdesk("contract", withhold_s=60, page_size=2)

    @pytest.fixture
    def bare_adapter(self, desk: MemoryHelpdesk) -> Adapter:
        return MemoryAdapter(MemorySettings(account=desk.name), watched_fields=frozenset())

    @pytest.fixture
    def adapter(self, bare_adapter: Adapter) -> Adapter:
        return bare_adapter

    @pytest.fixture
    def intruder(self, desk: MemoryHelpdesk) -> Adapter:
        settings = MemorySettings(account=desk.name, token=SecretStr("wrong"))
        return MemoryAdapter(settings, watched_fields=frozenset())


class TestMemoryRetrying(TestMemory):
    @pytest.fixture
    def adapter(self, bare_adapter: Adapter) -> Adapter:
        return RetryingAdapter(bare_adapter, sleep=lambda _: None)
