"""The README says what the adapters say."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from connector.adapters.registry import adapter_class, kinds
from connector.cli.capabilities import (
    BEGIN,
    END,
    PAGES,
    PRACTISING,
    README,
    ROOT,
    ROWS,
    capability_table,
    with_table,
)

HELPDESKS = sorted({"redmine", "roundup", "rt", "zendesk"})


def told(kind: str) -> Mapping[str, str]:
    """Return what the table says of one helpdesk: row to cell."""
    rows = [line.strip("| ").split(" | ") for line in capability_table().splitlines()]
    column = next(place for place, head in enumerate(rows[0]) if f"/{kind}.md" in head)
    return {row[0]: row[column + 1] for row in rows[2:]}


def test_the_readme_is_up_to_date() -> None:
    text = README.read_text(encoding="utf-8")
    assert with_table(text) == text, "run python -m connector.cli.capabilities"


def test_every_helpdesk_has_a_column_and_every_promise_a_row() -> None:
    lines = capability_table().splitlines()
    assert {*kinds()} - PRACTISING == {*HELPDESKS}
    assert len(lines) == len(ROWS) + 2
    assert {line.count("|") for line in lines} == {len(HELPDESKS) + 2}


@pytest.mark.parametrize("kind", HELPDESKS)
def test_a_column_leads_to_how_its_helpdesk_is_set_up(kind: str) -> None:
    page = PAGES / f"{kind}.md"
    title = (ROOT / page).read_text(encoding="utf-8").splitlines()[0].removeprefix("# ")
    assert f"| [{title}]({page.as_posix()}) |" in capability_table().splitlines()[0]


@pytest.mark.parametrize("kind", HELPDESKS)
def test_a_column_says_what_its_adapter_says(kind: str) -> None:
    can = adapter_class(kind).capabilities
    found = told(kind)
    assert found["your own tags are safe by"] == can.keeps_foreign_tags
    assert set(found["reads"].split(", ")) == can.streams
    assert (
        found["a write to a ticket that changed since it was planned is refused"] == "yes"
    ) == can.detects_conflicts
    assert ("`connector setup`" in found["goal status in fields"]) == can.creates_fields


def test_the_helpdesks_differ_where_they_do() -> None:
    assert [told(kind)["history comes from"] for kind in HELPDESKS] == [
        "asked for ticket by ticket",
        "by comparing what was read",
        "asked for ticket by ticket",
        "a feed of its own",
    ]
    assert [told(kind)["requests to write 100 tickets"] for kind in HELPDESKS] == [
        "300",
        "230",
        "210",
        "4",
    ]
    finds = "searches and rules find our drop-downs by"
    assert told("zendesk")[finds] == "the tag of the option"
    assert {told(kind)[finds] for kind in ("redmine", "roundup", "rt")} == {
        "the words that agents read"
    }


def test_tags_that_have_to_be_added_first_are_told() -> None:
    asked = {kind for kind in HELPDESKS if "add first" in told(kind)["tags of goals"]}
    assert asked == {"redmine", "roundup"}


def test_the_practising_helpdesk_is_no_column() -> None:
    assert "memory" not in capability_table().lower()


def test_what_stands_around_the_table_stays() -> None:
    text = f"before\n{BEGIN}\nold\n{END}\nafter\n"
    made = with_table(text)
    assert made.startswith("before\n")
    assert made.endswith("after\n")
    assert "old" not in made
    assert with_table(made) == made
