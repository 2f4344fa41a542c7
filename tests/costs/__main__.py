"""Count what the job costs: `python -m tests.costs` keeps the numbers, `--print` prints them."""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from pathlib import Path

from tests.costs import keeping
from tests.costs.comparing import moved
from tests.costs.job import count, counted_apart


def main() -> None:
    """Print the costs, or keep them and say what moved."""
    parser = argparse.ArgumentParser(prog="python -m tests.costs", description=__doc__)
    parser.add_argument("--print", action="store_true", help="print as JSON, keep nothing")
    with tempfile.TemporaryDirectory() as folder:
        if parser.parse_args().print:
            sys.stdout.write(json.dumps(count(Path(folder))))
        else:
            keep()


def keep() -> None:
    """Write the numbers, and say which were out of bounds before."""
    found = keeping.Kept(keeping.interpreter(), counted_apart())
    if keeping.PATH.exists():
        sys.stdout.writelines(f"{line}\n" for line in moved(keeping.load(), found))
    keeping.PATH.write_text(keeping.text(found), encoding="utf-8")


main()
