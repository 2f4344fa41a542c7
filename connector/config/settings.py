"""`config.toml` as typed tables; `CONNECTOR_` environment variables override single keys."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import time
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field


class Table(BaseModel):
    """A table of a file a person wrote: frozen, unknown keys refused."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class StoreTable(Table):
    """`[store]`: where everything local is kept."""

    path: Path = Path("var")


class RunTable(Table):
    """`[run]`: how often the daemon runs."""

    every_s: float = Field(default=300.0, alias="every")


class LimitsTable(Table):
    """`[helpdesk.limits]`: our share of what the helpdesk announces."""

    share_of_exports: float = Field(default=0.8, gt=0, le=1)
    share_of_requests: float = Field(default=0.2, gt=0, le=1)


class PeopleTable(Table):
    """`[helpdesk.people]`: accounts whose replies are not human, and ones to leave out."""

    bots: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()


class HelpdeskTable(Table):
    """`[[helpdesk]]`: one account. `options` are checked by the adapter's own settings model."""

    name: str = Field(pattern=r"^[a-z][a-z0-9_-]{0,39}$")
    kind: str
    mappings: tuple[str, ...] = ("mappings",)
    options: Mapping[str, Any] = {}
    limits: LimitsTable = LimitsTable()
    people: PeopleTable = PeopleTable()


class WritebackTable(Table):
    """`[writeback]`: what may be written, off until an admin turns it on."""

    enabled: bool = False
    tag_prefix: str = Field(default="goal_", pattern=r"^[a-z0-9][a-z0-9_-]*_$")
    only: Mapping[str, Any] = {}
    max_share: float = Field(default=0.2, gt=0, le=1)
    people: str = Field(default="off", pattern="^(on|off)$")
    daily_at: time = time(6, 0)
    labels: str = "en"


class Settings(Table):
    """The whole of `config.toml`."""

    store: StoreTable = StoreTable()
    run: RunTable = RunTable()
    helpdesk: tuple[HelpdeskTable, ...] = ()
    writeback: WritebackTable = WritebackTable()
