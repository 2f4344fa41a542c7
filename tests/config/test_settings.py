from __future__ import annotations

from collections.abc import Mapping
from datetime import time
from pathlib import Path

import pytest

from connector.config.settings import Settings, load_settings
from connector.errors import SettingsError
from tests.config.conftest import Write

SMALLEST = '[[helpdesk]]\nname = "support"\nkind = "memory"\n'


def complaints(path: Path, environ: Mapping[str, str] | None = None) -> list[str]:
    with pytest.raises(SettingsError) as caught:
        load_settings(path, environ or {}, with_secrets=True)
    return str(caught.value).replace(str(path.parent) + "/", "").splitlines()


def test_a_small_file_gets_the_defaults(write: Write, tmp_path: Path) -> None:
    settings = load_settings(write("config.toml", SMALLEST), {})
    assert settings.store.path == tmp_path / "var"
    assert settings.folder == tmp_path
    assert settings.run.every_s == 300
    assert settings.helpdesk[0].mappings == ("mappings",)
    assert settings.helpdesk[0].limits.share_of_exports == 0.8
    assert settings.writeback.enabled is False
    assert settings.writeback.daily_at == time(6)


def test_values_may_be_written_the_way_people_do(write: Write, tmp_path: Path) -> None:
    text = (
        '[store]\npath = "/srv/goals"\n[run]\nevery = "1 h 30 min"\n'
        + SMALLEST
        + 'mappings = "goals"\n[helpdesk.people]\nbots = [12, "x"]\n'
        + '[writeback]\nmax_share = "20 %"\nonly = { group = "EMEA" }\ndaily_at = 07:30:00\n'
    )
    settings = load_settings(write("config.toml", text), {})
    assert settings.store.path == Path("/srv/goals")
    assert settings.run.every_s == 5_400
    assert settings.helpdesk[0].mappings == ("goals",)
    assert settings.helpdesk[0].people.bots == ("12", "x")
    assert settings.writeback.max_share == 0.2
    assert settings.writeback.only == {"group": ("EMEA",)}
    assert settings.writeback.daily_at == time(7, 30)


def test_every_mistake_is_told_at_once_with_its_line(write: Write) -> None:
    text = """\
[stor]
path = "x"
[run]
every = "5 minuts"
[[helpdesk]]
name = "support"
kind = 5
mappigs = ["mappings"]
[helpdesk.options]
token = "abc"
[helpdesk.limits]
share_of_exports = 80
[writeback]
enabled = "yes"
tag_prefix = "Goal"
only = { grop = "x", tag = [] }
people = "onn"
daily_at = 5
"""
    assert complaints(write("config.toml", text)) == [
        'config.toml:1: stor: unknown key; did you mean "store"?',
        'config.toml:4: run.every: unknown unit "minuts"; did you mean "minutes"?',
        "config.toml:7: helpdesk.support.kind: must be text in quotes, not 5",
        'config.toml:8: helpdesk.support.mappigs: unknown key; did you mean "mappings"?',
        (
            "config.toml:10: helpdesk.support.options.token: a secret must not stand in the file; "
            'write { env = "NAME" } or { file = "PATH" }, '
            "and renew this one if others could see the file"
        ),
        (
            "config.toml:12: helpdesk.support.limits.share_of_exports: "
            'must be a share above 0 and at most 1; write 0.2 or "20 %"'
        ),
        'config.toml:14: writeback.enabled: must be true or false, not "yes"',
        (
            'config.toml:15: writeback.tag_prefix: "Goal" is no prefix for tags; '
            'use a-z, 0-9 and end in one "_": "goal_"'
        ),
        (
            'config.toml:16: writeback.only.grop: tickets cannot be told apart by "grop"; '
            'did you mean "group"?'
        ),
        (
            "config.toml:16: writeback.only.tag: an empty list means no ticket at all; "
            "leave the key out for all"
        ),
        'config.toml:17: writeback.people: must be "on" or "off", not "onn"; did you mean "on"?',
        'config.toml:18: writeback.daily_at: must be a time of day such as "06:00", not 5',
    ]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "config.toml: there is no helpdesk; add a table [[helpdesk]]"),
        ("[[helpdesk]]\nkind = 'x'\n", "config.toml:1: helpdesk[1].name: this key is required"),
        (
            SMALLEST + SMALLEST,
            ('config.toml:5: helpdesk.support.name: two helpdesks are called "support"; '
            "the other one is in line 2"),
        ),
        (
            SMALLEST.replace("support", "Support Team"),
            ('config.toml:2: helpdesk."Support Team".name: '
            '"Support Team" is no name for a helpdesk; use a-z, 0-9, "-" and "_"'),
        ),
        ("helpdesk = 5", "config.toml:1: helpdesk: must be a list: [...], not 5"),
        ("store = 5\n" + SMALLEST, "config.toml:1: store: must be a table: { key = value }, not 5"),
        (
            "helpdesk = [1]",
            "config.toml:1: helpdesk[1]: must be a table: { key = value }, not 1",
        ),
        (SMALLEST + 'options = "x"', ("config.toml:4: helpdesk.support.options: "
            'must be a table: { key = value }, not "x"')),
        (SMALLEST + "kynd = 1\n[helpdesk.people]\nbot = []", None),
    ],
)  # fmt: skip
def test_a_mistake_is_told_in_plain_words(text: str, message: str | None, write: Write) -> None:
    found = complaints(write("config.toml", text))
    assert found == [message] if message else len(found) == 2


def test_messages_never_speak_the_validator_s_language(write: Write) -> None:
    keys = (
        "store", "store.path", "run.every", "helpdesk", "writeback", "writeback.enabled",
        "writeback.tag_prefix", "writeback.only", "writeback.max_share", "writeback.people",
        "writeback.daily_at", "writeback.labels", "writeback.max_writes_per_hour",
        "writeback.dwell",
    )  # fmt: skip
    for key in keys:
        for value in (
            "5",
            "-1.5",
            "nan",
            "true",
            '""',
            '"x"',
            "[1]",
            "[{}]",
            "{x = 1}",
            "07:00:00",
        ):
            text = f"{key} = {value}\n" + ("" if key == "helpdesk" else SMALLEST)
            path = write("config.toml", text)
            try:
                load_settings(path, {})
            except SettingsError as error:
                said = str(error)
                assert "nput" not in said, said
                assert "cannot stand here" not in said, said
                assert f"config.toml:1: {key.partition('.')[0]}" in said


def test_the_environment_wins_over_the_file(write: Write) -> None:
    text = (
        SMALLEST
        + '[helpdesk.options]\nurl = "https://a"\n[writeback]\nenabled = false\nlabels = "de"\n'
        + '[[helpdesk]]\nname = "second-line"\nkind = "memory"\n'
    )
    environ = {
        "CONNECTOR_STORE__PATH": "/data",
        "CONNECTOR_RUN__EVERY": "10 min",
        "CONNECTOR_WRITEBACK__ENABLED": "true",
        "CONNECTOR_WRITEBACK__ONLY": '{"group": ["EMEA"]}',
        "CONNECTOR_HELPDESK__SUPPORT__OPTIONS__URL": "https://b",
        "CONNECTOR_HELPDESK__SECOND_LINE__LIMITS__SHARE_OF_REQUESTS": "0.5",
        "CONNECTOR_HELPDESK__SECOND_LINE__MAPPINGS": '["a", "b"]',
        "CONNECTOR_DEBUG": "1",
        "CONNECTOR_CONFIG": "elsewhere.toml",
        "HOME": "/nowhere",
    }
    settings = load_settings(write("config.toml", text), environ)
    assert settings.store.path == Path("/data")
    assert settings.run.every_s == 600
    assert settings.writeback.enabled is True
    assert settings.writeback.labels == "de"
    assert settings.writeback.only == {"group": ("EMEA",)}
    assert [helpdesk.name for helpdesk in settings.helpdesk] == ["support", "second-line"]
    assert settings.helpdesk[0].options == {"url": "https://b"}
    assert settings.helpdesk[1].limits.share_of_requests == 0.5
    assert settings.helpdesk[1].mappings == ("a", "b")


def test_a_mistake_in_the_environment_names_the_variable(write: Write) -> None:
    environ = {
        "CONNECTOR_WRITEBACK__MAX_SHARE": "2",
        "CONNECTOR_WRITEBAK__ENABLED": "true",
        "CONNECTOR_RUN__EVRY": "5 min",
        "CONNECTOR_HELPDESK__SUPORT__KIND": "x",
        "CONNECTOR_HELPDESK__SUPPORT__MAPPINGS": "[a",
    }
    assert complaints(write("config.toml", SMALLEST), environ) == [
        'CONNECTOR_HELPDESK__SUPORT__KIND: no helpdesk is called "suport"; did you mean "support"?',
        'CONNECTOR_HELPDESK__SUPPORT__MAPPINGS: this is not JSON; write for example ["a", "b"]',
        'CONNECTOR_RUN__EVRY: run.evry: unknown key; did you mean "every"?',
        (
            "CONNECTOR_WRITEBACK__MAX_SHARE: writeback.max_share: "
            'must be a share above 0 and at most 1; write 0.2 or "20 %"'
        ),
        'CONNECTOR_WRITEBAK__ENABLED: there is no table "writebak"; did you mean "writeback"?',
    ]


def test_nothing_reads_the_process_s_own_environment(
    write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STORE", '{"path": "/wrong"}')
    monkeypatch.setenv("CONNECTOR_STORE__PATH", "/wrong")
    assert Settings().store.path == Path("var")
    assert load_settings(write("config.toml", SMALLEST), {}).store.path != Path("/wrong")


def test_a_helpdesk_knows_where_its_options_stand(write: Write) -> None:
    text = SMALLEST + '[helpdesk.options]\nurl = "x"\n'
    place = load_settings(write("config.toml", text), {}).helpdesk[0].place
    problem = place.problem("is no address", "options", "url")
    assert (problem.key, problem.line) == ("helpdesk.support.options.url", 5)
