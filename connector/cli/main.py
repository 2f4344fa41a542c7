"""The `connector` command: what all commands share; the modules of commands wait until used."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer

from connector.cli.commands import PLAIN, Commands
from connector.cli.exits import report_bug
from connector.cli.workspace import Workspace

app = typer.Typer(
    name="connector",
    help="Keeps a helpdesk and its goals in agreement.",
    cls=Commands,
    no_args_is_help=True,
    **PLAIN,
)


def _show_version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

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


def run() -> None:
    """Run the command line; what nobody foresaw is told in one line as well."""
    sys.excepthook = report_bug
    typer.main.get_command(app)()  # calling `app` itself would put typer's own hook there
