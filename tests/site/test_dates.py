"""Dates and times in words, one way for every page and mail (TZ-3, TZ-6)."""

from __future__ import annotations

from datetime import date, datetime, time
from importlib import import_module

import pytest
from django.conf import settings
from django.template import Context, Template
from django.utils import translation

from bookingsite import dates

EVENING = datetime(2026, 11, 23, 18, 5)
NAMED = ["DATE_FORMAT", "DATETIME_FORMAT", "DAY_FORMAT", "SHORT_DAY_FORMAT", "NEAR_DAY_FORMAT", "TIME_FORMAT"]


@pytest.mark.parametrize(
    ("language", "written"),
    [
        (
            "en",
            [
                "23 November 2026",
                "23 November 2026, 6:05 PM",
                "Monday 23 November 2026",
                "Mon 23 Nov 2026",
                "Monday 23 November",
                "6:05 PM",
            ],
        ),
        (
            "de",
            [
                "23. November 2026",
                "23. November 2026, 18:05",
                "Montag, 23. November 2026",
                "Mo, 23. Nov. 2026",
                "Montag, 23. November",
                "18:05",
            ],
        ),
        (
            "nb",
            [
                "23. november 2026",
                "23. november 2026 kl. 18:05",
                "mandag 23. november 2026",
                "man 23. nov. 2026",
                "mandag 23. november",
                "18:05",
            ],
        ),
    ],
)
def test_named_formats_in_templates(language: str, written: list[str]) -> None:
    lines = "\n".join(f'{{{{ at|date:"{name}" }}}}' for name in NAMED)

    with translation.override(language):
        shown = Template(lines).render(Context({"at": EVENING})).split("\n")

    assert shown == written


@pytest.mark.parametrize("language", [code for code, _name in settings.LANGUAGES])
def test_every_language_has_the_formats_that_django_lacks(language: str) -> None:
    formats = import_module(f"bookingsite.formats.{translation.to_locale(language)}.formats")

    assert {"DAY_FORMAT", "SHORT_DAY_FORMAT", "NEAR_DAY_FORMAT", "SECONDS_FORMAT"} - vars(
        formats
    ).keys() == set()


@pytest.mark.parametrize(
    ("language", "expected"), [("en", "Monday 23 November 2026"), ("de", "Montag, 23. November 2026")]
)
def test_day_text_of_a_date_and_of_a_datetime(language: str, expected: str) -> None:
    with translation.override(language):
        assert (dates.day_text(EVENING.date()), dates.day_text(EVENING)) == (expected, expected)


@pytest.mark.parametrize(
    ("language", "hours", "expected"),
    [
        ("en", None, ["12:00 AM", "12:00 PM", "6:05 PM"]),
        ("en", 24, ["00:00", "12:00", "18:05"]),
        ("de", None, ["00:00", "12:00", "18:05"]),
        ("nb", None, ["00:00", "12:00", "18:05"]),
        ("nb", 12, ["12:00 AM", "12:00 PM", "6:05 PM"]),
    ],
)
def test_time_text_by_language_and_choice(language: str, hours: int | None, expected: list[str]) -> None:
    with translation.override(language):
        shown = [dates.time_text(at, hours=hours) for at in (time(), time(12), EVENING)]

    assert shown == expected


@pytest.mark.parametrize(
    ("language", "expected"),
    [
        ("en", ["9:00 AM–5:00 PM", "10:30 PM–midnight", "12:00 AM–midnight"]),
        ("de", ["09:00–17:00", "22:30–24:00", "00:00–24:00"]),
        ("nb", ["09:00–17:00", "22:30–24:00", "00:00–24:00"]),
    ],
)
def test_range_text_ends_a_day_with_its_own_midnight(language: str, expected: list[str]) -> None:
    with translation.override(language):
        assert [dates.range_text(*span) for span in ((540, 1020), (1350, 1440), (0, 1440))] == expected


def test_date_text_leaves_the_weekday_out() -> None:
    with translation.override("en"):
        assert dates.date_text(date(2027, 3, 1)) == "1 March 2027"
