"""Signs of life of the background work, as rows: written by the drain, read by supervisor, health and doctor.

Two kinds. A *beat* says that a worker group answered the doorbell; it stops when the queue hangs. A
*busy* row says that one process works on a long job, so that its silence is not taken for death.
"""

from __future__ import annotations

import os
from datetime import datetime, timedelta

from django.db.models import Q

from bookingsite.models import Heartbeat

GROUP_VARIABLE = "BOOKING_WORKER_GROUP"  # set by the supervisor for each worker group it starts
BUSY_FOR = timedelta(seconds=25)  # a busy row older than this belongs to a dead process
FORGET_AFTER = timedelta(hours=1)


def group() -> str:
    """The name of this process's worker group."""
    return os.environ.get(GROUP_VARIABLE, "solo")


def beat(now: datetime) -> None:
    """Note that this group answered the doorbell."""
    _write(f"worker:{group()}", now)


def beat_busy(now: datetime, doing: str) -> None:
    """Note that this process is in the middle of a job of this kind."""
    _write(f"busy:{group()}:{os.getpid()}", now, doing)


def clear_busy() -> None:
    """The job of this process is over."""
    Heartbeat.objects.filter(name=f"busy:{group()}:{os.getpid()}").delete()


def last_beat(of_group: str | None = None) -> datetime | None:
    """When a group last answered the doorbell, or any group; None for never."""
    beats = Heartbeat.objects.filter(name__startswith="worker:")
    if of_group is not None:
        beats = beats.filter(name=f"worker:{of_group}")
    return beats.order_by("-beat_at").values_list("beat_at", flat=True).first()


def busy_count(of_group: str, now: datetime, *, but: int | None = None) -> int:
    """How many processes of the group are in the middle of a long job; `but` (an id) is not counted."""
    busy = Heartbeat.objects.filter(name__startswith=f"busy:{of_group}:", beat_at__gte=now - BUSY_FOR)
    return busy.exclude(name=f"busy:{of_group}:{but}").count()


def is_alive(now: datetime, within: timedelta) -> bool:
    """Whether any worker answered the doorbell lately, or is busy."""
    answered = Q(name__startswith="worker:", beat_at__gte=now - within)
    busy = Q(name__startswith="busy:", beat_at__gte=now - BUSY_FOR)
    return Heartbeat.objects.filter(answered | busy).exists()


def forget_old(now: datetime) -> None:
    """Drop the rows of groups and processes that are long gone."""
    Heartbeat.objects.filter(beat_at__lt=now - FORGET_AFTER).delete()


def _write(name: str, now: datetime, detail: str = "") -> None:
    Heartbeat.objects.bulk_create(
        [Heartbeat(name=name, beat_at=now, detail=detail[:200])],
        update_conflicts=True,
        unique_fields=["name"],
        update_fields=["beat_at", "detail"],
    )
