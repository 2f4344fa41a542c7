#!/usr/bin/env python3
"""Measure the practice helpdesk: how long it takes to seed, and what a page of each export costs.

    scripts/measure_practice.py --tickets 1000000

Pages are asked for in this process, without a network, so that only the helpdesk's own work counts.
"""

from __future__ import annotations

import argparse
import base64
import gc
import resource
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from statistics import mean
from urllib.parse import urlsplit

import msgspec

from connector.practice.helpdesk import ADMIN_EMAIL, TOKEN
from connector.practice.seed import seed_world
from connector.practice.server import PracticeServer

NOW = datetime(2026, 11, 18, 10, tzinfo=UTC)
EXPORTS = {
    "tickets": "incremental/tickets/cursor?start_time=0&per_page=1000&support_type_scope=all",
    "tickets with metric sets": "incremental/tickets/cursor?start_time=0&per_page=1000"
    "&support_type_scope=all&include=metric_sets",
    "events with comments": "incremental/ticket_events?start_time=0&support_type_scope=all"
    "&include=comment_events",
    "events": "incremental/ticket_events?start_time=0&support_type_scope=all",
    "people": "incremental/users/cursor?start_time=0&per_page=1000",
}


class Ends(msgspec.Struct):
    """What a page says of the next one."""

    end_of_stream: bool
    after_url: str | None = None
    next_page: str | None = None


def main() -> int:
    """Seed, read every export twice, and print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tickets", type=int, default=50_000)
    parser.add_argument("--pages", type=int, default=100, help="of each export, at most")
    parser.add_argument("--light", action="store_true", help="short histories")
    chosen = parser.parse_args()
    begun = time.process_time()
    world = seed_world(chosen.tickets, 7, NOW, light=chosen.light)
    seeded_s = time.process_time() - begun
    sys.stdout.write(f"{chosen.tickets:,} tickets, {len(world.feed):,} updates: ")
    sys.stdout.write(f"seeded in {seeded_s:.0f} s of CPU, {_memory_mb():,} MB\n\n")
    sys.stdout.write(
        "| a page of | printed, ms CPU | read again, ms CPU | kB |\n|---|---|---|---|\n"
    )
    server = PracticeServer(world)
    for name, path in EXPORTS.items():
        rows = [list(_walk(server, path, chosen.pages)) for _ in range(2)]
        first, again = (1000 * mean(cost for cost, _ in row) for row in rows)
        size = mean(size for _, size in rows[0]) / 1000
        sys.stdout.write(f"| {name} | {first:.1f} | {again:.1f} | {size:,.0f} |\n")
    sys.stdout.write(f"\n{len(world.shelf):,} pages are kept; {_memory_mb():,} MB in all\n")
    return 0


def _walk(server: PracticeServer, path: str, most: int) -> Iterator[tuple[float, int]]:
    """Yield the cost and the size of each page of an export."""
    key = base64.b64encode(f"{ADMIN_EMAIL}/token:{TOKEN}".encode()).decode()
    target = f"/api/v2/{path}"
    for _ in range(most):
        begun = time.process_time()
        body = server.answer("GET", target, {"Authorization": f"Basic {key}"}, b"").rendered()
        yield time.process_time() - begun, len(body)
        ends = msgspec.json.decode(body, type=Ends)
        if ends.end_of_stream:
            return
        following = urlsplit(ends.after_url or ends.next_page or "")
        target = f"{following.path}?{following.query}"


def _memory_mb() -> int:
    gc.collect()
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


if __name__ == "__main__":
    sys.exit(main())
