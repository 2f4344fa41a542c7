"""What can be proved about the files a person wrote: every problem together, with file and line."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import SecretStr

from connector.adapters.registry import checked_options
from connector.config.mapping import load_mappings
from connector.config.secrets import FileSecret, is_file, is_secret_table
from connector.config.settings import load_settings
from connector.config.toml import read_toml
from connector.errors import ConfigError, MappingError, Problem, SettingsError

if TYPE_CHECKING:
    from connector.cli.workspace import Workspace


def prove_files(workspace: Workspace) -> None:
    """Raise every problem of the configuration, its secrets and the mappings together."""
    problems = [*_config_problems(workspace), *_mapping_problems(workspace)]
    if problems:
        raise ConfigError(list(dict.fromkeys(problems)))


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
