"""Zendesk's lists in both of their forms: by cursor, and the older one by `next_page`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, TypeVar
from urllib.parse import parse_qsl, urlsplit

import msgspec

from connector.adapters.zendesk.client import MOST_PAGES, ZendeskClient
from connector.adapters.zendesk.settings import KIND
from connector.adapters.zendesk.wire import Meta
from connector.errors import ProtocolError

T = TypeVar("T")


def listed(
    client: ZendeskClient,
    path: str,
    key: str,
    item: type[T],
    params: Mapping[str, Any] | None = None,
) -> Iterator[T]:
    """Yield every item of a list, however the account pages it.

    Of a link to the next page only the question is taken: the host stays the configured one.
    """
    fields: list[tuple[str, Any, Any]] = [
        ("meta", Meta | None, None),
        ("next_page", str | None, None),
    ]
    answer = msgspec.defstruct("Answer", [(key, list[item]), *fields])  # type: ignore[valid-type]
    decoder: msgspec.json.Decoder[Any] = msgspec.json.Decoder(answer)
    asked = dict(params or {})
    for _ in range(MOST_PAGES):
        page = client.get(path, decoder, asked)
        yield from getattr(page, key)
        following = _following(page.meta, page.next_page, asked)
        if following is None:
            return
        if following == asked:
            break
        asked = following
    raise ProtocolError(f"{KIND}: the list {path} does not end")


def _following(
    meta: Meta | None, next_page: str | None, asked: Mapping[str, Any]
) -> dict[str, Any] | None:
    """Return what to ask for the next page, None at the end."""
    if meta is not None:
        after = {"page[after]": meta.after_cursor} if meta.after_cursor else {}
        return {**asked, **after} if meta.has_more else None
    return dict(parse_qsl(urlsplit(next_page).query)) if next_page else None
