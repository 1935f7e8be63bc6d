"""What waits for a host because of their calendars: shown on home, with the bookings, and on each booking."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from bookings.models import Booking, OutsideChange
from bookings.outside import colliding, drift
from bookings.outside.colliding import Clash
from bookingsite.models import User

Refusal = OutsideChange.Refusal

WHY_NOT: dict[str, Promise] = {
    Refusal.TAKEN: _("Another of your bookings is at that time. Choose another time, or put the event back."),
    Refusal.PAST: _("That time has passed, so the booking cannot move there. Put the event back, or cancel."),
    Refusal.SHAPE: _(
        "The event takes whole days now, or no time at all. Choose a time for the booking, or put the event back."
    ),
    Refusal.MANY: _("Many events were deleted at once, so nothing was cancelled by itself. Please decide."),
    Refusal.SHIFTED: _("Many events were moved at once, so no booking was moved by itself. Please decide."),
    Refusal.AGAIN: _(
        "The event was moved or deleted again and again, perhaps by another program, so nothing is done about it "
        "by itself any more. Please decide."
    ),
}

IN_ANOTHER = _(
    "The event is in another of your calendars now (%(calendar)s), so the booking was not cancelled by itself. "
    "Please decide."
)


@dataclass(frozen=True, slots=True)
class Question:
    """One booking to come with what happened around it: a changed event, colliding events, or both."""

    booking: Booking
    change: OutsideChange | None
    clashes: Sequence[Clash]
    can_follow: bool = False
    stands_in: str = ""
    """The other calendar of the host that holds the event, where the setting did not answer because of it."""

    @property
    def why_asked(self) -> str:
        """Why the account's setting did not answer; empty where none was asked, or where that is over."""
        refusal = self.change.refusal if self.change else ""
        if refusal == Refusal.ELSEWHERE:
            return IN_ANOTHER % {"calendar": self.stands_in} if self.stands_in else ""
        return why_not(refusal) if refusal else ""


def why_not(refusal: str) -> str:
    """Why a booking cannot follow its event, and what helps."""
    return str(WHY_NOT[refusal])


def of_host(host: User, *, now: datetime) -> list[Question]:
    """Everything that waits, by the bookings' start. At most six queries, two where nothing waits."""
    return _questions(list(drift.open_changes(host, now=now)), colliding.of_host(host, now=now), now=now)


def of_booking(booking: Booking, *, now: datetime) -> Question | None:
    """What waits on one booking's page."""
    changes = list(drift.open_changes(booking.host, now=now).filter(booking=booking))
    found = _questions(changes, colliding.of_booking(booking, now=now), now=now)
    return found[0] if found else None


def _questions(
    changes: Sequence[OutsideChange], clashes: Sequence[Clash], *, now: datetime
) -> list[Question]:
    bookings = {row.booking_id: row.booking for row in changes}
    bookings |= {clash.collision.booking_id: clash.booking for clash in clashes}
    by_booking = {row.booking_id: row for row in changes}
    elsewhere = drift.elsewhere([row for row in changes if row.refusal == Refusal.ELSEWHERE])
    rows = sorted(bookings.values(), key=lambda booking: (booking.start, booking.pk))
    return [
        Question(
            booking=booking,
            change=by_booking.get(booking.pk),
            clashes=[clash for clash in clashes if clash.collision.booking_id == booking.pk],
            can_follow=_can_follow(by_booking.get(booking.pk), now=now),
            stands_in=elsewhere.get(booking.uid, ""),
        )
        for booking in rows
    ]


def _can_follow(change: OutsideChange | None, *, now: datetime) -> bool:
    return change is not None and drift.can_follow(change, now=now)
