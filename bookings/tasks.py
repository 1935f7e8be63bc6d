"""What the worker does for bookings: it sends the mails that wait, to guests and to hosts."""

from __future__ import annotations

from datetime import timedelta

from bookings.mailing import sending
from bookings.models import Message, Notice
from bookings.notices import sending as notices
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
