"""A real log (24,918 incidents of a real ServiceNow) through HTTP, measured and compared."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest

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


@pytest.mark.slow
def test_kpis_of_the_real_log_are_those_computed_apart(shared: Path) -> None:
    log = shared / "data" / "uci-incidents" / "incident_event_log.csv.gz"
    assert script("real_run").in_the_end(str(log)) == 0
