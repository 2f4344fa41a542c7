"""The `config.toml` that `connector init` begins with, for each kind of helpdesk."""

from __future__ import annotations

import re
from importlib.resources import files
from typing import TYPE_CHECKING, Final

from connector.errors import UsageError

if TYPE_CHECKING:
    from importlib.resources.abc import Traversable

DEFAULT_KIND: Final = "zendesk"
OPTIONS: Final = "[helpdesk.options]\n"
_URL = re.compile(r'^url = "[^"]*"( *)', re.MULTILINE)


def kinds() -> tuple[str, ...]:
    """Return the kinds of helpdesks that there are options to begin with for."""
    found = _folder().joinpath("options").iterdir()
    return tuple(sorted(one.name.removesuffix(".toml") for one in found))


def render_config(kind: str = DEFAULT_KIND, url: str | None = None) -> str:
    """Return a configuration for one helpdesk, at an address or at an example of one."""
    if kind not in kinds():
        raise UsageError(f"there is no helpdesk {kind}; choose one of {', '.join(kinds())}")
    frame = _folder().joinpath("config.toml").read_text(encoding="utf-8")
    options = _folder().joinpath("options", f"{kind}.toml").read_text(encoding="utf-8")
    if url is not None:
        options = _URL.sub(lambda found: f'url = "{url}"{found[1][:1]}', options)
    return frame.replace('"KIND"', f'"{kind}"').replace(OPTIONS, OPTIONS + options)


def _folder() -> Traversable:
    return files("connector.config").joinpath("templates")
