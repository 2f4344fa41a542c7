"""`python -m connector.practice`: a practice helpdesk on a loopback port until it is stopped."""

from __future__ import annotations

import argparse
import signal
import sys
import threading
from datetime import UTC, datetime

from connector.practice.clock import Clock
from connector.practice.control import CONTROL_TOKEN
from connector.practice.helpdesk import ADMIN_EMAIL, TOKEN
from connector.practice.seed import seed_world
from connector.practice.server import PracticeServer


def main(arguments: list[str] | None = None) -> int:
    """Seed a helpdesk, serve it, and say on standard output where it is."""
    chosen = _parser().parse_args(arguments)
    now = datetime.fromisoformat(chosen.now).astimezone(UTC) if chosen.now else None
    clock = Clock(now, ticking=not chosen.frozen)
    world = seed_world(chosen.tickets, chosen.seed, clock=clock)
    server = PracticeServer(
        world,
        port=chosen.port,
        limits=chosen.limits,
        token=chosen.token,
        control_token=chosen.control_token,
        job_polls=chosen.job_polls,
    )
    serve(server)
    return 0


def serve(server: PracticeServer) -> None:
    """Serve until the process is told to stop."""
    stopped = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stopped.set())
    with server:
        sys.stdout.write(f"practice helpdesk at {server.url}/agent, admin {ADMIN_EMAIL}\n")
        sys.stdout.flush()
        stopped.wait()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m connector.practice", description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one")
    parser.add_argument("--tickets", type=int, default=50_000)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument(
        "--now", default="", help="where the clock starts, ISO 8601; else the present"
    )
    parser.add_argument(
        "--frozen", action="store_true", help="the clock stands still between moves"
    )
    parser.add_argument("--limits", choices=("real", "generous", "off"), default="real")
    parser.add_argument("--job-polls", type=int, default=1, help="how often a job is still working")
    parser.add_argument("--token", default=TOKEN)
    parser.add_argument("--control-token", default=CONTROL_TOKEN)
    return parser


if __name__ == "__main__":
    sys.exit(main())
