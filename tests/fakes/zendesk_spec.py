"""Checks requests against the vendor's own API description, strictly."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import pytest
import requests
import yaml
from openapi_core import Config, OpenAPI
from openapi_core.contrib.requests import RequestsOpenAPIRequest

URL = "https://acme.zendesk.com"
NOT_DESCRIBED = (
    "/api/v2/business_hours/schedules",
    "/api/v2/business_hours/schedules/{id}/holidays",
    "/api/v2/guide/survey_responses",
)
# documented as a side-load of the export on the vendor's pages, not in the description
EXTRA_PARAMETERS = {"/api/v2/incremental/tickets/cursor": {"include"}}
# the description spells the filter of ratings out in prose only
EXTRA_PARAMETERS["/api/v2/satisfaction_ratings"] = {"start_time"}
PAGING = re.compile(r"page\[(size|after)\]")


class Loader(yaml.CSafeLoader):
    """Reads the vendor's file, in which a plain `=` stands for itself and times are text."""

    yaml_implicit_resolvers = {  # noqa: RUF012  # that is how PyYAML has it
        first: [(tag, regexp) for tag, regexp in resolvers if not tag.endswith(":timestamp")]
        for first, resolvers in yaml.CSafeLoader.yaml_implicit_resolvers.items()
    }


Loader.add_constructor("tag:yaml.org,2002:value", lambda _, node: node.value)


def merged(target: Any, patch: Any) -> Any:
    """Apply a JSON merge patch (RFC 7386)."""
    if not isinstance(patch, dict):
        return patch
    result = dict(target) if isinstance(target, dict) else {}
    for key, value in patch.items():
        if value is None:
            result.pop(key, None)
        else:
            result[key] = merged(result.get(key), value)
    return result


class ZendeskSpec:
    """The description with its patch; counts what it checked by path."""

    def __init__(self, folder: Path) -> None:
        with (folder / "support-oas.yaml").open() as file:
            document = yaml.load(file, Loader=Loader)  # noqa: S506  # a safe loader, see above
        document = merged(document, json.loads((folder / "support-oas.patch.json").read_text()))
        document["servers"] = [{"url": URL}]
        self._paths: dict[str, Any] = document["paths"]
        self._parameters: dict[str, Any] = document["components"]["parameters"]
        self._known = {
            (path, method): self._names(item, method)
            for path, item in self._paths.items()
            for method in item
            if method != "parameters"
        }
        self._forget_paging()
        self._api = OpenAPI.from_dict(document, config=Config(spec_validator_cls=None))
        self.checked: dict[str, int] = {}

    def check(self, request: requests.PreparedRequest) -> None:
        """Raise when a request is not as the description wants it."""
        parts = urlsplit(request.url or "")
        path = str(parts.path).removesuffix(".json")
        generic = re.sub(r"/\d+", "/{id}", path)
        self.checked[f"{request.method} {generic}"] = 1
        if generic in NOT_DESCRIBED:
            return
        query = parse_qsl(str(parts.query), keep_blank_values=True)
        self._check_names(str(request.method).lower(), path, {name for name, _ in query})
        plain = [(name, value) for name, value in query if not PAGING.fullmatch(name)]
        headers = dict(request.headers)
        # the description knows basic auth only; bearer tokens are described elsewhere
        headers["Authorization"] = "Basic eDp5"
        copy = requests.Request(
            request.method, f"{URL}{path}?{urlencode(plain)}", headers=headers, data=request.body
        )
        self._api.validate_request(RequestsOpenAPIRequest(copy))

    def _check_names(self, method: str, path: str, names: set[str]) -> None:
        template = next(t for t in sorted(self._paths, key=_openness) if _matches(t, path))
        known = self._known[template, method] | EXTRA_PARAMETERS.get(path, set())
        unknown = {name for name in names if name not in known and not PAGING.fullmatch(name)}
        assert not unknown, f"{path} has no parameters {sorted(unknown)}"
        if any(PAGING.fullmatch(name) for name in names):
            assert "page" in known, f"{path} has no pages"

    def _names(self, item: dict[str, Any], method: str) -> set[str]:
        entries = [*item.get("parameters", ()), *item[method].get("parameters", ())]
        return {str(self._resolved(entry)["name"]) for entry in entries}

    def _forget_paging(self) -> None:
        # openapi-core cannot read `page[size]`; that a path has pages is checked by name
        for item in self._paths.values():
            for method in item.values():
                if isinstance(method, dict) and "parameters" in method:
                    method["parameters"] = [
                        entry
                        for entry in method["parameters"]
                        if self._resolved(entry)["name"] != "page"
                    ]

    def _resolved(self, entry: dict[str, Any]) -> dict[str, Any]:
        if "$ref" in entry:
            entry = self._parameters[entry["$ref"].rpartition("/")[2]]
        return entry


def _openness(template: str) -> int:
    return template.count("{")


def _matches(template: str, path: str) -> bool:
    return re.fullmatch(re.sub(r"\{[^}]+\}", "[^/]+", template), path) is not None


@pytest.fixture(scope="session")
def zendesk_spec(request: pytest.FixtureRequest) -> Iterator[ZendeskSpec | None]:
    """Return the checker; without the description (not in CI) requests pass unchecked."""
    try:
        shared: Path = request.getfixturevalue("shared")
    except pytest.skip.Exception:
        yield None
        return
    yield ZendeskSpec(shared / "specs" / "zendesk")
