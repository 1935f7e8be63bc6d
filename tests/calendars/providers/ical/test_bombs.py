"""Calendars made to keep a reader busy, and values out of every range: bounded work, never an exception.

The work is counted in steps (days dateutil looks at) and instances, not in seconds, so that a slow machine
tells the same as a fast one.
"""

import pytest

from calendars.providers.base import Reading
from calendars.providers.ical import Budget
from calendars.providers.ical.series import MAX_INSTANCES
from calendars.providers.ical.walking import MAX_STEPS
from tests.calendars.providers.ical.documents import YEAR, event, read, starts, utc

EVERY = {
    "HOUR": ",".join(map(str, range(24))),
    "MINUTE": ",".join(map(str, range(60))),
    "SECOND": ",".join(map(str, range(60))),
}
PRODUCT = "".join(f";BY{name}={values}" for name, values in EVERY.items())


def rule(text: str, start: str = "DTSTART:20260301T090000Z") -> tuple[Reading, int]:
    """Read an hour-long series; returns the steps it took as well."""
    budget = Budget(10_000_000)
    reading = read(event(start, "DURATION:PT1H", f"RRULE:{text}"), budget=budget)
    return reading, 10_000_000 - budget.left


@pytest.mark.parametrize(
    "text",
    [
        "FREQ=SECONDLY",
        "FREQ=SECONDLY;COUNT=1000000000",
        "FREQ=SECONDLY;BYMONTH=2;BYMONTHDAY=30",
        "FREQ=SECONDLY;INTERVAL=3601;BYHOUR=3;BYMINUTE=17;BYSECOND=5",
        "FREQ=MINUTELY",
        "FREQ=MINUTELY;INTERVAL=59",
        "FREQ=MINUTELY;INTERVAL=61;BYHOUR=3",
        f"FREQ=DAILY{PRODUCT}",
        f"FREQ=YEARLY{PRODUCT}",
        f"FREQ=HOURLY;BYMINUTE={EVERY['MINUTE']}",
    ],
)
@pytest.mark.parametrize("start", ["DTSTART:20260301T090000Z", "DTSTART:19700101T000000Z"])
def test_a_dense_rule_is_one_busy_span_to_the_end_of_the_window(text: str, start: str) -> None:
    reading, steps = rule(text, start)
    assert reading.warnings == ("rule_dense",)
    assert reading.occurrences[-1].end == YEAR[1]
    assert len(reading.occurrences) <= 2
    assert steps == 0


def test_a_dense_rule_with_an_end_is_busy_until_then() -> None:
    reading, _ = rule("FREQ=MINUTELY;UNTIL=20260301T120000Z")
    assert max(one.end for one in reading.occurrences) == utc("03-01 13:00")


@pytest.mark.parametrize(
    "text",
    [
        "FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30",
        "FREQ=HOURLY;BYMONTH=2;BYMONTHDAY=30",
        "FREQ=WEEKLY;BYMONTH=2;BYMONTHDAY=30",
        "FREQ=MONTHLY;BYMONTHDAY=31;BYMONTH=2,4,6",
        "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30",
        "FREQ=YEARLY;BYWEEKNO=1;BYMONTH=7",
        "FREQ=YEARLY;BYYEARDAY=1;BYMONTH=5",
        "FREQ=DAILY;BYDAY=MO;BYMONTHDAY=30;BYMONTH=2",
    ],
)
def test_a_rule_that_never_happens_ends_soon_after_the_window(text: str) -> None:
    reading, steps = rule(text)
    assert starts(reading) == ["03-01 09:00"]
    assert steps <= 4 * 366 * 24


@pytest.mark.parametrize(
    "text", ["FREQ=DAILY;INTERVAL=0", "FREQ=DAILY;INTERVAL=-1", "FREQ=DAILY;COUNT=2000000000"]
)
def test_an_impossible_interval_or_count_is_an_ordinary_rule(text: str) -> None:
    reading, steps = rule(text)
    assert len(reading.occurrences) == 306
    assert steps <= 4 * 366 or "COUNT" in text


@pytest.mark.parametrize(
    "text",
    [
        "FREQ=DAILY",
        "FREQ=WEEKLY",
        "FREQ=MONTHLY",
        "FREQ=YEARLY",
        "FREQ=HOURLY;BYHOUR=9",
        "FREQ=DAILY;INTERVAL=400",
    ],
)
@pytest.mark.parametrize("start", ["19700101", "16010101", "00010101"])
def test_a_series_from_long_ago_is_not_walked_through(text: str, start: str) -> None:
    _, steps = rule(text, f"DTSTART:{start}T090000Z")
    assert steps <= 6 * 366 * (24 if "HOURLY" in text else 1)


def test_a_count_that_lies_too_far_back_goes_on_with_a_warning() -> None:
    reading, steps = rule("FREQ=DAILY;COUNT=10", "DTSTART:16010101T090000Z")
    assert reading.warnings == ("count_ignored",)
    assert len(reading.occurrences) == 365
    assert steps <= MAX_STEPS


def test_a_count_is_counted_from_the_first_instance() -> None:
    days_before_2026 = 56 * 365 + 14
    reading, _ = rule(f"FREQ=DAILY;COUNT={days_before_2026 + 2}", "DTSTART:19700101T090000Z")
    assert starts(reading) == ["01-01 09:00", "01-02 09:00"]


def test_more_instances_than_the_limit_are_busy_to_the_end() -> None:
    reading, _ = rule("FREQ=HOURLY")
    assert reading.warnings == ("rule_cut",)
    assert len(reading.occurrences) == MAX_INSTANCES + 2
    assert max(one.end for one in reading.occurrences) == YEAR[1]


def test_more_extra_dates_than_the_limit_are_busy_to_the_end() -> None:
    dates = ",".join(
        f"2026{1 + n // 2800:02}{1 + n // 100 % 28:02}T{n % 24:02}{n // 24 % 4:02}00Z" for n in range(20_000)
    )
    reading = read(event("DTSTART:20260101T000000Z", "DURATION:PT1M", f"RDATE:{dates}"))
    assert reading.warnings == ("rule_cut",)
    assert max(one.end for one in reading.occurrences) == YEAR[1]
    assert len(reading.occurrences) <= MAX_INSTANCES + 2


def test_a_shared_budget_bounds_many_series_together() -> None:
    budget = Budget(20_000)
    series = [
        event("DTSTART:19700101T090000Z", "RRULE:FREQ=DAILY;COUNT=90000", "DURATION:PT1H", uid=f"{n}")
        for n in range(50)
    ]
    reading = read(*series, budget=budget)
    assert budget.left >= -100
    assert reading.warnings == ("rule_cut",)
    assert {one.end for one in reading.occurrences} == {YEAR[1]}


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        (["DTSTART:20260301T090000Z", "DURATION:P99999999D"], ["03-01 09:00"]),
        (["DTSTART:00010101T000000Z", "DTEND:99991231T235959Z"], ["01-01 00:00"]),
        (["DTSTART;TZID=Asia/Tokyo:00010101T000000", "DURATION:PT1H"], []),
        (["DTSTART;TZID=America/New_York:99991231T235959", "DURATION:PT1H"], []),
        (["DTSTART:15000101T000000Z", "DTEND:25000101T000000Z"], ["01-01 00:00"]),
        (["DTSTART:20260302T090000Z", "DTEND:20260301T090000Z"], ["03-01 09:00"]),
        (["DTSTART:20260302T090000Z", "DURATION:-PT2H"], ["03-02 07:00"]),
        (["DTSTART:20260301T090000Z", "DTEND:gibberish"], ["03-01 09:00"]),
        (["DTSTART:20260301T090000Z", "DURATION:P1Y"], ["03-01 09:00"]),
        (["DTSTART:2026-03-01T09:00:00Z", "DURATION:PT1H"], ["03-01 09:00"]),
        (["DTSTART:20260301T090000+0200", "DURATION:PT1H"], ["03-01 07:00"]),
        (["DTSTART:20260301t090000z", "DURATION:pt1h"], ["03-01 09:00"]),
        (["DTSTART:20260301T240000Z", "DURATION:PT1H"], ["03-02 00:00"]),
        (["DTSTART:20260301T090060Z", "DURATION:PT1H"], ["03-01 09:00"]),
        (["DTSTART:20260301T090000Z", "DTSTART:20260401T090000Z", "DURATION:PT1H"], ["03-01 09:00"]),
        (["DTSTART:20260301T090000Z"], []),
        (["DTSTART:20260301T090000Z", "DURATION:PT1H", "a line without its fold"], ["03-01 09:00"]),
        (["DTSTART:20260301T090000Z", "DURATION:PT1H", "SEQUENCE:x", "STATUS:?", "TRANSP:"], ["03-01 09:00"]),
        (["DTSTART:20260301T090000Z", "DURATION:PT1H", f"X-PAD{';A=1' * 200_000}:x"], ["03-01 09:00"]),
        ([f"DTSTART{';A=1' * 200_000}:20260301T090000Z", "DURATION:PT1H"], ["03-01 09:00"]),
        (["DTSTART:20260301T090000Z", "DURATION:PT1H", "SUMMARY:" + "x" * 5_000_000], ["03-01 09:00"]),
    ],
)  # fmt: skip
def test_values_out_of_range_are_clipped_swapped_or_skipped(lines: list[str], expected: list[str]) -> None:
    reading = read(event(*lines))
    found = [max(one.start, YEAR[0]).strftime("%m-%d %H:%M") for one in reading.occurrences]
    assert (found, reading.bad) == (expected, 0)
    assert all(len(one.summary) <= 500 for one in reading.occurrences)


@pytest.mark.parametrize(
    "bad",
    [
        ["SUMMARY:No start"],
        ["DTSTART:"],
        ["DTSTART:20261332T990000Z"],
        ["DTSTART:soon", "RRULE:FREQ=DAILY"],
        ["DTSTART;VALUE=DATE:20260230"],
    ],
)
def test_an_event_without_a_readable_start_is_counted_and_spoils_nothing(bad: list[str]) -> None:
    good = event("DTSTART:20260301T090000Z", "DURATION:PT1H", uid="good")
    reading = read(event(*bad), good)
    assert (starts(reading), reading.bad, reading.warnings) == (["03-01 09:00"], 1, ("no_start",))


def test_a_mountain_of_exclusions_and_attendees_is_read() -> None:
    excluded = ",".join(["20260302T090000Z"] * 50_000)
    guests = [f"ATTENDEE:mailto:{n}@example.org" for n in range(20_000)]
    series = event(
        "DTSTART:20260301T090000Z", "DURATION:PT1H", "RRULE:FREQ=DAILY;COUNT=3", f"EXDATE:{excluded}", *guests
    )
    assert starts(read(series)) == ["03-01 09:00", "03-03 09:00"]


def test_text_that_does_not_parse_at_all_is_a_bad_reading() -> None:
    from calendars.providers.ical import occurrences

    reading = occurrences(b"<html>", window=YEAR)
    assert (reading.occurrences, reading.warnings, reading.bad) == ((), ("not_a_calendar",), 1)
