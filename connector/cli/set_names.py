"""Whether the ticket fields and groups that KPIs name in `settings` are there."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from connector.cli.measured_fields import field_problems
from connector.cli.vocabulary import NUMBERS, listed
from connector.config.measure_settings import setting_values
from connector.config.table import nearest
from connector.config.toml import Place, read_toml
from connector.kpi.forms import definition_of

if TYPE_CHECKING:
    from connector.cli.workspace import Workspace
    from connector.errors import Problem
    from connector.model.page import Schema

NUMERIC = frozenset({("handle_time", "field")})
"""Settings whose field has to hold numbers."""


def unknown_settings(workspace: Workspace, schemas: Mapping[str, Schema]) -> Iterator[Problem]:
    """Find fields and groups in the settings of KPIs that none of their helpdesks has.

    Where one of those helpdesks did not answer, nothing can be said.
    """
    job = workspace.job()
    for kpi_id, kpi in job.mappings.kpis.items():
        helpdesks = job.helpdesks_of("kpi", kpi_id)
        if not kpi.settings or not helpdesks <= schemas.keys():
            continue
        definition = definition_of(kpi, job.definitions)
        path, _ = job.mappings.origin[f"kpi.{kpi_id}"]
        place = read_toml(path).place.at("kpi", kpi_id, "settings")
        found = {name: schemas[name] for name in sorted(helpdesks)}
        for key, value in setting_values(definition, kpi.settings).items():
            kind = definition.settings[key].kind
            if kind == "field" and isinstance(value, str) and value:
                kinds = NUMBERS if (kpi.measure, key) in NUMERIC else None
                yield from field_problems(key, value, kinds, found, place)
            elif kind == "groups" and isinstance(value, tuple):
                yield from _group_problems(key, value, found, place)


def _group_problems(
    key: str, names: tuple[str, ...], schemas: Mapping[str, Schema], place: Place
) -> Iterator[Problem]:
    known = [listed("group", schema) for schema in schemas.values()]
    if any(names is None for names in known):
        return
    there = sorted({name for names in known for name in names or ()})
    folded = {name.casefold() for name in there}
    for name in names:
        if name.casefold() not in folded:
            near = nearest(name, there)
            hint = near if near.startswith("did") else "see the spelling in the helpdesk"
            message = f'group "{name}" does not exist in {" or ".join(schemas)}'
            yield place.problem(message, key, hint=hint)
