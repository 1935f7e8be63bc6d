"""What is bookable, what was booked, who holds which time, and what people were told."""

from bookings.models.booking import Booking, Guest, HistoryEntry
from bookings.models.event_type import EventType
from bookings.models.feed import FeedLink
from bookings.models.message import Message
from bookings.models.notice import Notice
from bookings.models.occupancy import Claim, Resource
from bookings.models.outside import Collision, MoveOffer, OutsideChange

__all__ = [
    "Booking",
    "Claim",
    "Collision",
    "EventType",
    "FeedLink",
    "Guest",
    "HistoryEntry",
    "Message",
    "MoveOffer",
    "Notice",
    "OutsideChange",
    "Resource",
]
