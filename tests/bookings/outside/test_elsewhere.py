"""What is not followed by itself: many events moved at once, and events moved into another calendar (C16)."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from bookings.models import Booking, OutsideChange
from bookings.outside import drift, questions
from bookingsite.models import User
from calendars import writing
from calendars.models import Calendar
from tests.bookings.outside.conftest import TEN, Desk, changes
from tests.factories import calendars as make
from tests.factories.bookings import at

pytestmark = pytest.mark.django_db(transaction=True)
MINUTE = timedelta(minutes=1)
HOST, GUEST = "anna@example.org", "gina@example.com"
OPEN, FOLLOWED = [("deleted", "open", "")], [("deleted", "followed", "")]
ASKED = [("deleted", "open", "elsewhere")]


@pytest.fixture
def team(desk: Desk) -> Calendar:
    """A second calendar of Anna's at the same server, which blocks; read once."""
    return add(desk)


def add(desk: Desk, name: str = "team", **fields: object) -> Calendar:
    desk.server.calendars[name] = type(desk.server.calendar("work"))(make.WORK)
    calendar = make.make_calendar(desk.account, remote_id=name, receives=False, **fields)
    return make.read_now(calendar, desk.now)


def carry(desk: Desk, *bookings: Booking, to: str = "team") -> None:
    """Somebody moves the events into another calendar; the one they came from is read."""
    for booking in bookings:
        desk.server.store(to, f"{booking.public_id}.ics", desk.event(booking))
    desk.wipe(*bookings)


def shift(desk: Desk, made: list[Booking]) -> None:
    """Somebody moves all of these by a day; the calendar is read once."""
    for booking in made:
        data = make.event(booking.start + timedelta(days=1), minutes=30, uid=booking.uid)
        desk.server.store("work", f"{booking.public_id}.ics", data)
    desk.pass_time()


def read(desk: Desk, calendar: Calendar, after: timedelta = 2 * MINUTE) -> None:
    desk.now += after
    make.read_now(calendar, desk.now)


def states() -> set[str]:
    return set(Booking.objects.values_list("state", flat=True))


@pytest.mark.promise("C16")
def test_many_events_moved_at_once_move_nothing_by_themselves(desk: Desk) -> None:
    made = [desk.book(at(9 + number)) for number in range(drift.MANY + 1)]
    desk.answers("follow")
    shift(desk, made)
    desk.work()
    desk.work(after=MINUTE)

    starts = Booking.objects.order_by("start").values_list("start", flat=True)
    assert list(starts) == [at(9 + number) for number in range(drift.MANY + 1)]
    assert [changes(row) for row in made] == [[("moved", "open", "shifted")]] * len(made)
    assert (desk.subjects(GUEST), desk.subjects(HOST)) == (
        [],
        ["6 events of bookings were changed in your calendar"],
    )


@pytest.mark.promise("C16")
def test_a_few_events_moved_at_once_are_followed(desk: Desk) -> None:
    made = [desk.book(at(9 + number)) for number in range(drift.MANY)]
    desk.answers("follow")
    shift(desk, made)
    desk.work()

    assert [changes(row) for row in made] == [[("moved", "followed", "")]] * len(made)


def test_more_than_one_round_answers_are_all_asked_about(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(drift, "_AT_ONCE", 4)
    made = [desk.book(at(9 + number)) for number in range(drift.MANY + 1)]
    desk.answers("follow")
    shift(desk, made)
    desk.work()
    desk.work(after=MINUTE)

    assert [changes(row) for row in made] == [[("moved", "open", "shifted")]] * len(made)


def test_asked_event_that_is_only_renamed_is_still_asked_about(desk: Desk) -> None:
    made = [desk.book(at(9 + number)) for number in range(drift.MANY + 1)]
    desk.answers("follow")
    shift(desk, made)
    desk.work()
    renamed = make.event(made[0].start + timedelta(days=1), minutes=30, uid=made[0].uid, summary="Once more")
    desk.server.store("work", f"{made[0].public_id}.ics", renamed)
    desk.pass_time()
    desk.work()

    assert changes(made[0]) == [("moved", "open", "shifted")]


def test_unfinished_reading_is_not_followed(desk: Desk, booking: Booking) -> None:
    desk.answers("follow")
    start, end = at(15), at(15, 30)
    begun = desk.now + MINUTE  # stores in portions, and is not through
    drift.note(desk.calendar, uid=booking.uid, change="moved", start=start, end=end, now=begun)
    desk.work(after=2 * MINUTE)
    early = changes(booking)
    desk.drag(booking, start)
    desk.work()

    assert (early, changes(booking)) == ([("moved", "open", "")], [("moved", "followed", "")])


def test_crowd_noted_in_portions_is_asked_about_as_one(desk: Desk) -> None:
    made = [desk.book(at(9 + number)) for number in range(drift.MANY + 2)]
    desk.answers("follow")
    begun, day = desk.now + MINUTE, timedelta(days=1)
    for row in made[:-1]:
        start, end = row.start + day, row.end + day
        drift.note(desk.calendar, uid=row.uid, change="moved", start=start, end=end, now=begun)
    desk.work(after=2 * MINUTE)
    early = {state for row in made for state in changes(row)}
    shift(desk, made)
    desk.work()

    assert early == {("moved", "open", "")}
    assert [changes(row) for row in made] == [[("moved", "open", "shifted")]] * len(made)


@pytest.mark.promise("C16")
def test_event_moved_into_another_calendar_cancels_nothing(
    desk: Desk, booking: Booking, team: Calendar
) -> None:
    desk.answers("follow")
    carry(desk, booking)
    desk.work()
    early = changes(booking)
    read(desk, team)
    desk.work()
    desk.work(after=MINUTE)

    assert (early, changes(booking), states()) == (OPEN, ASKED, {"confirmed"})
    assert (desk.subjects(GUEST), desk.subjects(HOST)) == (
        [],
        ["An event of a booking was changed in your calendar"],
    )


@pytest.mark.promise("C16")
def test_event_under_another_name_in_another_calendar_cancels_nothing(
    desk: Desk, booking: Booking, team: Calendar
) -> None:
    booking.target.writes.update(remote_uid="given-by-the-server@example.net")  # type: ignore[union-attr]
    desk.answers("follow")
    desk.server.store("team", "x.ics", make.event(TEN, minutes=30, uid="given-by-the-server@example.net"))
    desk.wipe(booking)
    read(desk, team)
    desk.work()

    assert changes(booking) == ASKED


def test_event_deleted_everywhere_is_followed_once_the_others_are_read(
    desk: Desk, booking: Booking, team: Calendar
) -> None:
    desk.answers("follow")
    desk.wipe(booking)
    desk.work()
    early = changes(booking)
    read(desk, team)
    desk.work()

    assert (early, changes(booking), states()) == (OPEN, FOLLOWED, {"cancelled"})


def test_event_added_there_a_moment_after_it_was_deleted_here_cancels_nothing(
    desk: Desk, booking: Booking, team: Calendar
) -> None:
    desk.answers("follow")
    held = desk.event(booking)
    desk.wipe(booking)
    read(desk, team, after=MINUTE / 2)
    desk.work()
    early = changes(booking)
    desk.server.store("team", "moved.ics", held)
    read(desk, team, after=MINUTE / 2)
    desk.work()

    assert (early, changes(booking)) == (OPEN, ASKED)


def test_other_calendar_is_read_soon_instead_of_at_its_turn(
    desk: Desk, booking: Booking, team: Calendar
) -> None:
    desk.answers("follow")
    desk.wipe(booking)
    Calendar.objects.filter(pk=team.pk).update(run_at=desk.now + timedelta(hours=1))
    desk.work()

    team.refresh_from_db()
    assert team.run_at == desk.now + MINUTE


def test_other_calendar_in_trouble_keeps_its_pause_and_is_waited_for_in_vain(
    desk: Desk, booking: Booking, team: Calendar
) -> None:
    desk.answers("follow")
    desk.wipe(booking)
    pause = desk.now + timedelta(hours=1)
    Calendar.objects.filter(pk=team.pk).update(run_at=pause, error="unreachable")
    desk.work(after=drift.PATIENCE - MINUTE)
    early = changes(booking)
    desk.work(after=MINUTE)

    team.refresh_from_db()
    assert (early, changes(booking), team.run_at) == (OPEN, FOLLOWED, pause)


@pytest.mark.parametrize(
    "fields",
    [{"blocks": False}, {"writable": False}, {"vanished_at": at(8)}],
    ids=lambda one: next(iter(one)),
)
def test_calendar_that_cannot_have_taken_the_event_is_not_waited_for(
    desk: Desk, booking: Booking, team: Calendar, fields: dict[str, bool | datetime]
) -> None:
    carry(desk, booking)
    read(desk, team)
    Calendar.objects.filter(pk=team.pk).update(**fields, last_ok_at=at(8, day=1))
    desk.answers("follow")
    desk.work()

    assert changes(booking) == FOLLOWED


def test_calendar_of_somebody_else_counts_for_nothing(desk: Desk, booking: Booking, other_host: User) -> None:
    address, server = make.make_server()
    theirs = make.make_calendar(make.make_account(other_host, address=address))
    server.store("work", "copy.ics", desk.event(booking))
    make.read_now(theirs, desk.now)
    desk.answers("follow")
    desk.wipe(booking)
    desk.work()

    assert changes(booking) == FOLLOWED


def test_question_names_the_calendar_that_has_the_event(desk: Desk, booking: Booking, team: Calendar) -> None:
    desk.answers("follow")
    carry(desk, booking)
    read(desk, team)
    desk.work()
    [asked] = questions.of_host(desk.host, now=desk.now)
    desk.server.remove("team", f"{booking.public_id}.ics")
    read(desk, team)
    [later] = questions.of_host(desk.host, now=desk.now)

    assert asked.why_asked == (
        "The event is in another of your calendars now (Team), so the booking was not cancelled by itself. "
        "Please decide."
    )
    assert later.why_asked == ""


@pytest.mark.parametrize("many", [1, 3])
def test_looking_elsewhere_takes_the_same_queries_for_any_number(
    desk: Desk, team: Calendar, many: int
) -> None:
    made = [desk.book(at(9 + number)) for number in range(many)]
    gone = [writing.Gone(desk.calendar, row.uid, desk.now) for row in made]
    with CaptureQueriesContext(
        connection,
    ) as taken:
        found = writing.stands_elsewhere(gone)
        awaited = writing.awaited_elsewhere(gone, now=desk.now)

    assert (found, awaited, len(taken)) == ({}, frozenset(row.uid for row in made), 3)


def test_mishap_is_told_of_in_its_own_words() -> None:
    assert questions.why_not(OutsideChange.Refusal.SHIFTED) == (
        "Many events were moved at once, so no booking was moved by itself. Please decide."
    )
