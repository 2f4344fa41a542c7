from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from connector.config.secrets import is_secret_key, resolve_secrets
from connector.config.settings import load_settings, notes
from connector.errors import SettingsError
from tests.config.conftest import Write

HELPDESK = '[[helpdesk]]\nname = "support"\nkind = "memory"\n[helpdesk.options]\n'
FORMS = '{ env = "NAME" } or { file = "PATH" }'
KEY = "helpdesk.support.options.token"


def resolve(options: Mapping[str, Any], base: Path, **environ: str) -> dict[str, Any]:
    return resolve_secrets(options, environ, base, "support")


def refusal(options: Mapping[str, Any], base: Path, **environ: str) -> str:
    with pytest.raises(SettingsError) as caught:
        resolve(options, base, **environ)
    return str(caught.value).replace(str(base), "BASE")


def test_secrets_come_from_the_environment_and_from_files(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("  f1le\n", encoding="utf-8")
    options = {
        "url": "https://a",
        "token": {"env": "TOKEN"},
        "tls": {"password": {"file": "secret"}},
        "list": [{"env": "TOKEN"}],
    }
    resolved = resolve(options, tmp_path, TOKEN="t0ken\n")
    assert resolved["url"] == "https://a"
    assert isinstance(resolved["token"], SecretStr)
    assert resolved["token"].get_secret_value() == "t0ken"
    assert resolved["tls"]["password"].get_secret_value() == "f1le"
    assert resolved["list"][0].get_secret_value() == "t0ken"
    assert "t0ken" not in repr(resolved)


def test_an_unset_or_empty_variable_is_named(tmp_path: Path) -> None:
    options = {"token": {"env": "TOKEN"}}
    hint = f"set it, or write {FORMS}"
    start = f"config.toml: {KEY}: the environment variable TOKEN"
    assert refusal(options, tmp_path) == f"{start} is not set; {hint}"
    assert refusal(options, tmp_path, TOKEN="  ") == f"{start} is empty; {hint}"


def test_an_unset_secret_is_told_with_its_line_when_asked_for(write: Write) -> None:
    path = write("config.toml", HELPDESK + 'token = { env = "TOKEN" }\n')
    with pytest.raises(SettingsError) as caught:
        load_settings(path, {}, with_secrets=True)
    assert str(caught.value) == (
        f"{path}:5: {KEY}: the environment variable TOKEN is not set; set it, or write {FORMS}"
    )


def test_commands_without_a_helpdesk_need_no_secret(write: Write) -> None:
    path = write("config.toml", HELPDESK + 'token = { env = "TOKEN" }\n')
    assert load_settings(path, {}).helpdesk[0].options == {"token": {"env": "TOKEN"}}


def test_a_secret_file_must_be_there_and_hold_something(tmp_path: Path) -> None:
    options = {"token": {"file": "secret"}}
    start = f"config.toml: {KEY}: the secret file BASE/secret"
    assert refusal(options, tmp_path) == f"{start} does not exist"
    path = tmp_path / "secret"
    for content, message in (
        (b" \n", "is empty"),
        (b"\xff", "is not text"),
        (b"x" * 65_000, "is too large to be one"),
    ):
        path.write_bytes(content)
        assert refusal(options, tmp_path) == f"{start} {message}"
    path.unlink()
    path.mkdir()
    assert refusal(options, tmp_path).startswith(f"{start} cannot be read: ")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"token": "abc123"}, "a secret must not stand in the file"),
        ({"client_secret": 123_456}, "a secret must not stand in the file"),
        ({"deep": {"api_key": "abc123"}}, "a secret must not stand in the file"),
        ({"tokens": [{"token": "abc123"}]}, "a secret must not stand in the file"),
        ({"url": "https://me:abc123@host/"}, "an address must not hold a password"),
        ({"token": {"env": "A", "default": "abc123"}}, 'unknown key "default" beside a secret'),
        ({"token": {"env": "A", "file": "B"}}, "a secret comes from one place, not from two"),
        ({"token": {"env": 5}}, '"env" must be text in quotes, not 5'),
    ],
)
def test_a_secret_is_only_ever_named(
    options: Mapping[str, Any], message: str, tmp_path: Path
) -> None:
    said = refusal(options, tmp_path, A="a")
    assert message in said
    assert "abc123" not in said
    assert FORMS in said


def test_an_unknown_key_never_shows_its_value(write: Write) -> None:
    path = write("config.toml", 'token = "abc123"\n' + HELPDESK)
    with pytest.raises(SettingsError) as caught:
        load_settings(path, {})
    assert "abc123" not in str(caught.value)


def test_keys_that_only_mention_secrets_are_none() -> None:
    secret = ("token", "TOKEN", "access_token", "client_secret", "password", "api_key", "apikey")
    plain = ("token_url", "project_key", "url", "secret_rotation_days", "monkey", "keyboard")
    assert [key for key in secret if not is_secret_key(key)] == []
    assert [key for key in plain if is_secret_key(key)] == []


def test_a_secret_may_stand_in_the_environment_itself(write: Write) -> None:
    path = write("config.toml", HELPDESK + 'token = { file = "gone" }\n')
    environ = {"CONNECTOR_HELPDESK__SUPPORT__OPTIONS__TOKEN": "t0ken"}
    options = load_settings(path, environ, with_secrets=True).helpdesk[0].options
    assert options["token"].get_secret_value() == "t0ken"
    assert resolve(options, path.parent)["token"].get_secret_value() == "t0ken"


def test_an_override_of_where_a_secret_comes_from_replaces_the_old_place(write: Write) -> None:
    path = write("config.toml", HELPDESK + 'token = { file = "gone" }\n')
    environ = {"CONNECTOR_HELPDESK__SUPPORT__OPTIONS__TOKEN__ENV": "T"}
    options = load_settings(path, environ).helpdesk[0].options
    assert options == {"token": {"env": "T"}}


def test_a_variable_that_holds_a_secret_is_no_override(write: Write) -> None:
    path = write("config.toml", HELPDESK + 'token = { env = "CONNECTOR_MY__TOKEN" }\n')
    load_settings(path, {"CONNECTOR_MY__TOKEN": "x"}, with_secrets=True)


def test_a_secret_file_that_others_may_read_is_noted(write: Write) -> None:
    secret = write("secret", "x")
    path = write("config.toml", HELPDESK + 'token = { file = "secret" }\n')
    secret.chmod(0o600)
    assert notes(load_settings(path, {})) == ()
    secret.chmod(0o644)
    assert notes(load_settings(path, {})) == (
        f"helpdesk.support: other users of this machine may read {secret}; run chmod 600",
    )
