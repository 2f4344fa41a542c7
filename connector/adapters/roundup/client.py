"""One tracker's line: lists, single items and guarded writes, as plain JSON objects."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any
from urllib.parse import quote, urlsplit

import msgspec
import requests
from requests.auth import HTTPBasicAuth

from connector.adapters.http import decode, open_session, translated_errors
from connector.adapters.roundup.settings import KIND, RoundupSettings
from connector.errors import ProtocolError

Row = Mapping[str, Any]
Pairs = Iterable[tuple[str, str]]
Fields = Iterable[str]
IDS_AT_ONCE = 100


class Collection(msgspec.Struct):
    """A list; `total` counts what follows too, and is -1 where there is more than it may count."""

    collection: list[dict[str, Any]]
    total: int = msgspec.field(name="@total_size", default=-1)


class Element(msgspec.Struct):
    """One item; `etag` is what a write of it has to name."""

    id: str
    attributes: dict[str, Any]
    etag: str = msgspec.field(name="@etag", default="")


class Made(msgspec.Struct):
    """What was just made."""

    id: str


class _List(msgspec.Struct):
    data: Collection


class _One(msgspec.Struct):
    data: Element


class _New(msgspec.Struct):
    data: Made


class Rows(msgspec.Struct, frozen=True):
    """Part of a list: `is_cut` where more follows, `asked_at` a time before it was looked up."""

    rows: Sequence[Row]
    total: int
    is_cut: bool
    asked_at: float


_LIST = msgspec.json.Decoder(_List)
_ONE = msgspec.json.Decoder(_One)
_NEW = msgspec.json.Decoder(_New)


class RoundupClient:
    """Sends requests and decodes the answers; knows nothing of tickets."""

    def __init__(self, settings: RoundupSettings) -> None:
        """Prepare the session; nothing is sent yet."""
        parts = urlsplit(settings.url)
        origin = f"{parts.scheme}://{parts.netloc}"
        names = (settings.user, settings.password.get_secret_value())
        auth = HTTPBasicAuth(*(name.encode() for name in names))
        self.session = open_session(KIND, origin, auth=auth)
        self.session.headers["X-Requested-With"] = "rest"
        site = settings.web or settings.url
        # the guard against forged requests wants both to be the address in the tracker's config
        self._says_whence = {
            "Origin": "{0.scheme}://{0.netloc}".format(urlsplit(site)),
            "Referer": f"{site}/",
        }
        self._data = f"{settings.url}/rest/data"

    @property
    def now(self) -> datetime:
        """Return the server's own time at its last answer."""
        if self.session.server_time is None:
            raise ProtocolError(f"{KIND} does not tell its time; its answers need a Date header")
        return self.session.server_time

    def rows(self, name: str, fields: Fields, *params: tuple[str, str], verbose: int = 0) -> Rows:
        """Read the items of a class that are not retired; `params` are filters and paging."""
        asked = [("@fields", ",".join(fields)), ("@verbose", str(verbose)), *params]
        response = self._send("GET", name, [pair for pair in asked if pair[1]])
        found = decode(KIND, response, _LIST).data
        return Rows(
            found.collection,
            found.total,
            is_cut=not 0 <= found.total <= len(found.collection),
            asked_at=self.now.timestamp() - response.elapsed.total_seconds(),
        )

    def of_ids(
        self, name: str, fields: Fields, ids: Iterable[str], *, verbose: int = 0
    ) -> Iterator[Row]:
        """Yield those of these items that are there and not retired."""
        wanted = [one for one in dict.fromkeys(ids) if one.isascii() and one.isdigit()]
        fields = tuple(fields)
        for start in range(0, len(wanted), IDS_AT_ONCE):
            # the parameter is repeated: a list with commas finds nothing, and says nothing
            pairs = [("id", one) for one in wanted[start : start + IDS_AT_ONCE]]
            yield from self.rows(name, fields, *pairs, verbose=verbose).rows

    def element(self, name: str, key: str, fields: Fields, *, verbose: int = 0) -> Element:
        """Read one item, retired or not."""
        asked = [("@fields", ",".join(fields)), ("@verbose", str(verbose))]
        path = f"{name}/{quote(key, safe='=')}"
        response = self._send("GET", path, [pair for pair in asked if pair[1]])
        return decode(KIND, response, _ONE).data

    def change(self, name: str, element: Element, body: Row) -> None:
        """Change an item, unless somebody changed it since it was read."""
        headers = {"If-Match": element.etag}
        self._send("PATCH", f"{name}/{element.id}", body=body, headers=headers)

    def make(self, name: str, body: Row) -> str:
        """Make an item and return its id."""
        return decode(KIND, self._send("POST", name, body=body), _NEW).data.id

    def close(self) -> None:
        """Release the connections."""
        self.session.close()

    def _send(
        self,
        method: str,
        path: str,
        params: Sequence[tuple[str, str]] = (),
        *,
        body: Row | None = None,
        headers: Mapping[str, str] = {},
    ) -> requests.Response:
        whence = {} if body is None else {**self._says_whence, "Content-Type": "application/json"}
        with translated_errors(KIND):
            return self.session.request(
                method,
                f"{self._data}/{path}",
                params=list(params),
                data=None if body is None else msgspec.json.encode(body),
                headers={**whence, **headers},
            )
