"""Daily limit (A9), counted in dates of the host's zone."""

from datetime import date

import pytest

from availability.engine import Code, Reason, explain, slots
from tests.availability.engine.asking import HOUR, ask, every_day, offered, span, utc, wall

MONDAY = date(2026, 6, 1)
pytestmark = pytest.mark.promise("A9")


def test_a_full_day_offers_nothing_and_the_next_day_does() -> None:
    two_days = span("2026-06-01T00:00", "2026-06-03T00:00")
    question = ask(window=two_days, duration=8 * HOUR, daily_limit=2, per_day={MONDAY: 2})

    assert slots(question) == [utc("2026-06-02T09:00")]


def test_a_day_below_its_limit_offers_everything() -> None:
    assert offered(ask(daily_limit=3, per_day={MONDAY: 2})) == offered(ask())


def test_counts_without_a_limit_close_nothing() -> None:
    assert offered(ask(per_day={MONDAY: 99})) == offered(ask())


def test_the_day_is_the_hosts_not_utcs() -> None:
    always = every_day("Asia/Tokyo", (0, 1440))
    question = ask(hours=always, zone="Asia/Tokyo", daily_limit=1, per_day={MONDAY: 1})

    assert wall(slots(question)[:1], "Asia/Tokyo") == ["00:00+09:00"]
    assert slots(question)[0] == utc("2026-06-01T15:00")


def test_reason_names_the_full_day() -> None:
    assert explain(ask(daily_limit=0), utc("2026-06-01T09:00")) == [
        Reason(Code.DAY_LIMIT, span=span("2026-06-01T00:00", "2026-06-02T00:00"))
    ]
