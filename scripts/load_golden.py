#!/usr/bin/env python3
"""Load a folder of golden inputs into the practice helpdesk, which then serves it.

    scripts/load_golden.py --serve --port 8085 ../shared/golden/dbt_zendesk/synthetic_even

The folder's `inputs/` are tables in the shape of a Zendesk connector's. Every id is kept.

- A ticket begins with the values that its field history has in the second of its creation, and
  with its first comment if that was written then. Everything later is an update of its own time.
- Within a second comments come before changes, and both stay in the order in which they stand;
  neighbours by the same person are one update, as when a reply solves the ticket.
- A schedule is assigned when `ticket_schedule_data` says so, and told as Zendesk tells it.
- Targets of SLAs stand in the history as JSON. They are told as metric events `apply_sla`, with the
  policy in force; a target that is cleared was fulfilled.
- Ratings are rows of their own: an offer becomes good or bad, and a later offer is a new row.
- The clock stands at `--as-of`, by default the last time at which a row was read from the source,
  and the minute that the helpdesk withholds later.
"""

from __future__ import annotations

import argparse
import csv
import sys
from collections import defaultdict
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from golden_history import History, instant, is_true, number_or_none
from golden_slas import policies, steps

from connector.practice.clock import Clock
from connector.practice.directory import ID_BASE, Group, Holiday, Organization, Schedule, User
from connector.practice.export import WITHHELD_S
from connector.practice.feed import Feed
from connector.practice.fields import SYSTEM_KINDS
from connector.practice.helpdesk import ADMIN_EMAIL
from connector.practice.serving import add_options, serve
from connector.practice.world import World

Row = Mapping[str, str]
Tables = Mapping[str, list[Row]]
REQUIRED = ("ticket_data", "ticket_comment_data", "ticket_field_history_data", "user_data")
"""The tables without which there is nothing to serve; any other may be absent."""
SYNCED = "_fivetran_synced"


def read_inputs(folder: Path) -> Tables:
    """Return every table of `inputs/`; those that are absent are empty."""
    found: defaultdict[str, list[Row]] = defaultdict(list)
    for path in sorted((folder / "inputs").glob("*.csv")):
        with path.open(encoding="utf-8", newline="") as file:
            found[path.stem] = list(csv.DictReader(file))
    missing = [name for name in REQUIRED if name not in found]
    if missing:
        sys.exit(f"{folder}/inputs has no {', '.join(f'{name}.csv' for name in missing)}")
    return found


def as_of(tables: Tables) -> datetime:
    """Return when the tables were read from their source: the last time that any row has."""
    times = [row[SYNCED] for rows in tables.values() for row in rows if row.get(SYNCED)]
    if not times:
        sys.exit(f"no row has {SYNCED}; say with --as-of what time it is")
    return datetime.fromtimestamp(max(map(instant, times)), tz=UTC)


def load_world(tables: Tables, at: datetime) -> World:
    """Build a practice helpdesk that has read all of the tables by an instant."""
    world = World(Clock(at + timedelta(seconds=WITHHELD_S)))
    begin = min(instant(row["created_at"]) for row in tables["ticket_data"])
    world.fields.add_system(SYSTEM_KINDS, begin)
    _people(world, tables, begin)
    _hours(world, tables)
    told = list(_histories(tables))
    feed = Feed(audit for one in told for audit in one.audits())
    world.load([one.ticket for one in told], feed)
    for rating in (rating for one in told for rating in one.ratings):
        rating.id = len(world.ratings) + 1
        world.ratings[rating.id] = rating
    world.policies += policies(tables)
    ids = {row["name"]: int(row["sla_policy_id"]) for row in tables["sla_policy_names"]}
    world.told_steps = {one.ticket.id: steps(one.rows, ids) for one in told}
    world.directory.lay_out_hours(begin, world.now())
    return world


def _people(world: World, tables: Tables, begin: int) -> None:
    directory = world.directory
    for row in tables["user_data"]:
        number = int(row["id"])
        directory.users[number] = User(
            id=number,
            name=row["name"],
            email=row["email"],
            role=row["role"],
            created_at=instant(row["created_at"]),
            updated_at=instant(row["updated_at"]),
            organization_id=number_or_none(row["organization_id"]),
            active=is_true(row["active"]),
            suspended=is_true(row["suspended"]),
        )
    reader = ID_BASE
    directory.users[reader] = User(reader, "Goals", ADMIN_EMAIL, "admin", begin, begin)
    for row in tables["group_data"]:
        number, is_gone = int(row["id"]), is_true(row["_fivetran_deleted"])
        made = Group(number, row["name"], instant(row["created_at"]), deleted=is_gone)
        directory.groups[number] = made
    for row in tables["organization_data"]:
        number = int(row["id"])
        made_on = instant(row["created_at"])
        directory.organizations[number] = Organization(number, row["name"], made_on)
    for row in tables["ticket_data"]:
        for table, column in ((directory.brands, "brand_id"), (directory.forms, "ticket_form_id")):
            if row[column]:
                table.setdefault(int(row[column]), f"{column} {row[column]}")


def _hours(world: World, tables: Tables) -> None:
    zones = {row["time_zone"]: row["iana"] for row in tables["time_zone_iana"]}
    world.directory.zones = {**world.directory.zones, **zones}
    rows: defaultdict[int, list[Row]] = defaultdict(list)
    for row in tables["schedule_data"]:
        if not is_true(row["_fivetran_deleted"]):
            rows[int(row["id"])].append(row)
    for number, own in rows.items():
        world.directory.schedules[number] = Schedule(
            id=number,
            name=own[0]["name"],
            time_zone=own[0]["time_zone"],
            intervals=tuple(sorted((int(r["start_time"]), int(r["end_time"])) for r in own)),
            created_at=instant(own[0]["created_at"]),
            holidays=tuple(_holidays(tables, number)),
        )


def _holidays(tables: Tables, schedule: int) -> Iterator[Holiday]:
    for row in tables["schedule_holiday_data"]:
        if int(row["schedule_id"]) == schedule and not is_true(row["_fivetran_deleted"]):
            days = (date.fromisoformat(row[name][:10]) for name in ("start_date", "end_date"))
            yield Holiday(int(row["id"]), row["name"], *days)


def _histories(tables: Tables) -> Iterator[History]:
    parts: dict[str, defaultdict[str, list[Row]]] = {}
    for name in ("comment", "field_history", "schedule", "tag"):
        parts[name] = defaultdict(list)
        for row in tables[f"ticket_{name}_data"]:
            parts[name][row["ticket_id"]].append(row)
    for row in tables["ticket_data"]:
        number = row["id"]
        yield History(
            row,
            comments=parts["comment"][number],
            fields=parts["field_history"][number],
            schedules=parts["schedule"][number],
            tags=tuple(sorted(tag["tag"] for tag in parts["tag"][number])),
        )


def main() -> int:
    """Load the folder; serve it, or say what was loaded."""
    parser = argparse.ArgumentParser(description="Load a folder of golden inputs.")
    parser.add_argument("folder", type=Path, help="it has inputs/")
    parser.add_argument("--serve", action="store_true", help="serve until stopped")
    parser.add_argument("--as-of", type=datetime.fromisoformat, help="ISO 8601 with zone")
    add_options(parser)
    chosen = parser.parse_args()
    tables = read_inputs(chosen.folder)
    world = load_world(tables, chosen.as_of or as_of(tables))
    directory = world.directory
    print(
        f"{len(world.tickets):,} tickets, {len(world.feed):,} updates, {len(directory.users):,}"
        f" people, {len(directory.schedules):,} schedules, {len(world.ratings):,} ratings"
    )
    if chosen.serve:
        serve(world, chosen)
    return 0


if __name__ == "__main__":
    sys.exit(main())
