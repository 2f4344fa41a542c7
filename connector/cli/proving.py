"""What can be proved about the files a person wrote: every problem together, with file and line."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import SecretStr

from connector.adapters.registry import checked_options
from connector.config.mapping import load_mappings
from connector.config.secrets import FileSecret, is_file, is_secret_table
from connector.config.settings import load_settings
from connector.config.toml import Place, read_toml
from connector.errors import ConfigError, MappingError, Problem, SettingsError

if TYPE_CHECKING:
    from connector.cli.workspace import Workspace
    from connector.model.page import Schema

ALIKE = 0.6


def prove_files(workspace: Workspace) -> None:
    """Raise every problem of the configuration, its secrets and the mappings together."""
    problems = [*_config_problems(workspace), *_mapping_problems(workspace)]
    if problems:
        raise ConfigError(list(dict.fromkeys(problems)))


def unknown_names(workspace: Workspace, schemas: Mapping[str, Schema]) -> Iterator[Problem]:
    """Find names in mappings and in the pilot that none of the helpdesks they are for knows.

    Where one of those helpdesks did not answer, nothing can be said.
    """
    job = workspace.job()
    for kpi_id, kpi in job.mappings.kpis.items():
        helpdesks = job.helpdesks_of("kpi", kpi_id)
        if kpi.where and helpdesks <= schemas.keys():
            path, _ = job.mappings.origin[f"kpi.{kpi_id}"]
            place = read_toml(path).place.at("kpi", kpi_id, "where")
            found = {name: schemas[name] for name in sorted(helpdesks)}
            yield from _unknown(kpi.where, found, place)
    only = workspace.settings.writeback.only
    if only and {one.name for one in job.settings.helpdesk} <= schemas.keys():
        place = read_toml(workspace.config).place.at("writeback", "only")
        yield from _unknown(only, schemas, place)


def _config_problems(workspace: Workspace) -> Iterator[Problem]:
    try:
        load_settings(workspace.config, workspace.environ, with_secrets=True)
    except SettingsError as error:
        yield from error.problems
    try:
        settings = workspace.settings
    except SettingsError:
        return
    for helpdesk in settings.helpdesk:
        try:
            checked_options(helpdesk, {k: _stand_in(v) for k, v in helpdesk.options.items()})
        except SettingsError as error:
            yield from error.problems


def _stand_in(value: Any) -> Any:
    """Return something in place of a secret, so that options are checked without fetching it."""
    if not is_secret_table(value):
        return value
    return FileSecret("secret", Path(value["file"])) if is_file(value) else SecretStr("secret")


def _mapping_problems(workspace: Workspace) -> Iterator[Problem]:
    if not workspace.config.exists():
        return
    try:
        load_mappings(_folders(workspace), workspace.definitions)
    except MappingError as error:
        yield from error.problems


def _folders(workspace: Workspace) -> list[Path]:
    """Return the mapping folders, also where the rest of the configuration is wrong."""
    try:
        return workspace.mapping_folders
    except SettingsError:
        folder = workspace.config.parent
        return [path for name in _named(workspace) if (path := folder / name).is_dir()]


def _named(workspace: Workspace) -> list[str]:
    try:
        helpdesks = read_toml(workspace.config).data.get("helpdesk")
    except SettingsError:
        return ["mappings"]
    tables = helpdesks if isinstance(helpdesks, list) else []
    found = [one.get("mappings", "mappings") for one in tables if isinstance(one, dict)]
    lists = [names if isinstance(names, list) else [names] for names in found or ["mappings"]]
    return list(dict.fromkeys(str(name) for names in lists for name in names))


def _unknown(
    where: Mapping[str, tuple[str, ...]], schemas: Mapping[str, Schema], place: Place
) -> Iterator[Problem]:
    for key, names in where.items():
        listed = [_listed(key, schema) for schema in schemas.values()]
        if any(names_ is None for names_ in listed):
            continue
        known = sorted({name for names_ in listed for name in names_ or ()})
        for name in names:
            near = get_close_matches(name, known, n=1, cutoff=ALIKE)
            if name.casefold() in {one.casefold() for one in known} or (key in WORDS and not near):
                continue
            hint = f'did you mean "{near[0]}"?' if near else "see the spelling in the helpdesk"
            message = f'{key} "{name}" does not exist in {" or ".join(schemas)}'
            yield place.problem(message, key, hint=hint)


WORDS = frozenset({"channel", "priority", "type"})
"""What may simply not have occurred yet: a problem only if it looks like a slip of the pen."""


def _listed(key: str, schema: Schema) -> frozenset[str] | None:
    """Return the names and ids that a helpdesk knows; None where it cannot list them."""
    named: Mapping[str, Mapping[str, str]] = {
        "group": schema.groups,
        "brand": schema.brands,
        "form": schema.forms,
        "assignee": schema.people,
    }
    words = {"channel": schema.channels, "priority": schema.priorities, "type": schema.types}
    if key in named:
        return frozenset((*named[key], *named[key].values())) or None
    return frozenset(words.get(key, ())) or None
