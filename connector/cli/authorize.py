"""`connector authorize`: lets a person grant access in a browser, and keeps the grant."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated

import typer

from connector.cli.exits import ExitCode
from connector.cli.output import console, many, print_line
from connector.cli.workspace import Workspace
from connector.errors import AdapterError, FatalError, RetryableError, UsageError

if TYPE_CHECKING:
    from rich.console import Console

    from connector.adapters.base import Permission
    from connector.config.settings import HelpdeskTable

PORT = 8723
"""Fixed, so that the redirect URL can be registered once."""
WAIT_S = 300
EXCHANGE_S = 60.0


def command(
    context: typer.Context,
    helpdesk: Annotated[str, typer.Argument(metavar="HELPDESK", help="Which helpdesk.")],
    port: Annotated[
        int, typer.Option("--port", min=1, max=65_535, help="Where the browser comes back to.")
    ] = PORT,
    wait: Annotated[
        int, typer.Option("--wait", min=0, metavar="SECONDS", help="How long to wait for it.")
    ] = WAIT_S,
    paste: Annotated[
        bool, typer.Option("--paste", help="The browser is elsewhere: paste where it ends up.")
    ] = False,
) -> ExitCode:
    """Have somebody grant access to a helpdesk in a browser, and keep the grant in its file."""
    from connector.cli.redirect import redirect_url

    workspace: Workspace = context.obj
    out = console()
    (one,) = workspace.helpdesks((helpdesk,))
    try:
        permission = workspace.permission(one, redirect_url(port))
        answer = _pasted(permission, port, out) if paste else _heard(permission, port, wait, out)
        _keep(one, permission, answer, out=out)
    except AdapterError as error:
        again = "; nothing was kept: run the command again" * isinstance(error, RetryableError)
        print_line(f"✗ {one.name}: {error}{again}", out=console(stderr=True), style="red")
        return ExitCode.FAILED
    return ExitCode.DONE


def _heard(permission: Permission, port: int, wait_s: int, out: Console) -> Mapping[str, str]:
    """Return what a browser on this machine comes back with."""
    from connector.cli.redirect import Listener

    with Listener(port) as listener:
        _ask(permission, out=out)
        print_line(
            f"The OAuth client must list {listener.url} as redirect URL; the answer comes back"
            f" there, within {many(wait_s, 'second')}.",
            out=out,
        )
        answer = listener.answer(wait_s)
    if answer is None:
        raise FatalError(
            f"no browser came back within {many(wait_s, 'second')}; nothing was kept: run the"
            " command again, with --paste if the browser is on another machine"
        )
    return answer


def _pasted(permission: Permission, port: int, out: Console) -> Mapping[str, str]:
    """Return what the address holds that a person copied from a browser elsewhere."""
    from connector.cli.redirect import answer_in, redirect_url

    _ask(permission, out=out)
    print_line(
        f"The OAuth client must list {redirect_url(port)} as redirect URL; the browser ends at an"
        " address that begins so and does not open: paste all of that address here.",
        out=out,
    )
    answer = answer_in(sys.stdin.readline())
    if answer is None:
        raise UsageError(
            "that is not the address a browser ends up at, which holds code=... and state=...;"
            " nothing was kept: run the command again"
        )
    return answer


def _ask(permission: Permission, *, out: Console) -> None:
    print_line(
        "Open this address as the user who shall act for the connector, and allow access:", out=out
    )
    out.print()
    out.print(permission.url, soft_wrap=True, markup=False)
    out.print()


def _keep(
    helpdesk: HelpdeskTable, permission: Permission, answer: Mapping[str, str], *, out: Console
) -> None:
    from connector.cli.patience import answered_within

    with answered_within(EXCHANGE_S):
        who = permission.redeem(answer)
    print_line(
        f"✓ {helpdesk.name}: access granted by {who.name} ({who.role}), and kept",
        out=out,
        style="green",
    )
    print_line(f"Prove it with `connector check --helpdesk {helpdesk.name}`.", out=out)
