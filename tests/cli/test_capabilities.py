"""The README says what the adapters say."""

from __future__ import annotations

from pathlib import Path

from connector.adapters.registry import adapter_class
from connector.cli.capabilities import BEGIN, END, ROWS, capability_table, with_table

README = Path(__file__).resolve().parents[2] / "README.md"


def test_the_readme_is_up_to_date() -> None:
    text = README.read_text(encoding="utf-8")
    assert with_table(text) == text, "run python -m connector.cli.capabilities"


def test_the_table_says_what_an_adapter_can_do() -> None:
    batch = adapter_class("zendesk").capabilities.write_batch
    table = capability_table()
    assert f"| tickets written in one request | {batch} |" in table
    assert len(table.splitlines()) == len(ROWS) + 2


def test_the_practising_helpdesk_is_no_column() -> None:
    assert "memory" not in capability_table().lower()


def test_what_stands_around_the_table_stays() -> None:
    text = f"before\n{BEGIN}\nold\n{END}\nafter\n"
    made = with_table(text)
    assert made.startswith("before\n")
    assert made.endswith("after\n")
    assert "old" not in made
    assert with_table(made) == made
