"""The part of RT's TicketSQL that the adapter uses, over tickets in memory."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

Row = Mapping[str, Any]
Test = Callable[[Row], bool]
TOKEN = re.compile(r"\(|\)|AND\b|OR\b|(\w+)\s*(>=|<=|!=|=|>|<)\s*('[^']*'|-?\d+)")
COMPARE = {
    ">=": operator.ge,
    "<=": operator.le,
    "!=": operator.ne,
    "=": operator.eq,
    ">": operator.gt,
    "<": operator.lt,
}
ACTIVE = ("new", "open", "stalled")


class Query:
    """A condition, read once; `zone_s` is how far east of UTC the asking user lives."""

    def __init__(self, text: str, *, zone_s: int = 0) -> None:
        self._zone_s = zone_s
        self._tokens = list(TOKEN.finditer(text))
        left = TOKEN.sub("", text).strip()
        assert not left, f"RT would refuse {left!r}"
        self.names = {token[1] for token in self._tokens if token[1]}
        self.test = self._either()
        assert not self._tokens, f"RT would refuse {text!r}"

    def _either(self) -> Test:
        tests = [self._all()]
        while self._tokens and self._tokens[0][0] == "OR":
            self._tokens.pop(0)
            tests.append(self._all())
        return lambda row: any(test(row) for test in tests)

    def _all(self) -> Test:
        tests = [self._one()]
        while self._tokens and self._tokens[0][0] == "AND":
            self._tokens.pop(0)
            tests.append(self._one())
        return lambda row: all(test(row) for test in tests)

    def _one(self) -> Test:
        token = self._tokens.pop(0)
        if token[0] == "(":
            inner = self._either()
            assert self._tokens.pop(0)[0] == ")"
            return inner
        return self._comparison(token[1], token[2], token[3])

    def _comparison(self, name: str, sign: str, text: str) -> Test:
        if text == "'__Active__'":
            return lambda row: row[name] in ACTIVE
        value = self._value(text)
        return lambda row: bool(COMPARE[sign](row[name], value))

    def _value(self, text: str) -> int:
        if not text.startswith("'"):
            return int(text)
        at = datetime.strptime(text.strip("'"), "%Y-%m-%d %H:%M:%S").replace(tzinfo=UTC)
        return int(at.timestamp()) - self._zone_s
