"""`connector parity`: our values beside the helpdesk's own, and why some differ."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from connector.cli.output import console, many, minute, print_json, print_line, print_table, when
from connector.cli.workspace import Workspace
from connector.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from rich.console import Console

    from connector.config.settings import HelpdeskTable
    from connector.kpi.parity import Figure, Pair, Parity
    from connector.pipeline.comparing import ParityReport, TicketParity


def command(
    context: typer.Context,
    helpdesk: Annotated[
        str | None, typer.Option("--helpdesk", metavar="NAME", help="Only this helpdesk.")
    ] = None,
    measure: Annotated[
        list[str] | None,
        typer.Option("--measure", metavar="ID", help="Only this measure; repeatable."),
    ] = None,
    ticket: Annotated[
        str | None, typer.Option("--ticket", metavar="ID", help="One ticket, with its events.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
) -> None:
    """Put our values beside the helpdesk's own figures, and say why some differ.

    Nothing is asked of the helpdesk: its figures came with the tickets.
    """
    from connector.pipeline.comparing import parity, ticket_parity

    workspace: Workspace = context.obj
    desks = workspace.helpdesks([helpdesk] if helpdesk else [])
    wanted = _wanted(measure or ())
    if ticket is not None:
        if len(desks) != 1:
            names = ", ".join(desk.name for desk in desks)
            raise UsageError(f"say whose ticket it is: --helpdesk, one of {names}")
        one = ticket_parity(workspace.job(), desks[0], wanted, ticket)
        print_json(one) if as_json else print_ticket(one, out=console())
        return
    reports = [parity(workspace.job(), desk, wanted) for desk in _comparable(desks)]
    if as_json:
        print_json(reports)
        return
    for report in reports:
        print_report(report, out=console())


def _comparable(desks: Sequence[HelpdeskTable]) -> Sequence[HelpdeskTable]:
    """Leave out helpdesks without figures of their own, unless that leaves none to speak of."""
    from connector.adapters.registry import adapter_class

    able = [one for one in desks if adapter_class(one.kind).capabilities.native_figures]
    return able or desks


def _wanted(names: Sequence[str]) -> tuple[Figure, ...]:
    from connector.config.table import nearest
    from connector.kpi.parity import chosen_figures, figures

    known = {name for one in figures() for name in (one.name, one.measure)}
    for name in names:
        if name not in known:
            hint = nearest(name, known) or "measures with one are listed by `connector parity`"
            raise UsageError(f"helpdesks have no figure for {name}; {hint}")
    return chosen_figures(names)


def print_report(report: ParityReport, *, out: Console) -> None:
    """Print how many tickets agree by figure, and below it why the others do not."""
    title = f"{report.helpdesk}: our values and its own, as of {when(report.as_of)}"
    columns = ("measure", "clock", ">compared", ">equal", ">differing", ">agree")
    print_table(title, columns, (_row(one) for one in report.figures), out=out)
    tolerance = f"Times less than {report.tolerance_s} s apart are equal: it shows whole minutes."
    print_line(tolerance, out=out, style="dim")
    for one in report.figures:
        for line in _lines(one):
            print_line(line, out=out)


def _row(one: Parity) -> tuple[object, ...]:
    share = f"{one.equal / one.compared:.1%}" if one.compared else "–"
    counts = (f"{one.compared:,}", f"{one.equal:,}", f"{one.differing:,}" if one.differing else "")
    return (one.measure, one.clock, *counts, share)


def _lines(one: Parity) -> Iterator[str]:
    for reason in one.reasons:
        told = f"{one.measure}, {one.clock}: {many(reason.tickets, 'ticket')}: {reason.words}"
        yield f"{told} ({reason.rule}; such as {', '.join(reason.examples)})"


def print_ticket(found: TicketParity, *, out: Console) -> None:
    """Print both values of one ticket, why they differ, and its events."""
    columns = ("measure", "clock", ">ours", ">its own", "because")
    title = f"{found.helpdesk} ticket {found.ticket}, as of {when(found.as_of)}"
    print_table(title, columns, (_pair(one) for one in found.figures), out=out)
    events = [
        (f"#{row.id}", minute(row.at), row.kind, row.who, _detail(row.is_public, row.value))
        for row in found.timeline
    ]
    print_table("Events", ("event", "when (UTC)", "what", "who", "detail"), events, out=out)


def _pair(one: Pair) -> tuple[object, ...]:
    from connector.config.quantity import format_quantity

    ours, theirs = (format_quantity(n, one.unit, clock=one.clock) for n in (one.ours, one.theirs))
    return (one.measure, one.clock, ours, theirs, one.words)


def _detail(is_public: bool | None, value: str | None) -> str:
    if is_public is not None:
        return "public" if is_public else "internal"
    return value or ""
