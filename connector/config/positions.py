"""Where each key of a TOML text stands: a light scan of a text that tomllib has accepted."""

from __future__ import annotations

import re
import tomllib
from bisect import bisect_left

Path = tuple[str | int, ...]
"""A key by its way from the top: `("helpdesk", 0, "options", "url")`."""

_BLANK = re.compile(r"(?:[ \t\r\n]|#[^\n]*)*")
_SPACE = re.compile(r"[ \t]*")
_BARE_KEY = re.compile(r"[A-Za-z0-9_-]+")
_STRING = re.compile(
    r'"""(?:\\.|[^\\])*?"{3,5}|\'\'\'.*?\'{3,5}|"(?:\\.|[^"\\])*"|\'[^\']*\'', re.DOTALL
)
_SCALAR = re.compile(r"[^,\]\}\n#]*")


def positions(text: str) -> dict[Path, int]:
    """Return the line of every key, table and list item of a valid TOML text."""
    return _Scan(text).lines


class _Scan:
    """One pass over the text; `lines` gathers the first line each key was seen on."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self.lines: dict[Path, int] = {}
        self._counts: dict[Path, int] = {}
        self._newlines = [m.start() for m in re.finditer("\n", text)]
        self._document()

    def _document(self) -> None:
        table: Path = ()
        self._skip(_BLANK)
        while self.at < len(self.text):
            if self.text[self.at] == "[":
                table = self._header()
            else:
                self._pair(table)
            self._skip(_BLANK)

    def _header(self) -> Path:
        start = self.at
        is_list = self.text.startswith("[[", self.at)
        self.at += 2 if is_list else 1
        keys = self._keys()
        self.at += 2 if is_list else 1
        path: Path = ()
        for key in keys[:-1] if is_list else keys:
            path = self._inside(path, key)
            self._note(path, start)
        if not is_list:
            return path
        path = (*path, keys[-1])
        self._note(path, start)
        index = self._counts[path] = self._counts.get(path, -1) + 1
        self._note((*path, index), start)
        return (*path, index)

    def _inside(self, path: Path, key: str) -> Path:
        """Follow a key down, into the newest item where it is a list of tables."""
        path = (*path, key)
        return (*path, self._counts[path]) if path in self._counts else path

    def _pair(self, table: Path) -> None:
        start = self.at
        path = table
        for key in self._keys():
            path = (*path, key)
            self._note(path, start)
        self.at += 1  # the equals sign
        self._value(path)

    def _keys(self) -> tuple[str, ...]:
        keys: list[str] = []
        while True:
            self._skip(_SPACE)
            if self.text[self.at] in "\"'":
                raw = self._skip(_STRING)
                keys.append(tomllib.loads(f"key = {raw}")["key"])
            else:
                keys.append(self._skip(_BARE_KEY))
            self._skip(_SPACE)
            if self.text[self.at] != ".":
                return tuple(keys)
            self.at += 1

    def _value(self, path: Path) -> None:
        self._skip(_SPACE)
        match self.text[self.at]:
            case "[":
                self._list(path)
            case "{":
                self._inline_table(path)
            case '"' | "'":
                self._skip(_STRING)
            case _:
                self._skip(_SCALAR)

    def _list(self, path: Path) -> None:
        index = 0
        self.at += 1
        while self._next_item("]"):
            self._note((*path, index), self.at)
            self._value((*path, index))
            index += 1

    def _inline_table(self, path: Path) -> None:
        self.at += 1
        while self._next_item("}"):
            self._pair(path)

    def _next_item(self, end: str) -> bool:
        self._skip(_BLANK)
        if self.text[self.at] == ",":
            self.at += 1
            self._skip(_BLANK)
        if self.text[self.at] != end:
            return True
        self.at += 1
        return False

    def _skip(self, pattern: re.Pattern[str]) -> str:
        found = pattern.match(self.text, self.at)
        if found is None or (found.end() == self.at and pattern is _BARE_KEY):
            raise ValueError(f"unexpected text at offset {self.at}")
        self.at = found.end()
        return found.group()

    def _note(self, path: Path, offset: int) -> None:
        self.lines.setdefault(path, bisect_left(self._newlines, offset) + 1)
