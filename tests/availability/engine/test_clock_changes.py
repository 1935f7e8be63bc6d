"""What people see on the days clocks change (A13): one case for each kind of change."""

from datetime import datetime
from itertools import pairwise
from zoneinfo import ZoneInfo, available_timezones

import pytest

from availability.engine import Hours, slots
from availability.engine.local_time import segments
from tests.availability.engine.asking import DAY, HOUR, MINUTE, ask, every_day, span, wall

pytestmark = pytest.mark.promise("A13")

NIGHT = ((60, 4 * 60),)


def test_skipped_hour_in_berlin_has_no_slots() -> None:
    question = ask(
        window=span("2026-03-29T00:00", "2026-03-29T06:00"),
        duration=30 * MINUTE,
        step=30 * MINUTE,
        hours=every_day("Europe/Berlin", *NIGHT),
    )

    assert wall(slots(question), "Europe/Berlin") == [
        "01:00+01:00",
        "01:30+01:00",
        "03:00+02:00",
        "03:30+02:00",
    ]


def test_repeated_hour_in_berlin_is_offered_twice() -> None:
    question = ask(
        window=span("2026-10-24T22:00", "2026-10-25T06:00"), hours=every_day("Europe/Berlin", *NIGHT)
    )

    assert wall(slots(question), "Europe/Berlin") == [
        "01:00+02:00",
        "02:00+02:00",
        "02:00+01:00",
        "03:00+01:00",
    ]


def test_hours_that_begin_in_the_skipped_hour_begin_after_it() -> None:
    question = ask(
        window=span("2026-03-29T00:00", "2026-03-29T06:00"),
        step=50 * MINUTE,
        duration=50 * MINUTE,
        hours=every_day("Europe/Berlin", (150, 300)),
    )

    assert wall(slots(question), "Europe/Berlin") == ["03:00+02:00", "03:50+02:00"]


def test_step_of_fifty_minutes_counts_real_time_through_the_change() -> None:
    question = ask(
        window=span("2026-03-28T23:00", "2026-03-29T06:00"),
        step=50 * MINUTE,
        duration=50 * MINUTE,
        hours=every_day("Europe/Berlin", *NIGHT),
    )

    assert wall(slots(question), "Europe/Berlin") == ["01:00+01:00", "01:50+01:00"]


def test_half_hour_change_in_lord_howe_keeps_starts_on_the_wall_clock() -> None:
    question = ask(
        window=span("2026-04-04T13:00", "2026-04-04T17:00"),
        duration=15 * MINUTE,
        hours=every_day("Australia/Lord_Howe", *NIGHT),
    )

    found = wall(slots(question), "Australia/Lord_Howe")

    # At 02:00 it is 01:30 again: no second 01:00, and 02:00 comes half an hour late.
    assert found == ["01:00+11:00", "02:00+10:30", "03:00+10:30"]


def test_skipped_date_in_apia_has_no_slots() -> None:
    question = ask(
        window=span("2011-12-29T00:00", "2012-01-01T00:00"), hours=every_day("Pacific/Apia", (540, 600))
    )

    found = [datetime.fromtimestamp(start, ZoneInfo("Pacific/Apia")).isoformat() for start in slots(question)]

    assert found == ["2011-12-29T09:00:00-10:00", "2011-12-31T09:00:00+14:00", "2012-01-01T09:00:00+14:00"]


def test_day_that_begins_at_one_in_santiago_opens_at_one() -> None:
    question = ask(
        window=span("2026-09-06T04:00", "2026-09-06T07:00"), hours=every_day("America/Santiago", (0, 180))
    )

    assert wall(slots(question), "America/Santiago") == ["01:00-03:00", "02:00-03:00"]


def test_last_hour_of_the_day_in_santiago_is_offered_twice() -> None:
    sunday_only = Hours("America/Santiago", ((), (), (), (), (), ((22 * 60, 1440),), ()))
    question = ask(window=span("2026-04-04T22:00", "2026-04-05T12:00"), hours=sunday_only)

    assert wall(slots(question), "America/Santiago") == ["22:00-03:00", "23:00-03:00", "23:00-04:00"]


def test_kathmandu_is_offered_on_its_own_quarter_hours() -> None:
    question = ask(hours=every_day("Asia/Kathmandu", (540, 660)))

    assert wall(slots(question), "Asia/Kathmandu") == ["09:00+05:45", "10:00+05:45"]


def test_every_zone_around_every_change_offers_each_quarter_hour_the_clock_shows() -> None:
    """Three years of every zone: none that the clock skips, each that it repeats once for either offset."""
    asked = 0
    for zone in sorted(available_timezones()):
        for change, _, _ in segments(zone, *span("2025-01-01T00:00", "2028-01-01T00:00"))[1:]:
            window = (change - 2 * HOUR, change + 2 * HOUR)
            question = ask(window=window, hours=every_day(zone, (0, 1440)), step=15 * MINUTE, duration=MINUTE)

            assert (zone, slots(question)) == (zone, quarter_hours_shown(zone, *window))
            asked += 1
    assert asked > 500


def quarter_hours_shown(zone: str, start: int, end: int) -> list[int]:
    clock = ZoneInfo(zone)
    return [t for t in range(start, end, MINUTE) if datetime.fromtimestamp(t, clock).minute % 15 == 0]


def test_the_same_wall_clock_hours_hold_on_both_sides_of_a_change() -> None:
    question = ask(
        window=span("2026-10-23T12:00", "2026-10-26T12:00"),
        hours=every_day("Europe/Berlin", (540, 600)),
        duration=HOUR,
    )

    found = slots(question)

    assert wall(found, "Europe/Berlin") == ["09:00+02:00", "09:00+01:00", "09:00+01:00"]
    assert [later - earlier for earlier, later in pairwise(found)] == [DAY + HOUR, DAY]
