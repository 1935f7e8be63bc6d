"""The site's own housekeeping, at night."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.contrib.sessions.models import Session
from django_q.models import OrmQ, Task

from bookingsite import heartbeat, work

NIGHT = 2 * 3600  # seconds after midnight UTC
KEEP_QUEUE_NOTES = timedelta(days=7)


def tidy(now: datetime) -> None:
    """Drop expired sessions, the queue's old notes, and signs of life of processes long gone."""
    Session.objects.filter(expire_date__lt=now).delete()
    Task.objects.filter(stopped__lt=now - KEEP_QUEUE_NOTES).delete()
    OrmQ.objects.filter(lock__lt=now - timedelta(days=1)).delete()
    heartbeat.forget_old(now)


work.register_tick("tidy", 86_400, tidy, offset_seconds=NIGHT)
