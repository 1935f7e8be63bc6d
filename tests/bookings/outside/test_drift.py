"""An event of a booking moved or deleted in the calendar: a question, or the answer given for good (C16)."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bookings.domain import lifecycle
from bookings.models import Booking, OutsideChange
from bookings.outside import drift
from calendars.models import Item, Write
from calendars.sync import pull
from tests.bookings.outside.conftest import TEN, Desk, changes
from tests.factories import calendars as make
from tests.factories.bookings import at

pytestmark = pytest.mark.django_db(transaction=True)
HOST, GUEST = "anna@example.org", "gina@example.com"
MINUTE = timedelta(minutes=1)
MOVED = "New time: First talk with Anna Berg, Tuesday 2 March 2027, 9:00 AM"


def question(booking: Booking) -> OutsideChange:
    return OutsideChange.objects.select_related("booking", "calendar__account").get(
        booking=booking, state="open"
    )


def refused(booking: Booking, desk: Desk) -> str:
    """Why following fails; the question stays."""
    with pytest.raises(drift.CannotFollow) as problem:
        drift.follow(question(booking), now=desk.now)
    return problem.value.refusal


@pytest.mark.promise("C16")
def test_moved_event_is_asked_about_and_moves_nothing(desk: Desk, booking: Booking) -> None:
    desk.drag(booking, at(15))
    desk.work()

    booking.refresh_from_db()
    asked = question(booking)
    assert (booking.start, booking.sequence) == (TEN, 0)
    assert (asked.change, asked.start, asked.end) == ("moved", at(15), at(15, 30))
    assert b"Renamed by hand" in desk.event(booking)
    assert desk.subjects() == []


@pytest.mark.promise("C16")
def test_host_is_mailed_once_however_often_the_event_is_dragged(desk: Desk, booking: Booking) -> None:
    for hour in (14, 15):
        desk.drag(booking, at(hour))
    desk.work(after=MINUTE)
    desk.drag(booking, at(16))
    desk.work(after=MINUTE)

    [mail] = desk.mails()
    assert mail.receivers == [HOST]
    assert mail.mail["Subject"] == "An event of a booking was changed in your calendar"
    text = mail.text()
    assert "First talk with Gina Guest: Booked for Tuesday 2 March 2027, 10:00 AM – 10:30 AM" in text
    assert "In Work: Tuesday 2 March 2027, 3:00 PM – 3:30 PM (Europe/Berlin, UTC+1)" in text
    assert f"http://testserver/bookings/{booking.public_id}/" in text
    assert changes(booking) == [("moved", "open", "")]


@pytest.mark.promise("C16")
def test_one_mail_names_all_that_were_dragged_about(desk: Desk) -> None:
    first, second = desk.book(), desk.book(at(12))
    desk.wipe(first, second)
    desk.work(after=MINUTE)

    assert desk.subjects() == ["2 events of bookings were changed in your calendar"]
    assert desk.mails()[0].text().count("Deleted in Work") == 2


def test_answered_question_is_not_mailed(desk: Desk, booking: Booking) -> None:
    desk.wipe(booking)
    drift.put_back(question(booking), now=desk.now)
    desk.work(after=MINUTE)

    assert desk.subjects() == []


@pytest.mark.promise("C16")
def test_text_changed_outside_is_left_alone_and_no_question(desk: Desk, booking: Booking) -> None:
    desk.drag(booking, TEN)
    desk.work()

    booking.refresh_from_db()
    assert (changes(booking), booking.title) == ([], "First talk")
    assert b"Renamed by hand" in desk.event(booking)


@pytest.mark.promise("C16")
def test_following_moves_the_booking_and_tells_the_guest(desk: Desk, booking: Booking) -> None:
    desk.drag(booking, at(15), minutes=45)

    drift.follow(question(booking), now=desk.now)
    desk.work()
    desk.pass_time()

    booking.refresh_from_db()
    assert (booking.start, booking.end) == (at(15), at(15, 45))
    assert changes(booking) == [("moved", "followed", "")]
    assert desk.subjects(GUEST) == [MOVED]
    assert b"DTSTART;TZID=Europe/Berlin:20270302T150000" in desk.event(booking)


@pytest.mark.promise("C16")
def test_deleted_event_is_put_back_exactly_once(desk: Desk, booking: Booking) -> None:
    desk.wipe(booking)

    drift.put_back(question(booking), now=desk.now)
    desk.work()
    desk.pass_time()

    assert changes(booking) == [("deleted", "put_back", "")]
    assert list(desk.server.calendar("work").items) == [f"{booking.public_id}.ics"]
    assert desk.subjects() == []


@pytest.mark.promise("C16")
def test_moved_event_is_put_back_to_its_time(desk: Desk, booking: Booking) -> None:
    desk.drag(booking, at(15))

    drift.put_back(question(booking), now=desk.now)
    desk.work()
    desk.pass_time()

    assert b"DTSTART;TZID=Europe/Berlin:20270302T100000" in desk.event(booking)
    assert changes(booking) == [("moved", "put_back", "")]


@pytest.mark.promise("C16")
def test_cancelling_answers_a_deleted_event(desk: Desk, booking: Booking) -> None:
    desk.wipe(booking)

    lifecycle.cancel(booking, actor=Booking.Actor.HOST, now=desk.now)
    desk.work()

    assert changes(booking) == [("deleted", "followed", "")]
    assert desk.subjects(GUEST) == ["Cancelled: First talk with Anna Berg, Tuesday 2 March 2027, 4:00 AM"]


@pytest.mark.promise("C16")
def test_setting_to_follow_moves_and_cancels_by_itself(desk: Desk) -> None:
    moved, deleted = desk.book(), desk.book(at(12))
    desk.answers("follow")
    desk.drag(moved, at(15))
    desk.wipe(deleted)
    before = list(Booking.objects.order_by("start").values_list("start", "state"))
    desk.work()

    assert before == [(TEN, "confirmed"), (at(12), "confirmed")]  # not in the sync's own transaction
    rows = Booking.objects.order_by("start").values_list("start", "state")
    assert list(rows) == [(at(12), "cancelled"), (at(15), "confirmed")]
    assert desk.subjects(GUEST) == [
        MOVED,
        "Cancelled: First talk with Anna Berg, Tuesday 2 March 2027, 6:00 AM",
    ]
    assert [changes(moved), changes(deleted)] == [
        [("moved", "followed", "")],
        [("deleted", "followed", "")],
    ]


@pytest.mark.promise("C16")
def test_setting_to_put_back_tells_nobody(desk: Desk, booking: Booking) -> None:
    desk.answers("put_back")
    desk.wipe(booking)
    desk.work()
    desk.pass_time()
    desk.work(after=MINUTE)

    assert b"DTSTART;TZID=Europe/Berlin:20270302T100000" in desk.event(booking)
    assert (changes(booking), desk.subjects()) == ([("deleted", "put_back", "")], [])


def test_what_another_program_moves_again_and_again_is_asked_about(desk: Desk, booking: Booking) -> None:
    desk.answers("put_back")
    for _ in range(4):
        desk.drag(booking, at(15))
        desk.work()
        desk.pass_time()
    desk.work(after=MINUTE)

    assert changes(booking) == [("moved", "put_back", "")] * 3 + [("moved", "open", "again")]
    assert desk.subjects() == ["An event of a booking was changed in your calendar"]


@pytest.mark.promise("C16")
def test_what_another_program_moves_again_and_again_is_not_followed_for_ever(
    desk: Desk, booking: Booking
) -> None:
    desk.answers("follow")
    for hour in (13, 14, 15, 16):
        desk.drag(booking, at(hour))
        desk.work()

    booking.refresh_from_db()
    assert changes(booking) == [*[("moved", "followed", "")] * 3, ("moved", "open", "again")]
    assert (booking.start, len(desk.mails(GUEST))) == (at(15), 3)


@pytest.mark.promise("C16")
def test_many_events_deleted_at_once_cancel_nothing_by_themselves(desk: Desk) -> None:
    made = [desk.book(at(9 + number)) for number in range(drift.MANY + 1)]
    desk.answers("follow")
    desk.wipe(*made)
    desk.work()
    desk.work(after=MINUTE)

    assert Booking.objects.filter(state="cancelled").count() == 0
    assert [changes(row) for row in made] == [[("deleted", "open", "many")]] * len(made)
    assert desk.subjects() == ["6 events of bookings were changed in your calendar"]


@pytest.mark.promise("C16")
def test_following_onto_another_booking_is_refused_and_stays_a_question(desk: Desk, booking: Booking) -> None:
    desk.book(at(15))
    desk.answers("follow")
    desk.drag(booking, at(15, 15))
    desk.work()
    desk.work(after=MINUTE)

    booking.refresh_from_db()
    assert (booking.start, changes(booking)) == (TEN, [("moved", "open", "taken")])
    assert refused(booking, desk) == "taken"
    assert desk.subjects() == ["An event of a booking was changed in your calendar"]


def test_time_that_has_passed_cannot_be_followed(desk: Desk, booking: Booking) -> None:
    desk.drag(booking, at(8, day=1))

    assert refused(booking, desk) == "past"


@pytest.mark.parametrize("minutes", [24 * 60, 3 * 24 * 60])
def test_whole_days_are_never_followed(desk: Desk, booking: Booking, minutes: int) -> None:
    desk.answers("follow")
    desk.drag(booking, at(0, day=4), minutes=minutes)
    desk.work()

    booking.refresh_from_db()
    assert (booking.start, changes(booking)) == (TEN, [("moved", "open", "shape")])


@pytest.mark.promise("C16")
def test_event_moved_back_outside_settles_the_question(desk: Desk, booking: Booking) -> None:
    desk.drag(booking, at(15))
    desk.drag(booking, TEN)

    assert changes(booking) == [("moved", "gone", "")]


def test_deleted_event_that_comes_back_settles_the_question(desk: Desk, booking: Booking) -> None:
    held = desk.event(booking)
    desk.wipe(booking)
    desk.server.store("work", f"{booking.public_id}.ics", held)
    desk.pass_time()

    assert changes(booking) == [("deleted", "gone", "")]


@pytest.mark.parametrize("change", ["moved", "cancelled"])
def test_booking_changed_meanwhile_settles_the_question(desk: Desk, booking: Booking, change: str) -> None:
    desk.drag(booking, at(15))
    if change == "moved":
        lifecycle.reschedule(booking, at(16), actor=Booking.Actor.HOST, now=desk.now)
    else:
        lifecycle.cancel(booking, actor=Booking.Actor.HOST, now=desk.now)

    assert changes(booking) == [("moved", "gone", "")]


def test_newer_change_replaces_the_older_question(desk: Desk, booking: Booking) -> None:
    desk.drag(booking, at(15))
    desk.wipe(booking)

    assert changes(booking) == [("deleted", "open", "")]


def test_what_is_over_is_no_question(desk: Desk, booking: Booking) -> None:
    desk.now += timedelta(days=2)
    desk.wipe(booking)

    assert changes(booking) == []


def test_question_about_a_passed_appointment_closes_itself(desk: Desk, booking: Booking) -> None:
    desk.wipe(booking)
    desk.work(after=timedelta(days=2))

    assert changes(booking) == [("deleted", "gone", "")]


def test_kept_event_of_a_cancelled_booking_may_be_deleted(desk: Desk, booking: Booking) -> None:
    type(desk.account).objects.update(delete_cancelled=False)
    booking.refresh_from_db()
    lifecycle.cancel(booking, actor=Booking.Actor.HOST, now=desk.now)
    desk.work()
    desk.pass_time()
    desk.wipe(booking)

    assert changes(booking) == []


@pytest.mark.promise("C16")
def test_own_write_is_never_taken_for_a_change_outside(desk: Desk, booking: Booking) -> None:
    moved = lifecycle.reschedule(booking, at(15), actor=Booking.Actor.HOST, now=desk.now)
    desk.pass_time()  # read before the new time is written
    desk.work()
    desk.pass_time()  # and after
    lifecycle.cancel(moved, actor=Booking.Actor.HOST, now=desk.now)
    desk.pass_time()
    desk.work()
    desk.pass_time()

    assert changes(booking) == []


@pytest.mark.promise("C16")
def test_write_between_reading_and_storing_is_not_taken_for_a_change(
    desk: Desk, booking: Booking, monkeypatch: pytest.MonkeyPatch
) -> None:
    held = desk.event(booking)
    desk.server.store("work", f"{booking.public_id}.ics", held.replace(b"SUMMARY:", b"SUMMARY:x "))
    take = pull._take

    def push_first(*args: object) -> None:
        monkeypatch.setattr(pull, "_take", take)
        lifecycle.reschedule(booking, at(15), actor=Booking.Actor.HOST, now=desk.now)
        desk.work("calendars.write", after=timedelta(seconds=2))
        take(*args)  # type: ignore[arg-type]

    monkeypatch.setattr(pull, "_take", push_first)
    desk.pass_time()

    write = Write.objects.get(uid=booking.uid)
    assert (write.is_settled, write.wish and write.wish["start"]) == (True, at(15).isoformat())
    assert changes(booking) == []


def test_copy_in_another_calendar_is_no_change(desk: Desk, booking: Booking) -> None:
    desk.server.calendars["team"] = type(desk.server.calendar("work"))(make.WORK)
    other = make.make_calendar(desk.account, remote_id="team", receives=False)
    desk.server.store("team", "copy.ics", make.event(at(15), uid=booking.uid))
    make.read_now(other, desk.now)
    desk.server.remove("team", "copy.ics")
    make.read_now(other, desk.now + MINUTE)

    assert (changes(booking), Item.objects.filter(calendar=other).count()) == ([], 0)
