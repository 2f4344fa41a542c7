from __future__ import annotations

from collections.abc import Iterator

import pytest
import responses
from pydantic import SecretStr

from connector.adapters.base import Adapter
from connector.adapters.retrying import RetryingAdapter
from connector.adapters.rt.adapter import RtAdapter
from connector.adapters.rt.settings import RtSettings
from tests.contract.adapter_contract import AdapterContract
from tests.fakes.rt import ADMIN, URL, FakeRt


def rt(token: str) -> Adapter:
    settings = RtSettings(url=URL, token=SecretStr(token), queues=("Support",), settle_s=1)
    return RtAdapter(settings, watched_fields=frozenset())


class TestRt(AdapterContract):
    @pytest.fixture
    def desk(self) -> Iterator[FakeRt]:
        with responses.RequestsMock(assert_all_requests_are_fired=False) as mock:
            yield FakeRt(mock)

    @pytest.fixture
    def bare_adapter(self, desk: FakeRt) -> Adapter:
        return rt(ADMIN)

    @pytest.fixture
    def adapter(self, bare_adapter: Adapter) -> Adapter:
        return bare_adapter

    @pytest.fixture
    def intruder(self, desk: FakeRt) -> Adapter:
        return rt("1-14-00000000000000000000000000000000")


class TestRtRetrying(TestRt):
    @pytest.fixture
    def adapter(self, bare_adapter: Adapter) -> Adapter:
        return RetryingAdapter(bare_adapter, sleep=lambda _: None)
