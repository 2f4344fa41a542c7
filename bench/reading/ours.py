"""Reading an export as `connector sync` does: adapter, slice and store, without its pacing.

    python -m bench.reading.ours tickets|events URL CA FOLDER

The server announces no limits, and the pacer of the exports knows none, so nothing ever waits.
"""

from __future__ import annotations

import os
import sys
from datetime import UTC, datetime
from pathlib import Path

from msgspec.structs import replace
from pydantic import SecretStr

import connector.store.pages  # noqa: F401  # imported late otherwise, which would count as work
from bench.reading.told import Told
from bench.serving.started import TOKEN
from connector.adapters.retrying import RetryingAdapter
from connector.adapters.zendesk.adapter import ZendeskAdapter
from connector.adapters.zendesk.settings import ZendeskSettings
from connector.model.page import Stream
from connector.store.lock import Lease
from connector.store.store import Store
from connector.sync.pull import Progress, sync_slice

STREAM = Stream(sys.argv[1])


class OneStream(ZendeskAdapter):
    """The adapter, which for once has one stream only."""

    capabilities = replace(ZendeskAdapter.capabilities, streams=frozenset({STREAM}))


def main() -> None:
    """Read one stream to its end, and tell what it cost."""
    url, ca, folder = sys.argv[2:]
    os.environ["REQUESTS_CA_BUNDLE"] = ca
    told = Told()
    settings = ZendeskSettings(url=url, access_token=SecretStr(TOKEN))
    zendesk = OneStream(settings, watched_fields=frozenset())
    adapter = RetryingAdapter(zendesk)

    def note(progress: Progress) -> None:
        if progress.stream is STREAM:
            told.rows, told.pages = progress.rows, progress.pages

    with Lease(Path(folder)) as lease, Store.open(Path(folder), lease) as store:
        report = sync_slice(adapter, store, now=datetime.now(tz=UTC), progress=note)
        assert report.finished
    adapter.close()
    told.tell(requests=report.requests)


if __name__ == "__main__":
    main()
