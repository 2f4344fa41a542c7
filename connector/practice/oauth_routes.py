"""Calls about the OAuth token that a request comes with."""

from __future__ import annotations

from connector.practice.clock import stamp
from connector.practice.grants import Bearer
from connector.practice.refusal import not_found
from connector.practice.routing import Answer, Call, Route

SHOWN = 10
"""How many characters of a token are shown, and no more."""
CLIENT = 1234


def current(call: Call) -> Answer:
    """Show what is known of the token."""
    bearer = _sent(call)
    never = float("inf")
    return Answer(
        {
            "token": {
                "id": bearer.id,
                "url": f"{call.url}/api/v2/oauth/tokens/{bearer.id}.json",
                "user_id": call.user.id,
                "client_id": CLIENT,
                "token": bearer.token[:SHOWN],
                "refresh_token": bearer.refresh[:SHOWN] or None,
                "scopes": bearer.scope.split(),
                "created_at": stamp(bearer.made_at),
                "used_at": stamp(bearer.used_at or bearer.made_at),
                "expires_at": None if bearer.ends_at == never else stamp(bearer.ends_at),
            }
        }
    )


def revoke(call: Call) -> Answer:
    """End the token, and the refresh token that came with it."""
    call.desk.grants.end(_sent(call))
    return Answer(b"", 204)


def _sent(call: Call) -> Bearer:
    bearer = call.desk.gate.bearer(call.auth)
    if bearer is None:
        raise not_found()
    return bearer


ROUTES = (
    Route("GET", "oauth/tokens/current", current),
    Route("DELETE", "oauth/tokens/current", revoke),
)
