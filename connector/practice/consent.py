"""The page on which a person lets an OAuth client act for them, and where their browser goes on."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from html import escape
from typing import TYPE_CHECKING
from urllib.parse import urlencode, urlsplit

from connector.practice.directory import Directory
from connector.practice.grants import refused
from connector.practice.routing import HTML, Answer

if TYPE_CHECKING:
    from connector.practice.access import Access
    from connector.practice.grants import Grants

PATH = "/oauth/authorizations/new"
PAGE = """<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Allow access</title>
<style>body{{font:16px/1.5 system-ui,sans-serif;margin:4rem auto;max-width:32rem}}</style></head>
<body><h1>Allow access?</h1>
<p><b>{client}</b> wants to act for {name} ({role}) in this practice helpdesk: {scope}.</p>
<form method="post" action="{allow}"><button>Allow</button></form>
<form method="post" action="{deny}"><button>Deny</button></form></body></html>
"""


class Consent:
    """Asks whoever is signed in; `owner` is, unless the request is approved as somebody else."""

    def __init__(self, access: Access, directory: Directory, owner: str, grants: Grants) -> None:
        """Prepare to ask."""
        self._access = access
        self._directory = directory
        self._owner = owner
        self._grants = grants

    def answer(self, query: Mapping[str, str]) -> Answer:
        """Show the page; with `approve` (an e-mail address, or empty) or `deny`, decide instead."""
        self._need_known(query)
        if query.get("response_type") != "code":
            return _back(query, error="unsupported_response_type")
        if query.get("code_challenge") and query.get("code_challenge_method") != "S256":
            return _back(query, error="invalid_request")
        if "deny" in query:
            return _back(
                query,
                error="access_denied",
                error_description="The end-user or authorization server denied the request.",
            )
        if "approve" in query:
            email = query["approve"] or self._owner
            if self._directory.user_by_email(email) is None:
                raise refused(400, "invalid_request", "Nobody here has this address.")
            return _back(query, code=self._grants.agree(email, query))
        return self._page(query)

    def _need_known(self, query: Mapping[str, str]) -> None:
        """Refuse what must not be answered with a redirect: it would go anywhere."""
        if query.get("client_id") != self._access.client_id:
            raise refused(400, "invalid_client", "The client is not known.")
        address = query.get("redirect_uri", "")
        known = self._access.redirect_urls
        if not (address in known if known else _is_here(address)):
            raise refused(400, "invalid_request", "The redirect address is not registered.")

    def _page(self, query: Mapping[str, str]) -> Answer:
        person = self._directory.user_by_email(self._owner)
        assert person is not None
        page = PAGE.format(
            client=escape(query["client_id"]),
            name=escape(person.name),
            role=escape(person.role),
            scope=escape(query.get("scope") or "read write"),
            allow=escape(f"{PATH}?{urlencode({**query, 'approve': ''})}"),
            deny=escape(f"{PATH}?{urlencode({**query, 'deny': ''})}"),
        )
        return Answer(page.encode(), content_type=HTML)


def _back(query: Mapping[str, str], **said: str) -> Answer:
    """Send the browser back to the client, with what it sent along."""
    told = said | ({"state": query["state"]} if "state" in query else {})
    address = query["redirect_uri"]
    mark = "&" if urlsplit(address).query else "?"
    return Answer(b"", 302, headers={"Location": f"{address}{mark}{urlencode(told)}"})


def _is_here(address: str) -> bool:
    """Tell whether an address leads to this machine."""
    host = urlsplit(address).hostname or ""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
