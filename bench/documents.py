"""Documents whose marked tables are made anew: `<!-- table: NAME -->` to `<!-- end -->`."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence

Rows = list[list[str]]
"""The cells of a table; the first row are its heads."""

_TABLE = re.compile(r"(<!-- table: (?P<name>[a-z ]+) -->\n).*?(<!-- end -->)", re.DOTALL)


def renewed(text: str, tables: Mapping[str, Callable[[], Rows]]) -> str:
    """Return a document with every marked table made anew; one that nobody makes stays."""

    def table(match: re.Match[str]) -> str:
        make = tables.get(match["name"])
        return match[0] if make is None else f"{match[1]}{markdown(make())}\n{match[3]}"

    return _TABLE.sub(table, text)


def marked(text: str) -> list[str]:
    """Return the names of the tables of a document."""
    return [match["name"] for match in _TABLE.finditer(text)]


def markdown(rows: Sequence[Sequence[str]]) -> str:
    """Return rows as a Markdown table; the first are its heads."""
    head, *others = rows
    lines = [head, ["---"] * len(head), *others]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)
