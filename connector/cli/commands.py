"""The commands by name: each module is imported when its command is used, none for the overview."""

from __future__ import annotations

from collections.abc import Iterator, MutableMapping
from functools import cache
from importlib import import_module
from itertools import chain
from types import ModuleType
from typing import Any

import typer
from typer.core import TyperGroup

from connector.cli.exits import reported

PLAIN: dict[str, Any] = {
    "add_completion": False,
    "pretty_exceptions_enable": False,
    "rich_markup_mode": None,  # boxes would cost three times what all else of the overview does
    "context_settings": {"help_option_names": ["-h", "--help"]},
}
SUMMARIES = {
    "init": "Write config.toml and first mappings, or more of them; nothing is ever overwritten.",
    "authorize": "Have somebody grant access to a helpdesk in a browser, and keep the grant in its"
    " file.",
    "check": "Prove config, mappings, credentials and fields; say what KPIs count, and judge"
    " goals.",
    "lint": "Judge goals as a good coach would: what to change about them, and why.",
    "suggest": "Draft goals, as TOML, for the groups, channels and tags that got worse beyond"
    " noise.",
    "setup": "Show, then create, the ticket fields that goal status is shown in, or views by them.",
    "sync": "Read what changed, measure, judge the goals, and show goal status on tickets.",
    "goals": "Show every goal: value, target, grade, status, and which rule decided.",
    "checkin": "Say how sure you are of a goal, and why; with nothing to say, show what was said.",
    "history": "Show a goal over time: a chart, and what changed, was said, was reached and was"
    " learned.",
    "close": "Say what was learned in the last period of a goal that is over; show how it ended.",
    "digest": "Tell what changed, what is at risk, small wins and what to do next, with the"
    " reasons.",
    "kpis": "Show every mapped KPI: value, interval, n, and how old the data is.",
    "explain": "Say why: the definition, the inputs, the tickets behind it, and the rule that"
    " decided.",
    "parity": "Put our values beside the helpdesk's own figures, and say why some differ.",
    "import": "Import KPI values or survey answers from a file: all of it or, with a mistake in it,"
    " nothing.",
    "export": "Write tickets, events, measures, KPI values, goals or the journal to a file.",
    "undo": "Show, then take back, what was written: only where a ticket still shows our value.",
    "daemon": "Run `sync` at the configured interval until told to stop; a failing run does not end"
    " it.",
    "status": "Show the last runs, how old the data is, and what waits, with advice.",
    "demo": "Show the whole job: set up, read, measure, judge, plan, write, and again.",
    "catalogue": "List the KPI catalogue by chapter; with an ID show one measure, with words those"
    " about it.",
    "schema": "Print the JSON Schema of the configuration and of mapping files, for editors.",
}
"""Every command in the order of the overview, with the first sentence of what it says of itself."""

MODULES = {"import": "import_values"}
"""Commands whose module has another name than they have."""


@cache
def module_of(name: str) -> ModuleType:
    """Import the module of a command."""
    return import_module(f"connector.cli.{MODULES.get(name, name)}")


@cache
def built(name: str) -> Any:
    """Return a command, ready to be run."""
    module = module_of(name)
    alone = typer.Typer(**PLAIN)
    alone.command(name, cls=getattr(module, "CommandClass", None))(reported(module.command))
    return typer.main.get_command(alone)


class Commands(TyperGroup):
    """The group of all commands, which imports a command only to run it or to show its help."""

    def __init__(self, **attributes: Any) -> None:
        super().__init__(**attributes)
        self.commands = _Lazy(self.commands)

    def format_commands(self, _: Any, formatter: Any) -> None:
        """List the commands with what they do."""
        with formatter.section("Commands"):
            formatter.write_dl(list(SUMMARIES.items()))


class _Lazy(MutableMapping[str, Any]):
    """Commands by name, built when they are asked for; after ours those that were added."""

    def __init__(self, added: MutableMapping[str, Any]) -> None:
        self._added = added

    def __getitem__(self, name: str) -> Any:
        return built(name) if name in SUMMARIES else self._added[name]

    def __contains__(self, name: object) -> bool:
        return name in SUMMARIES or name in self._added

    def __iter__(self) -> Iterator[str]:
        return chain(SUMMARIES, self._added)

    def __len__(self) -> int:
        return len(SUMMARIES) + len(self._added)

    def __setitem__(self, name: str, command: Any) -> None:
        self._added[name] = command

    def __delitem__(self, name: str) -> None:
        del self._added[name]
