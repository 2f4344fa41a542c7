"""What vendors allow, as far as it is known; the arithmetic of it is in `bench.scaling_model`."""

from __future__ import annotations

import msgspec

from connector.adapters.redmine.adapter import RedmineAdapter
from connector.adapters.roundup.adapter import RoundupAdapter
from connector.adapters.rt.adapter import RtAdapter
from connector.adapters.zendesk.adapter import ZendeskAdapter


class Writing(msgspec.Struct, frozen=True, kw_only=True):
    """What writing costs: `requests` a batch, of which `updates` have a limit of their own.

    `polls_s` is what a batch waits for its job.
    """

    batch: int
    requests: int
    updates_a_minute: int | None = None
    updates: int = 1
    polls_s: float = 0.0

    @property
    def calls(self) -> int:
        """Return how many starts are paced: asking what the receipt knows already is one too."""
        return self.requests if self.polls_s else self.requests + 1


class Vendor(msgspec.Struct, frozen=True, kw_only=True):
    """One plan of one vendor.

    `lists_a_minute` is a limit that list pages have besides `requests_a_minute`. Events come as
    list pages of `events_a_page`, or cost `history` requests a ticket. `is_told` is false where a
    limit exists and nobody says how high it is.
    """

    name: str
    evidence: str
    tickets_a_page: int
    events_a_page: int | None = None
    history: float = 0.0
    lists_a_minute: int | None = None
    requests_a_minute: int | None = None
    is_told: bool = True
    extras: int = 0
    writing: Writing | None = None

    @property
    def is_free(self) -> bool:
        """Tell whether the vendor has no limits at all."""
        return self.is_told and self.requests_a_minute is None


def _zendesk(plan: int, exports: int, evidence: str) -> Vendor:
    capabilities = ZendeskAdapter.capabilities
    return Vendor(
        name=f"Zendesk, {exports} exports, {plan:,} requests",
        evidence=evidence,
        tickets_a_page=1_000,
        events_a_page=1_000,
        lists_a_minute=exports,
        requests_a_minute=plan,
        extras=3,  # ratings, survey responses, steps of SLA clocks
        writing=Writing(
            batch=capabilities.write_batch,
            requests=capabilities.batch_requests,
            updates_a_minute=100,
            polls_s=1.0,
        ),
    )


def _freshdesk(plan: str, requests: int, lists: int | None, evidence: str) -> Vendor:
    return Vendor(
        name=f"Freshdesk {plan}",
        evidence=evidence,
        tickets_a_page=100,
        history=1.0,
        lists_a_minute=lists,
        requests_a_minute=requests,
        writing=Writing(batch=1, requests=3),
    )


ZENDESK = (
    _zendesk(200, 10, "vendor's pages; recorded"),
    _zendesk(400, 10, "vendor's pages; recorded"),
    _zendesk(700, 10, "vendor's pages; recorded"),
    _zendesk(2_500, 30, "vendor's pages; recorded"),
)
FRESHDESK = (
    _freshdesk("trial", 50, None, "vendor's pages; a history a ticket assumed"),
    _freshdesk("Growth", 200, 20, "vendor's article 225439; a history a ticket assumed"),
    _freshdesk("Pro", 400, 100, "vendor's article 225439; a history a ticket assumed"),
    _freshdesk("Enterprise", 700, 200, "vendor's article 225439; a history a ticket assumed"),
)
OTHERS = (
    Vendor(
        name="Intercom",
        evidence="10,000 unverified; page size specified; parts a conversation assumed",
        tickets_a_page=150,
        history=1.0,
        requests_a_minute=10_000,
    ),
    Vendor(
        name="HubSpot",
        evidence="recorded 110 in 10 s; 4 searches a second unverified; histories by 100 assumed",
        tickets_a_page=200,
        history=0.01,
        lists_a_minute=240,
        requests_a_minute=660,
        writing=Writing(batch=100, requests=2),
    ),
    Vendor(
        name="Chatwoot",
        evidence="specified; off outside production; events a conversation",
        tickets_a_page=25,
        history=1.0,
        requests_a_minute=3_000,
    ),
    Vendor(
        name="Jira",
        evidence="points, not told how many; changelogs of 1,000 specified; 100 a page assumed",
        tickets_a_page=100,
        history=0.001,
        is_told=False,
    ),
    Vendor(
        name="Front",
        evidence="by plan, not told; 15 events a page specified; 100 conversations a page assumed",
        tickets_a_page=100,
        events_a_page=15,
        is_told=False,
    ),
    Vendor(
        name="Zoho Desk",
        evidence="daily credits, not told; metrics and history a ticket; 100 a page assumed",
        tickets_a_page=100,
        history=2.0,
        is_told=False,
    ),
)


def _own_server(
    name: str, page: int, history: float, adapter: type[RtAdapter | RedmineAdapter | RoundupAdapter]
) -> Vendor:
    capabilities = adapter.capabilities
    return Vendor(
        name=name,
        evidence="requests counted against real servers; no limits",
        tickets_a_page=page,
        history=history,
        extras=1,
        writing=Writing(batch=capabilities.write_batch, requests=capabilities.batch_requests),
    )


OWN_SERVERS = (
    _own_server("Request Tracker", 100, 1.0, RtAdapter),
    _own_server("Redmine", 100, 1.0, RedmineAdapter),
    _own_server("Roundup", 500, 0.02, RoundupAdapter),
)
VENDORS = (*ZENDESK, *FRESHDESK, *OTHERS, *OWN_SERVERS)
