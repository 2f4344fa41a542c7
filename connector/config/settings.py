"""`config.toml` as typed tables; `CONNECTOR_` environment variables override single keys."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import time
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PrivateAttr,
    ValidationError,
)

from connector.config.environment import env_name, lay_environment
from connector.config.quantity import Seconds, Share, said
from connector.config.secrets import open_to_others, resolve_secrets, unresolved, written_out
from connector.config.table import Flag, Table, Text, Texts, TimeOfDay, problems_of
from connector.config.toml import Document, Place, read_toml
from connector.config.where import Where
from connector.errors import Problem, SettingsError

__all__ = [
    "HelpdeskTable",
    "LimitsTable",
    "PeopleTable",
    "RunTable",
    "Settings",
    "StoreTable",
    "WritebackTable",
    "load_settings",
    "resolve_secrets",
]


MOST_WRITES = 30
"""To one ticket in an hour: Zendesk takes no more of an account in ten minutes."""


class StoreTable(Table):
    """`[store]`: where everything local is kept."""

    path: Path = Field(
        default=Path("var"),
        description="Folder of the store and the state, relative to the folder of this file.",
    )


class RunTable(Table):
    """`[run]`: how often the daemon runs."""

    every_s: Seconds = Field(
        default=300.0,
        alias="every",
        description="How often the daemon runs.",
        json_schema_extra={"default": "5 min"},
    )


class LimitsTable(Table):
    """`[helpdesk.limits]`: our share of what the helpdesk announces."""

    share_of_exports: Share = Field(
        default=0.8, description="Our share of the export requests the helpdesk allows."
    )
    share_of_requests: Share = Field(
        default=0.2, description="Our share of all other requests the helpdesk allows."
    )


class PeopleTable(Table):
    """`[helpdesk.people]`: accounts whose replies are not human, and ones to leave out."""

    bots: Texts = Field(default=(), description="Ids of accounts whose replies are not human.")
    ignore: Texts = Field(default=(), description="Ids of accounts that count for nothing.")
    humans: Texts = Field(
        default=(), description="Ids of accounts that `check` takes for bots, and are none."
    )


def _name(value: str) -> str:
    allowed = value.replace("-", "").replace("_", "")
    if not (value[:1].isalpha() and allowed.isascii() and allowed.isalnum() and value.islower()):
        raise said(f'"{value}" is no name for a helpdesk', 'use a-z, 0-9, "-" and "_"')
    if len(value) > 40:  # noqa: PLR2004
        raise said("must have at most 40 letters")
    return value


def _prefix(value: str) -> str:
    allowed = value.replace("-", "").replace("_", "")
    good = allowed.isascii() and allowed.isalnum() and value == value.lower()
    if not (good and value.endswith("_") and value[0] not in "_-") or value.endswith("__"):
        raise said(f'"{value}" is no prefix for tags', 'use a-z, 0-9 and end in one "_": "goal_"')
    if len(value) > 20:  # noqa: PLR2004
        raise said("must have at most 20 letters")
    return value


def _writes(value: object) -> int:
    if isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= MOST_WRITES:
        return value
    raise said(f"must be a whole number from 1 to {MOST_WRITES}")


class HelpdeskTable(Table):
    """`[[helpdesk]]`: one account. `options` are checked by the adapter's own settings model."""

    name: Annotated[str, AfterValidator(_name)] = Field(
        description="Our name for this account; its files, reports and variables go by it."
    )
    kind: Text = Field(description="Which adapter speaks to it.")
    mappings: Texts = Field(
        default=("mappings",), description="Folders of mapping files, relative to this file's."
    )
    options: Mapping[str, Any] = Field(
        default={}, description="What the adapter needs: address, credentials, history_since."
    )
    limits: LimitsTable = Field(default=LimitsTable(), description="Our share of its limits.")
    people: PeopleTable = Field(default=PeopleTable(), description="Accounts that are special.")
    _place: Place = PrivateAttr(default_factory=Place)

    @property
    def place(self) -> Place:
        """Return where this table stands in the file, to say what is wrong with its options."""
        return self._place

    def placed(self, place: Place) -> None:
        """Remember where this table stands in the file."""
        self._place = place


class WritebackTable(Table):
    """`[writeback]`: what may be written, off until an admin turns it on."""

    enabled: Flag = Field(default=False, description="Whether anything is written to tickets.")
    tag_prefix: Annotated[str, AfterValidator(_prefix)] = Field(
        default="goal_", description="Only tags that start with this are ever ours."
    )
    only: Where = Field(default={}, description="Only these tickets are written; for a pilot.")
    max_share: Share = Field(
        default=0.2, description="Of open tickets, for one goal's new state in one run."
    )
    max_writes_per_hour: Annotated[int, BeforeValidator(_writes)] = Field(
        default=6, description="To one ticket; it waits for the rest of the hour then."
    )
    dwell_s: Seconds = Field(
        default=43_200.0,
        alias="dwell",
        description="How long a better status of an anti-goal has to hold until tickets show it.",
        json_schema_extra={"default": "12 h"},
    )
    people: Literal["on", "off"] = Field(
        default="off", description="Whether goals of single persons may show on tickets."
    )
    daily_at: TimeOfDay = Field(
        default=time(6, 0), description="When goals that show their status daily do so, in UTC."
    )
    labels: Literal["en", "de"] = Field(default="en", description="Language agents read.")


class Settings(BaseModel):
    """The whole of `config.toml`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    store: StoreTable = Field(default=StoreTable(), description="Where everything local is kept.")
    run: RunTable = Field(default=RunTable(), description="How the daemon runs.")
    helpdesk: tuple[HelpdeskTable, ...] = Field(
        default=(), description="The accounts, at least one."
    )
    writeback: WritebackTable = Field(
        default=WritebackTable(), description="What may be written to tickets."
    )
    _folder: Path = PrivateAttr(default_factory=Path)

    @property
    def folder(self) -> Path:
        """Return the folder of `config.toml`; relative paths in it start here."""
        return self._folder

    def placed(self, document: Document, place: Place) -> Settings:
        """Return the settings with paths from the file's folder, knowing where tables stand."""
        folder = document.path.parent
        path = folder.resolve() / self.store.path.expanduser()
        settings = self.model_copy(update={"store": StoreTable(path=path)})
        settings._folder = folder  # noqa: SLF001  # our own copy
        for index, helpdesk in enumerate(settings.helpdesk):
            helpdesk.placed(place.at("helpdesk", index))
        return settings


def load_settings(
    path: Path, environ: Mapping[str, str], *, with_secrets: bool = False
) -> Settings:
    """Read `config.toml` and the environment; every problem is raised at once.

    `with_secrets` also proves that every secret can be fetched; `resolve_secrets` fetches them.
    """
    document = read_toml(path)
    layered = lay_environment(environ, document.data, tuple(Settings.model_fields))
    place = replace(document.place, root=layered.tables, overrides=layered.names)
    problems = [*layered.problems, *_helpdesk_problems(layered.tables, place)]
    if with_secrets:
        for options, where in _options(layered.tables, place):
            problems += unresolved(options, environ, path.parent, where)
    settings = None
    try:
        settings = Settings.model_validate(layered.tables)
    except ValidationError as cause:
        problems += problems_of(cause, Settings, layered.tables, place)
    if settings is None or problems:
        raise SettingsError(problems)
    return settings.placed(document, place)


def notes(settings: Settings) -> tuple[str, ...]:
    """Say what is allowed but unwise: secret files that others may read."""
    return tuple(
        f"helpdesk.{helpdesk.name}: other users of this machine may read {path}; run chmod 600"
        for helpdesk in settings.helpdesk
        for path in open_to_others(helpdesk.options, settings.folder)
    )


def _helpdesk_problems(tables: Mapping[str, Any], place: Place) -> Iterator[Problem]:
    helpdesks = tables.get("helpdesk", [])
    if helpdesks == []:
        yield place.problem("there is no helpdesk", hint="add a table [[helpdesk]]")
    seen: dict[str, int] = {}
    for index, helpdesk in enumerate(helpdesks if isinstance(helpdesks, list) else ()):
        name = helpdesk.get("name") if isinstance(helpdesk, dict) else None
        if not isinstance(name, str):
            continue
        first = seen.setdefault(env_name(name), index)
        if first != index:
            line = place.line("helpdesk", first, "name")
            message = f'two helpdesks are called "{name}"; the other one is in line {line}'
            yield place.problem(message, "helpdesk", index, "name")
    for options, where in _options(tables, place):
        yield from written_out(options, where)


def _options(tables: Mapping[str, Any], place: Place) -> Iterator[tuple[Mapping[str, Any], Place]]:
    helpdesks = tables.get("helpdesk")
    for index, helpdesk in enumerate(helpdesks if isinstance(helpdesks, list) else ()):
        options = helpdesk.get("options") if isinstance(helpdesk, dict) else None
        if isinstance(options, dict):
            yield options, place.at("helpdesk", index, "options")
