"""Writing to Graph: one event whatever happens, no mails, and meetings that stay."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from threading import Barrier
from typing import Any
from uuid import NAMESPACE_URL, uuid5

import pytest

from calendars.providers import errors
from calendars.providers.base import Status, WishStatus, Written
from calendars.providers.microsoft import MicrosoftProvider
from calendars.providers.microsoft.own import UID_PROPERTY
from tests.calendars.providers.microsoft.conftest import EMAIL, Connect
from tests.calendars.providers.microsoft.copies import MARKER, RULES, WINDOW, ours, sent
from tests.calendars.providers.worlds import wish
from tests.fakes.microsoft import Fault, MicrosoftFake
from tests.fakes.microsoft.events import Event
from tests.fakes.microsoft.mailbox import FakeCalendar


def only(calendar: FakeCalendar) -> Event:
    [event] = calendar.events.values()
    return event


# Creating


@pytest.mark.promise("C3", "C17")
def test_put_writes_the_local_time_and_no_attendees(
    fake: MicrosoftFake, calendar: FakeCalendar, provider: MicrosoftProvider
) -> None:
    written = provider.put(calendar.id, ours(description="Agenda", location="Room 5"), None)

    [body] = sent(fake, "POST")
    assert body["start"] == {"dateTime": "2026-10-26T10:00:00", "timeZone": "Europe/Berlin"}
    assert (body["subject"], body["showAs"], body["transactionId"]) == ("Intro call: Ada", "busy", MARKER)
    assert (body["location"], body["body"]["content"]) == ({"displayName": "Room 5"}, "Agenda")
    assert {"attendees", "isOnlineMeeting"} & body.keys() == set()
    event = only(calendar)
    assert (written.key, written.etag, written.uid) == (event.id, event.etag, event.uid)
    assert written.meeting_url == ""


def test_put_in_the_second_of_two_equal_hours_is_written_in_utc(
    fake: MicrosoftFake, calendar: FakeCalendar, provider: MicrosoftProvider
) -> None:
    twice = datetime(2026, 10, 25, 1, 30, tzinfo=UTC)  # 02:30 in Berlin, for the second time

    provider.put(calendar.id, ours(start=twice, end=twice + timedelta(minutes=30)), None)

    [body] = sent(fake, "POST")
    assert body["start"] == {"dateTime": "2026-10-25T01:30:00", "timeZone": "UTC"}
    assert only(calendar).start == twice


@pytest.mark.parametrize(
    ("changes", "shows"),
    [
        ({}, "busy"),
        ({"status": WishStatus.TENTATIVE}, "tentative"),
        ({"transparent": True}, "free"),
        ({"status": WishStatus.CANCELLED}, "free"),
    ],
)
def test_put_shows_as_the_wish_is(
    calendar: FakeCalendar, provider: MicrosoftProvider, changes: dict[str, Any], shows: str
) -> None:
    provider.put(calendar.id, ours(**changes), None)

    assert only(calendar).fields["showAs"] == shows


def test_put_cuts_what_exchange_does_not_keep(calendar: FakeCalendar, provider: MicrosoftProvider) -> None:
    provider.put(calendar.id, ours(summary="A\nb\x00" + "x" * 300, location="L" * 300), None)

    fields = only(calendar).fields
    assert fields["subject"] == "A b" + "x" * 252
    assert fields["location"]["displayName"] == "L" * 255


def test_own_event_is_known_by_its_marker_in_a_delta(
    calendar: FakeCalendar, provider: MicrosoftProvider
) -> None:
    written = provider.put(calendar.id, ours(), None)

    pages = list(provider.changes(calendar.id, cursor=None, known={}, window=WINDOW))

    [item] = [item for page in pages for item in page.items]
    reading = provider.occurrences(item, window=WINDOW, rules=RULES)
    assert (reading.uid, reading.marker, item.etag) == (written.uid, MARKER, written.etag)


# Once, whatever happens


@pytest.mark.promise("C18")
def test_lost_answer_of_a_creation_is_one_event(
    fake: MicrosoftFake, calendar: FakeCalendar, provider: MicrosoftProvider
) -> None:
    fake.fail_next(Fault.hang_up(), match="^POST", after=True)
    with pytest.raises(errors.Unreachable):
        provider.put(calendar.id, ours(), None)

    written = provider.put(calendar.id, ours(summary="Again"), None)

    assert (only(calendar).id, only(calendar).fields["subject"]) == (written.key, "Again")


@pytest.mark.promise("C18")
def test_same_creation_at_once_is_one_event(
    fake: MicrosoftFake, calendar: FakeCalendar, provider: MicrosoftProvider
) -> None:
    """Two workers: the search of the second comes before the first has written."""
    empty = Fault.text(b'{"value": []}')
    provider.put(calendar.id, ours(), None)
    fake.fail_next(empty, match="GET .*filter")

    again = provider.put(calendar.id, ours(), None)

    assert (only(calendar).id, len(sent(fake, "POST"))) == (again.key, 2)


@pytest.mark.promise("C18")
def test_two_workers_that_write_the_same_event_make_one(calendar: FakeCalendar, connect: Connect) -> None:
    meet = Barrier(2)

    def work() -> str:
        provider = connect()
        meet.wait(timeout=5)
        return provider.put(calendar.id, ours(), None).key

    with ThreadPoolExecutor(2) as pool:
        keys = [one.result() for one in [pool.submit(work) for _ in range(2)]]

    assert keys == [only(calendar).id] * 2


@pytest.mark.promise("C18")
def test_creation_refused_for_its_transaction_id_updates_the_event_made_before(
    fake: MicrosoftFake, calendar: FakeCalendar, provider: MicrosoftProvider
) -> None:
    first = provider.put(calendar.id, ours(), None)
    fake.fail_next(Fault.text(b'{"value": []}'), match="GET .*filter")

    again = provider.put(calendar.id, ours(summary="Other"), None)

    assert (again.key, only(calendar).fields["subject"]) == (first.key, "Other")


@pytest.mark.promise("C18")
def test_event_deleted_outside_is_made_again_under_another_transaction_id(
    fake: MicrosoftFake, calendar: FakeCalendar, provider: MicrosoftProvider
) -> None:
    known = provider.put(calendar.id, ours(), None)
    fake.remove_event(calendar.id, known.key)

    written = provider.put(calendar.id, ours(), known)

    numbers = [body["transactionId"] for body in sent(fake, "POST")]
    assert (only(calendar).id, numbers[0], len(set(numbers))) == (written.key, MARKER, 2)


@pytest.mark.promise("C18")
def test_event_deleted_outside_is_made_again_without_memory_too(
    fake: MicrosoftFake, calendar: FakeCalendar, provider: MicrosoftProvider
) -> None:
    for _ in range(3):
        written = provider.put(calendar.id, ours(), None)
        fake.remove_event(calendar.id, written.key)
    with pytest.raises(errors.Conflict):  # three times is enough for one run
        provider.put(calendar.id, ours(), None)


@pytest.mark.promise("C18")
def test_lost_answer_when_made_again_is_one_event(
    fake: MicrosoftFake, calendar: FakeCalendar, provider: MicrosoftProvider
) -> None:
    known = provider.put(calendar.id, ours(), None)
    fake.remove_event(calendar.id, known.key)
    fake.fail_next(Fault.hang_up(), match="^POST", after=True)
    with pytest.raises(errors.Unreachable):
        provider.put(calendar.id, ours(), known)

    written = provider.put(calendar.id, ours(), known)

    assert only(calendar).id == written.key


@pytest.mark.promise("C18")
def test_lost_answer_of_an_update_may_be_repeated(
    fake: MicrosoftFake, calendar: FakeCalendar, provider: MicrosoftProvider
) -> None:
    known = provider.put(calendar.id, ours(), None)
    fake.fail_next(Fault.hang_up(), match="^PATCH", after=True)
    with pytest.raises(errors.Unreachable):
        provider.put(calendar.id, ours(summary="Moved"), known)

    written = provider.put(calendar.id, ours(summary="Moved"), known)

    assert (written.key, only(calendar).fields["subject"]) == (known.key, "Moved")


def test_update_with_its_version_is_one_request(
    fake: MicrosoftFake, calendar: FakeCalendar, provider: MicrosoftProvider
) -> None:
    known = provider.put(calendar.id, ours(), None)
    fake.log.clear()

    provider.put(calendar.id, ours(summary="Moved"), known)

    assert [seen.method for seen in fake.log] == ["PATCH"]
    assert fake.log[0].headers["If-Match"] == known.etag


def test_update_after_three_changes_by_others_gives_up(
    fake: MicrosoftFake, calendar: FakeCalendar, provider: MicrosoftProvider
) -> None:
    known = provider.put(calendar.id, ours(), None)
    fake.fail_next(Fault.error(412, "ErrorIrresolvableConflict"), match="^PATCH", times=3)

    with pytest.raises(errors.Conflict):
        provider.put(calendar.id, ours(summary="Moved"), known)
    assert len(sent(fake, "PATCH")) == 3


def test_put_into_a_deleted_calendar_is_not_found(
    fake: MicrosoftFake, calendar: FakeCalendar, provider: MicrosoftProvider
) -> None:
    known = provider.put(calendar.id, ours(), None)
    fake.remove_calendar(calendar.id)

    with pytest.raises(errors.NotFound):
        provider.put(calendar.id, ours(), known)
    with pytest.raises(errors.NotFound):
        provider.put(calendar.id, ours(), None)


def test_put_into_a_calendar_made_read_only_is_denied(
    calendar: FakeCalendar, provider: MicrosoftProvider
) -> None:
    known = provider.put(calendar.id, ours(), None)
    calendar.can_edit = False

    with pytest.raises(errors.PermissionDenied):
        provider.put(calendar.id, ours(summary="Moved"), known)


def test_uid_with_a_quote_is_looked_up_as_it_is(calendar: FakeCalendar, provider: MicrosoftProvider) -> None:
    for _ in range(2):
        provider.put(calendar.id, ours(uid="o'hara' or 1 eq 1@x"), None)

    assert only(calendar).extra[UID_PROPERTY] == "o'hara' or 1 eq 1@x"


# Cancelled, and gone


@pytest.mark.promise("C11")
def test_cancelled_event_that_is_kept_is_told_from_a_free_one(
    calendar: FakeCalendar, provider: MicrosoftProvider
) -> None:
    provider.put(calendar.id, ours(transparent=True), None)
    other = str(uuid5(NAMESPACE_URL, "bk-2"))
    provider.put(calendar.id, wish("bk-2", marker=other, status=WishStatus.CANCELLED), None)

    pages = list(provider.changes(calendar.id, cursor=None, known={}, window=WINDOW))

    items = [item for page in pages for item in page.items]
    readings = [provider.occurrences(item, window=WINDOW, rules=RULES) for item in items]
    assert [(reading.cancelled, len(reading.occurrences)) for reading in readings] == [(False, 1), (True, 0)]
    assert readings[0].occurrences[0].status is Status.FREE
    assert [reading.private_id for reading in readings] == ["bk-1", "bk-2"]


def test_delete_in_a_deleted_calendar_is_done(
    fake: MicrosoftFake, calendar: FakeCalendar, provider: MicrosoftProvider
) -> None:
    known = provider.put(calendar.id, ours(), None)
    fake.remove_calendar(calendar.id)

    provider.delete(calendar.id, key=known.key, uid=ours().uid)

    assert fake.lines("DELETE") != []


def test_delete_removes_every_event_of_the_uid(
    fake: MicrosoftFake, calendar: FakeCalendar, provider: MicrosoftProvider
) -> None:
    provider.put(calendar.id, ours(), None)
    fake.fail_next(Fault.text(b'{"value": []}'), match="GET .*filter")
    provider.put(calendar.id, wish(marker=str(uuid5(NAMESPACE_URL, "other"))), None)
    assert len(calendar.events) == 2

    provider.delete(calendar.id, key="bk-1.ics", uid=ours().uid)

    assert calendar.events == {}


def test_delete_of_an_id_that_graph_cannot_read_is_done(
    fake: MicrosoftFake, calendar: FakeCalendar, provider: MicrosoftProvider
) -> None:
    fake.fail_next(Fault.error(400, "ErrorInvalidIdMalformed"), match="^DELETE", times=2)

    provider.delete(calendar.id, key="unreadable", uid=ours().uid)

    assert calendar.events == {}


@pytest.mark.promise("C11")
def test_delete_finds_the_event_in_the_calendar_it_was_moved_to(
    fake: MicrosoftFake, calendar: FakeCalendar, provider: MicrosoftProvider
) -> None:
    known = provider.put(calendar.id, ours(), None)
    other = fake.add_calendar(EMAIL, "Other")
    fake.move_event(calendar.id, known.key, other.id)

    provider.delete(calendar.id, key=known.key, uid=ours().uid)

    assert (calendar.events, other.events) == ({}, {})


def test_no_mail_is_asked_for_by_any_write(
    fake: MicrosoftFake, calendar: FakeCalendar, provider: MicrosoftProvider
) -> None:
    known = provider.put(calendar.id, ours(meeting="teams"), None)
    provider.put(calendar.id, ours(summary="Moved", meeting="teams"), known)
    provider.delete(calendar.id, key=known.key, uid=ours().uid)

    bodies = sent(fake, "POST") + sent(fake, "PATCH")
    assert ["attendees" in body for body in bodies] == [False, False]


# Copies that people make


@pytest.mark.promise("C12")
def test_copy_of_our_event_is_the_owners_own_time(
    fake: MicrosoftFake, calendar: FakeCalendar, provider: MicrosoftProvider
) -> None:
    known = provider.put(calendar.id, ours(), None)
    copied = fake.copy_event(calendar.id, known.key)

    items = {item.key: item for item in provider.read_span(calendar.id, (ours().start, ours().end))}
    told = {key: provider.occurrences(item, window=WINDOW, rules=RULES) for key, item in items.items()}
    assert {key: (one.private_id, one.marker, one.uid) for key, one in told.items()} == {
        known.key: ("bk-1", MARKER, ours().uid),
        copied: ("", "", calendar.events[copied].uid),
    }


def test_copy_of_our_event_is_neither_changed_nor_deleted(
    fake: MicrosoftFake, calendar: FakeCalendar, provider: MicrosoftProvider
) -> None:
    known = provider.put(calendar.id, ours(), None)
    copied = fake.copy_event(calendar.id, known.key)

    provider.put(calendar.id, ours(summary="Moved"), None)
    assert calendar.events[copied].fields["subject"] == ours().summary
    provider.delete(calendar.id, key="bk-1.ics", uid=ours().uid)
    assert list(calendar.events) == [copied]


# Odd answers


def test_foreign_answer_to_a_creation_is_no_success(
    fake: MicrosoftFake, calendar: FakeCalendar, provider: MicrosoftProvider
) -> None:
    fake.fail_next(Fault.text(b"{}"), match="^POST")

    with pytest.raises(errors.ServerFailed):
        provider.put(calendar.id, ours(), None)


def test_creation_after_a_key_of_another_kind_is_looked_up(
    calendar: FakeCalendar, provider: MicrosoftProvider
) -> None:
    first = provider.put(calendar.id, ours(), None)

    again = provider.put(calendar.id, ours(summary="Again"), Written("bk-1.ics"))

    assert (again.key, only(calendar).fields["subject"]) == (first.key, "Again")
