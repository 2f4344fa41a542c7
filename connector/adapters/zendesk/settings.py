"""`[helpdesk.options]` of a Zendesk account."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain
from typing import Annotated, Self

from pydantic import AfterValidator, SecretStr, model_validator

from connector.adapters.base import AdapterSettings
from connector.adapters.http import checked_url

KIND = "zendesk"
CREDENTIALS = (("client_id", "client_secret"), ("access_token",), ("email", "token"))
"""The kinds of credentials, best first: an OAuth client, a token made by hand, an API token."""


class ZendeskSettings(AdapterSettings):
    """Address and credentials; of the latter exactly one of the kinds in `CREDENTIALS`.

    `forms` are the names of the ticket forms that show our fields; left out: all active ones.
    """

    url: Annotated[str, AfterValidator(checked_url)]
    client_id: str | None = None
    client_secret: SecretStr | None = None
    access_token: SecretStr | None = None
    email: str | None = None
    token: SecretStr | None = None
    forms: tuple[str, ...] | None = None

    @model_validator(mode="after")
    def _has_one_kind_of_credentials(self) -> Self:
        given = {name for name in chain(*CREDENTIALS) if getattr(self, name)}
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
