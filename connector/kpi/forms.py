"""A measure as a KPI asks for it: which variant, with which settings, by which schedule.

Tickets are measured once for every form that some KPI needs, and for no other: the rows of
`measures` carry the form's key.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterable, Mapping
from typing import Any, Final

import msgspec

from connector.config.mapping import KpiTable
from connector.config.measure_settings import Value, setting_value, setting_values
from connector.errors import UsageError
from connector.kpi import catalogue
from connector.model.kpi import Family, MeasureDefinition

REPLY_SHARE: Final = "reply_share"
"""The measure by which credit is shared among all who replied."""

SOLVED: Final = "first_resolution_time"
"""The measure that says when a ticket was solved, which decides about tickets without a reply."""


class Form(msgspec.Struct, frozen=True):
    """A measure with its settings; what is the same has the same `key`.

    `ids` are the ids of ticket fields by the names that mappings call them.
    """

    definition: MeasureDefinition
    settings: Mapping[str, Value] = {}
    is_at_event: bool = False
    ids: Mapping[str, str] = {}

    @property
    def key(self) -> str:
        """Return what the rows of `measures` call it: `fcr_system`, `fcr_system{window=259200}`."""
        usual = setting_values(self.definition, {})
        words = {k: v for k, v in self.settings.items() if v != usual[k]}
        if self.is_at_event:
            words["schedule"] = "at_event"
        told = ",".join(f"{name}={_plain(words[name])}" for name in sorted(words))
        return f"{self.definition.id}{{{told}}}" if told else self.definition.id

    @property
    def query(self) -> str:
        """Return its SQL with the settings filled in."""
        text = catalogue.sql(self.definition.template or self.definition.id)
        told = {**self.definition.given, **self.settings}
        told |= {key: self.ids.get(name, name) for key, name in self._fields.items()}
        return catalogue.fill(text, {name: _sql(value) for name, value in told.items()})

    @property
    def fields(self) -> tuple[str, ...]:
        """Return the ticket fields that it reads, as mappings call them."""
        return tuple(sorted(set(self._fields.values())))

    @property
    def _fields(self) -> dict[str, str]:
        kinds = {name: setting.kind for name, setting in self.definition.settings.items()}
        told: dict[str, Value] = {
            k: v for k, v in self.definition.given.items() if k.endswith("field")
        }
        told |= {k: v for k, v in self.settings.items() if kinds.get(k) == "field"}
        return {key: name for key, name in told.items() if isinstance(name, str) and name}

    def fingerprint(self, *more: str) -> str:
        """Return what changes when its rows would: the SQL, its inputs, and what else is told."""
        texts = (self.query, *more)
        return hashlib.sha256("\0".join(texts).encode()).hexdigest()[:16]


def definition_of(
    kpi: KpiTable, definitions: Mapping[str, MeasureDefinition] | None = None
) -> MeasureDefinition:
    """Return the definition that counts for a KPI; its mapping was checked when it was loaded.

    Where the KPI may set a window, its values settle when the window is over.
    """
    known = catalogue.definitions() if definitions is None else definitions
    definition = kpi.own or known.get(kpi.measure_id)
    if definition is None:
        raise UsageError(f"measure {kpi.measure_id} does not exist; see `connector catalogue`")
    window = definition.settings.get("window")
    if window is None or "window" not in kpi.settings:
        return definition
    lag = setting_value(window, kpi.settings["window"])
    return msgspec.structs.replace(definition, lag_s=math.ceil(float(lag)))  # type: ignore[arg-type]


def form_of(kpi: KpiTable, definitions: Mapping[str, MeasureDefinition] | None = None) -> Form:
    """Return the form of its measure that a KPI asks for."""
    return _form(definition_of(kpi, definitions), kpi)


def forms_for(
    kpis: Iterable[KpiTable], definitions: Mapping[str, MeasureDefinition] | None = None
) -> tuple[Form, ...]:
    """Return every form that has to be measured for these KPIs, each once, in order of its key."""
    known = catalogue.definitions() if definitions is None else definitions
    found: dict[str, Form] = {}
    for kpi in kpis:
        definition = definition_of(kpi, known)
        asked = _form(definition, kpi)
        parts = parts_of(asked, known) if definition.family == Family.RATIO else (asked,)
        forms = [part for part in parts if part.definition.family != Family.IMPORTED]
        if kpi.credit == "replies":
            forms.append(usual_form(known[REPLY_SHARE]))
        if definition.settles_by and definition.family == Family.TIME:
            forms.append(usual_form(known[SOLVED]))
        found |= {form.key: form for form in forms}
    return tuple(found[key] for key in sorted(found))


def usual_form(definition: MeasureDefinition) -> Form:
    """Return a measure with its defaults; settings without one are empty."""
    return Form(definition, setting_values(definition, {}))


def usual_forms() -> tuple[Form, ...]:
    """Return every measure of the catalogue that has rows, with its defaults."""
    return tuple(
        usual_form(one)
        for one in catalogue.definitions().values()
        if one.family not in {Family.RATIO, Family.IMPORTED}
    )


def parts_of(
    form: Form, definitions: Mapping[str, MeasureDefinition] | None = None
) -> tuple[Form, Form]:
    """Return the numerator and the denominator of a ratio, with what was set for it."""
    known = catalogue.definitions() if definitions is None else definitions
    numerator, denominator = (
        Form(part, {**usual_form(part).settings, **_own(part, form.settings)})
        for part in (known[form.definition.numerator], known[form.definition.denominator])
    )
    return numerator, denominator


def definition_id(key: str) -> str:
    """Return the id of the definition behind a form's key."""
    return key.partition("{")[0]


def _form(definition: MeasureDefinition, kpi: KpiTable) -> Form:
    is_at_event = kpi.schedule == "at_event" and definition.family == Family.TIME
    return Form(definition, setting_values(definition, _own(definition, kpi.settings)), is_at_event)


def _own(definition: MeasureDefinition, settings: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in settings.items() if name in definition.settings}


def _plain(value: Value) -> str:
    if isinstance(value, tuple):
        return "+".join(value)
    return str(value) if isinstance(value, str) else f"{value:g}"


def _sql(value: Value) -> str:
    """Write a value as SQL; a dollar in a text must not look like a name to be filled in."""
    if isinstance(value, tuple):
        return f"[{', '.join(_sql(one) for one in value)}]::varchar[]"
    if not isinstance(value, str):
        return f"{value:.15g}"
    quoted = "'" + value.replace("'", "''") + "'"
    return "(" + quoted.replace("$", "' || chr(36) || '") + ")" if "$" in value else quoted
