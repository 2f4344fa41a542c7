"""Counts the processor's instructions for decoding a page of tickets and making columns of it.

Imports are left out: valgrind counts from the moment this process asks for it.
"""

from __future__ import annotations

import gc
import os
import re
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import msgspec

ROUNDS = 2
NEEDED = ("valgrind", "vgdb")
COUNTED = re.compile(r"Collected : (\d+)")
SWITCHED_WITHIN_S = 20
SPARE = {"PYTHONHASHSEED": "0", "PYDANTIC_DISABLE_PLUGINS": "1"}
"""No shuffling, and no looking for plugins, which costs a second under valgrind."""
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
        [*valgrind, sys.executable, "-S", "-m", "tests.costs.instructions", str(file)],
        capture_output=True,
        text=True,
        check=False,
        cwd=Path(__file__).resolve().parents[2],
        env=environ | SPARE | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
    )
    if ran.returncode == -signal.SIGALRM:
        return None
    found = COUNTED.search(ran.stderr)
    assert ran.returncode == 0, ran.stderr
    assert found, ran.stderr
    return int(found[1])


def main(file: Path) -> None:
    """Read a page again and again, counted by the valgrind around this process."""
    from connector.adapters.zendesk.parse import ticket_rows
    from connector.adapters.zendesk.wire import TicketExport

    raw, decoder = file.read_bytes(), msgspec.json.Decoder(TicketExport)
    vgdb = shutil.which("vgdb") or ""
    gc.disable()  # when it comes depends on what was imported
    signal.alarm(SWITCHED_WITHIN_S)
    _switch(vgdb, "on", file.parent)
    for _ in range(ROUNDS):
        page = decoder.decode(raw)
        ticket_rows(page.tickets, watched=(), metric_sets=page.metric_sets or ())
    _switch(vgdb, "off", file.parent)


def _switch(vgdb: str, state: str, folder: Path) -> None:
    """Let valgrind begin or stop to count; an alarm ends us where it may not trace its own process.

    Spawned with next to no code and no environment, since part of it is counted.
    """
    prefix, pid = f"--vgdb-prefix={folder}/vgdb", f"--pid={os.getpid()}"
    child = os.posix_spawn(vgdb, [vgdb, prefix, pid, "instrumentation", state], {})
    os.waitpid(child, 0)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
