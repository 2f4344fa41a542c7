"""The catalogue as a page for people: `docs/kpis.md` is what `catalogue_markdown` returns."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from connector.kpi.catalogue import DAY_S, STAMPS, definitions

if TYPE_CHECKING:
    from connector.model.kpi import MeasureDefinition

HEAD: Final = """# The KPI catalogue

Generated from the headers of `connector/kpi/measures/*.sql`; edit those, then run
`python -m connector.kpi.page > docs/kpis.md`.

Times are stored in seconds, shares as 0 to 1. A ticket that has not got there yet has no value,
never 0. Business values count the opening hours of the ticket's schedule. The first aggregate is
the default. A value is provisional until the period's end plus the settlement lag.
"""


def catalogue_markdown() -> str:
    """Return the page: a table of all measures, then a section for each."""
    rows = [
        "| measure | unit | clocks | aggregates | better | dated by | lag |",
        "|---|---|---|---|---|---|---|",
        *(_row(definition) for definition in definitions().values()),
    ]
    sections = [_section(definition) for definition in definitions().values()]
    return "\n".join([HEAD, *rows, "", *sections])


def _row(one: MeasureDefinition) -> str:
    cells = (
        f"[{one.id}](#{one.id})",
        one.unit,
        ", ".join(one.clocks),
        ", ".join(one.aggregates),
        one.direction,
        STAMPS[one.stamp],
        f"{one.lag_s // DAY_S} d",
    )
    return f"| {' | '.join(cells)} |"


def _section(one: MeasureDefinition) -> str:
    lines = [
        f"## {one.id}",
        "",
        f"**{one.title}.** {one.definition}",
        "",
        f"- Starts: {one.starts}",
        f"- Stops: {one.stops}",
        f"- Left out: {one.excludes}" + (f"; {one.not_yet}" if one.not_yet else ""),
        f"- Source: {one.source}",
        "",
    ]
    return "\n".join(lines)


if __name__ == "__main__":
    print(catalogue_markdown(), end="")  # noqa: T201  # the page goes to standard output
