"""Any story of booking, cancelling, moving and changing calendars, step by step against the diary.

`BOOKING_STORIES` sets how many stories are tried (15 in the suite, 75 in the slow run).
"""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from itertools import count, pairwise

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    consumes,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)  # fmt: skip

from bookings.domain import lifecycle, slots
from bookings.domain.errors import SlotTaken
from bookings.models import Booking, Claim
from bookingsite.models import User
from calendars.models import Busy, Item, Write
from tests.bookings.properties.diary import BERLIN, DAYS, Diary, Rules
from tests.factories.bookings import event_type_of, wish
from tests.factories.calendars import make_account, make_calendar

NOW = datetime(2027, 3, 22, 8, 0, tzinfo=UTC)
WINDOW = (datetime(2027, 3, 26, tzinfo=UTC), datetime(2027, 3, 30, tzinfo=UTC))
STORIES = int(os.environ.get("BOOKING_STORIES", "15"))
GUEST, HOST = Booking.Actor.GUEST, Booking.Actor.HOST
_hosts = count(1)

rules = st.builds(
    Rules,
    duration=st.sampled_from([30, 45, 60]),
    increment=st.sampled_from([15, 30, 60]),
    before=st.sampled_from([0, 10, 30]),
    after=st.sampled_from([0, 15, 30]),
    daily_limit=st.sampled_from([None, 2, 4]),
)
wall_times = st.builds(  # mostly in the hours and on the grid, now and then not
    lambda day, minute: datetime(day.year, day.month, day.day, tzinfo=BERLIN) + timedelta(minutes=minute),
    st.sampled_from(DAYS),
    st.one_of(
        st.integers(9 * 4, 17 * 4).map(lambda quarter: quarter * 15),
        st.integers(8 * 12, 18 * 12).map(lambda five: five * 5),
    ),
)
busy_spans = st.builds(
    lambda start, minutes: (start, start + timedelta(minutes=minutes)),
    wall_times,
    st.sampled_from([5, 30, 90, 600]),
)


class Stories(RuleBasedStateMachine):
    """One host with a calendar and one event type; each story has a host of its own."""

    live = Bundle("live")
    gone = Bundle("gone")

    @initialize(asked=rules)
    def begin(self, asked: Rules) -> None:
        number = next(_hosts)
        self.host = User.objects.create_user(
            f"story{number}@example.org", None, name="Anna Berg", slug=f"story-{number}", zone="Europe/Berlin"
        )
        self.calendar = make_calendar(
            make_account(self.host),
            last_ok_at=NOW - timedelta(seconds=30),
            expanded_to=NOW + timedelta(days=400),
        )
        self.event_type = event_type_of(
            self.host, duration=asked.duration, increment=asked.increment, buffer_before=asked.before,
            buffer_after=asked.after, daily_limit=asked.daily_limit,
        )  # fmt: skip
        self.diary = Diary(asked)
        self.cancelled: set[int] = set()

    # --- what people do ---------------------------------------------------------------------------

    @rule(target=live, start=wall_times)
    def book(self, start: datetime) -> Booking | None:
        """A time that the diary has free is booked; any other is refused."""
        asked = wish(self.event_type, start.astimezone(UTC))
        if not self.diary.is_free(start):
            with pytest.raises(SlotTaken):
                lifecycle.book(asked, now=NOW)
            return None
        booking = lifecycle.book(asked, now=NOW)
        assert lifecycle.book(asked, now=NOW) == booking  # the same form, sent again
        self.diary.booked[booking.pk] = start
        return booking

    @rule(target=live, data=st.data())
    def book_what_is_offered(self, data: st.DataObject) -> Booking | None:
        """Every start of the list can be had."""
        offered = self.offered()
        if not offered:
            return None
        start = data.draw(st.sampled_from(offered))
        booking = lifecycle.book(wish(self.event_type, start), now=NOW)
        self.diary.booked[booking.pk] = start.astimezone(BERLIN)
        return booking

    @rule(target=gone, booking=consumes(live), actor=st.sampled_from([GUEST, HOST]))
    def cancel(self, booking: Booking | None, actor: Booking.Actor) -> Booking | None:
        """The time is free again."""
        if booking:
            lifecycle.cancel(booking, actor=actor, now=NOW)
            del self.diary.booked[booking.pk]
            self.cancelled.add(booking.pk)
        return booking

    @rule(booking=gone)
    def cancel_again(self, booking: Booking | None) -> None:
        """Nothing changes; the invariants look."""
        if booking:
            lifecycle.cancel(Booking.objects.get(pk=booking.pk), actor=GUEST, now=NOW)

    @rule(target=live, booking=consumes(live))
    def cancel_and_rebook(self, booking: Booking | None) -> Booking | None:
        """The list is afterwards what it was before, wherever the time can be booked again."""
        if booking is None or not self.diary.is_free(self.diary.booked[booking.pk], moving=booking.pk):
            return booking
        before, start = self.offered(), self.diary.booked.pop(booking.pk)
        lifecycle.cancel(Booking.objects.get(pk=booking.pk), actor=GUEST, now=NOW)
        self.cancelled.add(booking.pk)
        again = lifecycle.book(wish(self.event_type, start.astimezone(UTC)), now=NOW)
        self.diary.booked[again.pk] = start
        assert self.offered() == before
        return again

    @rule(booking=live, start=wall_times)
    def guest_moves(self, booking: Booking | None, start: datetime) -> None:
        """By the guest's rules, the booking's own time not counted."""
        if booking:
            self._move(booking, start, allowed=self.diary.is_free(start, moving=booking.pk), actor=GUEST)

    @rule(booking=live, start=wall_times)
    def host_moves(self, booking: Booking | None, start: datetime) -> None:
        """The daily limit does not bind the host."""
        if booking:
            allowed = self.diary.is_free(start, moving=booking.pk, is_host=True)
            self._move(booking, start, allowed=allowed, actor=HOST)

    @rule(booking=live, start=wall_times)
    def host_moves_anywhere(self, booking: Booking | None, start: datetime) -> None:
        """Only another booking is in the way."""
        if booking:
            allowed = not self.diary.clashes(start, moving=booking.pk)
            self._move(booking, start, allowed=allowed, actor=HOST, any_time=True)

    @rule(span=busy_spans)
    def calendar_fills(self, span: tuple[datetime, datetime]) -> None:
        """An event appears in the host's calendar."""
        if span not in self.diary.busy:
            item = Item.objects.create(calendar=self.calendar, key=str(span))
            start, end = (int(edge.timestamp()) for edge in span)
            Busy.objects.create(calendar=self.calendar, item=item, start=start, end=end)
            self.diary.busy.add(span)

    @precondition(lambda self: self.diary.busy)
    @rule(data=st.data())
    def calendar_empties(self, data: st.DataObject) -> None:
        """An event goes away."""
        span = data.draw(st.sampled_from(sorted(self.diary.busy)))
        Item.objects.get(calendar=self.calendar, key=str(span)).delete()
        self.diary.busy.remove(span)

    # --- what always holds -------------------------------------------------------------------------

    @invariant()
    def the_list_is_the_diary_s(self) -> None:
        assert self.offered() == [start.astimezone(UTC) for start in self.diary.offered()]

    @invariant()
    def claims_are_the_live_bookings_and_never_overlap(self) -> None:
        claims = sorted(Claim.objects.filter(resource__host=self.host).values_list("start", "end", "booking"))
        assert claims == sorted(
            (*(edge.astimezone(UTC) for edge in self.diary.core(start)), number)
            for number, start in self.diary.booked.items()
        )
        assert all(earlier[1] <= later[0] for earlier, later in pairwise(claims))

    @invariant()
    def each_booking_has_one_wish_history_and_mails(self) -> None:
        bookings = {booking.pk: booking for booking in Booking.objects.filter(host=self.host)}
        assert bookings.keys() == self.diary.booked.keys() | self.cancelled
        writes = {write.uid: write for write in Write.objects.filter(calendar=self.calendar)}
        assert writes.keys() == {booking.uid for booking in bookings.values()}
        for booking in bookings.values():
            assert booking.is_live == (booking.pk in self.diary.booked)
            assert (writes[booking.uid].wish is not None) == booking.is_live
            assert booking.history.count() == booking.sequence + 1
            assert booking.messages.count() == 2 * (booking.sequence + 1)

    def offered(self) -> list[datetime]:
        """What the product offers."""
        return slots.starts(self.event_type, *WINDOW, now=NOW)

    def _move(
        self,
        booking: Booking,
        start: datetime,
        *,
        allowed: bool,
        actor: Booking.Actor,
        any_time: bool = False,
    ) -> None:
        row, target = Booking.objects.get(pk=booking.pk), start.astimezone(UTC)
        if allowed or target == row.start:
            lifecycle.reschedule(row, target, actor=actor, now=NOW, any_time=any_time)
            self.diary.booked[booking.pk] = start
        else:
            with pytest.raises(SlotTaken):
                lifecycle.reschedule(row, target, actor=actor, now=NOW, any_time=any_time)


@pytest.mark.promise("B3", "B4", "B5", "A8", "A9", "A10")
@pytest.mark.parametrize("stories", [STORIES, pytest.param(5 * STORIES, marks=pytest.mark.slow)])
def test_every_story_leaves_what_the_diary_says(db, stories):
    run_state_machine_as_test(
        Stories,
        settings=settings(
            max_examples=stories,
            stateful_step_count=20,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
