"""`connector init --from-helpdesk`: asks a helpdesk what it has, and drafts a mapping from that."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import msgspec

from connector.cli.draft import MEASURED_DAYS, Facts, ideas, is_enough, render
from connector.cli.init import write_file
from connector.cli.patience import answered_within
from connector.cli.templates import quarter
from connector.cli.vocabulary import DATES, NUMBERS
from connector.config.mapping import Mappings, load_mappings
from connector.errors import UsageError
from connector.kpi.lookup import CHOICES
from connector.model.page import Stream
from connector.model.ticket import Schedule
from connector.pipeline.evaluating import kpi_values
from connector.pipeline.views import views
from connector.store.published import attach, latest

if TYPE_CHECKING:
    from connector.adapters.base import Adapter
    from connector.cli.workspace import Workspace
    from connector.config.settings import HelpdeskTable
    from connector.model.kpi import KpiValue
    from connector.model.page import Schema

PATIENCE_S = 5.0
WHOLE_S = 120.0
WORTH_NAMING = CHOICES | NUMBERS | DATES | {"checkbox"}
BUSIEST = """
select g.name, count(t.ticket_id) as tickets from groups as g
left join tickets as t on t.group_id = g.group_id
where not g.deleted group by g.name order by tickets desc, g.name
"""


@dataclass(frozen=True, slots=True)
class Drafted:
    """What was written for one helpdesk, in words."""

    path: Path
    kpis: int
    goals: int
    suggested: int
    facts: Facts


def draft_mappings(workspace: Workspace) -> Iterator[Drafted]:
    """Draft a mapping for each helpdesk; one that is there already is never touched."""
    targets = {one.name: _target(workspace, one) for one in workspace.helpdesks()}
    for path in targets.values():
        if path.exists():
            raise UsageError(
                f"{path} exists already and is left as it is; move it away for a new draft"
            )
    for helpdesk in workspace.helpdesks():
        yield _drafted(workspace, helpdesk, targets[helpdesk.name])


def _target(workspace: Workspace, helpdesk: HelpdeskTable) -> Path:
    return workspace.settings.folder / helpdesk.mappings[0] / f"{helpdesk.name}.toml"


def _drafted(workspace: Workspace, helpdesk: HelpdeskTable, path: Path) -> Drafted:
    facts = _facts(workspace, helpdesk)
    found = ideas(facts)
    values = _measured(workspace, path, render(facts, found, {}))
    write_file(path, render(facts, found, values))
    goals = [idea for idea in found if idea.title]
    ready = [idea for idea in goals if is_enough(values.get(idea.id))]
    return Drafted(path, len(found), len(ready), len(goals) - len(ready), facts)


def _facts(workspace: Workspace, helpdesk: HelpdeskTable) -> Facts:
    opened = workspace.open_adapter(helpdesk, patience_s=PATIENCE_S)
    with opened as adapter, answered_within(WHOLE_S):
        adapter.check()
        schema = adapter.discover()
        schedules = _schedules(adapter)
    today = workspace.now().date()
    ours = {field.id for field in workspace.state.fields(helpdesk.name)}
    fields = (one for one in schema.fields if one.active and one.kind in WORTH_NAMING)
    return Facts(
        helpdesk=helpdesk.name,
        today=today,
        period=quarter(today),
        groups=_groups(workspace, helpdesk, schema),
        forms=tuple(schema.forms.values()),
        brands=tuple(schema.brands.values()),
        fields=tuple(one for one in fields if one.id not in ours),
        schedules=schedules,
        taken=frozenset(_ids(workspace)),
    )


def _schedules(adapter: Adapter) -> tuple[Schedule, ...]:
    if Stream.SCHEDULES not in adapter.capabilities.streams:
        return ()
    records = adapter.read(Stream.SCHEDULES).records
    return (
        tuple(one for one in records if isinstance(one, Schedule))
        if isinstance(records, tuple)
        else ()
    )


def _groups(workspace: Workspace, helpdesk: HelpdeskTable, schema: Schema) -> tuple[str, ...]:
    """Return the names of the groups, those with most tickets first where tickets were read."""
    names = dict.fromkeys(sorted(schema.groups.values()))
    published = latest(workspace.folder(helpdesk.name))
    if published is None:
        return tuple(names)
    with attach([published]) as con:
        busiest = [name for name, _ in con.execute(BUSIEST).fetchall() if name in names]
    return tuple(dict.fromkeys([*busiest, *names]))


def _ids(workspace: Workspace) -> Iterator[str]:
    """Yield the ids that mappings use already, also in files with mistakes."""
    for path in (path for folder in workspace.mapping_folders for path in folder.glob("*.toml")):
        tables: Mapping[str, Any] = {}
        with suppress(OSError, ValueError):
            tables = tomllib.loads(path.read_text(encoding="utf-8"))
        for table in tables.values():
            yield from table if isinstance(table, dict) else ()


def _measured(workspace: Workspace, path: Path, text: str) -> dict[str, KpiValue]:
    """Return what the drafted KPIs are now, where tickets were read already."""
    with TemporaryDirectory(prefix="connector-") as scratch:
        file = Path(scratch) / path.name
        file.write_text(text, encoding="utf-8")
        mappings = load_mappings([file.parent], workspace.definitions)
    there = {key: (path, line) for key, (_, line) in mappings.origin.items()}
    own: Mappings = msgspec.structs.replace(mappings, origin=there)
    job = workspace.job(mappings=own)
    start = workspace.now() - timedelta(days=MEASURED_DAYS)
    with views(job) as seen:
        values = kpi_values(job, seen, start=start, stopped=[])
    return {value.id: value for value in values if is_enough(value)}
