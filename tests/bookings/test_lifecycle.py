"""Booking, rescheduling and cancelling, as every page, command and the admin do it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.db import IntegrityError, OperationalError, connection, transaction

from bookings import backstop
from bookings.domain import lifecycle, occupancy, slots
from bookings.domain.errors import KeyReused, NotBookable, NotLive, SlotTaken, TimesUnknown, TooBusy, TooLate
from bookings.models import Booking, Claim, HistoryEntry, Message
from bookingsite.models import User
from calendars.models import Account, Busy, Calendar, Item, Write
from tests.factories.bookings import at, booked, event_type_of, wish

pytestmark = pytest.mark.django_db
GUEST, HOST = Booking.Actor.GUEST, Booking.Actor.HOST


def calendar_of(host: User, **fields: object) -> Calendar:
    """A calendar that blocks, receives and was read just now."""
    account, _ = Account.objects.get_or_create(owner=host, provider="memory", label="Memory")
    values = {
        "blocks": True, "receives": True, "last_ok_at": datetime(2027, 3, 1, 7, 59, 30, tzinfo=UTC),
        "expanded_to": datetime(2028, 3, 1, tzinfo=UTC),
    }  # fmt: skip
    return Calendar.objects.create(
        account=account,
        owner=host,
        remote_id=f"c{Calendar.objects.count()}",
        name="Work",
        **{**values, **fields},
    )


def busy(calendar: Calendar, start: datetime, end: datetime) -> None:
    item = Item.objects.create(calendar=calendar, key=f"i{Item.objects.count()}", summary="Dentist")
    Busy.objects.create(calendar=calendar, item=item, start=int(start.timestamp()), end=int(end.timestamp()))


@pytest.mark.promise("B5", "E1")
def test_a_time_is_booked_once(host, now):
    event_type = event_type_of(host)

    first = booked(event_type, at(10), now=now)

    assert (first.start, first.end, first.state) == (at(10), at(10, 30), Booking.State.CONFIRMED)
    with pytest.raises(SlotTaken):
        booked(event_type, at(10), now=now, email="second@example.com")
    assert Booking.objects.count() == 1


@pytest.mark.promise("B5")
def test_the_same_time_of_another_event_type_of_the_host_is_taken_too(host, now):
    booked(event_type_of(host), at(10), now=now)

    with pytest.raises(SlotTaken):
        booked(event_type_of(host, duration=60), at(9, 30), now=now)


@pytest.mark.promise("B5")
def test_any_time_binds_a_host_by_other_bookings_only(host, now):
    event_type = event_type_of(host, notice=60 * 24 * 30, daily_limit=1)
    calendar = calendar_of(host)
    busy(calendar, at(10), at(11))
    by_host = {"actor": HOST, "key": "by-host"}

    first = lifecycle.book(wish(event_type, at(10), **by_host), now=now, any_time=True)
    again = lifecycle.book(wish(event_type, at(10), **by_host), now=now, any_time=True)
    second = lifecycle.book(wish(event_type, at(23), actor=HOST), now=now, any_time=True)

    assert (again.pk, second.start) == (first.pk, at(23))
    with pytest.raises(SlotTaken):
        lifecycle.book(wish(event_type, at(10, 15), actor=HOST), now=now, any_time=True)
    assert Claim.objects.count() == 2


def test_any_time_does_nothing_for_a_guest(host, now):
    with pytest.raises(SlotTaken):
        lifecycle.book(wish(event_type_of(host), at(23)), now=now, any_time=True)


@pytest.mark.promise("B5")
def test_the_database_itself_refuses_overlapping_claims(host, now):
    booking = booked(event_type_of(host), at(10), now=now)
    claim = booking.claims.get()
    other = Booking.objects.create(
        request_key="x", event_type=booking.event_type, host=host, start=at(10, 15), end=at(10, 45), title="x",
        place_kind="online",
    )  # fmt: skip

    with pytest.raises(IntegrityError), transaction.atomic():
        Claim.objects.create(
            resource=claim.resource, booking=other, start=at(10, 15), end=at(10, 45),
            padded_start=at(10, 15), padded_end=at(10, 45),
        )  # fmt: skip


@pytest.mark.promise("B5")
def test_a_missing_backstop_is_an_error_of_the_system_check(db):
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("ALTER TABLE bookings_claim DROP CONSTRAINT claims_never_overlap")
        else:
            cursor.execute("DROP TRIGGER claims_never_overlap_update")

    missing = backstop.check_backstop(databases=["default"])
    backstop.install(connection)

    assert [error.id for error in missing] == ["bookings.E001"]
    assert backstop.check_backstop(databases=["default"]) == []


def test_the_same_key_twice_is_one_booking(host, now):
    asked = wish(event_type_of(host), at(10))

    first, second = lifecycle.book(asked, now=now), lifecycle.book(asked, now=now)

    assert (first.pk, Booking.objects.count()) == (second.pk, 1)


def test_the_same_key_with_another_wish_is_refused(host, now):
    event_type = event_type_of(host)
    asked = wish(event_type, at(10))
    lifecycle.book(asked, now=now)

    with pytest.raises(KeyReused):
        booked(event_type, at(11), now=now, key=asked.key)


def test_an_event_type_that_is_off_cannot_be_booked(host, now):
    with pytest.raises(NotBookable):
        booked(event_type_of(host, is_active=False), at(10), now=now)


@pytest.mark.promise("A10")
def test_buffers_keep_clear_of_outside_events_and_of_bookings_alike(host, now):
    event_type = event_type_of(host, buffer_before=15, buffer_after=15, increment=15)
    busy(calendar_of(host), at(12), at(13))
    booked(event_type, at(10), now=now)

    offered = {start.astimezone(UTC) for start in slots.starts(event_type, at(9), at(14), now=now)}

    near = [
        at(9),
        at(9, 15),
        at(9, 30),
        at(10, 30),
        at(10, 45),
        at(11),
        at(11, 15),
        at(11, 30),
        at(13),
        at(13, 15),
    ]
    assert [start for start in near if start in offered] == [
        at(9),
        at(9, 15),
        at(10, 45),
        at(11),
        at(11, 15),
        at(13, 15),
    ]


@pytest.mark.promise("A9")
def test_a_full_day_takes_no_more_and_a_cancelled_booking_does_not_count(host, now):
    event_type = event_type_of(host, daily_limit=1)
    first = booked(event_type, at(10), now=now)
    full = slots.starts(event_type, at(0, day=2), at(0, day=3), now=now)

    lifecycle.cancel(first, actor=GUEST, now=now)

    assert full == []
    assert slots.starts(event_type, at(0, day=2), at(0, day=3), now=now) != []


def test_a_calendar_that_was_never_read_makes_no_time_free(host, now):
    event_type = event_type_of(host)
    calendar_of(host, last_ok_at=None)

    with pytest.raises(TimesUnknown):
        booked(event_type, at(10), now=now)


def test_a_calendar_read_too_long_ago_makes_no_time_free(host, now):
    event_type = event_type_of(host)
    calendar_of(host, last_ok_at=now - timedelta(hours=25))

    assert slots.starts(event_type, at(9), at(17), now=now) == []


@pytest.mark.promise("A7")
def test_notice_is_measured_from_now_as_instants(host, now):
    event_type = event_type_of(host, notice=26 * 60)

    offered = slots.starts(event_type, at(0, day=2), at(0, day=3), now=now)

    assert offered[0] == at(11)


@pytest.mark.promise("A6")
@pytest.mark.parametrize(
    ("window", "last"),
    [
        ({"window": "days", "window_days": 1}, at(16, 30, day=2)),
        ({"window": "business_days", "window_days": 5}, at(16, 30, day=8)),
        ({"window": "range", "window_first": "2027-03-03", "window_last": "2027-03-04"}, at(16, 30, day=4)),
    ],
)
def test_the_booking_window_ends_with_its_last_day(host, now, window, last):
    event_type = event_type_of(host, **window)
    event_type.refresh_from_db()

    offered = slots.starts(event_type, now, now + timedelta(days=60), now=now)

    assert offered[-1] == last


@pytest.mark.promise("B2", "C18")
def test_booking_writes_the_calendar_wish_and_the_messages_in_the_same_transaction(host, now):
    calendar = calendar_of(host)

    booking = booked(event_type_of(host), at(10), now=now)

    write = Write.objects.get()
    assert (write.calendar, write.uid, write.wish["start"]) == (calendar, booking.uid, at(10).isoformat())
    assert set(Message.objects.values_list("kind", "audience")) == {("booked", "guest"), ("booked", "host")}


@pytest.mark.promise("C17")
def test_the_written_event_carries_guest_contact_notes_place_and_source(host, now):
    calendar_of(host)

    booked(event_type_of(host, place_kind="phone", place="+49 30 1"), at(10), now=now, phone="+1 212 555",
           notes="Please be gentle", source="newsletter")  # fmt: skip

    wanted = Write.objects.get().wish
    for part in (
        "Gina Guest",
        "gina@example.com",
        "+1 212 555",
        "Please be gentle",
        "newsletter",
        "+49 30 1",
    ):
        assert part in wanted["description"]
    assert (wanted["location"], wanted["summary"]) == ("+49 30 1", "First talk with Gina Guest")


@pytest.mark.promise("B3", "B4")
def test_rescheduling_moves_claim_event_and_version(host, now):
    calendar_of(host)
    booking = booked(event_type_of(host), at(10), now=now)

    moved = lifecycle.reschedule(booking, at(11), actor=GUEST, now=now)

    claim, write = Claim.objects.get(), Write.objects.get()
    assert (moved.start, moved.sequence, claim.start) == (at(11), 1, at(11))
    assert (write.version, write.wish["start"], write.wish["sequence"]) == (2, at(11).isoformat(), 1)


@pytest.mark.promise("B5")
def test_rescheduling_onto_another_booking_is_refused_and_the_old_time_is_kept(host, now):
    event_type = event_type_of(host)
    booked(event_type, at(11), now=now)
    booking = booked(event_type, at(10), now=now)

    with pytest.raises(SlotTaken):
        lifecycle.reschedule(booking, at(11), actor=HOST, now=now, any_time=True)

    assert Booking.objects.get(pk=booking.pk).start == at(10)
    assert set(Claim.objects.values_list("start", flat=True)) == {at(10), at(11)}


def test_a_booking_may_move_by_less_than_its_own_length(host, now):
    booking = booked(event_type_of(host, duration=60), at(10), now=now)

    assert lifecycle.reschedule(booking, at(10, 30), actor=GUEST, now=now).start == at(10, 30)


@pytest.mark.promise("B3")
def test_the_host_may_choose_a_time_outside_the_hours_when_nothing_else_is_there(host, now):
    booking = booked(event_type_of(host), at(10), now=now)

    with pytest.raises(SlotTaken):
        lifecycle.reschedule(booking, at(20), actor=HOST, now=now)

    assert lifecycle.reschedule(booking, at(20), actor=HOST, now=now, any_time=True).start == at(20)


@pytest.mark.promise("B4", "A7")
def test_after_the_deadline_the_guest_can_neither_cancel_nor_move_but_the_host_can(host, now):
    booking = booked(event_type_of(host, cancel_notice=24 * 60), at(10), now=now)
    late = at(10) - timedelta(hours=24)

    with pytest.raises(TooLate):
        lifecycle.cancel(booking, actor=GUEST, now=late)
    with pytest.raises(TooLate):
        lifecycle.reschedule(booking, at(11), actor=GUEST, now=late)

    assert lifecycle.cancel(booking, actor=HOST, now=late).state == Booking.State.CANCELLED


@pytest.mark.promise("C11")
@pytest.mark.parametrize(("delete", "left"), [(True, None), (False, ("CANCELLED", True))])
def test_cancelling_removes_the_event_or_keeps_it_marked_and_free(host, now, delete, left):
    calendar = calendar_of(host)
    Account.objects.update(delete_cancelled=delete)
    booking = booked(event_type_of(host), at(10), now=now)

    lifecycle.cancel(booking, actor=GUEST, now=now, reason="Flu")

    wanted = Write.objects.get(calendar=calendar).wish
    assert (wanted and (wanted["status"], wanted["transparent"])) == left


def test_cancelling_twice_is_cancelling_once_and_the_time_is_free_again(host, now):
    event_type = event_type_of(host)
    booking = booked(event_type, at(10), now=now)

    lifecycle.cancel(booking, actor=GUEST, now=now)
    lifecycle.cancel(booking, actor=GUEST, now=now)

    assert booking.history.filter(action=HistoryEntry.Action.CANCELLED).count() == 1
    assert booked(event_type, at(10), now=now, email="next@example.com").start == at(10)


def test_a_cancelled_booking_cannot_be_moved(host, now):
    booking = booked(event_type_of(host), at(10), now=now)
    lifecycle.cancel(booking, actor=GUEST, now=now)

    with pytest.raises(NotLive):
        lifecycle.reschedule(Booking.objects.get(pk=booking.pk), at(11), actor=HOST, now=now)


def test_a_database_that_cannot_be_had_in_time_is_told_as_too_busy_and_nothing_is_written(
    host, now, monkeypatch
):
    event_type = event_type_of(host)

    def locked(_wanted: list[int]) -> None:
        raise OperationalError("database is locked")

    monkeypatch.setattr(occupancy, "_lock", locked)

    with pytest.raises(TooBusy):
        booked(event_type, at(10), now=now)
    assert (Booking.objects.count(), Message.objects.count()) == (0, 0)
