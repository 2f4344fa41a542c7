"""`connector check`: proves config, mappings, credentials and fields, before anything runs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from typing import TYPE_CHECKING, Annotated

import typer

from connector.cli.exits import ExitCode
from connector.cli.output import clean, console, when
from connector.cli.workspace import Workspace
from connector.errors import AdapterError, ConfigError, MappingError, Problem

if TYPE_CHECKING:
    from rich.console import Console

    from connector.adapters.base import Adapter
    from connector.config.settings import HelpdeskTable
    from connector.model.page import Schema


def command(
    context: typer.Context,
    offline: Annotated[
        bool, typer.Option("--offline", help="Prove what can be proved without a network.")
    ] = False,
) -> ExitCode:
    """Prove config, mappings, credentials and fields; say in words what each KPI counts."""
    workspace: Workspace = context.obj
    out = console()
    _check_files(workspace, out=out)
    code = ExitCode.DONE
    for helpdesk in workspace.helpdesks() if not offline else ():
        code = max(code, _check_helpdesk(workspace, helpdesk, out=out))
    _say_what_counts(workspace, out=out)
    return code


def _check_files(workspace: Workspace, *, out: Console) -> None:
    """Raise every problem of config and mappings together; print what was found."""
    from connector.adapters.registry import checked_options
    from connector.config.settings import load_settings, notes, resolve_secrets

    problems: list[Problem] = []
    settings = load_settings(workspace.config, workspace.environ, with_secrets=True)
    for helpdesk in settings.helpdesk:
        try:
            options = resolve_secrets(
                helpdesk.options, workspace.environ, settings.folder, helpdesk.name
            )
            checked_options(helpdesk, options)
        except ConfigError as error:
            problems.extend(error.problems)
    try:
        mappings = workspace.mappings
    except MappingError as error:
        raise MappingError([*problems, *error.problems]) from error
    if problems:
        raise ConfigError(problems)
    kpis, goals = len(mappings.kpis), len(mappings.goals)
    out.print(clean(f"✓ {workspace.config}: {len(settings.helpdesk)} helpdesk(s)"), style="green")
    out.print(clean(f"✓ mappings: {kpis} KPIs, {goals} goals"), style="green")
    for note in notes(settings):
        out.print(clean(f"! {note}"), style="yellow")


def _check_helpdesk(workspace: Workspace, helpdesk: HelpdeskTable, *, out: Console) -> ExitCode:
    try:
        with workspace.open_adapter(helpdesk, patience_s=PATIENCE_S) as adapter:
            _check_identity(helpdesk.name, adapter, out=out)
            schema = adapter.discover()
            problems = list(_unknown_names(workspace, helpdesk, schema))
            _check_fields(workspace, helpdesk.name, adapter, out=out)
    except AdapterError as error:
        out.print(clean(f"✗ {helpdesk.name}: {error}"), style="red")
        return ExitCode.FAILED
    if problems:
        raise MappingError(problems)
    out.print(clean(f"✓ {helpdesk.name}: every name in the mappings is known there"), style="green")
    return ExitCode.DONE


PATIENCE_S = 5.0
"""How long `check` goes on trying: somebody waits for the answer."""


def _check_identity(name: str, adapter: Adapter, *, out: Console) -> None:
    who = adapter.check()
    out.print(clean(f"✓ {name}: connected as {who.name} ({who.role})"), style="green")
    if who.limits and who.limits.total:
        left = f", {who.limits.remaining} left" if who.limits.remaining is not None else ""
        out.print(clean(f"  requests allowed a minute: {who.limits.total}{left}"))
    for note in who.notes:
        out.print(clean(f"! {name}: {note}"), style="yellow")


def _check_fields(workspace: Workspace, name: str, adapter: Adapter, *, out: Console) -> None:
    fields = workspace.state.fields(name)
    if not fields:
        out.print(
            clean(f"! {name}: our fields are not set up; run `connector setup`"), style="yellow"
        )
        return
    there = {f.role: f for f in adapter.read_fields({f.role: f.id for f in fields})}
    for field in fields:
        now = there.get(field.role)
        if now is None:
            words, style = f"✗ {name}: field {field.title!r} is gone; run `connector setup`", "red"
        elif not now.active:
            words, style = f"! {name}: field {now.title!r} is deactivated", "yellow"
        else:
            words, style = f"✓ {name}: field {now.title!r}", "green"
        out.print(clean(words), style=style)


def _unknown_names(
    workspace: Workspace, helpdesk: HelpdeskTable, schema: Schema
) -> Iterator[Problem]:
    """Find names in mappings that the helpdesk does not have."""
    known: Mapping[str, Mapping[str, str]] = {
        "group": schema.groups,
        "brand": schema.brands,
        "form": schema.forms,
        "assignee": schema.people,
    }
    mappings = workspace.job().mappings_of(helpdesk)
    for kpi_id, kpi in mappings.kpis.items():
        path, line = mappings.origin[f"kpi.{kpi_id}"]
        for key, names in kpi.where.items():
            there = known.get(key)
            folded = {n.casefold() for n in (*(there or {}), *(there or {}).values())}
            for name in names if there is not None else ():
                if name.casefold() not in folded:
                    near = get_close_matches(name, list((there or {}).values()), n=1)
                    hint = f"did you mean {near[0]}?" if near else ""
                    message = f"{key} {name} does not exist in {helpdesk.name}"
                    yield Problem(message, str(path), line, f"kpi.{kpi_id}.where", hint)


def _say_what_counts(workspace: Workspace, *, out: Console) -> None:
    """Say in words what each KPI counts and leaves out, where something was read already."""
    from connector.config.quantity import format_quantity
    from connector.pipeline.judging import kpi_values, views

    job = workspace.job()
    with views(job) as seen:
        values = kpi_values(job, seen)
    if not values:
        out.print(
            "Nothing has been read yet; after `connector sync`, check says what each KPI counts."
        )
    for value in values:
        definition = workspace.definitions[value.measure]
        shown = "nothing yet" if value.value is None else format_quantity(value.value, value.unit)
        where = "; ".join(
            f"{key} {' or '.join(map(str, names))}" for key, names in _where(value.where)
        )
        out.print(clean(f"{value.id}: {value.aggregate} {definition.title.lower()}"), style="bold")
        out.print(
            clean(
                f"  counts {value.n:,} tickets ({where or 'all tickets'}) from"
                f" {when(value.period.start)}: {shown}"
            )
        )
        if value.left_out:
            left = ", ".join(f"{count:,} {why}" for why, count in value.left_out.items())
            out.print(clean(f"  leaves out {sum(value.left_out.values()):,}: {left}"))


def _where(where: Mapping[str, object]) -> Iterator[tuple[str, tuple[object, ...]]]:
    for key, names in where.items():
        yield key, names if isinstance(names, tuple) else (names,)
