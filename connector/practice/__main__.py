"""`python -m connector.practice`: a practice helpdesk on a loopback port until it is stopped."""

from __future__ import annotations

import argparse
import sys
from datetime import UTC, datetime

from connector.practice.clock import Clock
from connector.practice.saved import load_world
from connector.practice.seed import seed_world
from connector.practice.serving import add_options, serve


def main(arguments: list[str] | None = None) -> int:
    """Seed a helpdesk and serve it."""
    chosen = _parser().parse_args(arguments)
    now = datetime.fromisoformat(chosen.now) if chosen.now else None
    if now is not None and now.tzinfo is None:
        now = now.replace(tzinfo=UTC)
    clock = Clock(now, ticking=not chosen.frozen)
    if chosen.state is not None and chosen.state.exists():
        serve(load_world(chosen.state, ticking=not chosen.frozen), chosen)
        return 0
    extras = {"rules": chosen.rules, "slas": chosen.slas, "light": chosen.light}
    serve(seed_world(chosen.tickets, chosen.seed, clock=clock, **extras), chosen)
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m connector.practice", description=__doc__)
    parser.add_argument("--tickets", type=int, default=50_000)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--now", default="", help="where the clock starts; else the present")
    parser.add_argument("--frozen", action="store_true", help="the clock moves only when told")
    parser.add_argument("--rules", action="store_true", help="triggers and automations react")
    parser.add_argument("--slas", action="store_true", help="SLA policies apply to tickets")
    parser.add_argument("--light", action="store_true", help="short histories, for very many")
    add_options(parser)
    return parser


if __name__ == "__main__":
    sys.exit(main())
