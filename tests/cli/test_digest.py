"""`connector digest`: the same in text, Markdown, HTML and JSON; nothing foreign becomes markup."""

from __future__ import annotations

import json
import shutil
import subprocess
from datetime import UTC, date, datetime, timedelta
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from connector.cli.digest_html import DARK, LIGHT, NIGHT, PAPER, html_page
from connector.cli.digest_text import markdown
from connector.cli.exits import ExitCode
from connector.goals.digest import Digest, Entry
from connector.store.goal_history import Closing, GoalHistory
from connector.store.state import State
from tests.cli.cli import NOW, Cli

GOAL = "faster_first_reply"
SECTIONS = {"changed", "at_risk", "wins", "next"}
BAD = 'Solve <script>alert("x")</script> & *all* [now](http://x) `rm` \x1b[31m'


def document(cli: Cli, *arguments: str) -> dict[str, Any]:
    ran = cli("digest", "--json", *arguments)
    assert ran.code == ExitCode.DONE, ran.err
    found: dict[str, Any] = json.loads(ran.out)
    return found


def goals_in(found: dict[str, Any]) -> set[str]:
    return {one["goal"] for section in SECTIONS for one in found[section]} - {""}


def retitled(cli: Cli, title: str) -> None:
    """Give the goal another title."""
    quoted = json.dumps(title.replace("\x1b", "")).replace('\\"', '\\"')
    text = cli.mapping.read_text(encoding="utf-8")
    cli.mapping.write_text(
        text.replace('title = "Faster first reply"', f"title = {quoted}"), "utf-8"
    )


def some(title: str = "Faster", **changes: str) -> Digest:
    entry = Entry(
        goal="g", title=title, owner=title, status="at_risk", text="is at risk", why=title
    )
    return Digest(
        since=date(2026, 11, 11),
        as_of=NOW,
        summary="1 goal: 1 at risk.",
        at_risk=(entry,),
        **changes,  # type: ignore[arg-type]
    )


class Page(HTMLParser):
    """Notes the tags of a page, and what it shows."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.shown = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs

    def handle_data(self, data: str) -> None:
        self.shown += data


def test_it_tells_changes_dangers_and_things_to_do(synced: Cli) -> None:
    out = synced("digest", "--days", "14").flat
    assert "Goals from 4 Nov 2026 to 18 Nov 2026" in out
    assert "Faster first reply (Support lead) went from off track to at risk on 15 Nov 2026" in out
    assert "with the target 1 h (n 26)" in out
    assert "What to do next" in out
    assert "Support lead has not said for 14 days or more" in out
    assert "Small wins" not in out


def test_a_quiet_week_says_so(synced: Cli) -> None:
    assert "No status changed." in synced("digest", "--days", "1").out


def test_the_next_digest_begins_where_the_last_one_ended(synced: Cli) -> None:
    with State.open(synced.folder / "var" / "state.sqlite") as opened:
        days = GoalHistory(opened).days(GOAL)
    last = max(now.day for before, now in pairwise(days) if before.status != now.status)
    for start, is_told in ((last - timedelta(days=1), True), (last, False)):
        found = document(synced, "--since", f"{start}T10:00Z")
        assert (GOAL in {one["goal"] for one in found["changed"]}) == is_told
    assert GOAL in {one["goal"] for one in document(synced, "--since", f"{last}")["changed"]}


@pytest.mark.parametrize(
    ("arguments", "goals"),
    [
        (("--goal", GOAL), {GOAL}),
        (
            ("--goal", "customers_looked_after", "--level", "team"),
            {"customers_looked_after", GOAL, "happier_customers"},
        ),
        (("--level", "person"), set()),
    ],
)
def test_it_is_about_what_was_asked_for(
    synced: Cli, arguments: tuple[str, ...], goals: set[str]
) -> None:
    assert goals_in(document(synced, *arguments)) <= goals
    assert (GOAL in goals) == (GOAL in goals_in(document(synced, *arguments)))


def test_goals_of_people_are_told_to_those_who_may_see_them(synced: Cli) -> None:
    synced.edit(synced.mapping, f"[goal.{GOAL}]\n", f'[goal.{GOAL}]\nlevel = "person"\n')
    found = document(synced, "--days", "14")
    assert GOAL not in goals_in(found)
    assert "Faster first reply" not in json.dumps(found)
    assert found["hidden"].startswith("Not shown: 1 goal of a person")
    seen = document(synced, "--days", "14", "--viewer", "Support lead")
    assert GOAL in goals_in(seen)
    assert seen["hidden"] == ""


def test_a_period_that_ended_asks_for_its_lesson(synced: Cli) -> None:
    ended = Closing(
        goal=GOAL,
        start=datetime(2026, 7, 1, tzinfo=UTC),
        end=datetime(2026, 10, 1, tzinfo=UTC),
        closed_at=NOW,
        value=None,
        grade=None,
        status="missed",
    )
    with State.open(synced.folder / "var" / "state.sqlite") as opened:
        GoalHistory(opened).close(ended)
    told = "ended on 30 Sep 2026, missed: write down what was learned"
    assert told in synced("digest").flat
    synced("close", GOAL, "--lesson", "start earlier")
    assert told not in synced("digest").flat


def test_it_asks_no_helpdesk(synced: Cli) -> None:
    text = synced.config.read_text(encoding="utf-8")
    start = text.index("http://")
    address = text[start : text.index('"', start)]
    synced.config.write_text(text.replace(address, "http://127.0.0.1:9"), encoding="utf-8")
    assert synced("digest").code == ExitCode.DONE


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--goal", "faster_first_repyl"), 'did you mean "faster_first_reply"?'),
        (("--days", "7", "--since", "2026-11-01"), "not both"),
        (("--days", "0"), "out of range"),
        (("--days", "999999999"), "out of range"),
        (("--since", "2027-01-01"), "lies in the future"),
        (("--level", "planet"), "'planet' is not one of"),
    ],
)
def test_wrong_input_is_refused(synced: Cli, arguments: tuple[str, ...], words: str) -> None:
    ran = synced("digest", *arguments)
    assert (ran.code, ran.out) == (ExitCode.CONFIG, "")
    assert words in " ".join(ran.err.split())


def test_the_html_page_shows_what_was_written_and_runs_none_of_it(synced: Cli) -> None:
    retitled(synced, BAD)
    ran = synced("digest", "--format", "html")
    page = Page(ran.out)
    assert "script" not in page.tags
    assert 'Solve <script>alert("x")</script> & *all*' in page.shown


def test_the_html_page_needs_nothing_from_elsewhere() -> None:
    page = Page(html_page(some()))
    assert {"link", "img", "script"}.isdisjoint(page.tags)
    assert {"src", "href"}.isdisjoint(name for name, _ in page.attributes)
    assert "url(" not in html_page(some())


def test_no_status_is_told_by_colour_alone() -> None:
    assert "▲ at risk" in Page(html_page(some())).shown


def test_control_characters_reach_no_format() -> None:
    assert "\x1b" not in html_page(some(BAD)) + markdown(some(BAD))


def test_markdown_shows_what_was_written_as_it_is() -> None:
    text = markdown(some(BAD))
    assert "\\*all\\*" in text
    assert "\\[now\\](http" in text
    assert "\\<script\\>" in text
    assert "\\`rm\\`" in text
    assert markdown(some("a\n# b")).count("\n# ") == 0


def luminance(color: str) -> float:
    """Return the relative luminance of a colour, as WCAG 2 defines it."""
    parts = [int(color[start : start + 2], 16) / 255 for start in (1, 3, 5)]
    red, green, blue = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@pytest.mark.parametrize(("colors", "ground"), [(LIGHT, PAPER), (DARK, NIGHT)])
def test_every_colour_can_be_read_on_its_ground(colors: dict[str, str], ground: str) -> None:
    for color in colors.values():
        low, high = sorted((luminance(color), luminance(ground)))
        assert (high + 0.05) / (low + 0.05) >= 4.5


@pytest.mark.skipif(shutil.which("chromium") is None, reason="needs a browser")
def test_a_browser_shows_the_page_without_scrolling_sideways(tmp_path: Path) -> None:
    page = tmp_path / "digest.html"
    probe = (
        "<script>const page = document.documentElement;"
        "document.title = page.scrollWidth <= page.clientWidth ? 'fits' : 'too wide'"
        "</script></body>"
    )
    long = some("An" + "swer" * 60 + " them")
    page.write_text(html_page(long).replace("</body>", probe), encoding="utf-8")
    browser = ["chromium", "--headless", "--no-sandbox", "--disable-gpu", "--window-size=500,800"]
    done = subprocess.run(
        [*browser, f"--user-data-dir={tmp_path / 'profile'}", "--dump-dom", page.as_uri()],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    assert "<title>fits</title>" in done.stdout
