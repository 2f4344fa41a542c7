"""Reads all tickets as most home-made scripts do: zenpy's incremental export, ticket by ticket.

    python iterated.py SUBDOMAIN TOKEN START

Nothing is stored: a script would do something with what it touches.
"""

from __future__ import annotations

import json
import sys

from zenpy import Zenpy


def main(subdomain: str, token: str, start: str) -> None:
    """Touch every ticket once, and say how many there were."""
    client = Zenpy(subdomain=subdomain, oauth_token=token)
    seen: dict[int, str] = {}
    for ticket in client.tickets.incremental(start_time=int(start), include=["metric_sets"]):
        seen[ticket.id] = ticket.status
    sys.stdout.write(json.dumps({"rows": len(seen)}) + "\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
