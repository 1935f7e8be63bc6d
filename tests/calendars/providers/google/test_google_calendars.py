"""The account's calendars."""

import pytest

from calendars.providers import errors
from calendars.providers.base import CalendarInfo
from calendars.providers.google import GoogleProvider
from tests.calendars.providers.google.conftest import EMAIL
from tests.fakes.google import GoogleFake

HOLIDAYS = "en.german#holiday@group.v.calendar.google.com"
BIRTHDAYS = "addressbook#contacts@group.v.calendar.google.com"
IMPORTED = "x1@import.calendar.google.com"


@pytest.mark.promise("C2")
def test_primary_calendar_is_told_with_zone_and_colour(fake: GoogleFake, provider: GoogleProvider) -> None:
    assert provider.calendars() == [
        CalendarInfo(EMAIL, EMAIL, "#9fe1e7", "Europe/Berlin", writable=True, primary=True)
    ]


@pytest.mark.parametrize(
    ("role", "writable", "why"),
    [
        ("owner", True, ""),
        ("writer", True, ""),
        ("writerWithoutPrivateAccess", True, ""),
        ("reader", False, "not_owner"),
        ("freeBusyReader", False, "not_owner"),
    ],
)
def test_role_says_whether_it_may_be_written(
    fake: GoogleFake, provider: GoogleProvider, role: str, writable: bool, why: str
) -> None:
    fake.add_calendar(EMAIL, "team@group.calendar.google.com", role=role)

    found = provider.calendars()[1]

    assert (found.writable, found.why_read_only, found.kind) == (writable, why, "calendar")


@pytest.mark.parametrize(
    ("calendar_id", "kind"),
    [(HOLIDAYS, "holidays"), (BIRTHDAYS, "birthdays"), (IMPORTED, "subscription")],
)
def test_kind_follows_from_the_id(
    fake: GoogleFake, provider: GoogleProvider, calendar_id: str, kind: str
) -> None:
    fake.add_calendar(EMAIL, calendar_id, role="reader")

    found = provider.calendars()[1]

    assert (found.kind, found.writable, found.why_read_only) == (kind, False, "subscription")


def test_hidden_calendars_and_every_page_are_listed(fake: GoogleFake, provider: GoogleProvider) -> None:
    fake.api.page_size = 2
    for number in range(4):
        fake.add_calendar(EMAIL, f"c{number}@group.calendar.google.com", hidden=number == 1)

    assert len(provider.calendars()) == 5
    assert len(fake.asked("calendarList")) == 3


def test_empty_list_is_an_error(fake: GoogleFake, provider: GoogleProvider) -> None:
    fake.remove_calendar(EMAIL)

    with pytest.raises(errors.NoCalendars):
        provider.calendars()


def test_renamed_calendar_keeps_its_id(fake: GoogleFake, provider: GoogleProvider) -> None:
    fake.change_calendar(EMAIL, name="Private")

    assert [(one.remote_id, one.name) for one in provider.calendars()] == [(EMAIL, "Private")]
