"""The headers of the SQL files: complete, consistent, cheap to read, and the page made of them."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from connector.errors import StoreError
from connector.kpi.catalogue import STAMPS, definitions, parse, sql
from connector.kpi.page import catalogue_markdown
from connector.model.kpi import Family, Unit

ROOT = Path(__file__).resolve().parents[2]
FIRST_SET = {
    "first_reply_time", "full_resolution_time", "reopen_rate", "csat_pct", "tickets_created",
    "tickets_solved", "backlog",
}  # fmt: skip
IDS = sorted(definitions())


def test_the_first_set_is_there() -> None:
    assert set(definitions()) >= FIRST_SET


@pytest.mark.parametrize("name", IDS)
def test_a_definition_speaks_the_words_of_the_model(name: str) -> None:
    one = definitions()[name]
    assert one.unit in set(Unit)
    assert one.family in set(Family)
    assert set(one.clocks) <= {"calendar", "business"}
    assert one.direction in {"lower", "higher", "neutral"}
    assert one.stamp in STAMPS
    assert one.settles_by in {"", "reply", "resolution", "promise"}
    assert one.definition.endswith(".")


def test_times_have_both_clocks_and_the_median_first() -> None:
    times = [one for one in definitions().values() if one.family == "time"]
    assert {one.clocks for one in times} == {("calendar", "business")}
    assert {one.aggregates[0] for one in times} == {"median"}


def test_what_is_spread_over_tickets_has_a_mean_and_all_quantiles() -> None:
    spread = [
        one
        for one in definitions().values()
        if one.family in {"time", "age", "number"} and one.unit != Unit.POINTS
    ]
    lacking = {
        one.id: {"mean", "median", "p75", "p90", "p95", "within"} - set(one.aggregates)
        for one in spread
        if one.variant_of == ""
    }
    assert spread
    assert {name: words for name, words in lacking.items() if words} == {}


def test_a_header_goes_on_over_lines() -> None:
    one = definitions()["first_reply_time"]
    assert one.definition.endswith("requester.")
    low, _ = one.natural_range
    assert low == 0
    assert definitions()["reopen_rate"].lag_s == 14 * 86_400


def test_a_header_that_lacks_a_key_names_file_and_key() -> None:
    text = sql("backlog").replace("-- stamp: X\n", "")
    with pytest.raises(StoreError, match=r"backlog\.sql lacks: stamp"):
        parse("backlog.sql", text)


def test_a_header_with_an_unknown_key_is_refused() -> None:
    with pytest.raises(StoreError, match="unknown keys: stmap"):
        parse("backlog.sql", "-- stmap: X\n" + sql("backlog"))


def test_file_and_id_have_to_agree() -> None:
    with pytest.raises(StoreError, match="must agree"):
        parse("other.sql", sql("backlog"))


def test_reading_the_catalogue_loads_nothing_heavy() -> None:
    code = (
        "import sys; from connector.kpi.catalogue import definitions; definitions();"
        "print([name for name in ('duckdb', 'numpy', 'pydantic') if name in sys.modules])"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"


def test_the_page_is_the_one_in_docs() -> None:
    assert (ROOT / "docs" / "kpis.md").read_text(encoding="utf-8") == catalogue_markdown()
