"""When to try next."""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import pairwise

import pytest

from bookingsite.models import User
from calendars.sync import cadence, pull
from tests.factories import calendars as make

HOUR = timedelta(hours=1)


def test_comparisons_of_one_moment_drift_apart() -> None:
    ages = [cadence.comparison_age(spread) for spread in (0.0, 0.25, 0.5, 0.75)]
    assert ages == [24 * HOUR, 23 * HOUR, 22 * HOUR, 21 * HOUR]


@pytest.mark.django_db
def test_calendars_of_one_account_are_not_compared_all_at_once(host: User, now: datetime) -> None:
    account = make.make_account(host)
    rows = [make.make_calendar(account, remote_id=str(number), last_full_at=now) for number in range(40)]
    due = [
        sum(pull.needs_comparison(row, now + minutes * timedelta(minutes=1)) for row in rows)
        for minutes in range(19 * 60, 24 * 60 + 1, 30)
    ]
    assert (due[0], due[-1]) == (0, 40)
    assert max(later - earlier for earlier, later in pairwise(due)) < 20


def test_orders_are_renewed_half_way() -> None:
    assert cadence.renewal_pause(6 * HOUR) == 3 * HOUR
    assert cadence.renewal_pause(-HOUR) == timedelta(minutes=5)


def test_links_are_looked_for_three_times() -> None:
    pauses = [cadence.link_pause(looks) for looks in (1, 2, 3, 4, 99)]
    seconds = [pause.total_seconds() if pause else None for pause in pauses]
    assert seconds == [30, 120, 600, None, None]
