"""Credentials as providers: asked before every request, and once more after a 401."""

from __future__ import annotations

from base64 import b64encode

from pydantic import SecretStr
from requests import PreparedRequest
from requests.auth import AuthBase

from connector.adapters.zendesk.settings import ZendeskSettings


class Credentials(AuthBase):
    """What signs a request; `advice` is something an admin should know about it."""

    advice = ""

    def __init__(self, secret: SecretStr) -> None:
        self._secret = secret

    def __call__(self, request: PreparedRequest) -> PreparedRequest:
        """Sign one request."""
        request.headers["Authorization"] = self.header()
        return request

    def header(self) -> str:
        """Return the value of the Authorization header."""
        return f"Bearer {self._secret.get_secret_value()}"

    def renew(self) -> bool:
        """Get fresh credentials after a 401; False when there is no way to."""
        return False


class AccessToken(Credentials):
    """An OAuth access token that somebody made by hand."""


class ApiToken(Credentials):
    """An API token of one user, which Zendesk is about to end."""

    advice = "API tokens stop working on 2027-04-30; change to an OAuth client before then"

    def __init__(self, email: str, secret: SecretStr) -> None:
        super().__init__(secret)
        self._email = email

    def header(self) -> str:
        """Return the value of the Authorization header."""
        pair = f"{self._email}/token:{self._secret.get_secret_value()}"
        return "Basic " + b64encode(pair.encode()).decode()


def credentials(settings: ZendeskSettings) -> Credentials:
    """Return the provider for the kind of credentials that are configured."""
    if settings.access_token is not None:
        return AccessToken(settings.access_token)
    assert settings.token is not None
    return ApiToken(settings.email or "", settings.token)
