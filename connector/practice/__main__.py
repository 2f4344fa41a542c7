"""`python -m connector.practice`: a practice helpdesk on a loopback port until it is stopped."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from pathlib import Path

import msgspec

from connector.practice.clock import Clock
from connector.practice.saved import load_world
from connector.practice.seed import seed_world
from connector.practice.serving import add_options, serve
from connector.practice.team_seed import teams_world
from connector.practice.team_truth import truth_of
from connector.practice.teams import Plan
from connector.practice.world import World


def main(arguments: list[str] | None = None) -> int:
    """Seed a helpdesk and serve it."""
    chosen = _parser().parse_args(arguments)
    if chosen.state is not None and chosen.state.exists():
        world = load_world(chosen.state, ticking=not chosen.frozen)
    else:
        world = _STORIES[chosen.story](chosen)
    serve(world, chosen)
    return 0


def _company(chosen: argparse.Namespace) -> World:
    now = datetime.fromisoformat(chosen.now) if chosen.now else None
    if now is not None and now.tzinfo is None:
        now = now.replace(tzinfo=UTC)
    clock = Clock(now, ticking=not chosen.frozen)
    extras = {"rules": chosen.rules, "slas": chosen.slas, "light": chosen.light}
    return seed_world(chosen.tickets, chosen.seed, clock=clock, **extras)


def _teams(chosen: argparse.Namespace) -> World:
    """Seed the teams' year, whose start says where the clock stands; write down what is true."""
    plan = Plan(chosen.seed, chosen.start, chosen.weekly)
    if chosen.truth is not None:
        chosen.truth.write_bytes(msgspec.json.encode(truth_of(plan)))
    return teams_world(plan, ticking=not chosen.frozen)


_STORIES: Mapping[str, Callable[[argparse.Namespace], World]] = {
    "company": _company,
    "teams": _teams,
}


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m connector.practice", description=__doc__)
    parser.add_argument("--tickets", type=int, default=50_000)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--now", default="", help="where the clock starts; else the present")
    parser.add_argument("--frozen", action="store_true", help="the clock moves only when told")
    parser.add_argument("--rules", action="store_true", help="triggers and automations react")
    parser.add_argument("--slas", action="store_true", help="SLA policies apply to tickets")
    parser.add_argument("--light", action="store_true", help="short histories, for very many")
    parser.add_argument("--story", choices=(*_STORIES,), default="company")
    teams = parser.add_argument_group("the year of --story teams")
    teams.add_argument("--start", type=date.fromisoformat, default=Plan.start, help="its first day")
    teams.add_argument("--weekly", type=float, default=Plan.weekly, help="tickets of a team a week")
    teams.add_argument("--truth", type=Path, metavar="FILE", help="what is true of it, as JSON")
    add_options(parser)
    return parser


if __name__ == "__main__":
    sys.exit(main())
