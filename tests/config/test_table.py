from __future__ import annotations

import pytest
from pydantic import BaseModel, ConfigDict, SecretStr, field_validator

from connector.config.mapping import Quantity
from connector.config.settings import HelpdeskTable, RunTable
from connector.config.table import checked, load_table, nearest
from connector.config.toml import Place
from connector.errors import MappingError, SettingsError
from tests.config.conftest import Write


def test_a_file_is_read_into_one_table(write: Write) -> None:
    assert load_table(write("run.toml", 'every = "1 h"'), RunTable).every_s == 3_600
    path = write("run.toml", 'every = "1 h"\nevrey = 1\n')
    with pytest.raises(MappingError) as caught:
        load_table(path, RunTable, MappingError)
    assert str(caught.value) == f'{path}:2: evrey: unknown key; did you mean "every"?'


def test_a_table_from_elsewhere_is_checked_the_same_way() -> None:
    place = Place("config.toml", {"helpdesk": [{"name": "a"}]}, {("helpdesk", 0): 3})
    with pytest.raises(MappingError) as caught:
        checked(RunTable, {"every": 5}, place.at("helpdesk", 0, "options"), MappingError)
    assert str(caught.value) == (
        "config.toml:3: helpdesk.a.options.every: must be a time with its unit; "
        'write for example "5 min"'
    )


class AccountOptions(BaseModel):
    model_config = ConfigDict(extra="forbid")

    url: str
    size: int = 1

    @field_validator("url")
    @classmethod
    def _is_safe(cls, url: str) -> str:
        if url.startswith("http:"):
            raise ValueError("must start with https://")
        return url


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"url": "http://a"}, "options.url: must start with https://"),
        ({"url": SecretStr("abc")}, "options.url: must be text in quotes, not a secret"),
        ({"url": "x", "size": "big"}, 'options.size: must be a whole number, not "big"'),
        ({"url": "x", "sise": 1}, 'options.sise: unknown key; did you mean "size"?'),
    ],
)
def test_options_of_an_adapter_are_told_in_the_same_words(
    options: dict[str, object], message: str
) -> None:
    place = Place("config.toml", {"options": options}).at("options")
    with pytest.raises(SettingsError) as caught:
        checked(AccountOptions, options, place)
    assert str(caught.value) == f"config.toml: {message}"


@pytest.mark.parametrize(
    ("name", "hint"),
    [("emae", 'did you mean "EMEA"?'), ("zzz", "known: APAC, EMEA"), ("", "known: APAC, EMEA")],
)
def test_the_nearest_name_is_found_whatever_its_case(name: str, hint: str) -> None:
    assert nearest(name, ["EMEA", "APAC"]) == hint


def test_a_long_list_of_names_is_not_shown() -> None:
    assert nearest("zzz", [f"name{n}" for n in range(50)]) == ""


def test_a_name_for_a_helpdesk_is_short(write: Write) -> None:
    path = write("helpdesk.toml", f'name = "{"a" * 41}"\nkind = "x"\n')
    with pytest.raises(MappingError, match="must have at most 40 letters"):
        load_table(path, HelpdeskTable, MappingError)


def test_a_quantity_survives_being_stored(write: Write) -> None:
    from connector.config.mapping import TicketRuleTable

    rule = load_table(write("rule.toml", 'limit = "1.5 h"'), TicketRuleTable)
    assert rule.limit == Quantity(5_400, "s")
    assert rule.model_dump(mode="json") == {
        "limit": {"number": 5400.0, "unit": "s"},
        "due_soon": None,
    }
