"""Teams meetings: made with the event, where the account may, and kept when it changes."""

import pytest

from calendars.providers.microsoft import MicrosoftProvider
from calendars.providers.microsoft.writing import merged_body
from tests.calendars.providers.microsoft.copies import ours, sent
from tests.fakes.microsoft import MicrosoftFake
from tests.fakes.microsoft.events import RULER, Event
from tests.fakes.microsoft.mailbox import FakeCalendar

TEAMS = {"meeting": "teams"}


def only(calendar: FakeCalendar) -> Event:
    [event] = calendar.events.values()
    return event


@pytest.mark.promise("C3")
def test_teams_meeting_is_made_with_the_event(
    fake: MicrosoftFake, calendar: FakeCalendar, provider: MicrosoftProvider
) -> None:
    written = provider.put(calendar.id, ours(**TEAMS), None)

    [body] = sent(fake, "POST")
    assert (body["isOnlineMeeting"], body["onlineMeetingProvider"]) == (True, "teamsForBusiness")
    assert written.meeting_url.startswith("https://teams.example/l/meetup-join/")


@pytest.mark.promise("C3")
def test_teams_meeting_stays_when_the_event_changes(
    calendar: FakeCalendar, provider: MicrosoftProvider
) -> None:
    known = provider.put(calendar.id, ours(description="First", **TEAMS), None)

    again = provider.put(calendar.id, ours(description="Second <b>\nline", **TEAMS), known)
    last = provider.put(calendar.id, ours(description="Third", summary="Moved"), again)

    content = only(calendar).fields["body"]["content"]
    assert [one.meeting_url for one in (again, last)] == [known.meeting_url] * 2
    assert (content.count(known.meeting_url), content.count("Third"), content.count("Second")) == (1, 1, 0)


@pytest.mark.promise("C3")
def test_teams_meeting_added_outside_stays(
    fake: MicrosoftFake, calendar: FakeCalendar, provider: MicrosoftProvider
) -> None:
    known = provider.put(calendar.id, ours(), None)
    added = {"isOnlineMeeting": True, "onlineMeetingProvider": "teamsForBusiness"}
    fake.put_event(calendar.id, added, event_id=known.key)

    written = provider.put(calendar.id, ours(description="Changed"), known)

    assert written.meeting_url != ""
    assert only(calendar).fields["onlineMeeting"]["joinUrl"] == written.meeting_url


def test_teams_meeting_is_added_when_it_is_wished_later(
    calendar: FakeCalendar, provider: MicrosoftProvider
) -> None:
    known = provider.put(calendar.id, ours(), None)

    assert provider.put(calendar.id, ours(**TEAMS), known).meeting_url != ""


def test_personal_account_gets_the_event_without_a_link(
    fake: MicrosoftFake, calendar: FakeCalendar, provider: MicrosoftProvider
) -> None:
    calendar.meetings = ()

    written = provider.put(calendar.id, ours(**TEAMS), None)

    assert (written.meeting_url, only(calendar).fields["isOnlineMeeting"]) == ("", False)
    assert "isOnlineMeeting" not in sent(fake, "POST")[0]


def test_meet_is_not_made_here(calendar: FakeCalendar, provider: MicrosoftProvider) -> None:
    assert provider.put(calendar.id, ours(meeting="google_meet"), None).meeting_url == ""


LINK = "https://teams.example/l/1?a=1&b=2"
WORDS = f'<div><span>{RULER}</span></div><a href="https://teams.example/l/1?a=1&amp;b=2">Join</a><div>{RULER}</div>'


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (f"<html><body>old{WORDS}</body></html>", f"<html><body>new<br>{WORDS}</body></html>"),
        (f"old {RULER} more {LINK}{WORDS}", f"<html><body>new<br>{WORDS}"),
        (
            f'old<div class="me-email-text">{LINK}</div>',
            f'<html><body>new<br><div class="me-email-text">{LINK}</div>',
        ),
        ("no line, <a href='x'>join</a>", "new<br>no line, <a href='x'>join</a>"),
        ("new<br>no line", "new<br>no line"),
        ("", "new<br>"),
    ],
)
def test_body_keeps_the_words_of_the_meeting(before: str, after: str) -> None:
    assert merged_body("new", {"content": before}, LINK) == {"contentType": "html", "content": after}


def test_body_without_content_is_our_own() -> None:
    assert merged_body("new", None, LINK)["content"] == "new<br>"
