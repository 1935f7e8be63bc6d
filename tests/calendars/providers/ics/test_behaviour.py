"""What feeds really contain, row by row: every odd thing senders do, and what it means for the owner's time.

Each row goes the whole way: published over HTTP, fetched, cut and read in the process of its own. What a row
comes to is written as its starts and ends in UTC, and what could not be understood as warnings.
"""

from datetime import UTC, datetime

import pytest

from calendars.providers import errors
from calendars.providers.base import ReadingRules
from calendars.providers.ics.provider import FEED_ID
from tests.calendars.providers.ics.conftest import Connect
from tests.fakes.feed import LOGIN_PAGE, Feed
from tests.fakes.feed import calendar as answer

pytestmark = pytest.mark.promise("C5")
WINDOW = (datetime(2026, 10, 1, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC))
RULES = ReadingRules(default_zone="Europe/Berlin")
TEN = "DTSTART:20261105T100000Z\nDTEND:20261105T110000Z"


def event(lines: str, uid: str = "one") -> str:
    return f"BEGIN:VEVENT\nUID:{uid}\n{lines}\nEND:VEVENT"


def calendar(*parts: str) -> str:
    return "\n".join(["BEGIN:VCALENDAR", "VERSION:2.0", *parts, "END:VCALENDAR", ""])


def read(feed: Feed, connect: Connect, body: str | bytes) -> tuple[list[str], set[str]]:
    """The spans that a body comes to, and the warnings."""
    feed.fail(answer(body))
    provider = connect(feed.url)
    [page] = provider.changes(FEED_ID, cursor=None, known={}, window=WINDOW)
    readings = list(provider.readings(page.items, window=WINDOW, rules=RULES))
    spans = sorted((one.start, one.end) for reading in readings for one in reading.occurrences)
    return [_short(*span) for span in spans], {code for reading in readings for code in reading.warnings}


def _short(start: datetime, end: datetime) -> str:
    if start.date() == end.date():
        return f"{start:%m-%d %H:%M}-{end:%H:%M}"
    return f"{start:%m-%d %H:%M}-{end:%m-%d %H:%M}"


ONE = ["11-05 10:00-11:00"]
WEEKLY = "DTSTART:20261105T100000Z\nDTEND:20261105T110000Z\nRRULE:FREQ=WEEKLY;COUNT=3"
BERLIN = "DTSTART;TZID=Europe/Berlin:20261105T100000\nDTEND;TZID=Europe/Berlin:20261105T110000"
# Five hours east of Greenwich, begun in 1601 as Microsoft does.
EAST = "BEGIN:STANDARD\nDTSTART:16010101T000000\nTZOFFSETFROM:+0500\nTZOFFSETTO:+0500\nEND:STANDARD"


def zone(name: str, definition: str = EAST) -> str:
    return f"BEGIN:VTIMEZONE\nTZID:{name}\n{definition}\nEND:VTIMEZONE"


def local(zone_id: str, start: str = "20261105T100000", end: str = "20261105T110000") -> str:
    return event(f"DTSTART;TZID={zone_id}:{start}\nDTEND;TZID={zone_id}:{end}")


ROWS: list[tuple[str, str | bytes, list[str], set[str]]] = [
    ("lone-cr-line-ends", calendar(event(TEN)).replace("\n", "\r"), ONE, set()),
    ("utf-16", calendar(event(TEN)).encode("utf-16"), ONE, set()),
    ("latin-1", calendar(event(f"SUMMARY:Müller\n{TEN}")).encode("latin-1"), ONE, set()),
    ("byte-order-mark", b"\xef\xbb\xbf" + calendar(event(TEN)).encode(), ONE, set()),
    ("line-without-colon", calendar(event(f"DESCRIPTION:first\nsecond line\n{TEN}")), ONE, set()),
    ("end-vevent-too-many", calendar(event(TEN) + "\nEND:VEVENT"), ONE, set()),
    ("start-with-dashes", calendar(event("DTSTART:2026-11-05T10:00:00Z\nDURATION:PT1H")), ONE, set()),
    ("start-at-24-00", calendar(event("DTSTART:20261104T240000Z\nDURATION:PT1H")), ["11-05 00:00-01:00"], set()),
    ("start-in-lower-case", calendar(event("DTSTART:20261105t100000z\nDURATION:PT1H")), ONE, set()),
    ("start-unreadable", calendar(event("DTSTART:tomorrow", "bad"), event(TEN)), ONE, {"no_start"}),
    ("no-start", calendar(event("SUMMARY:Nothing", "bad"), event(TEN)), ONE, {"no_start"}),
    ("two-starts", calendar(event(f"{TEN}\nDTSTART:20261206T100000Z")), ONE, set()),
    (
        "year-9999",
        calendar(event("DTSTART:20261105T100000Z\nDTEND:99991231T235959Z")),
        ["11-05 10:00-01-01 00:00"],
        set(),
    ),
    (
        "huge-duration",
        calendar(event("DTSTART:20261105T100000Z\nDURATION:P99999999D")),
        ["11-05 10:00-01-01 00:00"],
        set(),
    ),
    (
        "bad-exdate-element",
        calendar(event(f"{WEEKLY}\nEXDATE:20261112T100000Z,gibberish")),
        [*ONE, "11-19 10:00-11:00"],
        {"date_unreadable"},
    ),
    ("duration-of-a-year", calendar(event("DTSTART:20261105T100000Z\nDURATION:P1Y")), ONE, {"end_unreadable"}),
    (
        "rule-of-another-calendar",
        calendar(event(f"{TEN}\nRRULE:RSCALE=CHINESE;FREQ=YEARLY")),
        ONE,
        {"rule_unreadable"},
    ),
    (
        "uid-used-twice",
        calendar(event(TEN), event("DTSTART:20261106T100000Z\nDURATION:PT1H")),
        [*ONE, "11-06 10:00-11:00"],
        set(),
    ),
    ("uid-used-twice-for-one-start", calendar(event(TEN), event(TEN)), ONE, set()),
    (
        "no-uid-at-all",
        calendar(event(TEN), event("DTSTART:20261106T100000Z\nDURATION:PT1H")).replace("UID:one\n", ""),
        [*ONE, "11-06 10:00-11:00"],
        set(),
    ),
    (
        "override-named-by-day",
        calendar(event(WEEKLY), event("RECURRENCE-ID;VALUE=DATE:20261112\nDTSTART:20261112T150000Z\nDURATION:PT1H")),
        [*ONE, "11-12 15:00-16:00", "11-19 10:00-11:00"],
        set(),
    ),
    (
        "override-cancelled",
        calendar(event(WEEKLY), event(f"RECURRENCE-ID:20261112T100000Z\nSTATUS:CANCELLED\n{TEN}")),
        [*ONE, "11-19 10:00-11:00"],
        set(),
    ),
    (
        "override-moved-into-the-window",
        calendar(
            event("DTSTART:20260901T100000Z\nDURATION:PT1H\nRRULE:FREQ=WEEKLY;COUNT=2"),
            event("RECURRENCE-ID:20260908T100000Z\nDTSTART:20261105T100000Z\nDURATION:PT1H"),
        ),
        ONE,
        set(),
    ),
    (
        "this-and-future",
        calendar(
            event(WEEKLY),
            event("RECURRENCE-ID;RANGE=THISANDFUTURE:20261112T100000Z\nDTSTART:20261112T120000Z\nDURATION:PT2H"),
        ),
        [*ONE, "11-12 12:00-14:00", "11-19 12:00-14:00"],
        set(),
    ),
    (
        "extra-date-as-period",
        calendar(event(f"{TEN}\nRDATE;VALUE=PERIOD:20261106T080000Z/PT30M,20261107T080000Z/20261107T090000Z")),
        [*ONE, "11-06 08:00-08:30", "11-07 08:00-09:00"],
        set(),
    ),
    (
        "exdate-as-date-utc-and-floating",
        calendar(
            event(
                f"{BERLIN}\nRRULE:FREQ=DAILY;COUNT=5\n"
                "EXDATE;VALUE=DATE:20261106\nEXDATE:20261107T090000Z\nEXDATE:20261108T100000"
            )
        ),
        ["11-05 09:00-10:00", "11-09 09:00-10:00"],
        set(),
    ),
    (
        "until-is-a-date",
        calendar(event(f"{BERLIN}\nRRULE:FREQ=DAILY;UNTIL=20261107")),
        ["11-05 09:00-10:00", "11-06 09:00-10:00", "11-07 09:00-10:00"],
        set(),
    ),
    (
        "floating-in-the-owners-zone",
        calendar(event("DTSTART:20261105T100000\nDURATION:PT1H")),
        ["11-05 09:00-10:00"],
        set(),
    ),
    (
        "floating-in-the-feeds-zone",
        calendar("X-WR-TIMEZONE:America/New_York", event("DTSTART:20261105T100000\nDURATION:PT1H")),
        ["11-05 15:00-16:00"],
        set(),
    ),
    ("windows-zone", calendar(local("W. Europe Standard Time")), ["11-05 09:00-10:00"], set()),
    (
        "display-name-zone",
        calendar(local('"(UTC+01:00) Amsterdam, Berlin, Bern"')),
        ["11-05 09:00-10:00"],
        {"zone_guessed"},
    ),
    ("offset-zone", calendar(local("GMT+0100")), ["11-05 09:00-10:00"], {"zone_guessed"}),
    ("unknown-zone", calendar(local("Middle-earth")), ["11-05 09:00-10:00"], {"zone_unknown"}),
    ("custom-zone-after-the-events", calendar(local("Mine"), zone("Mine")), ["11-05 05:00-06:00"], set()),
    (
        "lying-definition-of-a-known-zone",
        calendar(zone("Europe/Berlin"), local("Europe/Berlin")),
        ["11-05 09:00-10:00"],
        set(),
    ),
    (
        "escaped-name-of-a-zone",
        calendar(zone("My Place\\, Far East"), local('"My Place, Far East"')),
        ["11-05 05:00-06:00"],
        set(),
    ),
    (
        "half-past-two-in-the-night-of-spring",
        # Sydney's clocks go from two to three: both ends are the same instant.
        calendar(local("Australia/Sydney", "20261004T023000", "20261004T033000")),
        ["10-03 16:30-17:30"],
        set(),
    ),
    ("end-before-start", calendar(event("DTSTART:20261105T110000Z\nDTEND:20261105T100000Z")), ONE, set()),
    ("negative-duration", calendar(event("DTSTART:20261105T110000Z\nDURATION:-PT1H")), ONE, set()),
    (
        "date-with-a-time",
        calendar(event("DTSTART;VALUE=DATE:20261105T100000")),
        ["11-04 23:00-11-05 23:00"],
        set(),
    ),
    (
        "end-equal-to-start-of-a-day",
        calendar(event("DTSTART;VALUE=DATE:20261105\nDTEND;VALUE=DATE:20261105")),
        ["11-04 23:00-11-05 23:00"],
        set(),
    ),
    (
        "interval-of-nought",
        calendar(event(f"{TEN}\nRRULE:FREQ=DAILY;INTERVAL=0;COUNT=2")),
        [*ONE, "11-06 10:00-11:00"],
        set(),
    ),
    (
        "every-second",
        calendar(event(f"{TEN}\nRRULE:FREQ=SECONDLY")),
        ["11-05 10:00-11:00", "11-05 10:00-01-01 00:00"],
        {"rule_dense"},
    ),
    (
        "daily-from-1970",
        calendar(event("DTSTART:19700101T100000Z\nDURATION:PT1H\nRRULE:FREQ=DAILY;UNTIL=20261002T235959Z")),
        ["10-01 10:00-11:00", "10-02 10:00-11:00"],
        set(),
    ),
    (
        "hourly-zone",
        calendar(zone("Mine", EAST.replace("TZOFFSETFROM", "RRULE:FREQ=HOURLY\nTZOFFSETFROM")), local("Mine")),
        ["11-05 05:00-06:00"],
        set(),
    ),
    (
        "alarm-that-rings-for-ever",
        calendar(event(f"{TEN}\nBEGIN:VALARM\nTRIGGER:-PT1M\nREPEAT:2000000000\nDURATION:PT1S\nEND:VALARM")),
        ONE,
        set(),
    ),
    ("nothing-in-it", calendar(), [], set()),
    # What channel managers publish (SYNC 3.5).
    (
        "airbnb-nights",
        calendar(event("DTEND;VALUE=DATE:20261107\nDTSTART;VALUE=DATE:20261105\nSUMMARY:Reserved")),
        ["11-04 23:00-11-06 23:00"],
        set(),
    ),
    (
        "nights-as-duration",
        calendar(event("DTSTART;VALUE=DATE:20261105\nDURATION:P4D\nSUMMARY:Réservée - X")),
        ["11-04 23:00-11-08 23:00"],
        set(),
    ),
]  # fmt: skip


@pytest.mark.parametrize(("body", "spans", "warnings"), [pytest.param(*row[1:], id=row[0]) for row in ROWS])
def test_feed_comes_to_what_it_means(
    feed: Feed, connect: Connect, body: str | bytes, spans: list[str], warnings: set[str]
) -> None:
    assert read(feed, connect, body) == (spans, warnings)


REFUSED: list[tuple[str, str, type[errors.ProviderError]]] = [
    ("no-end-of-calendar", calendar(event(TEN)).replace("END:VCALENDAR\n", ""), errors.CutShort),
    ("cut-in-mid-event", calendar(event(TEN))[:70], errors.CutShort),
    ("empty", "", errors.CutShort),
    ("html", LOGIN_PAGE, errors.WebPage),
    ("json", '{"items": []}', errors.NotACalendar),
    ("text", "Too many requests", errors.NotACalendar),
]


@pytest.mark.parametrize(("body", "error"), [pytest.param(*row[1:], id=row[0]) for row in REFUSED])
def test_what_is_no_whole_calendar_is_refused(
    feed: Feed, connect: Connect, body: str, error: type[errors.ProviderError]
) -> None:
    with pytest.raises(errors.ProviderError) as caught:
        read(feed, connect, body)
    assert caught.type is error
