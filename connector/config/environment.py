"""`CONNECTOR_` environment variables laid over the tables of `config.toml`.

`CONNECTOR_STORE__PATH` is `store.path`; a helpdesk goes by its name in capitals, with `_` for
`-`: `CONNECTOR_HELPDESK__SUPPORT__OPTIONS__URL`. Values that start with `[` or `{` are JSON.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any

from pydantic import SecretStr

from connector.config.secrets import is_secret_key, is_secret_table
from connector.config.table import nearest
from connector.errors import Problem

PREFIX = "CONNECTOR_"
NEST = "__"


@dataclass(slots=True)
class Layered:
    """The file's tables with the environment laid over them, and the variable behind each key."""

    tables: dict[str, Any]
    names: dict[tuple[str | int, ...], str] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)


def lay_environment(
    environ: Mapping[str, str], tables: Mapping[str, Any], known: Sequence[str]
) -> Layered:
    """Lay the variables over a copy of the tables; `known` are the names of the top tables."""
    layered = Layered(deepcopy(dict(tables)))
    secrets = _named_by(tables)
    for name in sorted(environ):
        if not name.startswith(PREFIX) or NEST not in name or name in secrets:
            continue
        keys = _keys(name, tables, known, layered.problems)
        if keys is not None:
            layered.names[keys] = name
            value = _value(name, keys, environ[name], layered.problems)
            _lay(layered.tables, keys, value)
    return layered


def env_name(helpdesk: str) -> str:
    """Return how a helpdesk's name is written in a variable."""
    return helpdesk.upper().replace("-", "_")


def _named_by(value: Any) -> frozenset[str]:
    """Return the variables that secrets in the file name: they are no overrides."""
    if is_secret_table(value):
        return frozenset({str(value.get("env"))})
    inner = value.values() if isinstance(value, Mapping) else value
    if not isinstance(value, Mapping | list):
        return frozenset()
    return frozenset().union(*(_named_by(item) for item in inner))


def _keys(
    name: str, tables: Mapping[str, Any], known: Sequence[str], problems: list[Problem]
) -> tuple[str | int, ...] | None:
    top, _, rest = name.removeprefix(PREFIX).partition(NEST)
    table = top.lower()
    if table not in known:
        hint = nearest(table, known, "known")
        problems.append(Problem(f'there is no table "{table}"', name, hint=hint))
        return None
    if table != "helpdesk":
        return (table, *rest.lower().split(NEST))
    names = _names(tables)
    for index, helpdesk in enumerate(names):
        if helpdesk and rest.startswith(env_name(helpdesk) + NEST):
            inner = rest.removeprefix(env_name(helpdesk) + NEST)
            return (table, index, *inner.lower().split(NEST))
    wanted = rest.partition(NEST)[0].lower()
    hint = nearest(wanted, names, "known")
    problems.append(Problem(f'no helpdesk is called "{wanted}"', name, hint=hint))
    return None


def _names(tables: Mapping[str, Any]) -> list[str]:
    found = tables.get("helpdesk")
    items = found if isinstance(found, list) else []
    return [str(item.get("name", "")) if isinstance(item, dict) else "" for item in items]


def _value(name: str, keys: tuple[str | int, ...], text: str, problems: list[Problem]) -> Any:
    if is_secret_key(str(keys[-1])):
        return SecretStr(text)
    if not text.lstrip().startswith(("[", "{")):
        return text
    try:
        return json.loads(text)
    except ValueError:
        problems.append(Problem("this is not JSON", name, hint='write for example ["a", "b"]'))
        return text


def _lay(tables: dict[str, Any], keys: tuple[str | int, ...], value: Any) -> None:
    here: Any = tables
    for key in keys[:-1]:
        below = here[key] if isinstance(key, int) else here.get(key)
        if not isinstance(below, dict | list):
            below = here[key] = {}
        here = below
    if is_secret_table(here):
        here.clear()  # a secret comes from one place
    here[keys[-1]] = value
