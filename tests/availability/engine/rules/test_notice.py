"""Minimum notice (A7) and the past."""

import pytest

from availability.engine import Code, Reason, explain
from tests.availability.engine.asking import HOUR, ask, offered, utc

TEN = utc("2026-06-01T10:00")


def test_nothing_is_offered_in_the_past() -> None:
    assert offered(ask(now=TEN + 1))[0] == "11:00"


def test_now_itself_is_offered_without_notice() -> None:
    assert offered(ask(now=TEN))[0] == "10:00"


@pytest.mark.promise("A7")
def test_first_start_is_exactly_the_notice_away() -> None:
    assert offered(ask(now=TEN, notice=3 * HOUR))[0] == "13:00"
    assert offered(ask(now=TEN + 1, notice=3 * HOUR))[0] == "14:00"


@pytest.mark.promise("A7")
def test_reason_says_from_when_it_is_possible() -> None:
    assert explain(ask(now=TEN, notice=3 * HOUR), TEN + HOUR) == [
        Reason(Code.TOO_SOON, span=(TEN, TEN + 3 * HOUR))
    ]


def test_reason_for_the_past_is_the_past_alone() -> None:
    assert explain(ask(now=TEN, notice=3 * HOUR), TEN - HOUR) == [Reason(Code.PAST)]
