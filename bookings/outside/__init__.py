"""Bookings and the hosts' own calendars: events of ours that were changed there, events of others in the way."""
