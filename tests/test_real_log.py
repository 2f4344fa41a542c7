"""A real log (24,918 incidents of a real ServiceNow) through HTTP, measured and compared."""

from __future__ import annotations

import csv
import gzip
import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest

from tests.laws import examples

SCRIPTS = Path(__file__).resolve().parents[1] / "scripts"


def script(name: str) -> ModuleType:
    """Load a script as a module."""
    spec = importlib.util.spec_from_file_location(name, SCRIPTS / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


def part_of(log: Path, target: Path) -> Path:
    """Copy the log with every fourth incident alone, or whole in a thorough run."""
    of = examples(4, 1)
    with (
        gzip.open(log, "rt", encoding="utf-8", newline="") as source,
        gzip.open(target, "wt", encoding="utf-8", newline="", compresslevel=1) as file,
    ):
        rows = csv.reader(source)
        kept = csv.writer(file)
        kept.writerow(next(rows))
        kept.writerows(row for row in rows if int(row[0].removeprefix("INC")) % of == 0)
    return target


@pytest.mark.slow
def test_kpis_of_the_real_log_are_those_computed_apart(shared: Path, tmp_path: Path) -> None:
    whole = shared / "data" / "uci-incidents" / "incident_event_log.csv.gz"
    log = part_of(whole, tmp_path / "log.csv.gz")
    assert script("real_run").in_the_end(str(log), shows=False) == 0
