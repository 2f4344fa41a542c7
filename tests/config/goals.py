"""Mapping files with goals to write mistakes into, and what is said of them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from connector.config.mapping import load_mappings
from connector.errors import MappingError
from connector.model.kpi import MeasureDefinition

Definitions = Mapping[str, MeasureDefinition]

KPIS = """\
[kpi.first_reply]
measure = "reply_time"
[kpi.in_time]
measure = "reply_time"
aggregate = "within"
limit = "4 h"
[kpi.happy]
measure = "satisfaction"
[kpi.again]
measure = "reopened"
[kpi.pile]
measure = "open_tickets"
[kpi.full]
measure = "full_time"
[kpi.new]
measure = "arrivals"
[kpi.calls]
measure = "calls"
[import.calls]
title = "Calls"
definition = "Calls of the day"
unit = "count"
direction = "lower"
"""
REST = """\
title = "-"
owner = "me"
period = { start = 2026-10-01, end = 2027-01-01 }
"""


def goal(id_: str, body: str = "") -> str:
    """Write a goal on the first reply that is right but for what is in `body`."""
    head = body.partition("\n[")[0]
    target = "" if "target =" in head or "limit =" in head else 'target = "1 h"\n'
    kpi = "" if "kpi =" in head else 'kpi = "first_reply"\n'
    return f"[goal.{id_}]\n{REST}{kpi}{target}{body}\n"


def anti_goal(id_: str, body: str = "") -> str:
    """Write an anti-goal on reopenings that is right but for what is in `body`."""
    limit = "" if "limit =" in body.partition("\n[")[0] else 'limit = "10 %"\n'
    kpi = "" if "kpi =" in body else 'kpi = "again"\n'
    return f'[goal.{id_}]\nkind = "anti_goal"\n{REST}{kpi}{limit}{body}\n'


def development(id_: str, body: str = "") -> str:
    """Write a goal without a KPI."""
    return f'[goal.{id_}]\nkind = "development"\n{REST}{body}\n'


def objective(id_: str, body: str = "") -> str:
    """Write an objective."""
    return f'[objective.{id_}]\ntitle = "-"\n{body}\n'


def complaints(text: str, folder: Path, definitions: Definitions) -> list[str]:
    """Return what is said of a file, without its name and lines; nothing if it is right."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "kpis.toml").write_text(KPIS, encoding="utf-8")
    (folder / "goals.toml").write_text(text, encoding="utf-8")
    try:
        load_mappings([folder], definitions)
    except MappingError as error:
        return [
            str(problem).removeprefix(f"{problem.file}:{problem.line}: ")
            for problem in error.problems
        ]
    return []
