"""The house rules that a machine can check: sizes, empty packages, no stray words."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "connector"
MODULES = sorted(PACKAGE.rglob("*.py"))
FORBIDDEN_NAMES = {"utils", "helpers", "common", "misc", "manager", "core"}


def module_id(path: Path) -> str:
    return str(path.relative_to(ROOT))


def code_lines(node: ast.AST, lines: list[str]) -> int:
    """Count the lines of a module or function that hold code: no blanks, comments, docstrings."""
    documented = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    skipped: set[int] = set()
    for inner in ast.walk(node):
        if isinstance(inner, documented) and ast.get_docstring(inner) is not None:
            first = inner.body[0]
            skipped.update(range(first.lineno, (first.end_lineno or first.lineno) + 1))
    start = getattr(node, "lineno", 1)
    end = getattr(node, "end_lineno", None) or len(lines)
    code = (n for n in range(start, end + 1) if n not in skipped)
    return sum(1 for n in code if lines[n - 1].strip() and lines[n - 1].strip()[0] != "#")


def nesting(node: ast.AST, depth: int = 0) -> int:
    """Return how deep blocks are nested inside a function."""
    blocks = (ast.If, ast.For, ast.While, ast.With, ast.Try)
    deepest = depth
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.FunctionDef | ast.ClassDef | ast.Lambda):
            continue
        is_elif = isinstance(node, ast.If) and child in node.orelse and isinstance(child, ast.If)
        step = 1 if isinstance(child, blocks) and not is_elif else 0
        deepest = max(deepest, nesting(child, depth + step))
    return deepest


@pytest.mark.parametrize("path", MODULES, ids=module_id)
def test_modules_stay_small(path: Path) -> None:
    source = path.read_text(encoding="utf-8")
    assert code_lines(ast.parse(source), source.splitlines()) <= 250


@pytest.mark.parametrize("path", MODULES, ids=module_id)
def test_functions_stay_small(path: Path) -> None:
    source = path.read_text(encoding="utf-8")
    lines = source.splitlines()
    functions = [n for n in ast.walk(ast.parse(source)) if isinstance(n, ast.FunctionDef)]
    assert [f.name for f in functions if code_lines(f, lines) > 40] == []
    assert [f.name for f in functions if nesting(f) > 3] == []


@pytest.mark.parametrize("path", MODULES, ids=module_id)
def test_functions_take_few_arguments(path: Path) -> None:
    too_many = []
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.FunctionDef):
            positional = [a for a in (*node.args.posonlyargs, *node.args.args) if a.arg != "self"]
            total = len(positional) + len(node.args.kwonlyargs)
            commands = path.parent.name == "cli"  # a command's options are its arguments
            if len(positional) > 5 or (total > 7 and not commands):
                too_many.append(f"{node.name}: {total}")
    assert too_many == []


def test_packages_are_empty() -> None:
    assert [p for p in PACKAGE.rglob("__init__.py") if p.read_text(encoding="utf-8").strip()] == []


def test_modules_are_named_after_things() -> None:
    assert [p for p in MODULES if p.stem in FORBIDDEN_NAMES] == []


def test_nobody_catches_everything() -> None:
    broad = re.compile(r"except\s+(Base)?Exception\b|except\s*:")
    assert [module_id(p) for p in MODULES if broad.search(p.read_text(encoding="utf-8"))] == []


def test_only_the_adapter_knows_a_vendor() -> None:
    allowed = {"adapters", "practice"}
    named = [
        module_id(path)
        for path in MODULES
        if path.relative_to(PACKAGE).parts[0] not in allowed
        and re.search(r"zendesk", _without_docstrings(path), re.IGNORECASE)
    ]
    assert set(named) <= {"connector/cli/demo.py"}


def _without_docstrings(path: Path) -> str:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return " ".join(
        node.id if isinstance(node, ast.Name) else node.module or ""
        for node in ast.walk(tree)
        if isinstance(node, ast.Name | ast.ImportFrom)
    )
