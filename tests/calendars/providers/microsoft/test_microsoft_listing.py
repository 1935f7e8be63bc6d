"""The picker's list of an account's calendars."""

import pytest

from calendars.providers import errors
from calendars.providers.base import CalendarInfo
from calendars.providers.microsoft import MicrosoftProvider
from tests.calendars.providers.microsoft.conftest import EMAIL
from tests.fakes.microsoft import Fault, MicrosoftFake
from tests.fakes.microsoft.mailbox import FakeCalendar


@pytest.mark.promise("C3")
def test_calendars_are_listed_with_what_may_be_done(
    fake: MicrosoftFake, calendar: FakeCalendar, provider: MicrosoftProvider
) -> None:
    fake.graph.page_size = 2
    extra = [
        fake.add_calendar(EMAIL, "Team", owner="Team@contoso.example", can_edit=True, colour="#A1b2C3"),
        fake.add_calendar(EMAIL, "Boss", owner="boss@contoso.example", can_edit=False, colour="auto"),
        fake.add_calendar(EMAIL, "Birthdays", can_edit=False),
        fake.add_calendar(EMAIL, "Feiertage in Deutschland", can_edit=False),
        fake.add_calendar(EMAIL, "Football", can_edit=False),
        fake.add_calendar(EMAIL, "My holidays"),
    ]
    ids = [one.id for one in extra]

    assert provider.calendars() == [
        CalendarInfo(calendar.id, "Calendar", "#0078d4", writable=True, primary=True),
        CalendarInfo(ids[0], "Team", "#A1b2C3", writable=True),
        CalendarInfo(ids[1], "Boss", why_read_only="not_owner"),
        CalendarInfo(ids[2], "Birthdays", why_read_only="subscription", kind="birthdays"),
        CalendarInfo(ids[3], "Feiertage in Deutschland", why_read_only="subscription", kind="holidays"),
        CalendarInfo(ids[4], "Football", why_read_only="subscription", kind="subscription"),
        CalendarInfo(ids[5], "My holidays", writable=True),
    ]
    assert len(fake.lines("GET /v1.0/me/calendars")) == 4


def test_usual_calendar_comes_first(
    fake: MicrosoftFake, calendar: FakeCalendar, provider: MicrosoftProvider
) -> None:
    box = fake.boxes[EMAIL]
    other = fake.add_calendar(EMAIL, "Other")
    box.calendars = {other.id: other, calendar.id: calendar}

    assert [info.name for info in provider.calendars()] == ["Calendar", "Other"]


def test_renamed_calendar_keeps_its_id(calendar: FakeCalendar, provider: MicrosoftProvider) -> None:
    before = provider.calendars()
    calendar.name = "Work"

    assert [(info.remote_id, info.name) for info in provider.calendars()] == [(before[0].remote_id, "Work")]


def test_account_without_calendars(fake: MicrosoftFake, provider: MicrosoftProvider) -> None:
    fake.boxes[EMAIL].calendars.clear()

    with pytest.raises(errors.NoCalendars):
        provider.calendars()


@pytest.mark.parametrize("status", [401, 403, 404])
def test_account_without_a_mailbox_has_no_calendars(
    fake: MicrosoftFake, provider: MicrosoftProvider, status: int
) -> None:
    fake.fail_next(Fault.error(status, "MailboxNotEnabledForRESTAPI"), times=2)

    with pytest.raises(errors.NoCalendars):
        provider.calendars()
