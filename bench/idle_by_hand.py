"""The least that an idle run could cost: its libraries, the store, and twelve KPIs by hand.

python -m bench.idle_by_hand STORE    reads the store as it is, and prints how long its parts took
"""

from __future__ import annotations

import sys

# what a sync needs as well; nothing is done with most of it here
import duckdb
import msgspec
import numpy as np
import requests
import typer
from pydantic import BaseModel

from bench.idle_folder import SINCE, UNTIL

QUERIES = {
    "reply_median": ("first_reply_time", "calendar", "median(m.value)"),
    "reply_p90_business": ("first_reply_time", "business", "quantile_cont(m.value, 0.9)"),
    "reply_within": ("first_reply_time", "calendar", "avg((m.value <= 14400)::int)"),
    "first_resolution": ("first_resolution_time", "calendar", "median(m.value)"),
    "full_resolution": ("full_resolution_time", "business", "median(m.value)"),
    "waiting": ("requester_wait_time", "calendar", "median(m.value)"),
    "replies": ("replies_per_ticket", "calendar", "avg(m.value)"),
    "csat": ("csat_pct", "calendar", "avg(m.value)"),
    "reopened": ("reopen_rate", "calendar", "avg(m.value)"),
    "one_touch": ("one_touch_rate", "calendar", "avg(m.value)"),
    "created": ("tickets_created", "calendar", "count(distinct m.ticket_id)"),
    "solved": ("tickets_solved", "calendar", "count(distinct m.ticket_id)"),
}
BY_HAND = """
select {value}, count(*)
from measures as m
where m.measure = '{measure}' and m.clock = '{clock}' and m.value is not null
  and m.flags = 0 and m."at" >= timestamp '{since}' and m."at" < timestamp '{until}'
"""
"""No filter, no interval, and nobody is told what was left out."""


def main() -> None:
    """Open the store and ask."""
    loaded: list[object] = [
        BaseModel,
        msgspec.json.Decoder,
        np.ndarray,
        requests.Session,
        typer.Typer,
    ]
    with duckdb.connect(sys.argv[1], read_only=True, config={"threads": 2}) as con:
        for measure, clock, value in QUERIES.values():
            query = BY_HAND.format(
                value=value, measure=measure, clock=clock, since=SINCE, until=UNTIL
            )
            loaded.append(con.execute(query).fetchall())
    sys.stdout.write(f"{len(loaded)}\n")


if __name__ == "__main__":
    main()
