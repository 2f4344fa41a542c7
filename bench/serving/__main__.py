"""`python -m bench.serving`: pages of a large Zendesk account over TLS, at next to no cost.

    python -m bench.serving --tickets 100000 [--events-per 10] [--changed 1000 --spread random]
                            [--limits real] [--seed 7] [--end 2026-11-01T00:00:00Z] [--port 0]

prints one line of JSON, `{"url": "https://localhost:PORT", "ca": "FILE", ...}`, and serves until it
is told to stop (SIGTERM, SIGINT, or the end of its standard input with `--while-read`). `ca` is the
certificate of an authority made for this run (`REQUESTS_CA_BUNDLE`, `SSL_CERT_FILE`). Any token
opens the exports; the other calls want `practice-token`, as a bearer or with the e-mail address
`goals@practice.example`. In Python, `bench.serving.started.serving()` does all this in a block.

What it serves:

- `incremental/tickets/cursor` (by `cursor` or `start_time`), `incremental/tickets` and
  `incremental/ticket_events` (by `start_time`), `tickets/count` and `tickets/show_many`: made from
  formulas, so that any number of tickets costs neither memory nor time; a page of 1,000 takes a few
  milliseconds. `include=metric_sets` and `include=comment_events` are heeded.
- all else (`users/me`, `incremental/users/cursor`, `groups`, `business_hours/schedules`,
  `ticket_fields`, `satisfaction_ratings`, `slas/policies`, ...): the practice helpdesk's account
  with some 40 agents, 2,000 customers, and no ticket of its own.

Tickets have the numbers from 1,000,001 on, one came in every minute, the last at `--end` (two hours
ago). A ticket has 3.7 KB of JSON with its metric set, and ten events that make 17 rows of the
store; `--events-per 0` to 9 leaves the last of these out. The last event closes a ticket four days
after it came in, and so the newest 5,700 are open, pending or solved.

For the bench itself, never counted:

- `GET /_counts`: requests by method and path (`"GET incremental/tickets/cursor": 101`), and answers
  by status from 400 on (`"429": 1`); `POST /_forget` begins anew;
- `POST /_change?tickets=1000&spread=recent`: that many tickets change after the end, each with one
  event (a public comment and another status); `random` takes any, `recent` the last that were
  solved. `--changed` does it at the start: a read from the beginning then has them twice;
- `POST /_clock?seconds=60`: the minute of `--limits real` (10 exports, 700 requests) goes on.
"""

from __future__ import annotations

import argparse
import json
import signal
import sys
import tempfile
import threading
import time
from datetime import datetime
from pathlib import Path

from bench.serving.life import BLOCK, SLOTS
from bench.serving.server import Listener, PageServer
from tests.practice.clients.tls import Authority

SINCE_END_S = 7_200


def main() -> int:
    """Serve until told to stop."""
    chosen = _chosen()
    now = int(time.time()) - SINCE_END_S
    end = int(datetime.fromisoformat(chosen.end).timestamp()) if chosen.end else now - now % 60
    pages = PageServer(
        tickets=chosen.tickets,
        end=end,
        slots=chosen.events_per,
        seed=chosen.seed,
        limits=chosen.limits,
    )
    if chosen.changed:
        pages.change(chosen.changed, chosen.spread)
    with tempfile.TemporaryDirectory(prefix="page-server-") as folder:
        authority = Authority(Path(folder), *filter(None, (chosen.name,)))
        with Listener(pages, authority.context(), chosen.port) as listener:
            if chosen.name:
                pages.listen_as(f"https://{chosen.name}")
            for number in (signal.SIGINT, signal.SIGTERM):
                signal.signal(number, lambda *_: _stop(listener))
            if chosen.while_read:
                threading.Thread(target=_stop_at_the_end, args=(listener,), daemon=True).start()
            told = {
                "url": listener.url,
                "ca": str(authority.certificate),
                "tickets": pages.export.tickets,
                "events": pages.export.events,
            }
            sys.stdout.write(json.dumps(told) + "\n")
            sys.stdout.flush()
            listener.serve_forever(0.05)
    return 0


def _chosen() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.serving")
    parser.add_argument("--tickets", type=int, required=True, help=f"a multiple of {BLOCK}")
    parser.add_argument("--events-per", type=int, default=SLOTS, help=f"of a ticket, 0 to {SLOTS}")
    parser.add_argument("--changed", type=int, default=0, help="tickets that change after the end")
    parser.add_argument("--spread", choices=("recent", "random"), default="random")
    parser.add_argument("--limits", choices=("real", "generous", "off"), default="off")
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--end", default="", help="when the last ticket came in, with its zone")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--name", default="", help="a host name that a proxy leads here")
    parser.add_argument("--while-read", action="store_true", help="stop when standard input ends")
    chosen = parser.parse_args()
    if chosen.tickets % BLOCK or chosen.tickets <= 0:
        parser.error(f"--tickets has to be a multiple of {BLOCK}")
    return chosen


def _stop(listener: Listener) -> None:
    threading.Thread(target=listener.shutdown, daemon=True).start()


def _stop_at_the_end(listener: Listener) -> None:
    sys.stdin.read()
    _stop(listener)


if __name__ == "__main__":
    sys.exit(main())
