"""`connector check`: proves config, mappings, credentials and fields, before anything runs."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Annotated

import typer

from connector.cli.exits import ExitCode
from connector.cli.lint import STRICT, exit_code, findings, print_findings
from connector.cli.output import console, many, print_line
from connector.cli.workspace import Workspace
from connector.errors import AdapterError, MappingError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from rich.console import Console

    from connector.adapters.base import Adapter
    from connector.config.settings import HelpdeskTable
    from connector.errors import Problem
    from connector.model.page import Identity, Schema

PATIENCE_S = 5.0
"""How long `check` goes on trying: somebody waits for the answer."""
FIRST_ANSWER_S = 12.0
"""How long the first answer may take: longer, and the address or the network is wrong."""
WHOLE_S = 120.0
MOST_UNKNOWN = 10
OWN_REPLIES = """
select count(*) from events
where kind = 'comment' and is_public
  and actor_id = coalesce(
    (select any_value(key) from vendor_ids where kind = 'person' and id = $id),
    try_cast($id as bigint)
  )
"""


def command(
    context: typer.Context,
    offline: Annotated[
        bool, typer.Option("--offline", help="Prove what can be proved without a network.")
    ] = False,
    ticket: Annotated[
        str | None,
        typer.Option("--write-test", metavar="TICKET", help="Try writing on this one ticket."),
    ] = None,
    helpdesk: Annotated[
        list[str] | None, typer.Option("--helpdesk", help="Only this one; may be repeated.")
    ] = None,
    strict: STRICT = False,
) -> ExitCode:
    """Prove config, mappings, credentials and fields; say what KPIs count, and judge goals."""
    from connector.cli.counting import say_what_counts
    from connector.cli.proving import prove_files

    workspace: Workspace = context.obj
    out = console()
    prove_files(workspace)
    _say_files(workspace, out=out)
    if offline:
        say_what_counts(workspace, out=out)
        return _say_goals(workspace, strict=strict, out=out)
    if ticket is not None:
        from connector.cli.write_test import write_test

        return write_test(workspace, ticket, helpdesk or (), out=out)
    chosen = workspace.helpdesks(tuple(helpdesk or ()))
    found = {one.name: _check_helpdesk(workspace, one, out=out) for one in chosen}
    schemas = {name: schema for name, schema in found.items() if schema is not None}
    problems = _unknown(workspace, schemas)
    if problems:
        raise MappingError(problems)
    _pin_names(workspace, schemas, out=out)
    if len(schemas) < len(found):
        return ExitCode.FAILED
    _good("every name in the mappings is known there", out=out)
    say_what_counts(workspace, out=out)
    return _say_goals(workspace, strict=strict, out=out)


def _say_goals(workspace: Workspace, *, strict: bool, out: Console) -> ExitCode:
    """Say what is to be said against the goals; only when strict it changes how `check` ends."""
    found = findings(workspace, offline=not workspace.published())
    out.print()
    out.print("The goals, as `connector lint` judges them:", style="bold")
    print_findings(found, out=out)
    return exit_code(found, strict=strict)


def _unknown(workspace: Workspace, schemas: Mapping[str, Schema]) -> list[Problem]:
    """Find what mappings name and the helpdesks do not have: in filters, settings, measures."""
    from connector.cli.measured_fields import unmeasurable
    from connector.cli.set_names import unknown_settings
    from connector.cli.vocabulary import unknown_names

    finders = (unknown_names, unknown_settings, unmeasurable)
    return [problem for find in finders for problem in find(workspace, schemas)]


def _pin_names(workspace: Workspace, schemas: Mapping[str, Schema], *, out: Console) -> None:
    """Say which names mean something else by now, and keep the ids of those that are new."""
    from connector.pipeline.naming import renamed
    from connector.pipeline.pinning import pin_schema

    job = workspace.job()
    for helpdesk in (one for one in workspace.helpdesks() if one.name in schemas):
        pin_schema(job, helpdesk, schemas[helpdesk.name])
        for note in renamed(job.state.pins(helpdesk.name), schemas[helpdesk.name]):
            _mind(f"{helpdesk.name}: {note}", out=out)


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
    from connector.cli.check_rules import say_rules
    from connector.cli.offered_tags import say_missing_tags
    from connector.cli.patience import answered_within

    try:
        with workspace.open_adapter(helpdesk, patience_s=PATIENCE_S) as adapter:
            with answered_within(FIRST_ANSWER_S):
                who = _check_identity(helpdesk.name, adapter, out=out)
            _check_own_replies(workspace, helpdesk.name, who, out=out)
            _check_bots(workspace, helpdesk, out=out)
            _say_unknown(workspace, helpdesk.name, out=out)
            with answered_within(WHOLE_S):
                schema = adapter.discover()
                _check_fields(workspace, helpdesk.name, adapter, out=out)
                say_missing_tags(workspace, helpdesk, adapter, out=out)
                say_rules(workspace, helpdesk.name, adapter, who, out=out)
            _check_forms(workspace, helpdesk.name, schema, out=out)
    except AdapterError as error:
        _bad(f"{helpdesk.name} ({helpdesk.options.get('url', helpdesk.kind)}): {error}", out=out)
        return None
    return schema


def _check_identity(name: str, adapter: Adapter, *, out: Console) -> Identity:
    who = adapter.check()
    _good(f"{name}: connected as {who.name} ({who.role})", out=out)
    for fact in who.facts:
        print_line(f"{name}: {fact}", out=out, indent=2)
    for note in who.notes:
        _mind(f"{name}: {note}", out=out)
    return who


def _check_own_replies(workspace: Workspace, name: str, who: Identity, *, out: Console) -> None:
    """Warn when our user answers customers: what it does is taken for what we do."""
    from connector.store.published import attach, latest

    published = latest(workspace.folder(name))
    if published is None:
        return
    with attach([published]) as connection:
        rows = connection.execute(OWN_REPLIES, {"id": who.id}).fetchall()
    replies = rows[0][0]
    if replies:
        _mind(
            f"{name}: {who.name} has answered customers {many(replies, 'time')}; give the connector"
            " a user of its own, because what this user does is taken for the connector's doing",
            out=out,
        )


def _check_bots(workspace: Workspace, helpdesk: HelpdeskTable, *, out: Console) -> None:
    """Name accounts that answer faster than people can, and let them give no first replies."""
    from connector.kpi.suspects import suspects
    from connector.store.published import attach, latest
    from connector.store.reading import person_keys

    published = latest(workspace.folder(helpdesk.name))
    if published is None:
        return
    people = helpdesk.people
    listed = (*people.bots, *people.ignore, *people.humans)
    with attach([published]) as connection:
        found = suspects(connection, known=person_keys(connection, listed))
    workspace.state.suspect(helpdesk.name, [one.id for one in found])
    for one in found:
        _mind(
            f"{helpdesk.name}: {one.name or 'an account'} ({one.id}) answers within"
            f" {one.median_s:.0f} s (median of {many(one.tickets, 'ticket')}), which no human does:"
            f' its comments are no replies from the next sync on; put "{one.id}" under bots in'
            " [helpdesk.people], or under humans if it is none",
            out=out,
        )


def _say_unknown(workspace: Workspace, name: str, *, out: Console) -> None:
    """Say what reading did not understand so far: kinds and keys by name, most frequent first."""
    from connector.store.published import latest

    published = latest(workspace.folder(name))
    unknown = Counter(published.manifest.unknown if published else {})
    if unknown:
        shown = [f"{kind} ({many(n, 'time')})" for kind, n in unknown.most_common(MOST_UNKNOWN)]
        rest = len(unknown) - len(shown)
        more = [f"and {many(rest, 'kind')} more"] if rest else []
        _mind(f"{name}: not understood and left out: {', '.join(shown + more)}", out=out)


def _check_forms(workspace: Workspace, name: str, schema: Schema, *, out: Console) -> None:
    """Say on which forms agents would not see our fields."""
    for field in workspace.state.fields(name):
        lacking = [
            schema.forms[form] for form, on in schema.form_fields.items() if field.id not in on
        ]
        if field.active and lacking:
            forms = ", ".join(f'"{form}"' for form in lacking)
            _mind(
                f'{name}: agents do not see "{field.title}" on {many(len(lacking), "form")}:'
                f" {forms}; see `connector setup`",
                out=out,
            )


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


def _good(text: str, *, out: Console) -> None:
    print_line(f"✓ {text}", out=out, style="green")


def _mind(text: str, *, out: Console) -> None:
    print_line(f"! {text}", out=out, style="yellow")


def _bad(text: str, *, out: Console) -> None:
    print_line(f"✗ {text}", out=out, style="red")
