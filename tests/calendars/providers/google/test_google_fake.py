"""The fake keeps Google's rules, also those that our provider never breaks: else it would hide a mistake."""

from typing import Any

import pytest
import requests

from tests.calendars.providers.google.conftest import EMAIL
from tests.calendars.providers.google.test_google_reading import hour, weekly
from tests.fakes.google import CALENDAR_LIST, GoogleFake

EVENTS_OF = f"calendars/{EMAIL}/events"


class Caller:
    """Asks the fake's API as anybody could."""

    def __init__(self, fake: GoogleFake) -> None:
        self.api = fake.addresses()["api"]
        self.token = fake.access_token(EMAIL)

    def __call__(
        self, method: str, path: str, body: Any = None, headers: dict[str, str] | None = None, **asked: Any
    ) -> tuple[int, Any]:
        """Status, and the reason of an error or the JSON."""
        sent = {"Authorization": f"Bearer {self.token}", **(headers or {})}
        answer = requests.request(method, self.api + path, json=body, headers=sent, params=asked, timeout=5)
        told = answer.json() if answer.content else {}
        return answer.status_code, told["error"]["errors"][0]["reason"] if "error" in told else told


@pytest.fixture
def call(fake: GoogleFake) -> Caller:
    return Caller(fake)


TEN, NINE = {"dateTime": "2026-11-02T10:00:00Z"}, {"dateTime": "2026-11-02T09:00:00Z"}


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (hour(id="Has-Capitals"), "invalid"),
        (hour(id="abc"), "invalid"),
        ({"start": {"date": "2026-11-02"}, "end": TEN}, "invalid"),
        ({"start": TEN, "end": NINE}, "timeRangeEmpty"),
        ({"summary": "no times"}, "invalid"),
        ({"start": NINE, "end": TEN, "recurrence": ["RRULE:FREQ=DAILY"]}, "required"),
    ],
)
def test_insert_of_nonsense_is_refused(call: Caller, body: Any, reason: str) -> None:
    assert call("POST", EVENTS_OF, body) == (400, reason)


def test_used_id_is_refused_also_when_its_event_was_deleted(call: Caller) -> None:
    assert call("POST", EVENTS_OF, hour(id="event1"))[0] == 200
    assert call("POST", EVENTS_OF, hour(id="event1")) == (409, "duplicate")
    assert call("DELETE", f"{EVENTS_OF}/event1") == (204, {})
    assert call("POST", EVENTS_OF, hour(id="event1")) == (409, "duplicate")
    assert call("DELETE", f"{EVENTS_OF}/event1") == (410, "deleted")
    assert call("GET", f"{EVENTS_OF}/event1")[1]["status"] == "cancelled"
    assert call("GET", f"{EVENTS_OF}/event2") == (404, "notFound")


def test_version_condition_is_kept(call: Caller) -> None:
    first = call("POST", EVENTS_OF, hour(id="event1"))[1]

    stale = call("PATCH", f"{EVENTS_OF}/event1", {"summary": "x"}, {"If-Match": '"0"'})
    good = call("PATCH", f"{EVENTS_OF}/event1", {"summary": "x"}, {"If-Match": first["etag"]})

    assert stale == (412, "conditionNotMet")
    assert (good[0], good[1]["summary"], good[1]["etag"] == first["etag"]) == (200, "x", False)


def test_patch_merges_removes_and_replaces(call: Caller) -> None:
    private = {"private": {"a": "1", "b": "2"}}
    guests = [{"email": "a@x"}, {"email": "b@x"}]
    body = hour(id="event1", extendedProperties=private, attendees=guests, location="Here")
    call("POST", EVENTS_OF, body)
    change = {
        "extendedProperties": {"private": {"a": None, "c": "3"}},
        "attendees": guests[:1],
        "location": None,
    }

    found = call("PATCH", f"{EVENTS_OF}/event1", change)[1]

    assert found["extendedProperties"] == {"private": {"b": "2", "c": "3"}}
    assert (found["attendees"], "location" in found, found["summary"]) == (guests[:1], False, "Busy")


def test_meeting_needs_version_one(call: Caller) -> None:
    wanted = {"conferenceData": {"createRequest": {"requestId": "r1"}}}

    without = call("POST", EVENTS_OF, {**hour(id="event1"), **wanted})[1]
    made = call("POST", EVENTS_OF, {**hour(id="event2"), **wanted}, conferenceDataVersion=1)[1]
    kept = call("PUT", f"{EVENTS_OF}/event2", hour())[1]
    lost = call("PUT", f"{EVENTS_OF}/event2", hour(), conferenceDataVersion=1)[1]

    links = [event.get("hangoutLink") for event in (without, made, kept, lost)]
    assert links == [None, made["hangoutLink"], made["hangoutLink"], None]


@pytest.mark.parametrize("other", ["timeMin", "timeMax", "q", "iCalUID", "updatedMin", "orderBy"])
def test_sync_token_goes_with_no_filter(call: Caller, other: str) -> None:
    token = call("GET", EVENTS_OF)[1]["nextSyncToken"]

    assert call("GET", EVENTS_OF, syncToken=token)[0] == 200
    assert call("GET", EVENTS_OF, syncToken=token, **{other: "2026-01-01T00:00:00Z"}) == (400, "badRequest")


def test_sync_token_comes_with_the_last_page_only(fake: GoogleFake, call: Caller) -> None:
    for _ in range(2):
        fake.put_event(EMAIL, hour())

    first = call("GET", EVENTS_OF, maxResults=1)[1]
    last = call("GET", EVENTS_OF, maxResults=1, pageToken=first["nextPageToken"])[1]

    assert ("nextSyncToken" in first, "nextSyncToken" in last, "nextPageToken" in last) == (
        False,
        True,
        False,
    )


def test_lists_tell_little_of_what_was_deleted(fake: GoogleFake, call: Caller) -> None:
    fake.put_event(EMAIL, hour(id="event1"))
    fake.put_event(EMAIL, weekly())
    token = call("GET", EVENTS_OF)[1]["nextSyncToken"]
    fake.delete_event(EMAIL, "event1")
    fake.delete_event(EMAIL, "weekly0_20261102T090000Z")

    changed = call("GET", EVENTS_OF, syncToken=token)[1]["items"]
    plain = call("GET", EVENTS_OF)[1]["items"]

    reduced = ["etag", "id", "kind", "status"]
    assert [sorted(one) for one in changed] == [
        reduced,
        sorted([*reduced, "originalStartTime", "recurringEventId"]),
    ]
    assert [one["id"] for one in plain] == ["weekly0", "weekly0_20261102T090000Z"]
    assert call("GET", EVENTS_OF, showDeleted="true")[1]["items"][0]["id"] == "event1"


def test_instances_of_a_series(fake: GoogleFake, call: Caller) -> None:
    fake.put_event(EMAIL, weekly())
    fake.patch_event(EMAIL, "weekly0_20261102T090000Z", summary="Changed")

    found = call("GET", f"{EVENTS_OF}/weekly0/instances")[1]["items"]

    assert [one["summary"] for one in found] == ["Changed", "Busy", "Busy", "Busy"]


def test_scopes_and_tokens_are_checked(fake: GoogleFake, call: Caller) -> None:
    call.token = fake.access_token(EMAIL, frozenset({CALENDAR_LIST}))
    assert call("GET", "users/me/calendarList")[0] == 200
    assert call("GET", EVENTS_OF) == (403, "insufficientPermissions")
    call.token = "ya29.nothing"
    assert call("GET", EVENTS_OF) == (401, "authError")


def test_calendars_of_another_account_are_not_there(fake: GoogleFake, call: Caller) -> None:
    fake.add_account("bob@host.example")

    assert call("GET", "calendars/bob@host.example/events") == (404, "notFound")


def test_field_that_was_not_asked_for_is_missing(fake: GoogleFake, call: Caller) -> None:
    fake.put_event(EMAIL, hour(id="event1", extendedProperties={"private": {"a": "1"}, "shared": {"b": "2"}}))

    told = call(
        "GET", EVENTS_OF, fields="items(id,start(timeZone),extendedProperties/private),nextSyncToken"
    )[1]

    assert sorted(told) == ["items", "nextSyncToken"]
    assert told["items"] == [
        {"id": "event1", "start": {"timeZone": "UTC"}, "extendedProperties": {"private": {"a": "1"}}}
    ]
