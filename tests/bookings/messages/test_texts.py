"""Times and places in words."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.utils import translation

from bookings.domain import texts

MONDAY = datetime(2027, 3, 29, 8, 0, tzinfo=UTC)
HALF_HOUR = timedelta(minutes=30)


@pytest.mark.parametrize(
    ("language", "zone", "expected"),
    [
        ("en", "Europe/Berlin", "Monday 29 March 2027, 10:00 AM – 10:30 AM (Europe/Berlin, UTC+2)"),
        ("en", "America/New_York", "Monday 29 March 2027, 4:00 AM – 4:30 AM (America/New York, UTC-4)"),
        ("en", "Asia/Kathmandu", "Monday 29 March 2027, 1:45 PM – 2:15 PM (Asia/Kathmandu, UTC+5:45)"),
        ("en", "America/St_Johns", "Monday 29 March 2027, 5:30 AM – 6:00 AM (America/St Johns, UTC-2:30)"),
        ("en", "UTC", "Monday 29 March 2027, 8:00 AM – 8:30 AM (UTC)"),
        ("en", "Nowhere/Land", "Monday 29 March 2027, 8:00 AM – 8:30 AM (UTC)"),
        ("en", "../../etc/passwd", "Monday 29 March 2027, 8:00 AM – 8:30 AM (UTC)"),
        ("de", "Europe/Berlin", "Montag, 29. März 2027, 10:00 – 10:30 (Europe/Berlin, UTC+2)"),
        ("nb", "Europe/Oslo", "mandag 29. mars 2027 kl. 10:00 – 10:30 (Europe/Oslo, UTC+2)"),
    ],
)
def test_span_in_words_by_zone_and_language(language: str, zone: str, expected: str) -> None:
    with translation.override(language):
        assert texts.span_in_words(MONDAY, MONDAY + HALF_HOUR, zone=zone) == expected


def test_span_in_words_across_midnight_names_both_days() -> None:
    start = datetime(2027, 3, 29, 21, 45, tzinfo=UTC)
    words = texts.span_in_words(start, start + HALF_HOUR, zone="Europe/Berlin")
    assert words == (
        "Monday 29 March 2027, 11:45 PM – Tuesday 30 March 2027, 12:15 AM (Europe/Berlin, UTC+2)"
    )


@pytest.mark.parametrize(
    ("start", "expected"),
    [
        (datetime(2027, 10, 31, 0, 10, tzinfo=UTC), "2:10 AM – 2:40 AM (Europe/Berlin, UTC+2)"),
        (datetime(2027, 10, 31, 1, 10, tzinfo=UTC), "2:10 AM – 2:40 AM (Europe/Berlin, UTC+1)"),
        (datetime(2027, 10, 31, 0, 45, tzinfo=UTC), "2:45 AM (UTC+2) – 2:15 AM (UTC+1) (Europe/Berlin)"),
        (datetime(2027, 3, 28, 0, 45, tzinfo=UTC), "1:45 AM (UTC+1) – 3:15 AM (UTC+2) (Europe/Berlin)"),
    ],
)
def test_span_in_words_when_clocks_change_names_the_offset(start: datetime, expected: str) -> None:
    words = texts.span_in_words(start, start + HALF_HOUR, zone="Europe/Berlin")
    assert words.split(" 2027, ")[1] == expected


def test_words_do_not_follow_the_current_time_zone() -> None:
    from django.utils import timezone

    with timezone.override("Asia/Tokyo"):
        assert texts.moment_in_words(MONDAY, zone="Europe/Berlin") == "Monday 29 March 2027, 10:00 AM"


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ("Europe/Berlin", "Europe/Oslo", False),
        ("Europe/Berlin", "America/New_York", True),
        ("Europe/London", "UTC", True),
        ("Africa/Abidjan", "UTC", False),
    ],
)
def test_clocks_differ_at_an_instant(one: str, other: str, expected: bool) -> None:
    assert texts.clocks_differ(one, other, MONDAY) is expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Anna\r\nBcc: victim@example.org", "Anna Bcc: victim@example.org"),
        ("a\u2028b\u2029c\u0085d\x00e\tf", "a b c d e f"),
        ("  Zoë  von\u00a0Berg ", "Zoë von Berg"),
        ("moc.live\u202e@anna", "moc.live@anna"),
        ("👩‍💻 Ada", "👩‍💻 Ada"),
        ("", ""),
    ],
)
def test_one_line_cleans(text: str, expected: str) -> None:
    assert texts.one_line(text) == expected


@pytest.mark.parametrize(
    ("wanted", "language"), [("de-CH", "de"), ("nb", "nb"), ("xx", "en"), ("", "en"), ("../x", "en")]
)
def test_supported_language_falls_back(wanted: str, language: str) -> None:
    assert texts.supported_language(wanted) == language
