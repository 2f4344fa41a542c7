"""Secrets of a helpdesk's options: never in the file, only named there and fetched when needed."""

from __future__ import annotations

import re
import stat
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from pydantic import SecretStr

from connector.config.table import shown
from connector.config.toml import Place
from connector.errors import Problem, SettingsError

LARGEST_SECRET = 64_000
"""Bytes; keys and certificates fit, a wrong file usually does not."""

_SECRET_KEY = re.compile(
    r"(?:^|_)(?:token|secret|password|passwd|passphrase|credentials?|apikey|api_key|"
    r"private_key|access_key|secret_key)$"
)
_WITH_PASSWORD = re.compile(r"://[^/@\s]*:[^/@\s]+@")
_ABSENT = ("does not exist", "is empty")
_FORMS = '{ env = "NAME" } or { file = "PATH" }'


class FileSecret(SecretStr):
    """A secret that came from a file; `path` is for those that are replaced there when used."""

    def __init__(self, secret: str, path: Path) -> None:
        """Keep the secret, and where it came from."""
        super().__init__(secret)
        self.path = path


def is_secret_key(key: str) -> bool:
    """Tell whether a key by this name holds a secret."""
    return _SECRET_KEY.search(key.lower()) is not None


def is_secret_table(value: object) -> bool:
    """Tell whether a value names a secret: a table with `env` or `file`."""
    return isinstance(value, Mapping) and ("env" in value or "file" in value)


def resolve_secrets(
    options: Mapping[str, Any],
    environ: Mapping[str, str],
    base: Path,
    where: str,
    *,
    awaited: str = "",
) -> dict[str, Any]:
    """Return the options with every secret fetched, as `SecretStr`; `where` names the helpdesk.

    Paths are relative to `base`, the folder of the config file. Every problem is raised at once.
    The file of the option `awaited` is about to be written, so it is not read.
    """
    root = {"helpdesk": [{"name": where, "options": options}]}
    place = Place("config.toml", root, {}, ("helpdesk", 0, "options"))
    fetched = dict(options)
    coming = fetched.pop(awaited) if is_file(fetched.get(awaited)) else None
    problems = [*written_out(options, place), *unresolved(fetched, environ, base, place)]
    if problems:
        raise SettingsError(problems)
    fetched = {key: _fetched(value, environ, base) for key, value in fetched.items()}
    return fetched | ({awaited: FileSecret("", _path(coming["file"], base))} if coming else {})


def written_out(options: Mapping[str, Any], place: Place) -> list[Problem]:
    """Find secrets that stand in the file itself, and malformed tables for secrets."""
    return [
        place.problem(message, *keys, hint=hint)
        for keys, value in _walk(options)
        for message, hint in _complaints(keys, value)
    ]


def unresolved(
    options: Mapping[str, Any], environ: Mapping[str, str], base: Path, place: Place
) -> list[Problem]:
    """Find secrets that cannot be fetched: an unset variable, a missing or unreadable file."""
    problems = []
    for keys, value in _walk(options):
        if is_secret_table(value) and not list(_complaints(keys, value)):
            outcome = _fetch(value, environ, base)
            if isinstance(outcome, tuple):
                hint = outcome[1] or _cure(outcome[0], keys, place)
                problems.append(place.problem(outcome[0], *keys, hint=hint))
    return problems


def open_to_others(options: Mapping[str, Any], base: Path) -> list[str]:
    """Name the secret files that other users of this machine may read."""
    paths = [base / value["file"] for _, value in _walk(options) if is_file(value)]
    return [str(path) for path in paths if path.exists() and path.stat().st_mode & stat.S_IRWXO]


def _cure(message: str, keys: tuple[Any, ...], place: Place) -> str:
    """Say which command writes a file that is not there yet."""
    if keys != ("refresh_token",) or not message.endswith(_ABSENT):
        return ""
    name = replace(place, prefix=place.prefix[:-1]).written("name")
    return f"get one with `connector authorize {name}`"


def is_file(value: object) -> bool:
    """Tell whether a value names a secret that is in a file."""
    return isinstance(value, Mapping) and isinstance(value.get("file"), str)


def _walk(value: Any, keys: tuple[str | int, ...] = ()) -> Iterator[tuple[tuple[Any, ...], Any]]:
    """Yield every value with its keys; a table that names a secret is a value itself."""
    if keys:
        yield keys, value
    if is_secret_table(value):
        return
    if isinstance(value, Mapping):
        for key, inner in value.items():
            yield from _walk(inner, (*keys, key))
    elif isinstance(value, list | tuple):
        for index, inner in enumerate(value):
            yield from _walk(inner, (*keys, index))


def _complaints(keys: tuple[Any, ...], value: object) -> Iterator[tuple[str, str]]:
    if isinstance(value, Mapping):
        if is_secret_table(value):
            yield from _table_complaints(value)
        return
    if isinstance(value, list | tuple | SecretStr):
        return
    name = next((key for key in reversed(keys) if isinstance(key, str)), "")
    if is_secret_key(name):
        hint = f"write {_FORMS}, and renew this one if others could see the file"
        yield "a secret must not stand in the file", hint
    elif isinstance(value, str) and _WITH_PASSWORD.search(value):
        yield "an address must not hold a password", f"give it apart, as {_FORMS}"


def _table_complaints(table: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    extra = [key for key in table if key not in {"env", "file"}]
    if extra:
        yield f'unknown key "{extra[0]}" beside a secret', f"write {_FORMS}"
    elif len(table) > 1:
        yield "a secret comes from one place, not from two", f"write {_FORMS}"
    else:
        ((key, name),) = table.items()
        if not isinstance(name, str) or not name.strip():
            yield f'"{key}" must be text in quotes, not {shown(name)}', f"write {_FORMS}"


def _fetched(value: Any, environ: Mapping[str, str], base: Path) -> Any:
    if is_secret_table(value):
        outcome = _fetch(value, environ, base)
        if isinstance(outcome, str) and is_file(value):
            return FileSecret(outcome, _path(value["file"], base))
        return SecretStr(outcome) if isinstance(outcome, str) else outcome
    if isinstance(value, Mapping):
        return {key: _fetched(inner, environ, base) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_fetched(inner, environ, base) for inner in value]
    return value


def _fetch(
    table: Mapping[str, str], environ: Mapping[str, str], base: Path
) -> str | tuple[str, str]:
    """Return the secret, or what is wrong and what to do about it."""
    if "file" in table:
        return _read(_path(table["file"], base))
    name = table["env"]
    secret = environ.get(name, "").strip()
    if secret:
        return secret
    state = "is empty" if name in environ else "is not set"
    return f"the environment variable {name} {state}", f"set it, or write {_FORMS}"


def _path(name: str, base: Path) -> Path:
    return base / Path(name).expanduser()


def _read(path: Path) -> str | tuple[str, str]:
    try:
        with path.open("rb") as file:
            raw = file.read(LARGEST_SECRET + 1)
        secret = raw.decode("utf-8").strip()
    except FileNotFoundError:
        return f"the secret file {path} {_ABSENT[0]}", ""
    except OSError as cause:
        return f"the secret file {path} cannot be read: {cause.strerror}", ""
    except UnicodeDecodeError:
        return f"the secret file {path} is not text", ""
    if len(raw) > LARGEST_SECRET:
        return f"the secret file {path} is too large to be one", ""
    return secret or (f"the secret file {path} {_ABSENT[1]}", "")
