from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from pydantic import SecretStr

from connector.adapters.memory import MemoryAdapter, MemoryHelpdesk
from connector.adapters.registry import adapter_class, checked_options, kinds, open_adapter
from connector.adapters.retrying import RetryingAdapter
from connector.config.settings import HelpdeskTable, load_settings
from connector.errors import SettingsError, UnavailableError

ZENDESK = HelpdeskTable(name="support", kind="zendesk")


def problems(table: HelpdeskTable, **options: object) -> dict[str, str]:
    with pytest.raises(SettingsError) as caught:
        checked_options(table, options)
    return {p.key: f"{p.message}; {p.hint}" for p in caught.value.problems}


def test_our_adapters_are_found() -> None:
    assert {"memory", "zendesk"} <= set(kinds())
    assert adapter_class("memory") is MemoryAdapter


def test_an_unknown_kind_gets_the_nearest_known_one() -> None:
    with pytest.raises(SettingsError, match='did you mean "zendesk"'):
        adapter_class("zendsk")


def test_a_kind_like_no_other_gets_the_whole_list() -> None:
    with pytest.raises(SettingsError, match="memory"):
        adapter_class("qqqqqq")


def test_every_bad_option_is_a_problem_of_its_own() -> None:
    found = problems(
        ZENDESK,
        url="http://acme.zendesk.com",
        acces_token=SecretStr("t"),
        history_since="yesterday",
    )
    assert {"options.url", "options.acces_token", "options.history_since"} <= set(found)
    assert 'did you mean "access_token"' in found["options.acces_token"]
    assert "https://" in found["options.url"]


def test_a_bad_option_is_told_with_file_and_line(tmp_path: Path) -> None:
    config = tmp_path / "config.toml"
    config.write_text(
        '[[helpdesk]]\nname = "support"\nkind = "zendesk"\n'
        '[helpdesk.options]\naccess_token = { env = "T" }\nurll = "https://acme.zendesk.com"\n',
        encoding="utf-8",
    )
    (table,) = load_settings(config, {}).helpdesk
    with pytest.raises(SettingsError) as caught:
        checked_options(table, {"access_token": SecretStr("t"), "urll": "https://a.example"})
    told = {(p.line, p.key) for p in caught.value.problems}
    assert (6, "helpdesk.support.options.urll") in told
    assert {p.file for p in caught.value.problems} == {str(config)}


def test_an_unknown_kind_is_told_with_file_and_line(tmp_path: Path) -> None:
    config = tmp_path / "config.toml"
    config.write_text('[[helpdesk]]\nname = "support"\nkind = "zendsk"\n', encoding="utf-8")
    (table,) = load_settings(config, {}).helpdesk
    with pytest.raises(SettingsError, match=rf"{config}:3: helpdesk.support.kind: there is no"):
        checked_options(table, {})


def test_a_missing_option_is_named() -> None:
    found = problems(ZENDESK, access_token=SecretStr("t"))
    assert found["options.url"].startswith("this key is required")


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"token": SecretStr("t")},
        {"email": "a@example.com"},
        {"token": SecretStr("t"), "email": "a@example.com", "access_token": SecretStr("t")},
    ],
)
def test_credentials_of_one_kind_are_needed(options: dict[str, object]) -> None:
    found = problems(ZENDESK, url="https://acme.zendesk.com", **options)
    assert "needs" in found["options"]


def test_a_problem_never_shows_a_secret() -> None:
    found = problems(ZENDESK, url="https://acme.zendesk.com", token=SecretStr("hunter2"))
    assert "hunter2" not in str(found)


def test_an_opened_adapter_retries() -> None:
    desk = MemoryHelpdesk("registry")
    desk.fail_next(UnavailableError("down"))
    table = HelpdeskTable(name="support", kind="memory")
    slept: list[float] = []
    adapter = open_adapter(
        table, {"account": "registry"}, watched_fields=frozenset(), sleep=slept.append
    )
    assert isinstance(adapter, RetryingAdapter)
    assert adapter.check().role == "admin"
    assert slept == [1]


def test_a_vendors_library_is_not_loaded_before_its_helpdesk_is_configured() -> None:
    code = (
        "import sys; from connector.adapters import registry; registry.kinds();"
        "registry.adapter_class('memory'); sys.exit('zenpy' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
