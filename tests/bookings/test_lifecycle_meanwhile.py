"""What was agreed, and what changes between looking and booking: the rules that count are those under the lock."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from availability.loading import ensure_default
from bookings.domain import lifecycle
from bookings.domain.errors import NotBookable, NotLive, SlotTaken, TooLate
from bookings.models import Booking, EventType
from bookingsite.models import User
from calendars.busy import Outcome, Recheck
from tests.factories.bookings import at, booked, event_type_of

pytestmark = pytest.mark.django_db
GUEST, HOST = Booking.Actor.GUEST, Booking.Actor.HOST


@pytest.mark.promise("A9", "A13")
def test_the_daily_limit_counts_all_hours_of_the_day_on_which_the_clock_goes_back(host):
    autumn = datetime(2027, 10, 25, 8, tzinfo=UTC)
    schedule = ensure_default(host)
    for weekday in range(7):
        schedule.weekly.filter(weekday=weekday).delete()
        schedule.weekly.create(weekday=weekday, start=0, end=1440)
    event_type = event_type_of(host, daily_limit=1, duration=15, increment=15)
    booked(event_type, datetime(2027, 10, 30, 22, tzinfo=UTC), now=autumn)  # 31 October, 00:00 in Berlin

    with pytest.raises(SlotTaken):
        booked(event_type, datetime(2027, 10, 31, 22, 45, tzinfo=UTC), now=autumn)  # 23:45, 24 h 45 min later


@pytest.mark.promise("A10")
def test_a_booking_that_is_moved_keeps_the_buffers_that_were_agreed(host, now):
    event_type = event_type_of(host, buffer_after=30)
    booking = booked(event_type, at(10), now=now)
    EventType.objects.update(buffer_after=0)
    booked(EventType.objects.get(), at(12), now=now, email="next@example.com")

    with pytest.raises(SlotTaken):
        lifecycle.reschedule(booking, at(11, 30), actor=GUEST, now=now)

    assert lifecycle.reschedule(booking, at(11), actor=GUEST, now=now).start == at(11)


@pytest.mark.promise("C19")
@pytest.mark.parametrize("by", [GUEST])
def test_the_last_look_before_a_move_covers_the_agreed_length(host, now, monkeypatch, by):
    booking = booked(event_type_of(host, duration=60), at(10), now=now)
    EventType.objects.update(duration=15, buffer_before=0)
    asked = []

    def recheck(owner: int, start: int, end: int, *, now: datetime) -> Recheck:
        asked.append((start, end))
        return Recheck(Outcome.FREE)

    monkeypatch.setattr("calendars.busy.recheck", recheck)

    lifecycle.reschedule(booking, at(13), actor=by, now=now)

    assert asked == [(int(at(13).timestamp()), int(at(14).timestamp()))]


@pytest.mark.parametrize("change", [{"is_active": False}, {"duration": 240}])
def test_the_rules_that_count_are_those_under_the_lock(host, now, monkeypatch, change):
    event_type = event_type_of(host)

    def meanwhile(*_args: object, **_kwargs: object) -> None:
        EventType.objects.update(**change)

    monkeypatch.setattr(lifecycle, "_ask_calendars", meanwhile)

    with pytest.raises((NotBookable, SlotTaken)):
        booked(event_type, at(16, 30), now=now)
    assert Booking.objects.count() == 0


def test_an_event_type_deleted_at_the_last_moment_is_not_bookable(host, now, monkeypatch):
    event_type = event_type_of(host)
    monkeypatch.setattr(lifecycle, "_ask_calendars", lambda *_a, **_k: EventType.objects.all().delete())

    with pytest.raises(NotBookable):
        booked(event_type, at(10), now=now)


def test_a_host_who_is_not_active_offers_no_time_to_move_to(host, now):
    booking = booked(event_type_of(host), at(10), now=now)
    User.objects.filter(pk=host.pk).update(is_active=False)

    with pytest.raises(SlotTaken):
        lifecycle.reschedule(Booking.objects.get(), at(11), actor=GUEST, now=now)

    assert lifecycle.cancel(booking, actor=GUEST, now=now).state == Booking.State.CANCELLED


@pytest.mark.promise("A7")
def test_the_deadline_is_judged_by_the_time_under_the_lock(host, now):
    seen = booked(event_type_of(host, cancel_notice=24 * 60), at(16), now=now)
    lifecycle.reschedule(Booking.objects.get(), at(10), actor=HOST, now=now)  # meanwhile, nearer

    with pytest.raises(TooLate):
        lifecycle.cancel(seen, actor=GUEST, now=at(11, day=1))


def test_a_booking_that_is_over_cannot_be_moved(host, now):
    booking = booked(event_type_of(host), at(10), now=now)

    with pytest.raises(NotLive):
        lifecycle.reschedule(booking, at(10, day=9), actor=HOST, now=at(12), any_time=True)
