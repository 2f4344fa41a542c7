"""Counts the processor's instructions for decoding a page of tickets and making columns of it.

Imports are left out: valgrind counts from the moment this process asks for it.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import msgspec

ROUNDS = 2
NEEDED = ("valgrind", "vgdb")
COUNTED = re.compile(r"Collected : (\d+)")
SWITCHED_WITHIN_S = 20
CANNOT_SWITCH = 3
TUNED = "GLIBC_TUNABLES"
"""What a test run tells its memory allocator, which would be counted."""


def missing() -> str | None:
    """Return why instructions cannot be counted here, None if nothing speaks against it."""
    absent = [name for name in NEEDED if shutil.which(name) is None]
    return (
        f"instructions are counted by valgrind; not here: {', '.join(absent)}" if absent else None
    )


def instructions(page: bytes, folder: Path) -> int | None:
    """Return how many instructions a page takes, all rounds together; None if valgrind refuses."""
    file = folder / "page.json"
    file.write_bytes(page)
    valgrind = ["valgrind", "--tool=callgrind", "--instr-atstart=no", "--vgdb=yes"]
    valgrind += [f"--vgdb-prefix={folder}/vgdb", f"--callgrind-out-file={folder}/callgrind.out"]
    environ = {name: value for name, value in os.environ.items() if name != TUNED}
    ran = subprocess.run(
        [*valgrind, sys.executable, "-m", "tests.costs.instructions", str(file)],
        capture_output=True,
        text=True,
        check=False,
        cwd=Path(__file__).resolve().parents[2],
        env={**environ, "PYTHONHASHSEED": "0"},
    )
    if ran.returncode == CANNOT_SWITCH:
        return None
    found = COUNTED.search(ran.stderr)
    assert ran.returncode == 0, ran.stderr
    assert found, ran.stderr
    return int(found[1])


def main(file: Path) -> int:
    """Read a page again and again, counted by the valgrind around this process."""
    from connector.adapters.zendesk.parse import ticket_rows
    from connector.adapters.zendesk.wire import TicketExport

    raw, decoder = file.read_bytes(), msgspec.json.Decoder(TicketExport)
    if not _switch("on", file.parent):
        return CANNOT_SWITCH
    for _ in range(ROUNDS):
        page = decoder.decode(raw)
        ticket_rows(page.tickets, watched=(), metric_sets=page.metric_sets or ())
    return 0 if _switch("off", file.parent) else CANNOT_SWITCH


def _switch(state: str, folder: Path) -> bool:
    """Let valgrind begin or stop to count; it cannot where it may not trace its own process."""
    command = ["vgdb", f"--vgdb-prefix={folder}/vgdb", f"--pid={os.getpid()}"]
    try:
        ran = subprocess.run(
            [*command, "instrumentation", state],
            check=False,
            capture_output=True,
            timeout=SWITCHED_WITHIN_S,
        )
    except subprocess.TimeoutExpired:
        return False
    return ran.returncode == 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
