"""How each peer is run: by its own command where it has one, else by a driver that uses it.

All believe that they talk to `https://bench.zendesk.com`: a proxy leads this name to the page
server, whose certificate carries it, and refuses every other name.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from bench.children import Ran, ran

HERE = Path(__file__).parent
DRIVERS = HERE / "drivers"
SUBDOMAIN = "bench"
NAME = f"{SUBDOMAIN}.zendesk.com"
TOKEN = "bench-token"  # noqa: S105  # a made-up secret of a made-up helpdesk
START = int(datetime(2001, 1, 1, tzinfo=UTC).timestamp())
"""From when on tickets are read: before the first."""
RECORD = b'"RECORD"'
QUIET = {"RUNTIME__DLTHUB_TELEMETRY": "false", "RUNTIME__LOG_LEVEL": "CRITICAL"}


class Got(msgspec.Struct, frozen=True, kw_only=True):
    """What a run cost, how many tickets it got, and how long it would have slept besides."""

    ran: Ran
    tickets: int
    slept_s: float = 0.0


class _Told(msgspec.Struct):
    rows: int | None = None
    slept_s: float = 0.0


class Where(msgspec.Struct, frozen=True, kw_only=True):
    """Where somebody runs: the folder of the programs, an empty one, and the page server."""

    programs: Path
    folder: Path
    url: str
    ca: str


Command = Callable[[Where], list[str | Path]]


class Peer(msgspec.Struct, frozen=True, kw_only=True):
    """A way to read all tickets of an account."""

    command: Command
    package: str = ""
    """Whose environment it runs in; empty for the project's own."""
    mark: bytes = b""
    """What a line with a ticket has in it, where the peer prints its tickets."""

    def run(self, where: Where, environ: Mapping[str, str]) -> Got:
        """Read all tickets once, in an empty folder."""
        path = f"{where.programs}:/usr/bin:/bin"
        found = ran(
            self.command(where),
            folder=where.folder,
            environ={**QUIET, **environ, "HOME": str(where.folder), "PATH": path},
            mark=self.mark,
        )
        told = _told(found.last)
        tickets = found.marked if told.rows is None else told.rows
        return Got(ran=found, tickets=tickets, slept_s=told.slept_s)


def _told(line: str) -> _Told:
    """Return what a driver said at the end; a peer's own last line says nothing of the kind."""
    try:
        return msgspec.json.decode(line, type=_Told)
    except msgspec.MsgspecError:
        return _Told()


def _zenpy(where: Where) -> list[str | Path]:
    return [where.programs / "python", DRIVERS / "iterated.py", SUBDOMAIN, TOKEN, str(START)]


def _tap(where: Where) -> list[str | Path]:
    return [where.programs / "python", DRIVERS / "tap_unhurried.py", *_tap_files(where)]


def _patient_tap(where: Where) -> list[str | Path]:
    return [where.programs / "tap-zendesk", *_tap_files(where)]


def _tap_files(where: Where) -> list[str | Path]:
    catalog = where.folder / "catalog.json"
    made = [where.programs / "python", DRIVERS / "tap_catalog.py", catalog]
    subprocess.run(made, check=True, capture_output=True)
    begin = datetime.fromtimestamp(START, tz=UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    config = {"subdomain": SUBDOMAIN, "access_token": TOKEN, "start_date": begin}
    return ["--config", _written(where.folder / "config.json", config), "--catalog", catalog]


def _dlt(*options: str) -> Command:
    def command(where: Where) -> list[str | Path]:
        driver = [where.programs / "python", DRIVERS / "loaded.py"]
        return [*driver, SUBDOMAIN, TOKEN, str(START), str(where.folder), *options]

    return command


def _airbyte(where: Where) -> list[str | Path]:
    config = {"subdomain": SUBDOMAIN, "access_token": TOKEN, "start": str(START)}
    stream = {"name": "tickets", "json_schema": {}, "supported_sync_modes": ["incremental"]}
    chosen = {"stream": stream, "sync_mode": "incremental", "destination_sync_mode": "append"}
    return [
        *(where.programs / "source-declarative-manifest", "read"),
        *("--config", _written(where.folder / "config.json", config)),
        *("--catalog", _written(where.folder / "catalog.json", {"streams": [chosen]})),
        *("--manifest-path", HERE / "airbyte.yaml"),
    ]


def _written(path: Path, document: object) -> Path:
    path.write_bytes(msgspec.json.encode(document))
    return path


def _reading(program: str) -> Command:
    def command(where: Where) -> list[str | Path]:
        module = f"bench.reading.{program}"
        return [sys.executable, "-m", module, "tickets", where.url, where.ca, where.folder]

    return command


OWN = {
    "floor": Peer(command=_reading("floor")),
    "ours": Peer(command=_reading("ours")),
}
"""The least code that reads and stores what we do, and ours."""
PEERS = {
    "zenpy": Peer(package="zenpy", command=_zenpy),
    "tap-zendesk": Peer(package="tap-zendesk", command=_tap, mark=RECORD),
    "dlt": Peer(package="dlt", command=_dlt()),
    "airbyte-cdk": Peer(package="airbyte-cdk", command=_airbyte, mark=RECORD),
}
PATIENT_TAP = Peer(package="tap-zendesk", command=_patient_tap, mark=RECORD)
"""The tap by its own command, which sleeps out every minute in which it met 460 tickets."""
PLAIN_DLT = Peer(package="dlt", command=_dlt("--plain"))
"""dlt without a word of how to store lists."""
