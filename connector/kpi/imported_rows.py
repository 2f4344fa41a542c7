"""The rows of a file of imported values: CSV with a header, or one JSON object a line."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final, NamedTuple

import msgspec

from connector.config.table import nearest
from connector.errors import ConfigError, Problem

LARGEST_FILE: Final = 200_000_000
VALUE_KEYS: Final = (
    "source", "start", "end", "at", "value", "n", "numerator", "denominator", "unit", "direction",
    "as_of",
)  # fmt: skip
ANSWER_KEYS: Final = ("source", "id", "at", "score", "scale", "ticket", "assignee")
ANSWERS: Final = "score"
"""A file of answers is told by its scores."""


class Row(NamedTuple):
    """One row of a file: where it stands, and what it says as text; empty cells are absent."""

    file: str
    line: int
    cells: Mapping[str, str]
    is_answer: bool

    def problem(self, message: str, key: str = "", hint: str = "") -> Problem:
        """Return what is wrong here."""
        return Problem(message, self.file, self.line, key, hint)


def read_rows(path: Path) -> list[Row]:
    """Read every row of a file; what is malformed or unknown is raised at once, by line."""
    problems: list[Problem] = []
    try:
        if path.stat().st_size > LARGEST_FILE:
            raise ConfigError([Problem("this file is too large", str(path), hint="cut it up")])
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        hint = "save it as UTF-8"
        raise ConfigError([Problem("this is no UTF-8 text", str(path), hint=hint)]) from error
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise ConfigError([Problem(f"cannot be read: {reason}", str(path))]) from error
    is_json = path.suffix in {".jsonl", ".ndjson", ".json"} or text.lstrip().startswith("{")
    rows = list((_json_rows if is_json else _csv_rows)(str(path), text, problems))
    if not rows and not problems:
        problems.append(Problem("there are no rows in it", str(path)))
    if problems:
        raise ConfigError(list(dict.fromkeys(problems)))
    return rows


def _csv_rows(file: str, text: str, problems: list[Problem]) -> Iterator[Row]:
    reader = csv.reader(text.splitlines(keepends=True), strict=True)
    header: list[str] = []
    try:
        for cells in reader:
            line = reader.line_num
            if not header:
                header = [cell.strip().lower() for cell in cells]
                problems += _unknown(file, line, header)
                continue
            if len(cells) > len(header):
                hint = "decimals have a point; text with commas stands in quotes"
                problems.append(Problem("more cells than columns", file, line, hint=hint))
                continue
            pairs = zip(header, (cell.strip() for cell in cells), strict=False)
            if row := {key: cell for key, cell in pairs if cell}:
                yield Row(file, line, row, ANSWERS in header)
    except csv.Error as error:
        problems.append(Problem(f"cannot be read as CSV: {error}", file, reader.line_num))


def _json_rows(file: str, text: str, problems: list[Problem]) -> Iterator[Row]:
    for line, written in enumerate(text.splitlines(), 1):
        if not written.strip():
            continue
        try:
            cells = msgspec.json.decode(written, type=dict[str, str | float | bool | None])
        except msgspec.MsgspecError as error:
            hint = "one object a line, its values texts or numbers"
            problems.append(Problem(f"no JSON object: {error}", file, line, hint=hint))
            continue
        told = {key: _told(cell) for key, cell in cells.items() if cell not in {None, ""}}
        problems += _unknown(file, line, list(told))
        yield Row(file, line, told, ANSWERS in told)


def _told(cell: str | float | bool | None) -> str:  # noqa: FBT001  # as JSON has it
    if isinstance(cell, bool):
        return "yes" if cell else "no"
    return repr(cell).removesuffix(".0") if isinstance(cell, float | int) else str(cell)


def _unknown(file: str, line: int, keys: list[str]) -> Iterator[Problem]:
    known = ANSWER_KEYS if ANSWERS in keys else VALUE_KEYS
    for key in keys:
        if key not in known:
            yield Problem("unknown column", file, line, key, nearest(key, known, "known columns"))
        elif keys.count(key) > 1:
            yield Problem("this column stands twice", file, line, key)
