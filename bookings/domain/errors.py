"""What can go wrong with a booking, by name. Pages turn these into sentences."""

from __future__ import annotations

from collections.abc import Sequence

from availability.engine import Reason


class BookingError(Exception):
    """Any refusal of the booking domain."""


class SlotTaken(BookingError):
    """The time is not, or no longer, offered. `reasons` say why (empty when another booking won a race)."""

    def __init__(self, reasons: Sequence[Reason] = ()) -> None:
        super().__init__("slot taken")
        self.reasons = tuple(reasons)


class TimesUnknown(BookingError):
    """A calendar of the host cannot be read, and its copy counts no longer; unknown is never free (invariant 2)."""


class NotVerified(TimesUnknown):
    """A calendar did not answer just now, and its host wants no booking without (C19). A minute later may help."""


class NotBookable(BookingError):
    """The event type or its host takes no bookings."""


class KeyReused(BookingError):
    """The same request key came with another wish."""


class TooLate(BookingError):
    """The guest's deadline for cancelling or rescheduling has passed."""


class NotLive(BookingError):
    """The booking is cancelled or over; it cannot be moved."""


class OfferClosed(BookingError):
    """The proposal was answered, replaced or has run out; nothing was changed."""


class TooBusy(BookingError):
    """The lock could not be had in time; trying again in a moment helps (503)."""
