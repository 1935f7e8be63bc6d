"""What the queue's own schedule holds: one entry that drains each minute, should every doorbell fail."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django_q.models import Schedule

from bookingsite import work

SCHEDULES = {"drain": {"func": "bookingsite.tasks.drain", "schedule_type": Schedule.MINUTES, "minutes": 1}}
"""Name → how. Periodic work is not here but in ticks (`work.register_tick`): rows with leases."""


def repair(now: datetime) -> None:
    """Make the schedule and the ticks what the code says; one broken entry would stop all schedules."""
    with transaction.atomic():
        Schedule.objects.exclude(name__in=SCHEDULES).delete()
        for name, wanted in SCHEDULES.items():
            fields = {**wanted, "args": None, "kwargs": None, "hook": None, "repeats": -1, "cluster": None}
            rows = list(Schedule.objects.filter(name=name).order_by("pk"))
            if len(rows) == 1 and all(getattr(rows[0], key) == value for key, value in fields.items()):
                continue
            Schedule.objects.filter(name=name).delete()
            Schedule.objects.create(name=name, next_run=now, **fields)
        work.repair_ticks(now)


def is_in_order() -> bool:
    """Whether every entry is there exactly once, and no other."""
    return sorted(Schedule.objects.values_list("name", flat=True)) == sorted(SCHEDULES)
