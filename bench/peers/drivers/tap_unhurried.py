"""Runs tap-zendesk as its own command does, but only counts the seconds it would sleep.

    python tap_unhurried.py --config CONFIG --catalog CATALOG

The tap sleeps out a minute after every 460 tickets, whether or not it asked for their audits. Its
code is what was installed: `time.sleep` is what is replaced. The last line says how long it would
have slept.
"""

from __future__ import annotations

import importlib
import json
import sys
import time
from typing import SupportsIndex


def main() -> None:
    """Run the tap with the arguments of this program."""
    slept: list[SupportsIndex | float] = []
    time.sleep = slept.append
    importlib.import_module("tap_zendesk").main()
    sys.stdout.write(json.dumps({"slept_s": round(sum(map(float, slept)), 1)}) + "\n")


if __name__ == "__main__":
    main()
