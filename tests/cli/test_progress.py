from __future__ import annotations

import io

from rich.console import Console

from connector.cli.progress import TerminalProgress, bars_on


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def shown(pages: int, expected: int | None, before: int = 0) -> str:
    """Read pages of 1,000 rows, eight in a burst each minute, and return what the bars show."""
    clock = Clock()
    out = Console(file=io.StringIO(), force_terminal=True, color_system=None, width=120)
    bars = bars_on(out, clock)
    progress = TerminalProgress(bars)
    for page in range(1, pages + 1):
        clock.now = 60.0 * (page // 8) + page % 8
        progress.reading("support", "tickets", before + 1_000 * page, expected)
    with out.capture() as captured:
        out.print(bars.get_renderable())
    return captured.get()


def test_a_stream_whose_size_is_known_shows_how_long_it_will_take() -> None:
    said = shown(40, 80_000)
    assert "support: tickets" in said
    assert "40000/80000" in said
    hours, minutes, _ = said.rpartition("left: ")[2].split(":")
    assert hours == "0"
    assert 4 <= int(minutes) <= 6


def test_a_stream_of_unknown_size_shows_no_time() -> None:
    said = shown(40, None)
    assert "40000/?" in said
    assert "left:" not in said


def test_what_earlier_runs_read_does_not_make_the_time_look_short() -> None:
    said = shown(40, 800_000, before=400_000)
    assert "440000/800000" in said
    hours, minutes, _ = said.rpartition("left: ")[2].split(":")
    assert 40 <= 60 * int(hours) + int(minutes) <= 50
