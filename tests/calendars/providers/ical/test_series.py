"""Series with exceptions, moved and cancelled instances (C15)."""

import pytest

from tests.calendars.providers.ical.documents import event, only, read, starts, utc

DAILY = ("DTSTART;TZID=Europe/Berlin:20261102T090000", "DURATION:PT1H", "RRULE:FREQ=DAILY;COUNT=5")
ALL = ["11-02 08:00", "11-03 08:00", "11-04 08:00", "11-05 08:00", "11-06 08:00"]
WITHOUT_4TH = [start for start in ALL if not start.startswith("11-04")]
DAYS = ("DTSTART;VALUE=DATE:20261102", "RRULE:FREQ=DAILY;COUNT=5")


@pytest.mark.promise("C15")
@pytest.mark.parametrize(
    "exdate",
    [
        "EXDATE;TZID=Europe/Berlin:20261104T090000",
        "EXDATE:20261104T080000Z",
        "EXDATE;TZID=America/New_York:20261104T030000",
        "EXDATE:20261104T090000",
        "EXDATE;VALUE=DATE:20261104",
        "EXDATE:20261104",
        "EXDATE:20261104T080000Z,20301231T000000Z",
    ],
)
def test_an_excluded_instance_is_free_however_it_is_named(exdate: str) -> None:
    assert starts(read(event(*DAILY, exdate))) == WITHOUT_4TH


@pytest.mark.promise("C15")
@pytest.mark.parametrize(
    "exdate",
    [
        "EXDATE;VALUE=DATE:20261104",
        "EXDATE:20261104T000000Z",
        "EXDATE:20261103T230000Z",
        "EXDATE:20261104T000000",
    ],
)
def test_an_excluded_whole_day_is_free_however_it_is_named(exdate: str) -> None:
    reading = read(event(*DAYS, exdate))
    assert [one.first_day.day for one in reading.occurrences if one.first_day] == [2, 3, 5, 6]


def test_an_unreadable_exclusion_keeps_the_series_with_a_warning() -> None:
    reading = read(event(*DAILY, "EXDATE:tomorrow,20261104T080000Z"))
    assert (starts(reading), reading.warnings) == (WITHOUT_4TH, ("date_unreadable",))


@pytest.mark.promise("C15")
@pytest.mark.parametrize(
    "named",
    ["RECURRENCE-ID;TZID=Europe/Berlin:20261104T090000", "RECURRENCE-ID:20261104T080000Z",
     "RECURRENCE-ID;VALUE=DATE:20261104"],
)  # fmt: skip
def test_a_moved_instance_is_only_at_its_new_time(named: str) -> None:
    moved = event(named, "DTSTART:20261104T150000Z", "DTEND:20261104T160000Z", "SUMMARY:Moved")
    for parts in ([event(*DAILY), moved], [moved, event(*DAILY)]):
        reading = read(*parts)
        assert starts(reading) == [*ALL[:2], "11-04 15:00", *ALL[3:]]
        assert [one.summary for one in reading.occurrences] == ["", "", "Moved", "", ""]


@pytest.mark.promise("C15")
def test_a_cancelled_instance_is_free() -> None:
    cancelled = event("RECURRENCE-ID:20261104T080000Z", "DTSTART:20261104T080000Z", "STATUS:CANCELLED")
    assert starts(read(event(*DAILY), cancelled)) == WITHOUT_4TH


@pytest.mark.promise("C13", "C15")
def test_a_declined_instance_is_free_and_the_others_are_not() -> None:
    declined = event(
        "RECURRENCE-ID:20261104T080000Z", "DTSTART:20261104T080000Z", "DURATION:PT1H",
        "ATTENDEE;PARTSTAT=DECLINED:mailto:ada@example.org",
    )  # fmt: skip
    assert starts(read(event(*DAILY), declined)) == WITHOUT_4TH


def test_a_cancelled_series_with_a_living_exception_keeps_the_exception() -> None:
    alive = event("RECURRENCE-ID:20261104T080000Z", "DTSTART:20261104T100000Z", "DURATION:PT1H")
    assert starts(read(event(*DAILY, "STATUS:CANCELLED"), alive)) == ["11-04 10:00"]


def test_a_moved_instance_enters_the_window_from_outside() -> None:
    series = event("DTSTART:20270301T090000Z", "DURATION:PT1H", "RRULE:FREQ=DAILY;COUNT=3")
    moved = event("RECURRENCE-ID:20270302T090000Z", "DTSTART:20261215T090000Z", "DURATION:PT1H")
    assert starts(read(series, moved)) == ["12-15 09:00"]


def test_an_exception_without_its_series_is_an_event() -> None:
    alone = event("RECURRENCE-ID:20261104T080000Z", "DTSTART:20261104T100000Z", "DURATION:PT1H")
    assert starts(read(alone)) == ["11-04 10:00"]


def test_the_latest_of_two_versions_of_an_exception_counts() -> None:
    parts = [
        event(
            "RECURRENCE-ID:20261104T080000Z",
            f"DTSTART:20261104T{hour}0000Z",
            "DURATION:PT1H",
            f"SEQUENCE:{version}",
        )
        for hour, version in (("12", 2), ("15", 1))
    ]
    assert starts(read(event(*DAILY), *parts)) == [*ALL[:2], "11-04 12:00", *ALL[3:]]


@pytest.mark.promise("C15")
def test_this_and_future_moves_the_rest_of_the_series() -> None:
    later = event(
        "RECURRENCE-ID;RANGE=THISANDFUTURE:20261104T080000Z", "DTSTART;TZID=Europe/Berlin:20261104T113000",
        "DURATION:PT2H", "SUMMARY:Later",
    )  # fmt: skip
    single = event("RECURRENCE-ID:20261105T080000Z", "DTSTART:20261105T060000Z", "DURATION:PT1H")
    reading = read(event(*DAILY), later, single)
    assert starts(reading) == ["11-02 08:00", "11-03 08:00", "11-04 10:30", "11-05 06:00", "11-06 10:30"]
    assert reading.occurrences[-1].end == utc("11-06 12:30")


def test_this_and_future_cancelled_ends_the_series() -> None:
    ended = event(
        "RECURRENCE-ID;RANGE=THISANDFUTURE:20261104T080000Z", "DTSTART:20261104T080000Z", "STATUS:CANCELLED"
    )
    assert starts(read(event(*DAILY), ended)) == ALL[:2]


def test_events_that_share_a_uid_are_independent() -> None:
    parts = [
        event(f"DTSTART;VALUE=DATE:202611{day}", f"DTEND;VALUE=DATE:202611{day + 2}") for day in (10, 14, 20)
    ]
    assert [one.first_day.day for one in read(*parts).occurrences if one.first_day] == [10, 14, 20]


def test_the_same_event_twice_counts_once_with_the_longer_end() -> None:
    parts = [event("DTSTART:20261104T080000Z", f"DURATION:PT{hours}H") for hours in (2, 1)]
    assert only(*parts).end == utc("11-04 10:00")


@pytest.mark.promise("C15")
@pytest.mark.parametrize(
    ("until", "count"),
    [
        ("20261104", 3),
        ("20261104T080000Z", 3),
        ("20261104T075959Z", 2),
        ("20261104T090000", 3),
        ("20261104T085959", 2),
    ],
)
def test_until_is_inclusive_and_a_date_is_the_whole_local_day(until: str, count: int) -> None:
    series = event(
        "DTSTART;TZID=Europe/Berlin:20261102T090000", "DURATION:PT1H", f"RRULE:FREQ=DAILY;UNTIL={until}"
    )
    assert starts(read(series)) == ALL[:count]


@pytest.mark.parametrize("until", ["20261104", "20261104T000000Z", "20261103T230000Z", "20261104T230000"])
def test_until_of_whole_days_keeps_the_last_day(until: str) -> None:
    series = event("DTSTART;VALUE=DATE:20261102", f"RRULE:FREQ=DAILY;UNTIL={until}")
    assert [one.first_day.day for one in read(series).occurrences if one.first_day] == [2, 3, 4]


def test_extra_dates_and_periods_are_instances() -> None:
    series = event(
        "DTSTART:20261102T080000Z", "DURATION:PT1H", "RDATE:20261103T080000Z,20261105T100000Z",
        "RDATE;VALUE=PERIOD:20261107T080000Z/20261107T120000Z,20261108T080000Z/PT3H",
    )  # fmt: skip
    reading = read(series)
    assert starts(reading) == ["11-02 08:00", "11-03 08:00", "11-05 10:00", "11-07 08:00", "11-08 08:00"]
    hours = [(one.end - one.start).seconds // 3600 for one in reading.occurrences]
    assert hours == [1, 1, 1, 4, 3]


def test_an_exception_rule_takes_instances_away() -> None:
    assert starts(read(event(*DAILY, "EXRULE:FREQ=DAILY;INTERVAL=2"))) == [ALL[1], ALL[3]]


def test_the_first_instance_counts_even_if_the_rule_would_not_have_it() -> None:
    series = event("DTSTART:20261102T080000Z", "DURATION:PT1H", "RRULE:FREQ=WEEKLY;BYDAY=TU;UNTIL=20261111")
    assert starts(read(series)) == ["11-02 08:00", "11-03 08:00", "11-10 08:00"]


@pytest.mark.promise("C15")
@pytest.mark.parametrize(
    "rule",
    ["", "FREQ=SOMETIMES", "FREQ=DAILY;BYHOUR=x", "FREQ=DAILY;BYMONTH=13", "FREQ=MONTHLY;BYDAY=XX",
     "RSCALE=CHINESE;FREQ=YEARLY", "FREQ=DAILY;UNTIL=never", "FREQ=DAILY;COUNT=-3", "FREQ=DAILY;BYSETPOS=0",
     "FREQ=HOURLY;INTERVAL=2;BYHOUR=9"],
)  # fmt: skip
def test_an_unreadable_rule_keeps_the_first_instance_with_a_warning(rule: str) -> None:
    reading = read(event("DTSTART:20261102T080000Z", "DURATION:PT1H", f"RRULE:{rule}"))
    assert (starts(reading), reading.warnings, reading.bad) == (["11-02 08:00"], ("rule_unreadable",), 0)


def test_a_series_over_a_clock_change_keeps_its_local_time() -> None:
    series = event("DTSTART;TZID=Europe/Berlin:20261023T090000", "DURATION:PT1H", "RRULE:FREQ=DAILY;COUNT=4")
    assert starts(read(series)) == ["10-23 07:00", "10-24 07:00", "10-25 08:00", "10-26 08:00"]


def test_a_night_shift_over_a_clock_change_takes_both_readings_of_its_end() -> None:
    series = event(
        "DTSTART;TZID=Europe/Berlin:20261023T220000", "DTEND;TZID=Europe/Berlin:20261024T060000",
        "RRULE:FREQ=DAILY;COUNT=2",
    )  # fmt: skip
    assert [one.end for one in read(series).occurrences] == [utc("10-24 04:00"), utc("10-25 05:00")]


def test_instances_are_named_by_their_original_start() -> None:
    moved = event("RECURRENCE-ID:20261104T080000Z", "DTSTART:20261104T150000Z", "DURATION:PT1H")
    names = [one.recurrence for one in read(event(*DAILY), moved).occurrences]
    assert names == [f"2026110{day}T080000Z" for day in range(2, 7)]
    assert [one.recurrence for one in read(event(*DAYS)).occurrences] == [
        f"2026110{day}" for day in range(2, 7)
    ]
    assert only(event("DTSTART:20261102T080000Z", "DURATION:PT1H")).recurrence == ""


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        ("FREQ=DAILY", ["11-30 08:00", "12-01 08:00"]),
        ("FREQ=DAILY;INTERVAL=3", ["12-01 08:00"]),
        ("FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,TU", ["11-30 08:00", "12-01 08:00"]),
        ("FREQ=MONTHLY", ["12-01 08:00"]),
        ("FREQ=MONTHLY;BYDAY=-1MO", ["11-30 08:00"]),
        ("FREQ=YEARLY;BYMONTH=12;BYMONTHDAY=1", ["12-01 08:00"]),
    ],
)
def test_a_series_from_long_ago_arrives_at_the_right_days(rule: str, expected: list[str]) -> None:
    from calendars.providers.ical import occurrences
    from tests.calendars.providers.ical.documents import calendar

    series = event("DTSTART:19701201T080000Z", "DURATION:PT1H", f"RRULE:{rule}")
    window = (utc("11-30 00:00"), utc("12-02 00:00"))
    assert starts(occurrences(calendar(series), window=window)) == expected
