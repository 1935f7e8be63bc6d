"""Sending one waiting notice; failures are answered as those of all mails."""

from __future__ import annotations

from datetime import datetime

from django.conf import settings
from django.core.mail import EmailMultiAlternatives

from bookings.mailing.envelope import wrapped
from bookings.mailing.sending import hand_over
from bookings.models import Notice
from bookings.notices.letter import letter_for
from bookingsite import leases


def send(notice: Notice, now: datetime) -> None:
    """Send a claimed notice, or find that all is well again. Raises `leases.LeaseLost`."""
    rows = Notice.objects.select_related("owner", "account", "calendar")
    fresh = rows.filter(pk=notice.pk, lease=notice.lease).first()
    if fresh is None:
        raise leases.LeaseLost(str(notice.pk))
    hand_over(fresh, lambda: compose(fresh, now=now), now=now)


def compose(notice: Notice, *, now: datetime) -> EmailMultiAlternatives | None:
    """The mail as it should go out now, None when there is nothing left to tell. Raises `BadAddress`."""
    letter = letter_for(notice, now=now) if notice.owner.is_active else None
    if letter is None:
        return None
    headers = {
        "Message-ID": f"<notice.{notice.pk}.{int(notice.noted_at.timestamp())}@{settings.SITE_DOMAIN}>",
        "Auto-Submitted": "auto-generated",
    }
    return wrapped(letter, notice.owner.email, headers=headers)
