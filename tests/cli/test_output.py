"""How results look: tables that fit, one JSON document, nothing a helpdesk can smuggle in."""

from __future__ import annotations

import json
import re
import sys
from io import StringIO

import pytest

from connector.cli.output import age, clean, console, print_table
from connector.cli.terminal import Terminal
from tests.cli.cli import NOW, Cli


def rendered(columns: tuple[str, ...], *rows: tuple[object, ...], width: int = 80) -> str:
    file = StringIO()
    print_table("", columns, rows, out=Terminal(file=file, width=width))
    return file.getvalue()


@pytest.mark.parametrize("width", [80, 120])
@pytest.mark.parametrize(
    "command",
    ["goals", "kpis", "status", "catalogue", "explain goal faster_first_reply", "explain kpi csat"],
)
def test_nothing_is_wider_than_the_terminal_or_cut_off(
    synced: Cli, width: int, command: str
) -> None:
    synced.columns = width
    said = synced(*command.split()).out
    assert max(map(len, said.splitlines())) <= width
    assert "…" not in said


@pytest.mark.parametrize("width", [80, 120])
def test_every_kpi_stands_on_one_line(synced: Cli, width: int) -> None:
    synced.columns = width
    said = synced("kpis").out
    assert re.search(r"^first_reply_within .* \d+ ", said, re.MULTILINE)
    assert "no reply yet" not in said


def test_flags_are_letters_with_their_words_below(synced: Cli) -> None:
    said = synced("kpis").out
    assert re.search(r"^full_resolution .* p\s*$", said, re.MULTILINE)
    assert "p = provisional" in said
    assert "s = stale" not in said


def test_why_a_kpi_leaves_tickets_out_stands_in_explain(synced: Cli) -> None:
    said = synced("explain", "kpi", "first_reply").out
    assert re.search(r"\d+ left out: .*\d+ no reply yet", said)


def test_business_hours_are_not_added_up_to_days() -> None:
    from connector.cli.kpis import said_value
    from connector.model.kpi import KpiValue, Period

    week = KpiValue(
        id="k", measure="first_reply_time", clock="business", aggregate="median", unit="s",
        value=60 * 3600.0, n=1, where={}, period=Period(NOW, NOW), as_of=NOW,
    )  # fmt: skip
    assert said_value(week, week.value) == "60 h"


def test_control_characters_of_a_helpdesk_are_not_printed() -> None:
    said = rendered(("group",), ("EMEA\x1b[2J\x07 \u202egnp.exe",))
    assert "EMEA\ufffd[2J\ufffd \ufffdgnp.exe" in said


def test_markup_of_a_helpdesk_is_printed_as_it_stands() -> None:
    assert "[red]EMEA[/red]" in rendered(("group",), ("[red]EMEA[/red]",))


def test_a_column_without_a_name_is_a_column() -> None:
    assert rendered(("", ">n"), ("a", 1)).splitlines()[-2].split() == ["a", "1"]


def test_no_color_is_honoured(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setenv("FORCE_COLOR", "1")
    file = StringIO()
    monkeypatch.setattr(sys, "stdout", file)
    out = console()
    out.print(clean("off track"), style="red")
    assert file.getvalue()
    assert "\x1b[31m" not in file.getvalue()


def test_without_a_terminal_there_is_no_progress(cli: Cli) -> None:
    assert cli("sync", "--dry-run").err == ""


@pytest.mark.parametrize(
    "command",
    [
        "goals", "kpis", "status", "catalogue", "explain goal happier_customers",
        "explain kpi csat", "explain ticket practice 300", "sync --dry-run",
    ],
)  # fmt: skip
def test_json_is_one_document_and_nothing_else(synced: Cli, command: str) -> None:
    ran = synced(*command.split(), "--json")
    assert ran.code == 0
    assert json.loads(ran.out)
    assert ran.err == ""


def test_ages_are_told_in_the_largest_unit() -> None:
    from datetime import timedelta

    assert age(NOW, None) == "never"
    assert age(NOW, NOW - timedelta(seconds=59)) == "59 s ago"
    assert age(NOW, NOW - timedelta(hours=25)) == "1 d ago"
