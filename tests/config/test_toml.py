from __future__ import annotations

from pathlib import Path

import pytest

from connector.config.toml import LARGEST_FILE, read_toml
from connector.errors import MappingError, SettingsError
from tests.config.conftest import Write


def complaint(path: Path) -> str:
    with pytest.raises(SettingsError) as caught:
        read_toml(path)
    return str(caught.value).replace(str(path.parent) + "/", "")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            '[store]\npath = "var"\nkind = zendesk\n',
            'config.toml:3: expected a value here (column 8); text needs quotes: kind = "zendesk"',
        ),
        ("on = True", "config.toml:1: expected a value here (column 6); write true or false"),
        (
            "name: 'x'",
            (
                "config.toml:1: expected `=` after the key (column 5); "
                "a key is followed by `=`, not by `:`"
            ),
        ),
        ('a = "x\nb = 1', "config.toml:1: a text is not closed on its line (column 7)"),
        ("a = [1,\n\n", "config.toml:1: the file ends before this value is complete"),
        ('a = """x\n\n', "config.toml:1: a text is not closed"),
        (
            "a = \u201cx\u201d",
            'config.toml:1: expected a value here (column 5); use straight quotes: "text"',
        ),
        ("a = 1\na = 2\n", "config.toml:2: this key stands twice; keep one of them: a = 2"),
        (
            "[t]\n[u]\n[t]\n",
            "config.toml:3: this table stands twice, or was closed before; keep one of them: [t]",
        ),
        (
            "x = { a = 1, a = 2 }",
            "config.toml:1: this key stands twice; keep one of them: x = { a = 1, a = 2 }",
        ),
        (
            'path = "C:\\data"',
            (
                "config.toml:1: a backslash stands alone in a text (column 13); "
                "write it twice, or put the text in single quotes"
            ),
        ),
        ("[table\nx = 1", "config.toml:1: a table header is not closed (column 7)"),
    ],
)
def test_a_syntax_error_names_its_line_and_the_cure(text: str, message: str, write: Write) -> None:
    assert complaint(write("config.toml", text)) == message


def test_a_missing_file_says_how_to_get_one(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    assert complaint(path) == "config.toml: this file does not exist; `connector init` writes one"


def test_a_folder_is_no_file(tmp_path: Path) -> None:
    (tmp_path / "config.toml").mkdir()
    assert complaint(tmp_path / "config.toml").startswith("config.toml: this file cannot be read: ")


def test_a_file_in_another_encoding_is_refused_with_its_line(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    path.write_bytes(b'a = 1\nb = "M\xfcnchen"\n')
    message = "config.toml:2: this file is not UTF-8 text; save it as UTF-8 in your editor"
    assert complaint(path) == message


def test_a_huge_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    path.write_bytes(b"#" * (LARGEST_FILE + 1))
    assert complaint(path) == "config.toml: this file is larger than 1,000 kB; is it the right one?"


def test_lists_nested_beyond_reason_are_a_problem_and_no_crash(write: Write) -> None:
    path = write("config.toml", "a = " + "[" * 50_000)
    assert complaint(path) == "config.toml: lists or tables are nested too deeply"


def test_a_file_from_windows_is_read(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    path.write_bytes(b"\xef\xbb\xbf[store]\r\npath = 'x'\r\n")
    document = read_toml(path)
    assert document.data == {"store": {"path": "x"}}
    assert document.place.line("store", "path") == 2


def test_the_caller_chooses_the_kind_of_error(write: Write) -> None:
    with pytest.raises(MappingError):
        read_toml(write("m.toml", "x"), MappingError)


def test_a_problem_names_the_item_of_a_list_by_its_name(write: Write) -> None:
    text = '[[helpdesk]]\nname = "a"\n[[helpdesk]]\nkind = 1\nlist = [1, 2]\n'
    place = read_toml(write("config.toml", text)).place
    assert place.problem("x", "helpdesk", 0, "kind").key == "helpdesk.a.kind"
    assert place.problem("x", "helpdesk", 1, "list", 1).key == "helpdesk[2].list[2]"
    assert place.problem("x", "helpdesk", 0, "kind").line == 1  # the table that lacks it
    assert place.at("helpdesk", 1).problem("x", "kind").line == 4
