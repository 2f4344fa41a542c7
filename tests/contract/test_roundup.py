from __future__ import annotations

from collections.abc import Iterator

import pytest
import responses
from pydantic import SecretStr

from connector.adapters.base import Adapter
from connector.adapters.retrying import RetryingAdapter
from connector.adapters.roundup.adapter import RoundupAdapter
from connector.adapters.roundup.settings import RoundupSettings
from tests.contract.adapter_contract import AdapterContract
from tests.fakes.roundup import FIELDS, URL, FakeRoundup


def roundup(password: str) -> Adapter:
    settings = RoundupSettings(
        url=URL,
        user="admin",
        password=SecretStr(password),
        statuses={"done-cbb": "closed"},
        fields=FIELDS,
        page_size=4,
    )
    return RoundupAdapter(settings, watched_fields=frozenset())


class TestRoundup(AdapterContract):
    @pytest.fixture
    def desk(self) -> Iterator[FakeRoundup]:
        with responses.RequestsMock(assert_all_requests_are_fired=False) as mock:
            yield FakeRoundup(mock)

    @pytest.fixture
    def bare_adapter(self, desk: FakeRoundup) -> Adapter:
        return roundup("secret")

    @pytest.fixture
    def adapter(self, bare_adapter: Adapter) -> Adapter:
        return bare_adapter

    @pytest.fixture
    def intruder(self, desk: FakeRoundup) -> Adapter:
        return roundup("stolen")


class TestRoundupRetrying(TestRoundup):
    @pytest.fixture
    def adapter(self, bare_adapter: Adapter) -> Adapter:
        return RetryingAdapter(bare_adapter, sleep=lambda _: None)
