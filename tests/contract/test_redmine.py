from __future__ import annotations

from collections.abc import Iterator

import pytest
import responses
from pydantic import SecretStr

from connector.adapters.base import Adapter
from connector.adapters.redmine.adapter import RedmineAdapter
from connector.adapters.redmine.settings import RedmineSettings
from connector.adapters.retrying import RetryingAdapter
from tests.contract.adapter_contract import AdapterContract
from tests.fakes.redmine import ADMIN_KEY, URL, FakeRedmine


def redmine(key: str) -> Adapter:
    settings = RedmineSettings(url=URL, api_key=SecretStr(key))
    return RedmineAdapter(settings, watched_fields=frozenset())


class TestRedmine(AdapterContract):
    @pytest.fixture
    def desk(self) -> Iterator[FakeRedmine]:
        with responses.RequestsMock(assert_all_requests_are_fired=False) as mock:
            yield FakeRedmine(mock, page_size=4)

    @pytest.fixture
    def bare_adapter(self, desk: FakeRedmine) -> Adapter:
        return redmine(ADMIN_KEY)

    @pytest.fixture
    def adapter(self, bare_adapter: Adapter) -> Adapter:
        return bare_adapter

    @pytest.fixture
    def intruder(self, desk: FakeRedmine) -> Adapter:
        return redmine("stolen")


class TestRedmineRetrying(TestRedmine):
    @pytest.fixture
    def adapter(self, bare_adapter: Adapter) -> Adapter:
        return RetryingAdapter(bare_adapter, sleep=lambda _: None)
