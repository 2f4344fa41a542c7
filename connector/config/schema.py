"""JSON Schema of both kinds of file, made from the models, so that editors complete and check."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from connector.config.checks import LONGEST_ID, RESERVED_IDS
from connector.config.entry import SAME_AGGREGATE
from connector.config.mapping import TABLES
from connector.config.settings import Settings
from connector.model.kpi import MeasureDefinition, Setting

DIALECT = "http://json-schema.org/draft-07/schema#"
"""The dialect that TOML editors understand."""

_ID = r"^[a-z][a-z0-9]*(_[a-z0-9]+)*$"
_SECRET = {
    "description": "A secret is named here, never written out.",
    "oneOf": [
        {
            "type": "object",
            "properties": {key: {"type": "string", "minLength": 1}},
            "required": [key],
            "additionalProperties": False,
        }
        for key in ("env", "file")
    ],
}


ONE_OR_MORE = {
    "anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}, "minItems": 1}]
}


def json_schemas(definitions: Mapping[str, MeasureDefinition]) -> dict[str, dict[str, Any]]:
    """Return the schema of `config.toml` and of mapping files, by `config` and `mapping`."""
    return {"config": _config_schema(), "mapping": _mapping_schema(definitions)}


def _config_schema() -> dict[str, Any]:
    schema = _drafted(Settings.model_json_schema(), "Configuration of the connector (config.toml)")
    schema["required"] = ["helpdesk"]
    schema["properties"]["helpdesk"]["minItems"] = 1
    options = schema["definitions"]["HelpdeskTable"]["properties"]["options"]
    options["patternProperties"] = {"(^|_)(token|secret|password|api_key)$": _SECRET}
    return schema


def _mapping_schema(definitions: Mapping[str, MeasureDefinition]) -> dict[str, Any]:
    tables = {kind: _drafted(model.model_json_schema(), "") for kind, model in TABLES.items()}
    shared = {name: part for table in tables.values() for name, part in _parts(table).items()}
    _list_measures(tables["kpi"], definitions)
    tables["goal"]["allOf"] = [_measured()]
    return {
        "$schema": DIALECT,
        "title": "Mapping file of the connector (KPIs, visions, objectives and goals)",
        "type": "object",
        "additionalProperties": False,
        "properties": {kind: _by_id(kind, table) for kind, table in tables.items()},
        "definitions": shared,
    }


def _drafted(schema: dict[str, Any], title: str) -> dict[str, Any]:
    """Write a schema of pydantic in the older dialect: `definitions` for `$defs`."""
    moved: dict[str, Any] = _moved(schema)
    if title:
        moved = {"$schema": DIALECT, **moved, "title": title}
    return moved


def _moved(part: Any) -> Any:
    if isinstance(part, list):
        return [_moved(item) for item in part]
    if isinstance(part, str):
        return part.replace("#/$defs/", "#/definitions/")
    if not isinstance(part, dict):
        return part
    kept = {key: value for key, value in part.items() if not _is_machine_title(key, value)}
    return {"definitions" if key == "$defs" else key: _moved(kept[key]) for key in kept}


def _is_machine_title(key: str, value: object) -> bool:
    """Tell titles that pydantic makes from names: editors show the descriptions."""
    return key == "title" and isinstance(value, str)


def _parts(table: dict[str, Any]) -> dict[str, Any]:
    parts: dict[str, Any] = table.pop("definitions", {})
    return parts


def _by_id(kind: str, table: dict[str, Any]) -> dict[str, Any]:
    names: dict[str, Any] = {"pattern": _ID, "maxLength": LONGEST_ID}
    if kind == "goal":
        names["not"] = {"enum": sorted(RESERVED_IDS)}
    return {"type": "object", "propertyNames": names, "additionalProperties": table}


def _list_measures(kpi: dict[str, Any], definitions: Mapping[str, MeasureDefinition]) -> None:
    """List the measures, and for each the aggregates, clocks, variants and settings it has."""
    measures = {id_: one for id_, one in sorted(definitions.items()) if not one.variant_of}
    names = sorted({name for d in definitions.values() for name in d.aggregates})
    kpi["properties"]["measure"]["enum"] = list(measures)
    kpi["properties"]["aggregate"] = {
        "description": kpi["properties"]["aggregate"]["description"],
        "enum": _with_synonyms(names),
    }
    kpi["allOf"] = [
        *(_measure_rule(one, definitions) for one in measures.values()),
        {
            "if": {"properties": {"aggregate": {"const": "within"}}, "required": ["aggregate"]},
            "then": {"required": ["limit"]},
        },
    ]


def _with_synonyms(aggregates: list[str]) -> list[str]:
    return [*aggregates, *(said for said, one in SAME_AGGREGATE.items() if one in aggregates)]


def _measure_rule(
    definition: MeasureDefinition, definitions: Mapping[str, MeasureDefinition]
) -> dict[str, Any]:
    variants = [one for one in definitions.values() if one.variant_of == definition.id]
    forms = (definition, *variants)
    settings = {name: one for form in forms for name, one in form.settings.items()}
    aggregates = list(dict.fromkeys(a for form in forms for a in form.aggregates))
    wanted = {
        "aggregate": {"enum": _with_synonyms(aggregates)},
        "clock": {"enum": list(definition.clocks) or ["calendar"]},
        "variant": {"enum": sorted(one.id.partition(".")[2] for one in variants)},
        "settings": {
            "properties": {name: _setting(one) for name, one in settings.items()},
            "additionalProperties": False,
        },
    }
    if not variants:
        wanted["variant"] = {"not": {}}
    return {
        "if": {"properties": {"measure": {"const": definition.id}}, "required": ["measure"]},
        "then": {"properties": wanted},
    }


def _setting(setting: Setting) -> dict[str, Any]:
    """Return what a setting may be, and say what it is if it is left out."""
    amount = {"type": ["string", "number"]}
    kinds: dict[str, dict[str, Any]] = {
        "names": ONE_OR_MORE,
        "groups": ONE_OR_MORE,
        "tag": {"type": "string"},
        "field": {"type": "string"},
        "yes_no": {"enum": [True, False, "yes", "no"]},
        "choice": {"enum": list(setting.options)},
    }
    usual = f"{setting.default} if left out." if setting.default else "May be left out."
    needed = not setting.default and not setting.is_optional
    return {**kinds.get(setting.kind, amount), "description": "Required." if needed else usual}


def _measured() -> dict[str, Any]:
    """Say which keys each kind of goal needs."""
    none = [{"required": [key]} for key in ("kpi", "target", "limit")]
    target = {"required": ["kpi", "target"], "not": {"required": ["limit"]}}
    limit = {"required": ["kpi", "limit"], "not": {"required": ["target"]}}
    return _if_kind("development", {"not": {"anyOf": none}}, _if_kind("anti_goal", limit, target))


def _if_kind(kind: str, then: dict[str, Any], otherwise: dict[str, Any]) -> dict[str, Any]:
    condition = {"properties": {"kind": {"const": kind}}, "required": ["kind"]}
    return {"if": condition, "then": then, "else": otherwise}
