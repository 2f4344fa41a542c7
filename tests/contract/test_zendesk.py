from __future__ import annotations

from collections.abc import Iterator

import pytest
import responses
from pydantic import SecretStr

from connector.adapters.base import Adapter
from connector.adapters.retrying import RetryingAdapter
from connector.adapters.zendesk.adapter import ZendeskAdapter
from connector.adapters.zendesk.settings import ZendeskSettings
from tests.contract.adapter_contract import AdapterContract
from tests.fakes.zendesk import TOKEN, URL, FakeZendesk
from tests.fakes.zendesk_spec import ZendeskSpec


def zendesk(token: str) -> Adapter:
    settings = ZendeskSettings(url=URL, access_token=SecretStr(token))
    return ZendeskAdapter(settings, watched_fields=frozenset())


class TestZendesk(AdapterContract):
    @pytest.fixture
    def desk(self, zendesk_spec: ZendeskSpec | None) -> Iterator[FakeZendesk]:
        with responses.RequestsMock(assert_all_requests_are_fired=False) as mock:
            yield FakeZendesk(mock, page_size=4, spec=zendesk_spec)

    @pytest.fixture
    def bare_adapter(self, desk: FakeZendesk) -> Adapter:
        return zendesk(TOKEN)

    @pytest.fixture
    def adapter(self, bare_adapter: Adapter) -> Adapter:
        return bare_adapter

    @pytest.fixture
    def intruder(self, desk: FakeZendesk) -> Adapter:
        return zendesk("stolen")


class TestZendeskRetrying(TestZendesk):
    @pytest.fixture
    def adapter(self, bare_adapter: Adapter) -> Adapter:
        return RetryingAdapter(bare_adapter, sleep=lambda _: None)
