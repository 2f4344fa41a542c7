"""Every promise in `docs/promises.md` names tests, and every one of them exists."""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PROMISES = (ROOT / "docs" / "promises.md").read_text(encoding="utf-8")
ROWS = [line for line in PROMISES.splitlines() if line.startswith("| ") and "| tests |" not in line]
NODE = re.compile(r"`(tests/[\w/]+\.py)::(test_\w+)`")


@cache
def defined_in(path: Path) -> frozenset[str]:
    """Return the names of the tests that a file defines."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return frozenset(node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef))


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.split("|")[1].strip()[:60])
def test_a_promise_is_held_by_tests_that_exist(row: str) -> None:
    nodes = NODE.findall(row)
    assert nodes
    assert [name for path, name in nodes if name not in defined_in(ROOT / path)] == []


def test_no_promise_stands_twice() -> None:
    promises = [row.split("|")[1] for row in ROWS]
    assert len(promises) == len(set(promises)) > 50
