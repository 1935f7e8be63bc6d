"""Feeds made to hurt end within ten seconds of processor and 300 MB, with a reason (RELIABILITY 3.5).

What the reading process took is read from the kernel after it answered; one that was ended met the limit.
"""

import os
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from calendars.providers import errors
from calendars.providers.base import ReadingRules
from calendars.providers.ics.apart import CPU_SECONDS, ReaderApart
from calendars.providers.ics.fetching import MAX_BYTES
from calendars.providers.ics.provider import FEED_ID
from tests.calendars.providers.ical.documents import calendar, event
from tests.calendars.providers.ics.conftest import POLICY, Connect
from tests.fakes.feed import Feed, drip, gzip_bomb

pytestmark = [pytest.mark.promise("C5"), pytest.mark.slow]
NOW = datetime(2026, 11, 21, tzinfo=UTC)
WINDOW = (NOW - timedelta(days=1), NOW + timedelta(days=400))
START = "DTSTART:20261201T100000Z"
LONG_AGO = "DTSTART:19700101T000000Z"
HOUR = "DURATION:PT1H"
PRODUCT = ";".join(
    f"BY{name}={','.join(map(str, range(most)))}"
    for name, most in (("HOUR", 24), ("MINUTE", 60), ("SECOND", 60))
)
DENSE_ZONE = (
    "BEGIN:VTIMEZONE\r\nTZID:Mine\r\nBEGIN:STANDARD\r\nDTSTART:16010101T000000\r\nRRULE:FREQ=SECONDLY\r\n"
    "TZOFFSETFROM:+0100\r\nTZOFFSETTO:+0100\r\nEND:STANDARD\r\nEND:VTIMEZONE"
)

YEARLY_ZONE = DENSE_ZONE.replace("SECONDLY", "YEARLY").replace("1601", "1990")


def many(count: int, *lines: str) -> Iterable[str]:
    return (event(*lines, uid=f"{number}") for number in range(count))


def dates(name: str, count: int) -> str:
    """A property with this many different times of the coming year."""
    told = (f"{WINDOW[0] + timedelta(minutes=10 * number):%Y%m%dT%H%M%SZ}" for number in range(count))
    return f"{name}:{','.join(told)}"


def later(number: int) -> str:
    """A time of the coming year, minutes apart from each other."""
    return f"{WINDOW[0] + timedelta(minutes=number):%Y%m%dT%H%M%SZ}"


def rich(number: int) -> str:
    """An event as Google writes it; every tenth repeats twice a week."""
    start = NOW + timedelta(minutes=50 * number)
    guests = [
        f"ATTENDEE;CUTYPE=INDIVIDUAL;ROLE=REQ-PARTICIPANT;PARTSTAT=ACCEPTED;CN=P{n}:mailto:p{n}@example.org"
        for n in range(3)
    ]
    return event(
        f"DTSTART;TZID=Europe/Berlin:{start:%Y%m%dT%H%M%S}", "DURATION:PT1H", "DTSTAMP:20261101T000000Z",
        *(["RRULE:FREQ=WEEKLY;BYDAY=MO,WE"] if number % 10 == 0 else []), *guests, f"SUMMARY:Meeting {number}",
        f"DESCRIPTION:{'x' * 600}", "BEGIN:VALARM", "TRIGGER:-PT10M", "ACTION:DISPLAY", "END:VALARM",
        uid=f"{number}@example.org",
    )  # fmt: skip


BOMBS = {
    "secondly-from-1970": lambda: [event(LONG_AGO, HOUR, "RRULE:FREQ=SECONDLY")],
    "secondly-a-billion-times": lambda: [event(START, HOUR, "RRULE:FREQ=SECONDLY;COUNT=1000000000")],
    "every-second-of-the-day": lambda: [event(START, HOUR, f"RRULE:FREQ=DAILY;{PRODUCT}")],
    "interval-of-nought": lambda: [event(START, HOUR, "RRULE:FREQ=DAILY;INTERVAL=0")],
    "minutely-from-2020": lambda: [event("DTSTART:20200101T000000Z", HOUR, "RRULE:FREQ=MINUTELY")],
    "never-matching": lambda: [event(LONG_AGO, HOUR, "RRULE:FREQ=SECONDLY;BYMONTH=2;BYMONTHDAY=30")],
    "thirtieth-of-february": lambda: [event(LONG_AGO, HOUR, "RRULE:FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30")],
    "two-billion-times": lambda: [event(START, HOUR, "RRULE:FREQ=DAILY;COUNT=2000000000")],
    "many-extra-dates": lambda: [event(START, HOUR, dates("RDATE", 50_000))],
    "many-exclusions": lambda: [event(START, HOUR, "RRULE:FREQ=DAILY", dates("EXDATE", 50_000))],
    "endless-duration": lambda: [event(START, "DURATION:P99999999D")],
    "year-one-to-9999": lambda: [event("DTSTART:00010101T000000Z", "DTEND:99991231T235959Z")],
    "one-long-line": lambda: [event(START, HOUR, "SUMMARY:" + "x" * 19_900_000)],
    "folds": lambda: [event(START, HOUR, "SUMMARY:x" + "\r\n x" * 4_900_000)],
    "short-lines": lambda: [event(START, HOUR, "\r\n".join(["A:b"] * 3_900_000))],
    "kept-short-lines": lambda: [event(START, HOUR, "\r\n".join(["RDATE:1"] * 690_000))],
    "parameters": lambda: [event(f"DTSTART{';A=1' * 200_000}:20261201T100000Z", HOUR)],
    "attendees": lambda: [event(START, HOUR, *(f"ATTENDEE:mailto:{n}@example.org" for n in range(100_000)))],
    "deep": lambda: ["BEGIN:X\r\n" * 20_000],
    "zone-name-of-a-megabyte": lambda: [event(f"DTSTART;TZID={'x' * 1_000_000}:20261201T100000", HOUR)],
    "zone-name-of-a-path": lambda: [event("DTSTART;TZID=../../../../etc/passwd:20261201T100000", HOUR)],
    "zone-of-every-second": lambda: [DENSE_ZONE, event("DTSTART;TZID=Mine:20261201T100000", HOUR)],
    "zones": lambda: [
        *(YEARLY_ZONE.replace("Mine", f"Z{n}") for n in range(9_000)),
        *(event(f"DTSTART;TZID=Z{n}:20261201T100000", HOUR, uid=f"{n}") for n in range(9_000)),
    ],
    "overrides": lambda: [
        event(START, HOUR, "RRULE:FREQ=DAILY"),
        *(event(f"RECURRENCE-ID:{later(n)}", START, HOUR) for n in range(5_000)),
    ],
    "changes-onwards": lambda: [
        event(START, HOUR, "RRULE:FREQ=DAILY"),
        *(event(f"RECURRENCE-ID;RANGE=THISANDFUTURE:{later(n)}", START, HOUR) for n in range(20_000)),
    ],
    "one-uid-for-all": lambda: [
        event(f"DTSTART:{later(n)}", HOUR, "RRULE:FREQ=DAILY") for n in range(5_000)
    ],
    "count-from-1970": lambda: many(20_000, LONG_AGO, HOUR, "RRULE:FREQ=DAILY;COUNT=90000"),
    "daily-series": lambda: many(20_000, START, HOUR, "RRULE:FREQ=DAILY"),
    "hourly-series": lambda: many(500, START, HOUR, "RRULE:FREQ=HOURLY"),
    "plain-events": lambda: many(24_000, START, HOUR, f"SUMMARY:{'x' * 500}"),
    "ten-thousand-rich-events": lambda: (rich(number) for number in range(10_000)),
}  # fmt: skip
REFUSED = {
    "deep": errors.NotACalendar,
    "folds": errors.TooLarge,
    "short-lines": errors.TooLarge,
    "daily-series": errors.TooLarge,
    "hourly-series": errors.TooLarge,
    "one-uid-for-all": errors.TooHeavy,
}
"""What is not read; everything else is."""
CLOSE_TO_THE_LIMIT = {
    "kept-short-lines",
    "changes-onwards",
    "count-from-1970",
    "zones",
    "daily-series",
    "hourly-series",
}
"""How fast the machine is decides whether these come to their end or are ended at the limit."""


def burn(body: bytes) -> tuple[type[errors.ProviderError] | None, float, float]:
    """What reading a body ends with, and what it took: seconds of processor and megabytes."""
    reader, outcome = ReaderApart(seconds=60), None
    try:
        cut = reader.cut(body, {})
        list(reader.read(cut.items, WINDOW, ReadingRules("Europe/Berlin")))
    except errors.ProviderError as error:
        outcome = type(error)
    number = reader._started().pid
    times = Path(f"/proc/{number}/stat").read_text().rpartition(")")[2].split()[11:13]
    [peak] = [
        line for line in Path(f"/proc/{number}/status").read_text().splitlines() if line.startswith("VmHWM")
    ]
    reader.close()
    return outcome, sum(map(int, times)) / os.sysconf("SC_CLK_TCK"), int(peak.split()[1]) / 1024


@pytest.mark.parametrize("name", list(BOMBS))
def test_bomb_ends_soon_and_small(name: str) -> None:
    body = calendar(*BOMBS[name]())
    outcome, seconds, megabytes = burn(body)
    print(f"{name:>28}: {len(body) / 1e6:6.2f} MB in, {seconds:5.2f} s, {megabytes:4.0f} MB, {outcome}")
    assert len(body) <= MAX_BYTES
    assert outcome is REFUSED.get(name) or (name in CLOSE_TO_THE_LIMIT and outcome is errors.TooHeavy)
    assert seconds < CPU_SECONDS
    assert megabytes < 300


def test_gzip_bomb_is_not_unpacked(feed: Feed, connect: Connect) -> None:
    feed.fail(gzip_bomb())
    with pytest.raises(errors.TooLarge):
        list(connect(feed.url).changes(FEED_ID, cursor=None, known={}, window=WINDOW))


def test_dripping_feed_is_left_at_the_deadline(feed: Feed, connect: Connect) -> None:
    feed.fail(drip)
    provider = connect(feed.url, replace(POLICY, timeout=0.5, deadline=0.5))
    with pytest.raises(errors.Timeout):
        list(provider.changes(FEED_ID, cursor=None, known={}, window=WINDOW))
