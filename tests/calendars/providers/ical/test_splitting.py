"""Stage one: what is taken as a calendar, how it is grouped, and what changes a digest."""

import pytest

from calendars.providers.errors import NotACalendar, TooLarge
from calendars.providers.ical import occurrences, split
from tests.calendars.providers.ical.documents import YEAR, calendar, event, read

PLAIN = event("DTSTART:20261105T090000Z", "DTEND:20261105T100000Z", "SUMMARY:Plain")


def digest(*parts: str) -> str:
    [group] = split(calendar(*parts)).groups()
    return group.digest


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "empty"),
        (b"\r\n\r\n", "empty"),
        (b"<!DOCTYPE html><html><body>Sign in</body></html>", "no_calendar"),
        (b'{"error": "not found"}', "no_calendar"),
        (PLAIN.encode(), "no_calendar"),
        (calendar(PLAIN)[:-20], "truncated"),
        (calendar(PLAIN)[:80], "truncated"),
        (calendar(PLAIN).replace(b"END:VCALENDAR\r\n", b""), "truncated"),
        (calendar(*(["BEGIN:X-DEEP"] * 5_000)), "nested"),
    ],
)
def test_split_of_what_is_no_whole_calendar_is_refused(data: bytes, reason: str) -> None:
    with pytest.raises(NotACalendar) as caught:
        split(data)
    assert caught.value.detail == reason


def test_split_cut_at_any_byte_is_refused_never_shorter() -> None:
    data = calendar(PLAIN, event("DTSTART:20261106T090000Z", uid="two")).rstrip()
    for length in range(len(data)):
        with pytest.raises(NotACalendar):
            split(data[:length])


def test_split_of_a_valid_calendar_without_events_is_empty() -> None:
    assert list(split(calendar()).groups()) == []


@pytest.mark.parametrize(
    "data",
    [
        calendar(PLAIN),
        b"\xef\xbb\xbf" + calendar(PLAIN),
        b"\xff\xfe" + calendar(PLAIN).decode().encode("utf-16-le"),
        b"\xfe\xff" + calendar(PLAIN).decode().encode("utf-16-be"),
        calendar(PLAIN).replace(b"\r\n", b"\n"),
        calendar(PLAIN).replace(b"\r\n", b"\r"),
        calendar(PLAIN).replace(b"\r\n", b"\r\r\n"),
        calendar(PLAIN).replace(b"BEGIN", b"Begin").replace(b"END", b"end"),
        calendar(PLAIN).replace(b"SUMMARY:Plain", b"SUMM\r\n ARY:Pl\r\n\tain"),
        calendar(PLAIN).replace(b"Plain", b"Pl\0ain"),
        calendar(PLAIN, "END:VEVENT"),
    ],
)
def test_split_reads_every_encoding_and_line_end(data: bytes) -> None:
    [found] = occurrences(data, window=YEAR).occurrences
    assert (found.summary, found.start.isoformat()) == ("Plain", "2026-11-05T09:00:00+00:00")


def test_split_reads_a_line_that_is_not_utf8_as_windows_1252() -> None:
    utf8, old = "SUMMARY:Plain", "SUMMARY:Café – ü"
    data = calendar(PLAIN, "X-NAME:naïve").replace(utf8.encode(), old.encode("cp1252"))
    [found] = occurrences(data, window=YEAR).occurrences
    assert found.summary == "Café – ü"


def test_split_joins_a_character_that_folding_cut_in_two() -> None:
    data = calendar(PLAIN).replace(b"Plain", b"caf\xc3\r\n \xa9")
    [found] = occurrences(data, window=YEAR).occurrences
    assert found.summary == "café"


def test_split_keeps_an_event_whose_end_is_missing() -> None:
    unclosed = PLAIN.replace("\r\nEND:VEVENT", "")
    assert len(read(unclosed, event("DTSTART;VALUE=DATE:20261106", uid="two")).occurrences) == 2


def test_groups_put_a_series_and_its_exceptions_together() -> None:
    series = event("DTSTART:20261105T090000Z", "RRULE:FREQ=DAILY")
    other = event("DTSTART:20261105T090000Z", uid="two")
    moved = event("RECURRENCE-ID:20261106T090000Z", "DTSTART:20261106T120000Z")
    groups = list(split(calendar(series, other, moved)).groups())
    assert [(group.key, len(group.events)) for group in groups] == [("one@example.org", 2), ("two", 1)]


def test_groups_without_uid_are_kept_apart() -> None:
    events = [event(f"DTSTART:2026110{day}T090000Z").replace("UID:one@example.org\r\n", "") for day in (5, 6)]
    groups = list(split(calendar(*events)).groups())
    assert len({group.key for group in groups}) == 2


def test_group_data_reads_like_the_whole_document() -> None:
    zone = "\r\n".join(
        [
            "BEGIN:VTIMEZONE",
            "TZID:Plus Five",
            "BEGIN:STANDARD",
            "DTSTART:19700101T000000",
            "TZOFFSETFROM:+0500",
            "TZOFFSETTO:+0500",
            "END:STANDARD",
            "END:VTIMEZONE",
        ]
    )
    parts = [
        "X-WR-TIMEZONE:Asia/Tokyo",
        zone,
        event("DTSTART;TZID=Plus Five:20261105T090000", "DURATION:PT1H"),
    ]
    parts.append(event("DTSTART;VALUE=DATE:20261107", uid="two"))
    document = split(calendar(*parts))
    alone = [one for group in document.groups() for one in occurrences(group.data, window=YEAR).occurrences]
    assert tuple(alone) == read(*parts).occurrences
    again = [group.digest for group in document.groups() for group in split(group.data).groups()]
    assert again == [group.digest for group in document.groups()]


def test_group_data_leaves_descriptions_out() -> None:
    private = event("DTSTART:20261105T090000Z", "DESCRIPTION:Phone 1234", "X-SECRET:1")
    [group] = split(calendar(private)).groups()
    assert b"1234" not in group.data
    assert b"X-SECRET" not in group.data


def test_digest_ignores_stamps_order_and_alarms() -> None:
    exception = event("RECURRENCE-ID:20261106T090000Z", "DTSTART:20261106T120000Z")
    stamped = PLAIN.replace("SUMMARY", "DTSTAMP:20260101T000000Z\r\nCREATED:20260101T000000Z\r\nSUMMARY")
    alarm = PLAIN.replace("END:VEVENT", "BEGIN:VALARM\r\nTRIGGER:-PT5M\r\nEND:VALARM\r\nEND:VEVENT")
    assert digest(stamped) == digest(PLAIN)
    assert digest(alarm) == digest(PLAIN)
    assert digest(exception, PLAIN) == digest(PLAIN, exception)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("T090000Z", "T093000Z"),
        ("SUMMARY:Plain", "SUMMARY:Other"),
        ("SUMMARY", "TRANSP:TRANSPARENT\r\nSUMMARY"),
        ("SUMMARY", "EXDATE:20261105T090000Z\r\nSUMMARY"),
    ],
)
def test_digest_changes_with_what_matters(old: str, new: str) -> None:
    assert digest(PLAIN.replace(old, new)) != digest(PLAIN)


def test_digest_changes_with_the_zone_an_event_names() -> None:
    def zone(offset: str) -> str:
        lines = ["BEGIN:VTIMEZONE", "TZID:Mine", "BEGIN:STANDARD", "DTSTART:19700101T000000"]
        return "\r\n".join(
            [*lines, f"TZOFFSETFROM:{offset}", f"TZOFFSETTO:{offset}", "END:STANDARD", "END:VTIMEZONE"]
        )

    named = event("DTSTART;TZID=Mine:20261105T090000")
    assert digest(zone("+0100"), named) != digest(zone("+0200"), named)
    assert digest(zone("+0100"), PLAIN) == digest(zone("+0200"), PLAIN)


def test_split_refuses_more_than_its_limits() -> None:
    with pytest.raises(TooLarge):
        split(calendar(PLAIN), max_bytes=50)
    with pytest.raises(TooLarge):
        split(calendar(PLAIN, PLAIN), max_events=1)
