"""`connector check`: proves config, mappings, credentials and fields, before anything runs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from connector.cli.exits import ExitCode
from connector.cli.output import console, day, many, print_line
from connector.cli.workspace import Workspace
from connector.errors import AdapterError, MappingError

if TYPE_CHECKING:
    from rich.console import Console

    from connector.adapters.base import Adapter
    from connector.config.settings import HelpdeskTable
    from connector.model.kpi import KpiValue
    from connector.model.page import Schema

PATIENCE_S = 5.0
"""How long `check` goes on trying: somebody waits for the answer."""
FIRST_ANSWER_S = 12.0
"""How long the first answer may take: longer, and the address or the network is wrong."""
WHOLE_S = 120.0


def command(
    context: typer.Context,
    offline: Annotated[
        bool, typer.Option("--offline", help="Prove what can be proved without a network.")
    ] = False,
) -> ExitCode:
    """Prove config, mappings, credentials and fields; say in words what each KPI counts."""
    from connector.cli.proving import prove_files, unknown_names

    workspace: Workspace = context.obj
    out = console()
    prove_files(workspace)
    _say_files(workspace, out=out)
    if offline:
        _say_what_counts(workspace, out=out)
        return ExitCode.DONE
    found = {one.name: _check_helpdesk(workspace, one, out=out) for one in workspace.helpdesks()}
    schemas = {name: schema for name, schema in found.items() if schema is not None}
    problems = list(unknown_names(workspace, schemas))
    if problems:
        raise MappingError(problems)
    if len(schemas) < len(found):
        return ExitCode.FAILED
    _good("every name in the mappings is known there", out=out)
    _say_what_counts(workspace, out=out)
    return ExitCode.DONE


def _say_files(workspace: Workspace, *, out: Console) -> None:
    from connector.config.settings import notes

    mappings = workspace.mappings
    _good(f"{workspace.config}: {', '.join(one.name for one in workspace.helpdesks())}", out=out)
    _good(f"mappings: {len(mappings.kpis)} KPIs, {len(mappings.goals)} goals", out=out)
    for note in notes(workspace.settings):
        _mind(note, out=out)


def _check_helpdesk(
    workspace: Workspace, helpdesk: HelpdeskTable, *, out: Console
) -> Schema | None:
    """Say what is right and wrong with a helpdesk; return what mappings may name there."""
    from connector.cli.patience import answered_within

    try:
        with workspace.open_adapter(helpdesk, patience_s=PATIENCE_S) as adapter:
            with answered_within(FIRST_ANSWER_S):
                _check_identity(helpdesk.name, adapter, out=out)
            with answered_within(WHOLE_S):
                schema = adapter.discover()
                _check_fields(workspace, helpdesk.name, adapter, out=out)
    except AdapterError as error:
        _bad(f"{helpdesk.name} ({helpdesk.options.get('url', helpdesk.kind)}): {error}", out=out)
        return None
    return schema


def _check_identity(name: str, adapter: Adapter, *, out: Console) -> None:
    who = adapter.check()
    _good(f"{name}: connected as {who.name} ({who.role})", out=out)
    for note in who.notes:
        _mind(f"{name}: {note}", out=out)


def _check_fields(workspace: Workspace, name: str, adapter: Adapter, *, out: Console) -> None:
    fields = workspace.state.fields(name)
    if not fields:
        _mind(f"{name}: our ticket fields are not set up; run `connector setup`", out=out)
        return
    there = {f.role: f for f in adapter.read_fields({f.role: f.id for f in fields})}
    for field in fields:
        now = there.get(field.role)
        if now is None:
            _bad(f'{name}: the field "{field.title}" is gone; run `connector setup`', out=out)
        elif not now.active:
            _mind(f'{name}: the field "{now.title}" is deactivated: nothing is written', out=out)
        else:
            _good(f'{name}: field "{now.title}"', out=out)


def _say_what_counts(workspace: Workspace, *, out: Console) -> None:
    """Say in words what each KPI counts and leaves out, where something was read already."""
    from connector.pipeline.judging import kpi_values, views

    job = workspace.job()
    with views(job) as seen:
        values = kpi_values(job, seen)
    out.print()
    if not values:
        print_line("After `connector sync`, check also says what each KPI counts.", out=out)
        return
    period = values[0].period
    out.print(f"What each KPI counts, {day(period.start)} to {day(period.end)}:", style="bold")
    for value in values:
        print_line(_counts(value), out=out, indent=2)


def _counts(value: KpiValue) -> str:
    from connector.cli.explaining import said_left_out, said_where
    from connector.cli.kpis import said_measure, said_value

    result = "nothing yet" if value.value is None else said_value(value, value.value)
    scope = f" with {said_where(value)}" if value.where else ""
    return (
        f"{value.id}: {result}, {said_measure(value)}, counts {many(value.n, 'ticket')}{scope}"
    ) + (f"; {said_left_out(value)}" if value.left_out else "")


def _good(text: str, *, out: Console) -> None:
    print_line(f"✓ {text}", out=out, style="green")


def _mind(text: str, *, out: Console) -> None:
    print_line(f"! {text}", out=out, style="yellow")


def _bad(text: str, *, out: Console) -> None:
    print_line(f"✗ {text}", out=out, style="red")
