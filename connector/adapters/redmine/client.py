"""The line to one Redmine: requests, lists by offset, and the server's own time."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, TypeVar
from urllib.parse import urlsplit

import msgspec
import requests

from connector.adapters.http import decode, open_session, translated_errors
from connector.adapters.limits import http_date
from connector.adapters.redmine.settings import KIND, RedmineSettings
from connector.adapters.redmine.wire import User, UserAnswer
from connector.errors import ProtocolError, UnavailableError

PAGE_SIZE = 100
"""More is cut off silently."""

MOST_PAGES = 1_000
T = TypeVar("T")
_USER = msgspec.json.Decoder(UserAnswer)
_UPDATED = re.compile(rb"<updated>([^<]+)</updated>")


class RedmineClient:
    """Sends requests and decodes the answers; knows nothing of tickets."""

    def __init__(self, settings: RedmineSettings) -> None:
        """Prepare the session; nothing is sent yet."""
        parts = urlsplit(settings.url)
        self.session = open_session(KIND, parts._replace(path="").geturl())
        self.session.headers["X-Redmine-API-Key"] = settings.api_key.get_secret_value()
        self._base = settings.url

    def fetch(self, path: str, params: Mapping[str, Any] | None = None) -> requests.Response:
        """Read one answer without decoding it."""
        with translated_errors(KIND):
            return self.session.get(f"{self._base}/{path}", params=params)

    def get(
        self, path: str, decoder: msgspec.json.Decoder[T], params: Mapping[str, Any] | None = None
    ) -> T:
        """Read one answer."""
        return decode(KIND, self.fetch(path, params), decoder)

    def put(self, path: str, body: object) -> None:
        """Write something; Redmine answers nothing, whatever it made of it."""
        with translated_errors(KIND):
            self.session.put(
                f"{self._base}/{path}",
                data=msgspec.json.encode(body),
                headers={"Content-Type": "application/json"},
            )

    def listing(
        self, path: str, key: str, item: type[T], params: Mapping[str, Any] | None = None
    ) -> Iterator[T]:
        """Yield every item of a list; only its total says where it ends, not a short page."""
        answer = msgspec.defstruct("Answer", [(key, list[item]), ("total_count", int | None, None)])  # type: ignore[valid-type]
        decoder: msgspec.json.Decoder[Any] = msgspec.json.Decoder(answer)
        offset = 0
        for _ in range(MOST_PAGES):
            asked = {**(params or {}), "limit": PAGE_SIZE, "offset": offset}
            page = self.get(path, decoder, asked)
            items = getattr(page, key)
            yield from items
            offset += len(items)
            if page.total_count is None or offset >= page.total_count:
                return
            if not items:
                raise UnavailableError(f"{KIND}: the list {path} ends before its total")
        raise ProtocolError(f"{KIND}: the list {path} does not end")

    def me(self) -> User:
        """Return whose key this is; unlike lists, this refuses a key that nobody has."""
        return self.get("users/current.json", _USER).user

    def time(self, response: requests.Response) -> datetime | None:
        """Return when the server answered; None where it does not say."""
        return http_date(response.headers.get("Date"))

    def feed_time(self) -> datetime:
        """Return the server's time from the head of an empty feed, for servers without a date."""
        found = _UPDATED.search(self.fetch("issues.atom", {"issue_id": "0"}).content)
        try:
            at = datetime.fromisoformat(found[1].decode()) if found else None
        except ValueError:
            at = None
        if at is None or at.tzinfo is None:
            raise ProtocolError(
                f"{KIND} tells no time: let its web server send the Date header, as is usual"
            )
        return at.astimezone(UTC)

    def server_time(self) -> datetime:
        """Return the server's time at its last answer, or else ask for it."""
        return self.session.server_time or self.feed_time()

    def close(self) -> None:
        """Release the connections."""
        self.session.close()
