"""The site for gunicorn with a pause between the check under the lock and the writing of the booking.

Real code has such a pause now and then: a slow disk, a busy processor, a collection of garbage. Here it
is always there, so that a race is lost often where it can be lost.
"""

from __future__ import annotations

import time
from datetime import datetime
from typing import Any

from bookingsite.wsgi import application  # sets Django up

# isort: split
from bookings.domain import lifecycle
from bookings.models import Booking

__all__ = ["application"]

_SECONDS = 0.03
_insert = lifecycle._insert


def insert(wish: lifecycle.Wish, *, now: datetime, **more: Any) -> Booking:
    """Take a little longer."""
    time.sleep(_SECONDS)
    return _insert(wish, now=now, **more)


lifecycle._insert = insert
