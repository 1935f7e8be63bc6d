"""Times in every kind of zone a sender may name (C15)."""

import pytest

from calendars.providers.ical import Budget, occurrences
from tests.calendars.providers.ical.documents import YEAR, calendar, event, only, read, starts, utc


def zone(name: str, *parts: str) -> str:
    """A VTIMEZONE from its inner lines."""
    return "\r\n".join(["BEGIN:VTIMEZONE", f"TZID:{name}", *parts, "END:VTIMEZONE"])


def fixed(name: str, offset: str) -> str:
    """A VTIMEZONE that always has the same offset."""
    return zone(
        name, "BEGIN:STANDARD", "DTSTART:16010101T000000", f"TZOFFSETFROM:{offset}", f"TZOFFSETTO:{offset}",
        "END:STANDARD",
    )  # fmt: skip


MICROSOFT = zone(
    "Customized Time Zone",
    "BEGIN:STANDARD", "DTSTART:16010101T030000", "TZOFFSETFROM:+0200", "TZOFFSETTO:+0100",
    "RRULE:FREQ=YEARLY;INTERVAL=1;BYDAY=-1SU;BYMONTH=10", "END:STANDARD",
    "BEGIN:DAYLIGHT", "DTSTART:16010101T020000", "TZOFFSETFROM:+0100", "TZOFFSETTO:+0200",
    "RRULE:FREQ=YEARLY;INTERVAL=1;BYDAY=-1SU;BYMONTH=3", "END:DAYLIGHT",
)  # fmt: skip


@pytest.mark.promise("C15")
@pytest.mark.parametrize(
    ("name", "summer", "winter"),
    [
        ("Europe/Berlin", "07:00", "08:00"),
        ("europe/berlin", "07:00", "08:00"),
        ("W. Europe Standard Time", "07:00", "08:00"),
        ("Eastern Standard Time", "13:00", "14:00"),
        ("India Standard Time", "03:30", "03:30"),
        ("UTC", "09:00", "09:00"),
        ("/freeassociation.sourceforge.net/Europe/Berlin", "07:00", "08:00"),
        ("/mozilla.org/20050126_1/America/Indiana/Knox", "14:00", "15:00"),
        ("tzone://Microsoft/Utc", "09:00", "09:00"),
        ("(UTC+01:00) Amsterdam, Berlin, Bern, Rome, Stockholm, Vienna", "07:00", "08:00"),
        ("GMT+0100", "08:00", "08:00"),
        ("UTC-5", "14:00", "14:00"),
        ("Etc/GMT+5", "14:00", "14:00"),
        ("PST", "16:00", "17:00"),
    ],
)
def test_a_named_zone_is_found(name: str, summer: str, winter: str) -> None:
    shown = f'"{name}"' if any(mark in name for mark in ",:;") else name
    reading = read(
        event(f"DTSTART;TZID={shown}:20260706T090000", "DURATION:PT1H", uid="summer"),
        event(f"DTSTART;TZID={shown}:20261105T090000", "DURATION:PT1H", uid="winter"),
        zone="Asia/Tokyo",
    )
    assert starts(reading) == [f"07-06 {summer}", f"11-05 {winter}"]
    assert "zone_unknown" not in reading.warnings


def test_an_unquoted_display_name_with_a_colon_is_found() -> None:
    found = only(
        event("DTSTART;TZID=(UTC+01:00) Amsterdam, Berlin:20261105T090000", "DURATION:PT1H"),
        zone="Asia/Tokyo",
    )
    assert found.start == utc("11-05 08:00")


@pytest.mark.promise("C15")
@pytest.mark.parametrize("name", ["Nowhere/Land", "../../etc/passwd", "localtime", "x" * 1_000_000, "Europe"])
def test_an_unknown_zone_is_the_calendars_own_with_a_warning(name: str) -> None:
    reading = read(event(f"DTSTART;TZID={name}:20261105T090000", "DURATION:PT1H"))
    assert (starts(reading), reading.warnings) == (["11-05 08:00"], ("zone_unknown",))


def test_a_floating_time_lies_in_the_zone_of_the_document_then_of_the_calendar() -> None:
    floating = event("DTSTART:20261105T090000", "DURATION:PT1H")
    assert only(floating, zone="America/New_York").start == utc("11-05 14:00")
    assert only("X-WR-TIMEZONE:Asia/Tokyo", floating, zone="America/New_York").start == utc("11-05 00:00")
    assert only(floating, zone="Not/AZone").start == utc("11-05 09:00")


@pytest.mark.promise("C15")
def test_a_zone_defined_in_the_document_changes_its_clocks() -> None:
    daily = event(
        "DTSTART;TZID=Customized Time Zone:20261024T090000", "DURATION:PT1H", "RRULE:FREQ=DAILY;COUNT=3"
    )
    for parts in ([MICROSOFT, daily], [daily, MICROSOFT]):
        assert starts(read(*parts, zone="Asia/Tokyo")) == ["10-24 07:00", "10-25 08:00", "10-26 08:00"]


@pytest.mark.promise("C15")
def test_zones_of_the_same_name_in_two_documents_stay_apart() -> None:
    named = event("DTSTART;TZID=Customized Time Zone:20261105T090000", "DURATION:PT1H")
    one, two, none = (
        read(*parts, zone="UTC")
        for parts in (
            [fixed("Customized Time Zone", "+0100"), named],
            [fixed("Customized Time Zone", "+0500"), named],
            [named],
        )
    )
    assert [starts(one), starts(two), starts(none)] == [["11-05 08:00"], ["11-05 04:00"], ["11-05 09:00"]]


def test_a_known_name_wins_over_a_wrong_definition() -> None:
    lying = fixed("Europe/Berlin", "+0900")
    assert only(lying, event("DTSTART;TZID=Europe/Berlin:20261105T090000", "DURATION:PT1H")).start == utc(
        "11-05 08:00"
    )


def test_a_definition_that_says_where_it_lies_is_that_place() -> None:
    placed = fixed("Strange", "+0000").replace(
        "BEGIN:STANDARD", "X-LIC-LOCATION:Asia/Tokyo\r\nBEGIN:STANDARD"
    )
    found = only(placed, event("DTSTART;TZID=Strange:20261105T090000", "DURATION:PT1H"))
    assert (found.start, found.zone) == (utc("11-05 00:00"), "Asia/Tokyo")


def test_a_definition_whose_name_is_escaped_is_found() -> None:
    escaped = fixed("Kuala Lumpur\\, Singapore", "+0800")
    found = only(escaped, event('DTSTART;TZID="Kuala Lumpur, Singapore":20261105T090000', "DURATION:PT1H"))
    assert found.start == utc("11-05 01:00")


def test_a_definition_by_dates_changes_its_clocks_on_them() -> None:
    dated = zone(
        "Dated",
        "BEGIN:STANDARD", "DTSTART:20200101T000000", "TZOFFSETFROM:+0100", "TZOFFSETTO:+0100", "END:STANDARD",
        "BEGIN:DAYLIGHT", "DTSTART:20260401T000000", "RDATE:20260501T000000", "TZOFFSETFROM:+0100",
        "TZOFFSETTO:+0300", "END:DAYLIGHT",
    )  # fmt: skip
    reading = read(dated, *(
        event(f"DTSTART;TZID=Dated:2026{day}T120000", "DURATION:PT1H", uid=day) for day in ("0331", "0402")
    ))  # fmt: skip
    assert starts(reading) == ["03-31 11:00", "04-02 09:00"]


@pytest.mark.parametrize(
    "rule", ["FREQ=HOURLY", "FREQ=SECONDLY", "FREQ=DAILY", "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30"]
)
def test_a_definition_with_a_rule_that_is_not_for_zones_costs_nothing(rule: str) -> None:
    bomb = fixed("Bomb", "+0500").replace("END:STANDARD", f"RRULE:{rule}\r\nEND:STANDARD")
    assert only(bomb, event("DTSTART;TZID=Bomb:20261105T090000", "DURATION:PT1H")).start == utc("11-05 04:00")


@pytest.mark.parametrize(
    "definition",
    [
        zone("Bad"),
        zone("Bad", "BEGIN:STANDARD", "TZOFFSETFROM:+0100", "END:STANDARD"),
        fixed("Bad", "+9900"),
        fixed("Bad", "0100"),
        fixed("Bad", "+0100").replace("16010101T000000", "later"),
    ],
)
def test_a_definition_that_says_nothing_is_the_calendars_own_zone(definition: str) -> None:
    reading = read(definition, event("DTSTART;TZID=Bad:20261105T090000", "DURATION:PT1H"))
    assert (starts(reading), reading.warnings) == (["11-05 08:00"], ("zone_unknown",))


@pytest.mark.promise("C15")
@pytest.mark.parametrize(
    ("start", "end", "span"),
    [
        # 02:30 does not exist on this day: it is 03:30 by the new clock, and half an hour stays half an hour.
        ("20260329T023000", "20260329T030000", ("03-29 01:30", "03-29 02:00")),
        ("20260329T023000", "20260329T033000", ("03-29 01:30", "03-29 02:30")),
        ("20260329T013000", "20260329T033000", ("03-29 00:30", "03-29 01:30")),
        # 02:30 happens twice: the first one counts, and the end is the later of the two readings.
        ("20261025T023000", "20261025T033000", ("10-25 00:30", "10-25 02:30")),
    ],
)
def test_an_event_in_the_hour_of_a_clock_change_never_vanishes(
    start: str, end: str, span: tuple[str, str]
) -> None:
    found = only(event(f"DTSTART;TZID=Europe/Berlin:{start}", f"DTEND;TZID=Europe/Berlin:{end}"))
    assert (found.start, found.end) == (utc(span[0]), utc(span[1]))


def test_start_and_end_in_different_zones_are_instants() -> None:
    flight = event(
        "DTSTART;TZID=Europe/Berlin:20261105T120000", "DTEND;TZID=America/New_York:20261105T150000"
    )
    found = only(flight)
    assert (found.start, found.end) == (utc("11-05 11:00"), utc("11-05 20:00"))


def test_reading_does_not_depend_on_what_was_read_before() -> None:
    named = event("DTSTART;TZID=Mine:20261105T090000", "DURATION:PT1H")
    before = occurrences(calendar(named), window=YEAR, default_zone="UTC")
    occurrences(calendar(fixed("Mine", "+0300"), named), window=YEAR, default_zone="UTC")
    assert occurrences(calendar(named), window=YEAR, default_zone="UTC") == before


def test_a_definition_is_converted_once_however_many_resources_carry_it() -> None:
    daily = event("DTSTART;TZID=Customized Time Zone:20261024T090000", "DURATION:PT1H")
    read(MICROSOFT, daily)
    budget = Budget(1_000)
    read(MICROSOFT, daily, budget=budget)
    assert budget.left == 1_000


def test_many_different_definitions_stay_within_the_budget() -> None:
    parts = []
    for number in range(60):
        parts.append(MICROSOFT.replace("Customized Time Zone", f"Zone {number}"))
        parts.append(event(f"DTSTART;TZID=Zone {number}:20260706T090000", "DURATION:PT1H", uid=f"{number}"))
    budget = Budget(200_000)
    reading = read(*parts, budget=budget)
    assert budget.left >= -10
    assert len(reading.occurrences) == 60
