"""Wires objects for the commands: settings, mappings, state, adapters, published sets.

Nothing is opened before a command asks for it, so a command costs only what it uses.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from connector.errors import UsageError

if TYPE_CHECKING:
    from connector.adapters.base import Permission
    from connector.adapters.retrying import RetryingAdapter
    from connector.config.mapping import Mappings
    from connector.config.settings import HelpdeskTable, Settings
    from connector.model.kpi import MeasureDefinition
    from connector.pipeline.job import Job, Progress
    from connector.store.published import PublishedSet
    from connector.store.state import State


PATIENCE_S = 120.0
"""How long one call of a scheduled run is repeated before the run gives up on a helpdesk."""


class Workspace:
    """One folder with a `config.toml`, as the commands see it."""

    def __init__(self, config: Path, environ: Mapping[str, str] | None = None) -> None:
        self.config = config
        self.environ = os.environ if environ is None else environ

    def reopened(self) -> Self:
        """Return the same folder as it is now: files that changed since are read again."""
        return type(self)(self.config, self.environ)

    def close(self) -> None:
        """Close what was opened."""
        if "state" in self.__dict__:
            self.state.close()

    @staticmethod
    def now() -> datetime:
        """Return the present instant; everything below is given it."""
        return datetime.now(tz=UTC)

    @staticmethod
    def sleep(seconds: float) -> None:
        """Wait; everything below is given it."""
        import time

        time.sleep(seconds)

    @cached_property
    def settings(self) -> Settings:
        """Load `config.toml`, or raise every problem in it."""
        from connector.config.settings import load_settings

        return load_settings(self.config, self.environ)

    @cached_property
    def definitions(self) -> Mapping[str, MeasureDefinition]:
        """Return the KPI catalogue."""
        from connector.kpi.catalogue import definitions

        return definitions()

    @cached_property
    def mappings(self) -> Mappings:
        """Load every mapping folder that a helpdesk names, or raise every problem in them."""
        from connector.config.mapping import load_mappings

        return load_mappings(self.mapping_folders, self.definitions)

    @property
    def mapping_folders(self) -> list[Path]:
        """Return the distinct mapping folders, in the order the config names them."""
        names = (name for helpdesk in self.settings.helpdesk for name in helpdesk.mappings)
        return [self.settings.folder / name for name in dict.fromkeys(names)]

    @cached_property
    def root(self) -> Path:
        """Return the folder in which everything local is kept."""
        return self.settings.store.path

    def folder(self, helpdesk: str) -> Path:
        """Return the folder of one account."""
        return self.root / helpdesk

    @cached_property
    def state(self) -> State:
        """Open what cannot be read again: runs, journal, evaluations, our fields."""
        from connector.store.state import State

        return State.open(self.root / "state.sqlite")

    def helpdesks(self, names: Sequence[str] = ()) -> list[HelpdeskTable]:
        """Return the named helpdesks, or all; an unknown name is refused with the known ones."""
        known = {helpdesk.name: helpdesk for helpdesk in self.settings.helpdesk}
        for name in names:
            if name not in known:
                raise UsageError(
                    f"no helpdesk is called {name}; {self.config} has {', '.join(known)}"
                )
        return [known[name] for name in names] if names else list(known.values())

    def open_adapter(
        self, helpdesk: HelpdeskTable, *, patience_s: float = PATIENCE_S
    ) -> RetryingAdapter:
        """Open the adapter of one helpdesk; the caller closes it.

        `patience_s` bounds how long each call goes on trying when the helpdesk does not answer.
        """
        from connector.adapters.registry import open_adapter
        from connector.config.settings import resolve_secrets
        from connector.pipeline.naming import watched_fields

        options = resolve_secrets(
            helpdesk.options, self.environ, self.settings.folder, helpdesk.name
        )
        watched = frozenset(field.id for field in self.state.fields(helpdesk.name))
        watched |= watched_fields(self.state.pins(helpdesk.name))
        return open_adapter(
            helpdesk,
            options,
            watched_fields=watched,
            budget_s=patience_s,
            sleep=self.sleep,
            logger=_logger,
        )

    def permission(self, helpdesk: HelpdeskTable, redirect_url: str) -> Permission:
        """Prepare to ask a person for access to one helpdesk; its grant need not be there yet."""
        from connector.adapters.registry import asks_permission, checked_options
        from connector.config.settings import resolve_secrets

        asks = asks_permission(helpdesk.kind)
        if asks is None:
            raise UsageError(
                f"access to {helpdesk.name} is not granted in a browser: {helpdesk.kind} has no"
                " such way; give its credentials under [helpdesk.options]"
            )
        if asks.kept_in not in helpdesk.options:
            raise UsageError(
                f"{self.config} does not say where the grant is kept: write"
                f' {asks.kept_in} = {{ file = "PATH" }} under [helpdesk.options] of {helpdesk.name}'
            )
        options = resolve_secrets(
            helpdesk.options,
            self.environ,
            self.settings.folder,
            helpdesk.name,
            awaited=asks.kept_in,
        )
        return asks.permission(checked_options(helpdesk, options), redirect_url)

    def job(self, progress: Progress | None = None, mappings: Mappings | None = None) -> Job:
        """Wire everything a run needs; `mappings` take the place of those of the folders."""
        from connector.pipeline.job import Job, Silence

        return Job(
            settings=self.settings,
            mappings=self.mappings if mappings is None else mappings,
            definitions=self.definitions,
            state=self.state,
            open_adapter=self.open_adapter,
            clock=self.now,
            sleep=self.sleep,
            progress=progress or Silence(),
        )

    def published(self, names: Sequence[str] = ()) -> list[PublishedSet]:
        """Return the newest published set of each helpdesk that has one."""
        from connector.store.published import latest

        sets = [latest(self.folder(helpdesk.name)) for helpdesk in self.helpdesks(names)]
        return [found for found in sets if found is not None]


def _logger() -> Any:
    from connector.cli.logs import logger

    return logger()
