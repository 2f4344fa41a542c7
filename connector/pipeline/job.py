"""What a run works with: plain values and open things, wired by the command line."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Protocol

from msgspec.structs import replace

from connector.adapters.base import Adapter
from connector.config.mapping import Mappings
from connector.config.settings import HelpdeskTable, PeopleTable, Settings
from connector.kpi.forms import Form, forms_for, usual_form, usual_forms
from connector.kpi.standing_sla import sla_form
from connector.model.kpi import MeasureDefinition
from connector.store.state import State


class Progress(Protocol):
    """Shows how far a run is; every call is cheap and may be ignored."""

    def step(self, helpdesk: str, what: str) -> None:
        """Say what is done now."""

    def reading(self, helpdesk: str, stream: str, done: int, expected: int | None) -> None:
        """Say how many records of a stream were read so far."""

    def writing(self, helpdesk: str, done: int, total: int) -> None:
        """Say how many tickets were written so far."""


class Silence:
    """Progress that nobody watches."""

    def step(self, helpdesk: str, what: str) -> None:
        """Say nothing."""

    def reading(self, helpdesk: str, stream: str, done: int, expected: int | None) -> None:
        """Say nothing."""

    def writing(self, helpdesk: str, done: int, total: int) -> None:
        """Say nothing."""


@dataclass(frozen=True, kw_only=True)
class SliceLimit:
    """How long one helpdesk is read in one run, and with how many requests; None: to the end."""

    seconds: float | None = None
    requests: int | None = None


@dataclass(frozen=True, kw_only=True)
class Job:
    """Everything a run needs; `clock` tells the present, and is the only thing that does.

    `members` names, by goal, the persons and teams that goals of `for_each` were made for.
    """

    settings: Settings
    mappings: Mappings
    definitions: Mapping[str, MeasureDefinition]
    state: State
    open_adapter: Callable[[HelpdeskTable], Adapter]
    clock: Callable[[], datetime]
    sleep: Callable[[float], None]
    progress: Progress
    members: Mapping[str, str] = field(default_factory=dict)

    def folder(self, helpdesk: str) -> Path:
        """Return where everything of one account is kept."""
        return self.settings.store.path / helpdesk

    def helpdesks(self, names: Iterable[str] = ()) -> list[HelpdeskTable]:
        """Return the named helpdesks in the order of the config, or all."""
        wanted = set(names)
        return [h for h in self.settings.helpdesk if not wanted or h.name in wanted]

    def mappings_of(self, helpdesk: HelpdeskTable) -> Mappings:
        """Return the KPIs and goals that apply to one helpdesk."""
        return self.mappings.within(self._mapping_folders(helpdesk))

    def forms_of(self, helpdesk: HelpdeskTable) -> tuple[Form, ...]:
        """Return what has to be measured of one helpdesk's tickets: what its KPIs need."""
        mappings = self.mappings_of(helpdesk)
        forms = {form.key: form for form in forms_for(mappings.kpis.values(), self.definitions)}
        for goal in mappings.goals.values():
            if goal.ticket == "sla":
                form = sla_form(self.mappings.kpis[goal.kpi], self.definitions)
                forms[form.key] = form
        return self.known_fields(helpdesk, [forms[key] for key in sorted(forms)])

    def all_forms(self, helpdesk: HelpdeskTable) -> tuple[Form, ...]:
        """Return everything that can be measured of one ticket: the catalogue, and their own."""
        own = (usual_form(one) for one in self.mappings_of(helpdesk).measures.values())
        usual = self.known_fields(helpdesk, (*usual_forms(), *own))
        forms = {form.key: form for form in (*usual, *self.forms_of(helpdesk))}
        return tuple(forms.values())

    def known_fields(self, helpdesk: HelpdeskTable, forms: Iterable[Form]) -> tuple[Form, ...]:
        """Return forms that know the helpdesk's ids of the ticket fields that they name."""
        pins = self.state.pins(helpdesk.name)
        ids = {name: id_ for (dimension, name), id_ in pins.items() if dimension == "field"}
        return tuple(replace(form, ids=ids) if form.fields else form for form in forms)

    def people_of(self, helpdesk: HelpdeskTable) -> PeopleTable:
        """Return who counts how: what is configured, and the accounts that look like bots."""
        people = helpdesk.people
        suspected = self.state.suspected(helpdesk.name)
        more = [one for one in suspected if one not in {*people.humans, *people.ignore}]
        return people.model_copy(update={"bots": tuple(dict.fromkeys((*people.bots, *more)))})

    def helpdesks_of(self, kind: str, key: str) -> frozenset[str]:
        """Return the helpdesks a goal or KPI (`kind` says which) is about."""
        return frozenset(
            helpdesk.name
            for helpdesk in self.settings.helpdesk
            if self.mappings.has_within(f"{kind}.{key}", self._mapping_folders(helpdesk))
        )

    def _mapping_folders(self, helpdesk: HelpdeskTable) -> list[Path]:
        return [self.settings.folder / name for name in helpdesk.mappings]
