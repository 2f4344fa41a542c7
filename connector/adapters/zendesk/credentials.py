"""Which credentials are configured."""

from __future__ import annotations

from connector.adapters.zendesk.auth import AccessToken, ApiToken, ClientCredentials, Credentials
from connector.adapters.zendesk.rotation import RefreshedToken
from connector.adapters.zendesk.settings import ZendeskSettings
from connector.config.secrets import FileSecret


def credentials(settings: ZendeskSettings) -> Credentials:
    """Return the provider for the kind of credentials that are configured."""
    if settings.client_id and settings.client_secret:
        client = (settings.url, settings.client_id, settings.client_secret)
        if isinstance(settings.refresh_token, FileSecret):
            return RefreshedToken(*client, settings.refresh_token.path)
        return ClientCredentials(*client)
    if settings.access_token:
        return AccessToken(settings.access_token)
    assert settings.token is not None
    return ApiToken(settings.email or "", settings.token)
