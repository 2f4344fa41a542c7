"""Read a TOML file that a person wrote, and say of each key where it stands."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from connector.config.positions import positions
from connector.errors import ConfigError, Problem, SettingsError

if TYPE_CHECKING:
    from pathlib import Path

    from connector.config.positions import Path as Keys

LARGEST_FILE = 1_000_000
"""Bytes; a mapping file is a few kilobytes, so anything above this is another file by mistake."""

_WHERE = re.compile(r" \(at (?:line (\d+), column (\d+)|end of document)\)$")
_CURLY = "\u201c\u201d\u201e\u2018\u2019"
_LOOKS_LIKE_TEXT = re.compile(r"^\s*([\w.-]+)\s*=\s*([^\W\d][^\"'#\[{]*?)\s*(?:#.*)?$")
_CODES: Final = (
    ("Cannot overwrite a value", "this key stands twice"),
    ("Cannot declare", "this table stands twice, or was closed before"),
    ("Cannot mutate immutable namespace", "this table is complete where it stands in { }"),
    ("Cannot redefine namespace", "this table stands twice"),
    ("Duplicate inline table key", "this key stands twice"),
    ("Expected '=' after a key", "expected `=` after the key"),
    ("Invalid initial character for a key part", "expected a key here"),
    ("Invalid statement", "expected a key or a [table] here"),
    ("Expected newline or end of document", "expected the end of the line here"),
    ("Unclosed array", "a list is not closed"),
    ("Unclosed inline table", "a table in { } is not closed"),
    ("Unterminated string", "a text is not closed"),
    ("Illegal character '\\n'", "a text is not closed on its line"),
    ("Expected ']", "a table header is not closed"),
    ("Unescaped '\\' in a string", "a backslash stands alone in a text"),
    ("Invalid value", "expected a value here"),
    ("Invalid date or datetime", "this is not a date"),
    ("Expected", "something is missing here"),
)


@dataclass(frozen=True, slots=True)
class Place:
    """A table of a file, so that what is wrong in it can be told with file, line and key.

    `overrides` names the environment variable of each key that does not come from the file.
    """

    file: str = ""
    root: Mapping[str, Any] = field(default_factory=dict)
    lines: Mapping[Keys, int] = field(default_factory=dict)
    prefix: Keys = ()
    overrides: Mapping[Keys, str] = field(default_factory=dict)

    def at(self, *keys: str | int) -> Place:
        """Return the place of a table or key inside this one."""
        prefix = (*self.prefix, *keys)
        return Place(self.file, self.root, self.lines, prefix, self.overrides)

    @property
    def key(self) -> str:
        """Return the key of this table."""
        return dotted(self.prefix, self.root)

    def line(self, *keys: str | int) -> int | None:
        """Return the line of a key, or of the nearest table around it."""
        path = (*self.prefix, *keys)
        known = (self.lines.get(path[:length]) for length in range(len(path), 0, -1))
        return next((line for line in known if line is not None), None)

    def written(self, *keys: str | int) -> Any:
        """Return a value the way it stands in the file."""
        here: Any = self.root
        for key in (*self.prefix, *keys):
            here = _step(here, key)
        return here

    def problem(self, message: str, *keys: str | int, hint: str = "") -> Problem:
        """Say what is wrong with a key of this table."""
        path = (*self.prefix, *keys)
        name = dotted(path, self.root)
        for length in range(len(path), 0, -1):
            if path[:length] in self.overrides:
                return Problem(message, self.overrides[path[:length]], None, name, hint)
        return Problem(message, self.file, self.line(*keys), name, hint)


@dataclass(frozen=True, slots=True)
class Document:
    """A file as read: its tables, and where each key stands."""

    path: Path
    data: dict[str, Any]
    place: Place


def read_toml(path: Path, error: type[ConfigError] = SettingsError) -> Document:
    """Read one TOML file; whatever is wrong with it is raised as `error`."""
    text = _text(path, error)
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as cause:
        raise error([_syntax_problem(path, text, cause)]) from cause
    except RecursionError as cause:
        raise error([Problem("lists or tables are nested too deeply", str(path))]) from cause
    return Document(path, data, Place(str(path), data, positions(text)))


def dotted(keys: Keys, root: Mapping[str, Any]) -> str:
    """Write a key the way people name it; an item of a list of tables goes by its `name`."""
    parts: list[str] = []
    here: Any = root
    for key in keys:
        item = _step(here, key)
        if isinstance(key, str):
            parts.append(_named(key))
        elif isinstance(item, Mapping) and isinstance(item.get("name"), str):
            parts.append(_named(item["name"]))
        else:
            parts[-1] += f"[{key + 1}]"
        here = item
    return ".".join(parts)


def _named(key: str) -> str:
    return key if re.fullmatch(r"[A-Za-z0-9_-]+", key) else f'"{key}"'


def _step(here: Any, key: str | int) -> Any:
    if isinstance(here, Mapping):
        return here.get(str(key))
    if isinstance(here, list | tuple) and isinstance(key, int) and key < len(here):
        return here[key]
    return None


def _text(path: Path, error: type[ConfigError]) -> str:
    try:
        with path.open("rb") as file:
            raw = file.read(LARGEST_FILE + 1)
    except FileNotFoundError as cause:
        hint = "`connector init` writes one" if path.name == "config.toml" else ""
        raise error([Problem("this file does not exist", str(path), hint=hint)]) from cause
    except OSError as cause:
        reason = cause.strerror or type(cause).__name__
        raise error([Problem(f"this file cannot be read: {reason}", str(path))]) from cause
    if len(raw) > LARGEST_FILE:
        size = f"this file is larger than {LARGEST_FILE // 1000:,} kB"
        raise error([Problem(size, str(path), hint="is it the right one?")])
    return _decoded(raw, path, error)


def _decoded(raw: bytes, path: Path, error: type[ConfigError]) -> str:
    try:
        return raw.decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError as cause:
        line = raw.count(b"\n", 0, cause.start) + 1
        hint = "save it as UTF-8 in your editor"
        raise error([Problem("this file is not UTF-8 text", str(path), line, "", hint)]) from cause


def _syntax_problem(path: Path, text: str, cause: tomllib.TOMLDecodeError) -> Problem:
    said = str(cause)
    found = _WHERE.search(said)
    rows = text.split("\n")
    number, column = len(rows), 0
    if found and found[1]:
        number, column = int(found[1]), int(found[2])
    reason = said[: found.start()] if found else said
    if not column and reason == "Invalid value":
        reason = "the file ends before this value is complete"
    plain = next((plain for code, plain in _CODES if reason.startswith(code)), reason.lower())
    number = _blamed(rows, number)
    row = rows[number - 1] if number <= len(rows) else ""
    where = f" (column {column})" if column and "twice" not in plain else ""
    return Problem(plain + where, str(path), number, "", _syntax_hint(row, plain))


def _blamed(rows: list[str], number: int) -> int:
    """Return the last line with something on it at or before the one the parser stopped at."""
    while number > 1 and not rows[number - 1].strip():
        number -= 1
    return number


def _syntax_hint(row: str, plain: str) -> str:
    if any(mark in row for mark in _CURLY):
        return 'use straight quotes: "text"'
    if "twice" in plain:
        return f"keep one of them: {row.strip()}"[:80]
    if "backslash" in plain:
        return "write it twice, or put the text in single quotes"
    if re.match(r"^\s*[\w.-]+\s*:", row):
        return "a key is followed by `=`, not by `:`"
    unquoted = _LOOKS_LIKE_TEXT.match(row)
    return _quotes_hint(unquoted[1], unquoted[2]) if unquoted else ""


def _quotes_hint(key: str, value: str) -> str:
    if value.lower() in {"true", "false", "yes", "no", "on", "off"}:
        return "write true or false"
    return f'text needs quotes: {key} = "{value}"'
