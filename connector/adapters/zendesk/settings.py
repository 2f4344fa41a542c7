"""`[helpdesk.options]` of a Zendesk account."""

from __future__ import annotations

from typing import Annotated, Self

from pydantic import AfterValidator, SecretStr, model_validator

from connector.adapters.base import AdapterSettings
from connector.adapters.http import checked_url


class ZendeskSettings(AdapterSettings):
    """Address and credentials; either `access_token` (OAuth) or `email` with an API `token`."""

    url: Annotated[str, AfterValidator(checked_url)]
    email: str | None = None
    token: SecretStr | None = None
    access_token: SecretStr | None = None

    @model_validator(mode="after")
    def _has_one_kind_of_credentials(self) -> Self:
        if (self.access_token is None) == (self.token is None):
            raise ValueError("needs either access_token, or token with email")
        if self.token is not None and not self.email:
            raise ValueError("needs email beside token")
        return self
