"""Whole files in the shapes that well-known senders use."""

from pathlib import Path

import pytest

from calendars.providers.ical import occurrences, split
from tests.calendars.providers.ical.documents import YEAR

SAMPLES = Path(__file__).parents[3] / "samples" / "ical"


def told(name: str) -> list[str]:
    """Every occurrence of a sample as one short line, read for a calendar in Berlin."""
    reading = occurrences((SAMPLES / name).read_bytes(), window=YEAR, default_zone="Europe/Berlin")
    assert (reading.warnings, reading.bad) == ((), 0)
    return [
        f"{one.first_day}/{one.end_day} {one.status} {one.summary}"
        if one.all_day
        else f"{one.start:%m-%d %H:%M}/{one.end:%m-%d %H:%M} {one.status} {one.summary}"
        for one in reading.occurrences
    ]


@pytest.mark.promise("C13", "C14", "C15")
def test_a_series_from_google() -> None:
    assert told("google_series.ics") == [
        '10-12 07:30/10-12 08:00 busy Stand-up, team "Nord"',
        '10-26 08:30/10-26 09:00 busy Stand-up, team "Nord"',
        "11-03 12:00/11-03 13:00 busy Stand-up, moved",
        '11-09 08:30/11-09 09:00 busy Stand-up, team "Nord"',
        "2026-11-20/2026-11-21 free Grace's birthday",
    ]


@pytest.mark.promise("C13", "C14", "C15")
def test_an_export_from_outlook() -> None:
    assert told("outlook_export.ics") == [
        "09-24 12:00/09-24 14:00 busy Board",
        "2026-10-05/2026-10-07 elsewhere Working from the cabin",
        "10-11 22:00/10-13 22:00 oof Holiday",
        "10-29 13:00/10-29 15:00 busy Board",
        "11-26 13:00/11-26 15:00 busy Board",
    ]


@pytest.mark.promise("C5")
def test_nights_from_airbnb_end_on_the_day_of_departure() -> None:
    assert told("airbnb.ics") == [
        "2026-11-09/2026-11-12 busy Reserved",
        "2026-11-12/2026-11-14 busy Airbnb (Not available)",
    ]


@pytest.mark.promise("C5")
def test_nights_from_airbnb_are_kept_without_guest_data() -> None:
    kept = b"".join(group.data for group in split((SAMPLES / "airbnb.ics").read_bytes()).groups())
    assert b"Phone" not in kept
    assert b"https://" not in kept


@pytest.mark.promise("C5")
def test_closed_nights_that_share_a_uid_are_all_there() -> None:
    assert told("booking_com.ics") == [
        "2026-11-01/2026-11-03 busy CLOSED - Not available",
        "2026-11-03/2026-11-10 busy CLOSED - Not available",
    ]


def test_a_visit_from_apple_has_its_place_and_the_way_there() -> None:
    data = (SAMPLES / "apple_place.ics").read_bytes()
    [found] = occurrences(data, window=YEAR).occurrences
    assert told("apple_place.ics") == ["11-05 09:15/11-05 11:00 busy Visit"]
    assert (found.location, found.geo) == ("Pariser Platz\n10117 Berlin", (52.516275, 13.377704))
