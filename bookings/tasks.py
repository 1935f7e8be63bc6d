"""What the worker does for bookings: it sends the mails that wait, and looks after what calendars reported."""

from __future__ import annotations

from datetime import datetime, timedelta

from bookings.mailing import sending
from bookings.models import Message, Notice
from bookings.notices import sending as notices
from bookings.outside import colliding, drift, verifying
from bookingsite import work

work.register(
    work.Kind(
        name="messages",
        queryset=Message.objects.all,
        handle=sending.send,
        limit_seconds=90,  # a mail server may take EMAIL_TIMEOUT for each of its answers
        lease=timedelta(seconds=45),
        give_up_after=sending.ATTEMPTS,
    )
)

work.register(
    work.Kind(
        name="notices",
        queryset=Notice.objects.all,
        handle=notices.send,
        limit_seconds=90,
        lease=timedelta(seconds=45),
        give_up_after=sending.ATTEMPTS,
    )
)


def look_outside(now: datetime) -> None:
    """Answer by setting what was changed in calendars (C16), and close what has solved itself (C20)."""
    drift.close_past(now)
    drift.answer_by_setting(now)
    colliding.solve(now)


work.register_tick(drift.WORK, 60, look_outside)


def look_again(now: datetime) -> None:
    """Look again at bookings that were made while a calendar was silent (C19)."""
    verifying.verify(now)


work.register_tick(verifying.WORK, 60, look_again)
