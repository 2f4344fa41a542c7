"""The `connector` command: one module a command, imported here; heavy imports wait inside them."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from typing import Annotated

import typer

from connector.cli import (
    authorize,
    catalogue,
    check,
    checkin,
    close,
    daemon,
    demo,
    digest,
    explain,
    export,
    goals,
    history,
    import_values,
    init,
    kpis,
    lint,
    parity,
    schema,
    setup,
    status,
    suggest,
    sync,
    undo,
)
from connector.cli.exits import report_bug, reported
from connector.cli.workspace import Workspace

app = typer.Typer(
    name="connector",
    help="Keeps a helpdesk and its goals in agreement.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)

COMMANDS = {
    "init": init,
    "authorize": authorize,
    "check": check,
    "lint": lint,
    "suggest": suggest,
    "setup": setup,
    "sync": sync,
    "goals": goals,
    "checkin": checkin,
    "history": history,
    "close": close,
    "digest": digest,
    "kpis": kpis,
    "explain": explain,
    "parity": parity,
    "import": import_values,
    "export": export,
    "undo": undo,
    "daemon": daemon,
    "status": status,
    "demo": demo,
    "catalogue": catalogue,
    "schema": schema,
}


def _show_version(wanted: bool) -> None:
    if wanted:
        typer.echo(version("helpdesk-goal-connector"))
        raise typer.Exit


@app.callback()
def main(
    context: typer.Context,
    config: Annotated[
        Path,
        typer.Option("--config", "-c", help="The configuration file.", envvar="CONNECTOR_CONFIG"),
    ] = Path("config.toml"),
    debug: Annotated[bool, typer.Option("--debug", help="Show stack traces.")] = False,
    _version: Annotated[
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Show it.")
    ] = False,
) -> None:
    """Keeps a helpdesk and its goals in agreement."""
    if debug:
        os.environ["CONNECTOR_DEBUG"] = "1"
    make: Callable[[Path], Workspace] = context.obj or Workspace
    context.obj = make(config)


for _name, _module in COMMANDS.items():
    app.command(_name, cls=getattr(_module, "CommandClass", None))(reported(_module.command))


def run() -> None:
    """Run the command line; what nobody foresaw is told in one line as well."""
    sys.excepthook = report_bug
    typer.main.get_command(app)()  # calling `app` itself would put typer's own hook there
