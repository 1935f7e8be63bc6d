"""What operators and hosts find in the admin about bookings (H4)."""

from bookings.admin import bookings, event_types, feeds, outside, records

__all__ = ["bookings", "event_types", "feeds", "outside", "records"]
