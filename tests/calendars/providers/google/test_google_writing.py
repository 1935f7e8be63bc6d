"""Writing events: burnt ids, strangers' ids, versions that moved on, meetings."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier
from typing import Any

import pytest

from calendars.providers import errors
from calendars.providers.base import Meeting, ReadingRules, WishStatus, Written
from calendars.providers.google import GoogleProvider
from calendars.providers.google.marks import event_id, is_event_id
from calendars.providers.google.writing import Writer
from tests.calendars.providers.google.conftest import EMAIL, WINDOW, Connect
from tests.calendars.providers.worlds import START, wish
from tests.fakes.google import Fault, GoogleFake

RULES = ReadingRules(default_zone="Europe/Berlin")
OWN_ID = event_id(wish().uid, EMAIL)
WRITES = r"^(POST|PUT|PATCH|DELETE)"


def meet(**changes: Any) -> Any:
    return wish(meeting=Meeting.GOOGLE_MEET, **changes)


def put(provider: GoogleProvider, known: Written | None = None, **changes: Any) -> Written:
    return provider.put(EMAIL, wish(**changes), known)


@pytest.mark.promise("C17")
def test_event_carries_what_was_wished_and_nobody_is_invited(
    fake: GoogleFake, provider: GoogleProvider
) -> None:
    written = put(
        provider,
        description="Phone: 123\nNotes",
        location="Room 5",
        url="https://booking.example/b/1",
        marker="m",
    )

    event = fake.event(EMAIL, written.key)
    assert (event["id"], event["iCalUID"], event["etag"]) == (OWN_ID, written.uid, written.etag)
    assert (event["summary"], event["description"], event["location"]) == (
        "Intro call: Ada",
        "Phone: 123\nNotes",
        "Room 5",
    )
    assert event["start"] == {"dateTime": "2026-10-26T10:00:00+01:00", "timeZone": "Europe/Berlin"}
    assert event["end"] == {"dateTime": "2026-10-26T10:30:00+01:00", "timeZone": "Europe/Berlin"}
    assert (event["status"], event["transparency"]) == ("confirmed", "opaque")
    assert event["source"] == {"url": "https://booking.example/b/1", "title": "Intro call: Ada"}
    assert "attendees" not in event
    assert event["extendedProperties"]["private"] == {
        "bookingsiteEvent": OWN_ID,
        "bookingsiteUid": "bk-1@booking.example",
        "bookingsiteId": "bk-1",
        "bookingsiteMarker": "m",
        "bookingsiteSequence": "0",
        "bookingsiteStatus": "CONFIRMED",
    }


def test_every_write_asks_for_no_mails_and_keeps_meetings(fake: GoogleFake, provider: GoogleProvider) -> None:
    written = put(provider)
    put(provider, written, summary="Other")
    provider.delete(EMAIL, key=written.key, uid=wish().uid)
    put(provider)

    lines = fake.asked(WRITES)
    assert [line.partition(" ")[0] for line in lines] == ["POST", "PATCH", "DELETE", "POST", "PUT"]
    assert ["sendUpdates=none" in line for line in lines] == [True] * 5
    assert ["conferenceDataVersion=1" in line for line in lines] == [True, True, False, True, True]


def test_id_follows_from_booking_and_calendar() -> None:
    ids = {event_id("a@x", "c1"), event_id("a@x", "c2"), event_id("b@x", "c1"), event_id("a@x", "c1", 1)}

    assert (len(ids), [is_event_id(one) for one in ids]) == (4, [True] * 4)
    assert event_id("a@x", "c1") == event_id("a@x", "c1")
    assert (is_event_id("bk-1.ics"), is_event_id("0123456789")) == (False, False)


@pytest.mark.promise("C18")
def test_burnt_id_is_made_live_again(fake: GoogleFake, provider: GoogleProvider) -> None:
    written = put(provider)
    fake.delete_event(EMAIL, written.key)

    again = put(provider, summary="Again")

    assert (again.key, fake.event(EMAIL, again.key)["status"]) == (written.key, "confirmed")
    assert [event["summary"] for event in fake.events(EMAIL)] == ["Again"]


@pytest.mark.parametrize("etag", ["", '"1"', "current"])
def test_event_deleted_outside_comes_back_with_any_version(
    fake: GoogleFake, provider: GoogleProvider, etag: str
) -> None:
    written = put(provider)
    fake.delete_event(EMAIL, written.key)
    known = Written(written.key, fake.event(EMAIL, written.key)["etag"] if etag == "current" else etag)

    put(provider, known)

    assert [event["id"] for event in fake.events(EMAIL)] == [OWN_ID]


def test_event_that_google_forgot_is_made_anew(fake: GoogleFake, provider: GoogleProvider) -> None:
    written = put(provider)
    fake.forget_event(EMAIL, written.key)

    assert put(provider, written).key == written.key
    assert [event["id"] for event in fake.events(EMAIL)] == [OWN_ID]


def test_strangers_event_of_our_id_is_left_alone(fake: GoogleFake, provider: GoogleProvider) -> None:
    stranger = {"dateTime": START.isoformat()}
    fake.put_event(EMAIL, {"id": OWN_ID, "summary": "Stranger", "start": stranger, "end": stranger})

    written = put(provider)
    put(provider)
    provider.delete(EMAIL, key="bk-1.ics", uid=wish().uid)

    assert written.key == event_id(wish().uid, EMAIL, 1)
    assert [event["summary"] for event in fake.events(EMAIL)] == ["Stranger"]


def test_version_that_moved_on_is_read_again_and_only_our_fields_are_written(
    fake: GoogleFake, provider: GoogleProvider
) -> None:
    written = put(provider)
    fake.patch_event(EMAIL, written.key, colorId="7", summary="Edited")

    put(provider, written, sequence=1)

    event = fake.event(EMAIL, written.key)
    assert (event["summary"], event["colorId"]) == ("Intro call: Ada", "7")
    assert event["extendedProperties"]["private"]["bookingsiteSequence"] == "1"


def test_event_that_changes_again_and_again_is_a_conflict(fake: GoogleFake, provider: GoogleProvider) -> None:
    written = put(provider)
    fake.fail_next(Fault.error(412, "conditionNotMet"), match="^PATCH", times=10)

    with pytest.raises(errors.Conflict):
        put(provider, written, summary="Other")

    assert len(fake.asked("^PATCH")) == 4


@pytest.mark.parametrize(
    "changes",
    [
        {"start": {"date": "2026-10-26", "dateTime": None}, "end": {"date": "2026-10-27", "dateTime": None}},
        {"recurrence": ["RRULE:FREQ=DAILY;COUNT=3"]},
    ],
)
def test_whole_day_or_series_made_of_it_becomes_the_booking_again(
    fake: GoogleFake, provider: GoogleProvider, changes: dict[str, Any]
) -> None:
    written = put(provider)
    fake.patch_event(EMAIL, written.key, **changes)

    put(provider, written)

    [item] = provider.read_span(EMAIL, (START, START + timedelta(days=5)))
    reading = provider.occurrences(item, window=WINDOW, rules=RULES)
    assert [(one.start, one.end) for one in reading.occurrences] == [(START, START + timedelta(minutes=30))]


@pytest.mark.promise("C11")
def test_cancelled_and_kept_event_stays_visible_and_free(fake: GoogleFake, provider: GoogleProvider) -> None:
    written = put(provider)

    put(provider, written, status=WishStatus.CANCELLED, summary="Cancelled: Intro call")

    event = fake.event(EMAIL, written.key)
    assert (event["status"], event["transparency"]) == ("confirmed", "transparent")
    assert event["summary"] == "Cancelled: Intro call"


def test_calendar_that_is_gone_is_told(fake: GoogleFake, provider: GoogleProvider) -> None:
    written = put(provider)
    fake.remove_calendar(EMAIL)

    with pytest.raises(errors.NotFound):
        put(provider, written)
    with pytest.raises(errors.NotFound):
        put(provider)
    provider.delete(EMAIL, key=written.key, uid=wish().uid)


@pytest.mark.promise("C7")
def test_calendar_made_read_only_is_told(fake: GoogleFake, provider: GoogleProvider) -> None:
    written = put(provider)
    fake.change_calendar(EMAIL, role="reader")

    for act in (lambda: put(provider, written), lambda: put(provider)):
        with pytest.raises(errors.PermissionDenied):
            act()
    with pytest.raises(errors.PermissionDenied):
        provider.delete(EMAIL, key=written.key, uid=wish().uid)


@pytest.mark.promise("C18")
@pytest.mark.parametrize("verb", ["POST", "PATCH", "PUT", "DELETE"])
@pytest.mark.parametrize("fault", [Fault(drop=True), Fault.error(500), Fault.error(503), Fault.page()])
def test_done_but_the_answer_was_lost_may_be_repeated(
    fake: GoogleFake, provider: GoogleProvider, verb: str, fault: Fault
) -> None:
    known = None
    if verb != "POST":
        known = put(provider)
    if verb == "PUT":
        fake.delete_event(EMAIL, OWN_ID)
        known = None
    fake.fail_next(fault, match=f"^{verb}", after=True)

    def act() -> None:
        if verb == "DELETE":
            provider.delete(EMAIL, key=OWN_ID, uid=wish().uid)
        else:
            put(provider, known, summary="Second", sequence=1)

    with pytest.raises(errors.ProviderError):
        act()
    act()

    expected = [] if verb == "DELETE" else [("Second", OWN_ID)]
    assert [(event["summary"], event["id"]) for event in fake.events(EMAIL)] == expected


def test_long_texts_and_control_characters_are_made_fit(fake: GoogleFake, provider: GoogleProvider) -> None:
    written = put(provider, summary="A\nB\x00" + "x" * 5000, description="y" * 20_000, location="1\n2")

    event = fake.event(EMAIL, written.key)
    assert (event["summary"][:5], len(event["summary"]), len(event["description"])) == ("A Bxx", 1000, 8000)
    assert event["location"] == "1, 2"


# Meetings


@pytest.mark.promise("C2")
def test_meeting_is_made_with_the_event(fake: GoogleFake, provider: GoogleProvider) -> None:
    written = provider.put(EMAIL, meet(), None)

    assert written.meeting_url.startswith("https://meet.google.com/")
    assert written.meeting_url == fake.event(EMAIL, written.key)["hangoutLink"]


def test_later_puts_keep_the_meeting_and_tell_its_link(fake: GoogleFake, provider: GoogleProvider) -> None:
    first = provider.put(EMAIL, meet(), None)
    later = START + timedelta(days=1)

    moved = provider.put(EMAIL, meet(start=later, end=later + timedelta(hours=1), sequence=1), first)
    again = provider.put(EMAIL, meet(sequence=1), None)

    assert [one.meeting_url for one in (moved, again)] == [first.meeting_url] * 2


def test_put_without_a_wish_for_a_meeting_loses_none(fake: GoogleFake, provider: GoogleProvider) -> None:
    first = provider.put(EMAIL, meet(), None)

    put(provider, first, summary="Moved")

    assert fake.event(EMAIL, first.key)["hangoutLink"] == first.meeting_url


def test_meeting_that_takes_a_moment_is_waited_for(fake: GoogleFake) -> None:
    provider, waits = _with_writer(fake)
    fake.store.pending_meets = 2

    written = provider.put(meet(), None)

    assert (written.meeting_url != "", waits) == (True, [0.3, 0.7])


def test_meeting_that_takes_too_long_comes_with_a_later_put(fake: GoogleFake) -> None:
    provider, waits = _with_writer(fake)
    fake.store.pending_meets = 5

    first = provider.put(meet(), None)
    second = provider.put(meet(), first)

    assert (first.meeting_url, waits[:3]) == ("", [0.3, 0.7, 1.5])
    assert len([one for one in fake.seen if b"createRequest" in one.body]) == 1
    assert second.meeting_url == fake.event(EMAIL, first.key)["hangoutLink"]


def test_meeting_is_added_to_an_event_that_had_none(fake: GoogleFake, provider: GoogleProvider) -> None:
    first = put(provider)

    assert provider.put(EMAIL, meet(), first).meeting_url.startswith("https://meet.google.com/")


def test_event_that_comes_back_gets_a_meeting_of_its_own(fake: GoogleFake, provider: GoogleProvider) -> None:
    first = provider.put(EMAIL, meet(), None)
    fake.delete_event(EMAIL, first.key)

    again = provider.put(EMAIL, meet(), first)

    assert again.meeting_url.startswith("https://meet.google.com/")
    assert again.meeting_url != first.meeting_url


def test_lost_answer_makes_one_meeting(fake: GoogleFake, provider: GoogleProvider) -> None:
    fake.fail_next(Fault(drop=True), match="^POST", after=True)
    with pytest.raises(errors.Unreachable):
        provider.put(EMAIL, meet(), None)
    link = fake.event(EMAIL, OWN_ID)["hangoutLink"]

    assert provider.put(EMAIL, meet(), None).meeting_url == link


def test_other_kinds_of_meetings_are_passed_over(fake: GoogleFake, provider: GoogleProvider) -> None:
    written = put(provider, meeting=Meeting.TEAMS)

    assert (written.meeting_url, "conferenceData" in fake.event(EMAIL, written.key)) == ("", False)


def _with_writer(fake: GoogleFake) -> tuple[Writer, list[float]]:
    """A writer that does not sleep, and how long it would have."""
    from calendars.providers.google.transport import Api
    from tests.calendars.providers.google.conftest import POLICY, FakeTokens

    waits: list[float] = []
    api = Api(FakeTokens(fake), POLICY, fake.addresses()["api"])
    return Writer(api, EMAIL, pause=waits.append), waits


@pytest.mark.promise("C18")
def test_two_workers_at_the_same_time_make_one_event(fake: GoogleFake, connect: Connect) -> None:
    at_once = Barrier(2)

    def work(provider: GoogleProvider) -> Written:
        at_once.wait()
        return provider.put(EMAIL, meet(), None)

    with ThreadPoolExecutor(2) as workers:
        found = list(workers.map(work, [connect(), connect()]))

    [event] = fake.events(EMAIL)
    assert {one.key for one in found} == {event["id"]}
    assert {one.meeting_url for one in found} == {event["hangoutLink"]}
