"""Our expansion against recurring-ical-events, over generated series.

Known differences, left out here because we differ on purpose (and tested in their own places): events that
share a UID, UNTIL as a DATE on timed events, DTSTART outside of its rule, nights in which the clocks change,
floating times, unreadable or dense rules.
"""

from datetime import UTC, date, datetime, time, timedelta

import icalendar
import recurring_ical_events
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from calendars.providers.ical import occurrences
from tests.calendars.providers.ical.documents import calendar, event

WINDOW = (datetime(2026, 9, 1, tzinfo=UTC), datetime(2027, 4, 1, tzinfo=UTC))
ZONES = ("Europe/Berlin", "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe", "America/Sao_Paulo")
WEEKDAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")


@st.composite
def rules(draw: st.DrawFn) -> str:
    """A rule as people make them."""
    freq = draw(st.sampled_from(["DAILY", "WEEKLY", "MONTHLY", "YEARLY"]))
    parts = [f"FREQ={freq}", f"INTERVAL={draw(st.integers(1, 4))}"]
    days = draw(st.lists(st.sampled_from(WEEKDAYS), unique=True, max_size=3))
    if freq == "MONTHLY" and days:
        number = draw(st.sampled_from(["1", "2", "-1"]))
        positions = [f"BYDAY={number}{days[0]}", f"BYDAY={','.join(days)};BYSETPOS={number}"]
        parts.append(draw(st.sampled_from(positions)))
    elif freq in ("DAILY", "WEEKLY") and days:
        parts.append(f"BYDAY={','.join(days)}")
    elif freq == "MONTHLY":
        parts.append(f"BYMONTHDAY={draw(st.integers(-3, 28).filter(bool))}")
    parts += draw(st.sampled_from([[], ["WKST=SU"], ["COUNT=7"], ["COUNT=40"], ["UNTIL=20261231T235959Z"]]))
    return ";".join(parts)


@st.composite
def series(draw: st.DrawFn) -> list[str]:
    """The lines of a timed series by day, away from the hours of clock changes."""
    zone = draw(st.sampled_from(ZONES))
    day = draw(st.dates(date(2020, 1, 1), date(2026, 12, 31)))
    start = datetime.combine(day, time(draw(st.integers(6, 18)), draw(st.sampled_from([0, 15, 30]))))
    length = draw(st.sampled_from(["PT30M", "PT1H", "PT4H"]))
    lines = [f"DTSTART;TZID={zone}:{start:%Y%m%dT%H%M%S}", f"DURATION:{length}", f"RRULE:{draw(rules())}"]
    excluded = draw(st.lists(st.integers(0, 60), max_size=3))
    lines += [f"EXDATE;TZID={zone}:{start + timedelta(days=days):%Y%m%dT%H%M%S}" for days in excluded]
    return lines


def oracle(data: bytes) -> list[tuple[datetime, datetime]]:
    """What recurring-ical-events says."""
    found = recurring_ical_events.of(icalendar.Calendar.from_ical(data)).between(*WINDOW)
    spans = ((one["DTSTART"].dt, one["DTEND"].dt) for one in found)
    return sorted((start.astimezone(UTC), end.astimezone(UTC)) for start, end in spans)


def ours(data: bytes) -> list[tuple[datetime, datetime]]:
    """What we say."""
    return [(one.start, one.end) for one in occurrences(data, window=WINDOW).occurrences]


def fits_its_rule(lines: list[str]) -> bool:
    """Whether DTSTART is an instance of its own rule (otherwise we keep it and others do not)."""
    from dateutil.rrule import rrulestr

    local = datetime.strptime(lines[0].rsplit(":", 1)[1], "%Y%m%dT%H%M%S")
    text = lines[2].removeprefix("RRULE:").replace("UNTIL=20261231T235959Z", "UNTIL=20261231T235959")
    return next(iter(rrulestr(text, dtstart=local)), None) == local


@settings(max_examples=150, deadline=None)
@given(series())
def test_a_series_expands_as_the_oracle_says(lines: list[str]) -> None:
    assume(fits_its_rule(lines))
    data = calendar(event(*lines))
    assert ours(data) == oracle(data)


@settings(max_examples=60, deadline=None)
@given(
    st.integers(0, 20),
    st.integers(-72, 72).filter(lambda hours: hours % 24),
    st.sampled_from(["", "STATUS:CANCELLED"]),
)
def test_a_moved_instance_is_where_the_oracle_says(index: int, hours: int, status: str) -> None:
    master = ["DTSTART;TZID=Europe/Berlin:20261102T090000", "DURATION:PT1H", "RRULE:FREQ=DAILY;COUNT=21"]
    original = datetime(2026, 11, 2, 9) + timedelta(days=index)
    moved = original + timedelta(hours=hours)
    exception = [
        f"RECURRENCE-ID;TZID=Europe/Berlin:{original:%Y%m%dT%H%M%S}",
        f"DTSTART;TZID=Europe/Berlin:{moved:%Y%m%dT%H%M%S}",
        "DURATION:PT2H",
    ]
    expected = oracle(calendar(event(*master), event(*exception)))
    if status:
        gone = (moved - timedelta(hours=1)).replace(tzinfo=UTC)
        expected = [span for span in expected if span != (gone, gone + timedelta(hours=2))]
        exception.append(status)
    assert ours(calendar(event(*master), event(*exception))) == expected


@settings(max_examples=40, deadline=None)
@given(st.dates(date(2026, 9, 2), date(2027, 3, 1)), st.integers(1, 9), rules())
def test_whole_days_fall_on_the_days_the_oracle_says(first: date, days: int, rule: str) -> None:
    lines = [
        f"DTSTART;VALUE=DATE:{first:%Y%m%d}",
        f"DTEND;VALUE=DATE:{first + timedelta(days=days):%Y%m%d}",
        f"RRULE:{rule.replace('UNTIL=20261231T235959Z', 'UNTIL=20261231')}",
    ]
    data = calendar(event(*lines))
    found = recurring_ical_events.of(icalendar.Calendar.from_ical(data)).between(*WINDOW)
    expected = {(one["DTSTART"].dt, one["DTEND"].dt) for one in found} | {
        (first, first + timedelta(days=days))
    }
    reading = occurrences(data, window=WINDOW, default_zone="UTC")
    assert {(one.first_day, one.end_day) for one in reading.occurrences} == expected
