"""One account's line: our session for what is bulky, zenpy over the same session for the rest.

zenpy serves identity and the ticket fields' writes. Lists go through the session: zenpy's
generators take an empty page for the end, and follow `has_more` without bound.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import urlsplit

import msgspec
import requests

from connector.adapters.http import HelpdeskSession, decode, open_session, translated_errors
from connector.adapters.zendesk.credentials import credentials
from connector.adapters.zendesk.settings import KIND, ZendeskSettings
from connector.adapters.zendesk.wire import Meta
from connector.errors import AuthenticationError, ProtocolError

if TYPE_CHECKING:
    from zenpy import Zenpy

PAGE_SIZE = 100
MOST_PAGES = 1_000

T = TypeVar("T")
_ANYTHING = msgspec.json.Decoder(Any)


class ZendeskClient:
    """Sends requests and decodes the answers; knows nothing of tickets."""

    def __init__(self, settings: ZendeskSettings) -> None:
        """Prepare the session; nothing is sent yet."""
        self.credentials = credentials(settings)
        self.session = open_session(KIND, settings.url, auth=self.credentials)
        self._zenpy: Zenpy | None = None

    @property
    def sent(self) -> int:
        """Return how many requests were sent so far, those for tokens included."""
        return self.session.sent + self.credentials.sent

    def get(
        self, path: str, decoder: msgspec.json.Decoder[T], params: Mapping[str, Any] | None = None
    ) -> T:
        """Read one answer."""
        return decode(KIND, self.fetch(path, params), decoder)

    def fetch(self, path: str, params: Mapping[str, Any] | None = None) -> requests.Response:
        """Read one answer without decoding it."""
        return self._renewing(lambda: self.session.get(self._url(path), params=params))

    def put(
        self,
        path: str,
        body: object,
        decoder: msgspec.json.Decoder[T],
        params: Mapping[str, Any] | None = None,
    ) -> T:
        """Write something and read the answer."""
        return decode(
            KIND,
            self._renewing(
                lambda: self.session.put(
                    self._url(path),
                    params=params,
                    data=msgspec.json.encode(body),
                    headers={"Content-Type": "application/json"},
                )
            ),
            decoder,
        )

    def listing(
        self, path: str, key: str, item: type[T], params: Mapping[str, Any] | None = None
    ) -> Iterator[T]:
        """Yield every item of a cursor-paged list; only `has_more` says whether it goes on."""
        answer = msgspec.defstruct("Answer", [(key, list[item]), ("meta", Meta | None, None)])  # type: ignore[valid-type]
        decoder: msgspec.json.Decoder[Any] = msgspec.json.Decoder(answer)
        asked = {**(params or {}), "page[size]": PAGE_SIZE}
        for _ in range(MOST_PAGES):
            page = self.get(path, decoder, asked)
            yield from getattr(page, key)
            if not page.meta or not page.meta.has_more:
                return
            if page.meta.after_cursor in {None, asked.get("page[after]")}:
                break
            asked["page[after]"] = page.meta.after_cursor
        raise ProtocolError(f"{KIND}: the list {path} does not end")

    def ask(self, question: Callable[[Zenpy], Any], answer: type[T]) -> T:
        """Ask through zenpy, and take only what we rely on from the object it makes."""
        with _zenpy_errors():
            found = self._renewing(lambda: question(self._vendor()))
        if isinstance(found, requests.Response):  # what zenpy gives when it makes nothing of it
            decode(KIND, found, _ANYTHING)
            raise ProtocolError(f"{KIND} answered in a way that zenpy cannot read")
        with _zenpy_errors():
            fields = found.to_dict()
        try:
            return msgspec.convert(fields, answer)
        except msgspec.ValidationError as error:
            raise ProtocolError(f"{KIND} answered in another shape: {error}") from error

    def tell(self, order: Callable[[Zenpy], Any]) -> None:
        """Have something written through zenpy."""
        with _zenpy_errors():
            self._renewing(lambda: order(self._vendor()))

    def close(self) -> None:
        """Release the connections."""
        self.session.close()
        self.credentials.close()

    def _url(self, path: str) -> str:
        return f"{self.session.url}/api/v2/{path}"

    def _renewing(self, call: Callable[[], T]) -> T:
        """Call once more with renewed credentials after a 401, which means nothing was done."""
        with translated_errors(KIND):
            try:
                return call()
            except AuthenticationError as error:
                if error.status != requests.codes.unauthorized or not self.credentials.renew():
                    raise
            try:
                return call()
            except AuthenticationError as error:
                if error.status != requests.codes.unauthorized:
                    raise
                message = f"{error}; {self.credentials.doubt}"
                raise AuthenticationError(message, status=error.status) from error

    def _vendor(self) -> Zenpy:
        if self._zenpy is None:
            self._zenpy = _zenpy(self.session)
        return self._zenpy


@contextmanager
def _zenpy_errors() -> Iterator[None]:
    """Turn what zenpy raises over a strange answer into our error.

    It meets unexpected JSON with whatever Python raises first, so those are named here too.
    """
    from zenpy.lib.exception import ZenpyException  # as long as all the rest; a read needs none

    try:
        yield
    except (ZenpyException, AttributeError, KeyError, TypeError, IndexError) as error:
        raise ProtocolError(f"{KIND} answered in a way that zenpy cannot read") from error


def _zenpy(session: HelpdeskSession) -> Zenpy:
    from zenpy import Zenpy

    parts = urlsplit(session.url)
    vendor = Zenpy(
        subdomain="ours", domain="invalid", session=session, anonymous=True, disable_cache=True
    )
    for api in (vendor.users, vendor.views, vendor.ticket_fields, vendor.ticket_fields.options):
        # zenpy puts a subdomain and a domain together and knows https only; we have the address
        api.__class__ = type("Addressed", (api.__class__,), {"base_url": parts.netloc})
        api.protocol = parts.scheme
    return vendor
