"""Serve a world until the process is told to stop, with the options that every server takes."""

from __future__ import annotations

import argparse
import signal
import sys
import threading
from pathlib import Path

from connector.practice.access import Access
from connector.practice.control import CONTROL_TOKEN
from connector.practice.helpdesk import ADMIN_EMAIL, USUAL
from connector.practice.preparing import prepare
from connector.practice.saved import save_world
from connector.practice.server import PracticeServer
from connector.practice.world import World


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the options of the server to a command."""
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one")
    parser.add_argument("--public-url", default="", help="what links begin with, behind a front")
    parser.add_argument("--limits", choices=("real", "generous", "off"), default="real")
    parser.add_argument("--job-polls", type=int, default=1, help="how often a job is still working")
    parser.add_argument("--token", default=USUAL.token, help="API token and bearer")
    parser.add_argument("--client-id", default=USUAL.client_id, help="of the OAuth client")
    parser.add_argument("--client-secret", default=USUAL.client_secret)
    parser.add_argument("--token-lifetime", type=int, default=USUAL.lifetime_s, metavar="SECONDS")
    parser.add_argument("--token-uses", type=int, help="requests before a token ends; else any")
    parser.add_argument("--control-token", default=CONTROL_TOKEN)
    parser.add_argument("--prepare", action="store_true", help="print all pages before serving")
    parser.add_argument("--state", type=Path, metavar="FILE", help="kept there when it stops")


def serve(world: World, chosen: argparse.Namespace) -> None:
    """Serve until the process is told to stop; say on standard output where."""
    stopped = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stopped.set())
    server = PracticeServer(
        world,
        port=chosen.port,
        limits=chosen.limits,
        access=Access(
            token=chosen.token,
            client_id=chosen.client_id,
            client_secret=chosen.client_secret,
            lifetime_s=chosen.token_lifetime,
            uses=chosen.token_uses,
        ),
        control_token=chosen.control_token,
        public_url=chosen.public_url,
        job_polls=chosen.job_polls,
    )
    server.control.state = chosen.state
    if chosen.prepare:
        prepare(server.desk)
    with server:
        sys.stdout.write(f"practice helpdesk at {server.url}/agent, admin {ADMIN_EMAIL}\n")
        sys.stdout.flush()
        stopped.wait()
    if chosen.state is not None:
        save_world(world, chosen.state)
