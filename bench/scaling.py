"""How far it scales: `scripts/scaling` writes the tables of `docs/scaling.md` anew.

Nothing is asked of any helpdesk. What a store costs is measured by `bench.scaling_store`.
"""

from __future__ import annotations

import logging
import sys

import structlog

from bench import documents
from bench.scaling_tables import TABLES
from bench.timing import ROOT

DOCUMENT = ROOT / "docs" / "scaling.md"


def renewed(text: str) -> str:
    """Return a document with every marked table made anew."""
    return documents.renewed(text, TABLES)


def quietly() -> None:
    """Say nothing of calls that are repeated: refusals are counted."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))


def main() -> int:
    """Write the document anew; exit 1 where it was not as it should be."""
    quietly()
    before = DOCUMENT.read_text("utf-8")
    after = renewed(before)
    DOCUMENT.write_text(after, "utf-8")
    return 0 if before == after else 1


if __name__ == "__main__":
    sys.exit(main())
