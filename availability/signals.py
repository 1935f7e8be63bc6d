"""News from availability; `bookings.receivers` answers."""

from django.dispatch import Signal

time_closed = Signal()
"""A host has just closed time. Receivers return a sentence for the host (safe HTML), or None.

`owner` (User), `spans` (list of `(start_s, end_s)`), `schedule` (Schedule whose hours these are, None where
all are closed), `now` (aware UTC).
"""
