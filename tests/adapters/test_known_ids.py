from __future__ import annotations

from collections.abc import Set as AbstractSet

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connector.adapters.known_ids import KnownIds, vanished

numbers = st.sets(st.integers(1, 300), max_size=60)


def known(ids: AbstractSet[int]) -> KnownIds:
    return KnownIds((number, number) for number in ids)


class Desk:
    """A helpdesk that counts its tickets, and how often it was asked."""

    def __init__(self, ids: AbstractSet[int]) -> None:
        self.ids = ids
        self.asked = 0

    def count(self, first: int, last: int) -> int:
        self.asked += 1
        return sum(first <= number <= last for number in self.ids)


@given(numbers)
def test_a_set_of_ids_is_the_same_after_it_was_text(ids: set[int]) -> None:
    again = KnownIds.parse(known(ids).text)
    assert again.within(1, 300) == sorted(ids)
    assert len(again) == len(ids)


@given(numbers, numbers)
def test_ids_are_added_and_taken_away_as_in_a_set(ids: set[int], others: set[int]) -> None:
    assert known(ids).with_(others).within(1, 300) == sorted(ids | others)
    assert known(ids).without(others).within(1, 300) == sorted(ids - others)


@given(numbers, st.integers(0, 301), st.integers(0, 301))
def test_ids_are_counted_and_found(ids: set[int], first: int, last: int) -> None:
    assert known(ids).count(first, last) == sum(first <= number <= last for number in ids)
    assert (first in known(ids)) == (first in ids)


def test_neighbours_are_one_range() -> None:
    assert known({1, 2, 3, 7, 5, 6}).text == "1-3,5-7"


def test_a_text_that_is_no_set_of_ids_is_refused() -> None:
    with pytest.raises(ValueError, match="x"):
        KnownIds.parse("1-3,x")


@given(numbers, numbers)
def test_what_is_gone_is_found(ids: set[int], gone: set[int]) -> None:
    desk = Desk(ids - gone)
    assert vanished(known(ids), desk.count) == sorted(ids & gone)


@given(numbers, numbers, st.sets(st.integers(301, 400), max_size=9))
def test_tickets_newer_than_all_known_hide_nothing(
    ids: set[int], gone: set[int], new: set[int]
) -> None:
    desk = Desk((ids - gone) | new)
    assert vanished(known(ids), desk.count) == sorted(ids & gone)


def test_when_nothing_is_gone_one_request_tells() -> None:
    desk = Desk(set(range(1, 10_001)))
    assert vanished(known(desk.ids), desk.count) == []
    assert desk.asked == 1


def test_one_of_ten_thousand_is_found_with_few_requests() -> None:
    desk = Desk(set(range(1, 10_001)) - {7_321})
    assert vanished(known(set(range(1, 10_001))), desk.count) == [7_321]
    assert desk.asked <= 20


def test_no_more_than_asked_for_are_told_at_once() -> None:
    assert vanished(known(set(range(1, 101))), Desk(set()).count, most=10) == list(range(1, 11))
