"""`[helpdesk.options]` of a Zendesk account."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain
from typing import Annotated, Self

from pydantic import AfterValidator, SecretStr, model_validator

from connector.adapters.base import AdapterSettings
from connector.adapters.http import checked_url
from connector.config.secrets import FileSecret

KIND = "zendesk"
CREDENTIALS = (("client_id", "client_secret"), ("access_token",), ("email", "token"))
"""The kinds of credentials, best first: an OAuth client, a token made by hand, an API token."""


class ZendeskSettings(AdapterSettings):
    """Address and credentials; of the latter exactly one of the kinds in `CREDENTIALS`.

    With `refresh_token` the OAuth client acts for whoever granted it access, else for its maker.
    `forms` are the names of the ticket forms that show our fields; left out: all active ones.
    `comment_channels` are channels of messaging, chat or voice that are proven to keep every
    message as a comment of the ticket: their tickets count where replies do.
    """

    url: Annotated[str, AfterValidator(checked_url)]
    client_id: str | None = None
    client_secret: SecretStr | None = None
    refresh_token: SecretStr | None = None
    access_token: SecretStr | None = None
    email: str | None = None
    token: SecretStr | None = None
    forms: tuple[str, ...] | None = None
    comment_channels: frozenset[str] = frozenset()

    @model_validator(mode="after")
    def _has_one_kind_of_credentials(self) -> Self:
        given = {name for name in chain(*CREDENTIALS) if getattr(self, name)}
        if self.refresh_token is not None:
            if not (self.client_id and self.client_secret):
                raise ValueError("needs client_id and client_secret beside refresh_token")
            if not isinstance(self.refresh_token, FileSecret):
                raise ValueError(
                    'needs refresh_token = { file = "PATH" }: every use changes it, and the new one'
                    " is written to where it came from"
                )
        begun = [names for names in CREDENTIALS if given.intersection(names)]
        if not begun:
            raise ValueError(f"needs credentials: {_said(CREDENTIALS)}")
        if len(begun) > 1:
            raise ValueError(f"needs one kind of credentials, not {len(begun)}: {_said(begun)}")
        missing = [name for name in begun[0] if name not in given]
        if missing:
            raise ValueError(f"needs {missing[0]} beside {' and '.join(given)}")
        return self


def _said(kinds: Sequence[Sequence[str]]) -> str:
    return ", or ".join(" and ".join(names) for names in kinds)
