"""Damaged calendars: whatever is broken, the reader answers and the splitter raises its own errors only."""

from contextlib import suppress

from hypothesis import example, given, settings
from hypothesis import strategies as st

from calendars.providers.errors import ProviderError
from calendars.providers.ical import Budget, occurrences, split
from tests.calendars.providers.ical.documents import YEAR, event
from tests.calendars.providers.ical.test_zones import MICROSOFT

NAMES = (
    "DTSTART DTEND DURATION RRULE EXRULE RDATE EXDATE RECURRENCE-ID STATUS GEO SEQUENCE UID ATTENDEE TZID "
    "BEGIN END"
)
PIECES = st.sampled_from(
    [
        "20261105T090000Z",
        "20261105",
        "FREQ=DAILY",
        "FREQ=HOURLY",
        "COUNT=5",
        "UNTIL=20261105",
        "BYDAY=-1MO",
        "BYHOUR=9",
        "INTERVAL=7",
        "P1D",
        "-PT1H",
        "00010101T000000",
        "99991231T235959",
        ",",
        ";",
        ":",
        "/",
        '"',
        "\\",
        "Europe/Berlin",
        "VEVENT",
        "VTIMEZONE",
        "STANDARD",
        "+0100",
        "-9999",
        "CANCELLED",
        "\x85",
        "é",
        "9" * 30,
    ]
)
PARAMS = [
    "",
    ";VALUE=DATE",
    ";VALUE=PERIOD",
    ";TZID=Customized Time Zone",
    ";RANGE=THISANDFUTURE",
    ';TZID="',
    ";;=;",
]
LINES = st.builds(
    lambda name, params, pieces: f"{name}{params}:{''.join(pieces)}",
    st.sampled_from(NAMES.split()),
    st.sampled_from(PARAMS),
    st.lists(PIECES, max_size=4),
)
SERIES = event(
    "DTSTART;TZID=Customized Time Zone:20261102T090000", "DURATION:PT1H", "RRULE:FREQ=DAILY;COUNT=9"
)


@settings(max_examples=200, deadline=None)
@given(st.lists(LINES, max_size=8), st.lists(LINES, max_size=4))
@example(["DTSTART:99991231T235959Z", "RRULE:FREQ=DAILY"], [])
@example(["DTSTART:00010101T000000", "RRULE:FREQ=YEARLY;COUNT=9"], [])
def test_any_lines_are_answered_within_the_budget(first: list[str], second: list[str]) -> None:
    text = "\r\n".join(["BEGIN:VCALENDAR", MICROSOFT, event(*first), SERIES, event(*second), "END:VCALENDAR"])
    budget = Budget(1_000_000)
    reading = occurrences(text.encode(), window=YEAR, default_zone="Europe/Berlin", budget=budget)
    assert budget.left > 0
    assert all(
        one.start < one.end and one.start < YEAR[1] and one.end > YEAR[0] for one in reading.occurrences
    )


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=200), st.integers(0, 400), st.integers(0, 100))
def test_any_bytes_in_between_raise_nothing_of_their_own(junk: bytes, place: int, cut: int) -> None:
    whole = "\r\n".join(["BEGIN:VCALENDAR", MICROSOFT, SERIES, "END:VCALENDAR"]).encode()
    damaged = whole[:place] + junk + whole[place + cut :]
    with suppress(ProviderError):
        split(damaged)
    reading = occurrences(damaged, window=YEAR)
    assert reading.bad in (0, 1, 2)
