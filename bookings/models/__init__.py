"""What is bookable, what was booked, who holds which time, and what people were told."""

from bookings.models.booking import Booking, Guest, HistoryEntry
from bookings.models.event_type import EventType
from bookings.models.message import Message
from bookings.models.notice import Notice
from bookings.models.occupancy import Claim, Resource

__all__ = ["Booking", "Claim", "EventType", "Guest", "HistoryEntry", "Message", "Notice", "Resource"]
