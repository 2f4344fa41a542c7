from __future__ import annotations

import tomllib
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from connector.config.positions import positions

TEXT = """\
# a comment with [brackets] and = signs
top = 1
"quoted key" = '''
not = "a key"
'''
dotted . inner = "x"

[table]   # comment
list = [
  "a", # one, two
  { deep = [1, 2] },
]
time = 2026-01-01 00:00:00
text = \"\"\"
[no.table]
say \\"hi\\" ""\"\"\"
inline = { a = 1, b.c = "}" }

[[item]]
name = "one"
[item.options]
url = "x"

[[item]]
name = "two"
[[item.part]]
id = 1
"""


def test_every_kind_of_key_is_found_on_its_line() -> None:
    lines = positions(TEXT)
    assert tomllib.loads(TEXT)["table"]["text"].endswith('""')
    wanted: dict[tuple[str | int, ...], int] = {
        ("top",): 2,
        ("quoted key",): 3,
        ("dotted", "inner"): 6,
        ("table",): 8,
        ("table", "list"): 9,
        ("table", "list", 0): 10,
        ("table", "list", 1, "deep", 1): 11,
        ("table", "time"): 13,
        ("table", "text"): 14,
        ("table", "inline"): 17,
        ("table", "inline", "b", "c"): 17,
        ("item", 0, "name"): 20,
        ("item", 0, "options", "url"): 22,
        ("item", 1): 24,
        ("item", 1, "name"): 25,
        ("item", 1, "part", 0, "id"): 27,
    }
    assert {path: lines.get(path) for path in wanted} == wanted


def test_words_inside_of_texts_are_no_keys() -> None:
    assert ("not",) not in positions(TEXT)
    assert ("no", "table") not in positions(TEXT)


SCALARS = st.sampled_from(
    ["1", "-1.5e3", "true", '"a # \\" b"', "'it is'", "2026-01-01", "07:30:00"]
)
KEYS = st.sampled_from(["a", "b-c", '"x y"', "'p.q'", "d_1"])


def values(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    lists = st.lists(inner, max_size=3).map(
        lambda items: "[\n" + ", # c\n".join([*items, ""]) + "]"
    )
    tables = st.dictionaries(KEYS, inner, max_size=3).map(
        lambda items: "{" + ", ".join(f"{key} = {value}" for key, value in items.items()) + "}"
    )
    return lists | tables


VALUES = st.recursive(SCALARS, values, max_leaves=6)
TABLES = st.dictionaries(KEYS, VALUES, max_size=4)


def paths_of(value: Any, path: tuple[str | int, ...] = ()) -> set[tuple[str | int, ...]]:
    below: list[tuple[Any, Any]] = []
    if isinstance(value, dict | list):
        below = list(value.items() if isinstance(value, dict) else enumerate(value))
    found = {path} if path else set()
    for key, inner in below:
        found |= paths_of(inner, (*path, key))
    return found


@given(TABLES, TABLES, TABLES)
def test_each_key_that_tomllib_sees_has_a_line(
    top: dict[str, str], table: dict[str, str], item: dict[str, str]
) -> None:
    rows = [f"{key} = {value}" for key, value in top.items()]
    for header, body in (("[t.u]", table), ("[[i]]", item), ("[[i]]", item)):
        rows += [header, *(f"{key} = {value}" for key, value in body.items())]
    text = "\n".join(rows)
    wanted = paths_of(tomllib.loads(text))
    assert set(positions(text)) == wanted
