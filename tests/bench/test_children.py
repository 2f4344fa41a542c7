"""What a program of others cost is seen from outside, its children included."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from bench.children import ProgramError, Ran, ran

HOLDING = "import time; held = bytearray(150 << 20); time.sleep(0.2)"
BELOW = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {HOLDING!r}], check=True)"
WORKING = "sum(range(5_000_000))"


def python(folder: Path, code: str, *, mark: bytes = b"", limit_s: float = 60) -> Ran:
    command = [sys.executable, "-c", code]
    return ran(command, folder=folder, environ={"THIS": "one"}, mark=mark, limit_s=limit_s)


def test_lines_are_counted_by_their_mark_and_the_last_is_kept(tmp_path: Path) -> None:
    code = "print('a RECORD'); print('other'); print('RECORD'); print('end')"
    found = python(tmp_path, code, mark=b"RECORD")
    assert (found.marked, found.last) == (2, "end\n")


def test_a_mark_deep_inside_a_line_does_not_count(tmp_path: Path) -> None:
    assert python(tmp_path, "print('x' * 100 + 'RECORD')", mark=b"RECORD").marked == 0


def test_memory_of_a_program_is_its_highest(tmp_path: Path) -> None:
    assert 150 < python(tmp_path, HOLDING).peak_mb < 250


def test_memory_of_children_counts(tmp_path: Path) -> None:
    assert python(tmp_path, BELOW).peak_mb > 155


def test_the_work_of_children_counts(tmp_path: Path) -> None:
    idle = python(tmp_path, BELOW.replace(HOLDING, "pass"))
    below = python(tmp_path, BELOW.replace(HOLDING, ";".join([WORKING] * 10)))
    assert below.cpu_s > 2 * idle.cpu_s


def test_only_the_variables_given_are_there(tmp_path: Path) -> None:
    found = python(tmp_path, "import os; print(os.environ['THIS'], 'HOME' in os.environ)")
    assert found.last == "one False\n"


def test_a_program_that_fails_is_named_with_the_end_of_its_errors(tmp_path: Path) -> None:
    with pytest.raises(ProgramError, match=r"(?s)ended with 1: .*no luck"):
        python(tmp_path, "raise SystemExit('no luck')")


def test_a_program_that_does_not_end_is_stopped(tmp_path: Path) -> None:
    with pytest.raises(ProgramError, match="ended with -9"):
        python(tmp_path, "import time; time.sleep(600)", limit_s=0.1)
