"""One RT's line: requests and decoded answers; knows nothing of what they mean.

Lists say by `total` whether they go on. Rows that the user may not see are taken out of a page
after it was cut, so neither a short nor an empty page is an end; and `total` is null where RT
does not know how many that concerns.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Generic, TypeVar
from urllib.parse import urlsplit

import msgspec
import requests

from connector.adapters.http import HelpdeskSession, decode, open_session, translated_errors
from connector.adapters.rt.settings import KIND, RtSettings
from connector.errors import FatalError, ProtocolError

PAGE_SIZE = 100
"""The most rows of a page; RT cuts larger pages to this without a word."""

MOST_PAGES = 10_000
T = TypeVar("T")
Params = Mapping[str, Any]
_ANYTHING = msgspec.json.Decoder(Any)


class Listed(msgspec.Struct, Generic[T]):
    """One page of a list."""

    items: list[T]
    total: int | None = None
    per_page: int = PAGE_SIZE


class TokenAuth(requests.auth.AuthBase):
    """Sends the token with every request."""

    def __init__(self, settings: RtSettings) -> None:
        """Take the token from the settings."""
        self._token = settings.token

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        """Add the header."""
        request.headers["Authorization"] = f"token {self._token.get_secret_value()}"
        return request


class RtClient:
    """Sends requests below `/REST/2.0` and decodes the answers."""

    def __init__(self, settings: RtSettings) -> None:
        """Prepare the session; nothing is sent yet."""
        parts = urlsplit(settings.url)
        origin = parts._replace(path="").geturl()
        self.session: HelpdeskSession = open_session(KIND, origin, auth=TokenAuth(settings))
        self._base = f"{origin}{parts.path}/REST/2.0/"

    def fetch(self, path: str, params: Params | None = None) -> requests.Response:
        """Read one answer without decoding it."""
        with translated_errors(KIND):
            return self.session.get(self._base + path, params=params)

    def get(self, path: str, decoder: msgspec.json.Decoder[T], params: Params | None = None) -> T:
        """Read one answer."""
        return decode(KIND, self.fetch(path, params), decoder)

    def find(self, path: str, decoder: msgspec.json.Decoder[T]) -> T | None:
        """Read one record, None if there is none."""
        try:
            return self.get(path, decoder)
        except ProtocolError as error:
            if error.status != requests.codes.not_found:
                raise
        return None

    def listing(self, path: str, item: type[T], params: Params | None = None) -> Iterator[T]:
        """Yield every item of a list that is paged by number."""
        decoder: msgspec.json.Decoder[Listed[T]] = msgspec.json.Decoder(Listed[item])  # type: ignore[valid-type]
        asked = {**(params or {}), "per_page": PAGE_SIZE}
        for number in range(1, MOST_PAGES):
            page = self.get(path, decoder, {**asked, "page": number})
            yield from page.items
            if number * page.per_page >= (page.total or 0) and not (
                page.total is None and page.items
            ):
                return
        raise ProtocolError(f"{KIND}: the list {path} does not end")

    def put(self, path: str, body: object, *, if_match: str | None = None) -> tuple[str, ...]:
        """Change a record, and return the sentences of the answer: a refusal is one of them."""
        headers = {"Content-Type": "application/json"}
        if if_match:
            headers["If-Match"] = if_match
        with translated_errors(KIND):
            response = self.session.put(
                self._base + path, data=msgspec.json.encode(body), headers=headers
            )
        told = decode(KIND, response, _ANYTHING)
        return tuple(map(str, told)) if isinstance(told, list) else ()

    def post(self, path: str, body: object, decoder: msgspec.json.Decoder[T]) -> T:
        """Make a record."""
        with translated_errors(KIND):
            response = self.session.post(
                self._base + path,
                data=msgspec.json.encode(body),
                headers={"Content-Type": "application/json"},
            )
        return decode(KIND, response, decoder)

    def delete(self, path: str) -> None:
        """Delete a record; most are only disabled by that."""
        with translated_errors(KIND):
            self.session.delete(self._base + path)

    def close(self) -> None:
        """Release the connections."""
        self.session.close()


def number(vendor_id: str) -> int:
    """Return an id as a number, as queries want it; raise FatalError for any other text."""
    if not vendor_id.isdigit():
        raise FatalError(f"{KIND}: {vendor_id!r} is no id of this helpdesk")
    return int(vendor_id)
