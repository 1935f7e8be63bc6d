"""What several people do to the same thing at once, on the database of this test run."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import Any

import pytest

from tests.concurrency.races import MANY, ROUNDS
from tests.faults.site import ROOT

pytestmark = [pytest.mark.servers, pytest.mark.database]
CANCELLED = {
    "cancelled": ROUNDS, "claims": 0, "cancellations": ROUNDS, "mails too many": 0, "versions too many": 0,
    "other answers": 0,
}  # fmt: skip


@pytest.fixture(scope="module")
def facts() -> dict[str, Any]:
    """What each race came to, by its name."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.concurrency.races", "--database", os.environ.get("TEST_DATABASE_URL", "sqlite")],
        cwd=ROOT, check=False, capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=300,
    )  # fmt: skip
    assert done.stdout, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


@pytest.mark.promise("A9")
def test_a_daily_limit_of_three_raced_by_twenty_guests_stays_three(facts):
    assert facts["daily_limit"] == {"days": 1, "bookings": 3, "303": 3, "409": MANY - 3}


@pytest.mark.promise("B5")
def test_one_form_sent_many_times_at_once_and_later_is_one_booking_with_one_answer(facts):
    assert facts["same_form"] == {"bookings": 1, "mails": 2, "pages": 1, "303": MANY + 1}


@pytest.mark.promise("B4")
def test_cancelling_at_the_same_moment_is_cancelling_once(facts):
    assert facts["cancelled_twice"] == CANCELLED


@pytest.mark.promise("B4")
def test_cancelling_and_moving_at_the_same_moment_ends_cancelled_and_holds_no_time(facts):
    assert facts["cancelled_and_moved"] == CANCELLED


@pytest.mark.promise("B5", "H4")
def test_a_save_in_the_admin_and_guests_on_the_page_get_each_time_once(facts):
    assert facts["admin_and_page"] == {"times": ROUNDS, "most": 1, "told": ROUNDS, "other answers": []}


@pytest.mark.promise("B3", "B5")
def test_a_time_moved_to_and_booked_at_the_same_moment_is_held_once(facts):
    assert facts["moved_and_booked"] == {"held once": ROUNDS, "other answers": 0}


@pytest.mark.promise("C20")
def test_proposed_times_pressed_at_the_same_moment_are_answered_once(facts):
    assert facts["offered_times"] == {"answered once": ROUNDS, "claims": ROUNDS, "other answers": 0}


@pytest.mark.promise("C7", "C16", "C20")
def test_nobody_who_acts_while_a_calendar_is_read_ends_in_a_deadlock(facts):
    assert facts["deeds_while_reading"] == {"choose": [], "switch": [], "cancel": [], "put_back": []}
