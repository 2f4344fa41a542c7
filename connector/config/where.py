"""Which tickets count: the closed vocabulary of `where` and of `writeback.only`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

from pydantic import PlainValidator, WithJsonSchema

from connector.config.quantity import said
from connector.config.table import ONE_NAME, nearest, shown

WHERE_KEYS = (
    "group", "assignee", "brand", "form", "channel", "priority", "type", "organization", "tag",
)  # fmt: skip
"""What tickets can be told apart by; each value is one name or a list, any of which will do."""


def _where(value: object) -> dict[str, tuple[str, ...]]:
    if not isinstance(value, Mapping):
        raise said(f"must be a table, not {shown(value)}", 'write for example { group = ["EMEA"] }')
    return {str(key): _names(str(key), names) for key, names in value.items()}


def _names(key: str, value: object) -> tuple[str, ...]:
    if key not in WHERE_KEYS:
        raise said(
            f'tickets cannot be told apart by "{key}"', nearest(key, WHERE_KEYS, "known"), key
        )
    names = value if isinstance(value, list | tuple) else [value]
    if not names:
        raise said("an empty list means no ticket at all", "leave the key out for all", key)
    for name in names:
        if isinstance(name, bool) or not isinstance(name, str | int) or not str(name).strip():
            raise said(f"must be text or a list of texts, not {shown(name)}", "", key)
    return tuple(dict.fromkeys(str(name) for name in names))


_NAMES = {
    "anyOf": [
        ONE_NAME,
        {"type": "array", "items": ONE_NAME, "minItems": 1},
    ]
}
Where = Annotated[
    Mapping[str, tuple[str, ...]],
    PlainValidator(_where),
    WithJsonSchema(
        {
            "type": "object",
            "properties": dict.fromkeys(WHERE_KEYS, _NAMES),
            "additionalProperties": False,
        }
    ),
]
"""Dimension to the names that count; all dimensions must hold."""
