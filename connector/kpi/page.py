"""The catalogue as a page for people: `docs/kpis.md` is what `catalogue_markdown` returns."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from connector.kpi.catalogue import DAY_S, STAMPS, definitions
from connector.kpi.sections import grouped

if TYPE_CHECKING:
    from connector.model.kpi import MeasureDefinition, Setting

HEAD: Final = """# The KPI catalogue

Generated from the headers of `connector/kpi/measures/*.sql`; edit those, then run
`python -m connector.kpi.page > docs/kpis.md`.

Times are stored in seconds, shares as 0 to 1. A ticket that has not got there yet has no value,
never 0. Business values count the opening hours of the ticket's schedule. The first aggregate is
the default. A value is provisional until the period's end plus the settlement lag. A variant is
another formula for the same thing, chosen by `variant = "NAME"` in a KPI; the measure itself is the
product's own. [Measures of your own](configuring-mappings.md#a-measure-of-your-own) are defined in
a mapping.
"""


def catalogue_markdown() -> str:
    """Return the page: chapter by chapter a table of the measures, then a section for each."""
    chapters = grouped(definitions().values())
    lines = [HEAD, *(f"- [{section}](#{_anchor(section)})" for section in chapters), ""]
    for section, measures in chapters.items():
        lines += [f"## {section}", ""]
        lines += [
            "| measure | unit | clocks | aggregates | better | dated by | lag |",
            "|---|---|---|---|---|---|---|",
            *(_row(one) for one in measures if not one.variant_of),
            "",
        ]
        for one in measures:
            lines += _variant(one) if one.variant_of else _section(one, measures)
    return "\n".join(lines)


def _anchor(title: str) -> str:
    return title.lower().replace(" ", "-")


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


def _section(one: MeasureDefinition, measures: list[MeasureDefinition]) -> Iterator[str]:
    yield from (f"### {one.id}", "", f"**{one.title}.** {one.definition}", "")
    yield f"- Starts: {one.starts}"
    yield f"- Stops: {one.stops}"
    yield f"- Left out: {one.excludes}" + (f"; {one.not_yet}" if one.not_yet else "")
    if one.numerator:
        yield f"- Divides: `{one.numerator}` by `{one.denominator}`"
    for name, setting in one.settings.items():
        yield f"- Setting `{name}`: {_setting(setting)}"
    if one.needs_one_of:
        yield f"- Has to be set: {' or '.join(f'`{name}`' for name in one.needs_one_of)}"
    if one.wakes:
        yield f"- Time alone changes it: {one.wakes}"
    yield f"- Source: {one.source}"
    yield ""
    if any(other.variant_of == one.id for other in measures):
        yield from ("Variants:", "")


def _variant(one: MeasureDefinition) -> Iterator[str]:
    name = one.id.partition(".")[2]
    yield f'- `"{name}"`: **{one.title}.** {one.definition} Source: {one.source}'
    yield ""


def _setting(setting: Setting) -> str:
    words = [setting.kind.replace("_", " or ")]
    if setting.options:
        words = [" or ".join(f"`{option}`" for option in setting.options)]
    elif setting.low is not None and setting.high is not None:
        words.append(f"from {_bound(setting, setting.low)} to {_bound(setting, setting.high)}")
    if setting.default:
        words.append(f"`{setting.default}` if left out")
    else:
        words.append("may be left out" if setting.is_optional else "has to be set")
    return ", ".join(words)


def _bound(setting: Setting, bound: float) -> str:
    return f"{bound / DAY_S:g} d" if setting.kind == "duration" else f"{bound:g}"


if __name__ == "__main__":
    print(catalogue_markdown(), end="")  # noqa: T201  # the page goes to standard output
