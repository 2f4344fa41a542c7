"""The contract against a real Roundup, and what only a real one shows."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from connector.adapters.base import Adapter
from tests.contract.adapter_contract import AdapterContract
from tests.live.conftest import Settings
from tests.live.proxy import Proxy
from tests.live.roundup_desk import PERSON, RoundupDesk, tracker

pytestmark = [pytest.mark.live, pytest.mark.xdist_group("roundup")]
PORT = 18088


@pytest.fixture(scope="session")
def roundup_tracker(request: pytest.FixtureRequest) -> Settings:
    return tracker(request, "contract", PORT)


@pytest.fixture(scope="session")
def proxy(roundup_tracker: Settings) -> Iterator[Proxy]:
    with Proxy(roundup_tracker["RU_URL"]) as proxy:
        yield proxy


@pytest.fixture
def desk(roundup_tracker: Settings, proxy: Proxy) -> RoundupDesk:
    return RoundupDesk(roundup_tracker, proxy)


class TestRoundup(AdapterContract):
    @pytest.fixture
    def bare_adapter(self, desk: RoundupDesk) -> Adapter:
        return desk.adapter()

    @pytest.fixture
    def adapter(self, bare_adapter: Adapter) -> Adapter:
        return bare_adapter

    @pytest.fixture
    def intruder(self, desk: RoundupDesk) -> Adapter:
        return desk.adapter(PERSON, "stolen")
