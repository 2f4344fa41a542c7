"""`connector init --kind`: a configuration to begin with for each helpdesk."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from connector.adapters.registry import kinds as registered
from connector.cli.capabilities import PRACTISING
from connector.cli.exits import ExitCode
from connector.cli.first_config import kinds, render_config
from tests.cli.cli import Cli


@pytest.fixture
def empty(tmp_path: Path) -> Cli:
    return Cli(tmp_path / "goals")


def test_every_helpdesk_has_options_to_begin_with() -> None:
    assert set(kinds()) == {*registered()} - PRACTISING


@pytest.mark.parametrize("kind", kinds())
def test_a_first_config_passes_the_check_as_it_is(kind: str, empty: Cli) -> None:
    ran = empty("init", str(empty.folder), "--kind", kind)
    assert ran.code == ExitCode.DONE
    (variable,) = (
        value["env"]
        for value in tomllib.loads(render_config(kind))["helpdesk"][0]["options"].values()
        if isinstance(value, dict) and value
    )
    assert f"export {variable}=..." in ran.out
    empty.environ[variable] = "secret"
    assert empty("check", "--offline").code == ExitCode.DONE


@pytest.mark.parametrize("kind", kinds())
def test_an_address_takes_the_place_of_the_example(kind: str, empty: Cli) -> None:
    empty("init", str(empty.folder), "--kind", kind, "--url", "https://acme.example")
    (helpdesk,) = tomllib.loads(empty.config.read_text(encoding="utf-8"))["helpdesk"]
    assert helpdesk["kind"] == kind
    assert helpdesk["options"]["url"] == "https://acme.example"


def test_without_a_kind_it_is_zendesk(empty: Cli) -> None:
    empty("init", str(empty.folder))
    assert 'kind = "zendesk"' in empty.config.read_text(encoding="utf-8")


def test_an_unknown_kind_is_refused_and_nothing_written(empty: Cli) -> None:
    ran = empty("init", str(empty.folder), "--kind", "readmine")
    assert ran.code == ExitCode.CONFIG
    assert f"choose one of {', '.join(kinds())}" in " ".join(ran.said.split())
    assert not empty.folder.exists()


def test_the_help_names_every_kind(empty: Cli) -> None:
    said = empty("init", "--help").flat
    assert all(kind in said for kind in kinds())
