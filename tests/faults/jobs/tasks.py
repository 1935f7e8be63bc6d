"""The handler: a slow call outside, then the effect and the end of the job in one transaction."""

from __future__ import annotations

import os
import time
from datetime import datetime
from pathlib import Path

from django.conf import settings
from django.db import transaction

from bookingsite import leases, work
from tests.faults.jobs.models import Effect, Job


def call_outside(job: Job) -> None:
    """One line in a file for each call; the job's id is what a real server would recognise it by."""
    calls = os.open(Path(settings.VAR_DIR) / "calls", os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    os.write(calls, f"{job.pk}\n".encode())
    os.close(calls)


def handle(job: Job, now: datetime) -> None:
    call_outside(job)
    time.sleep(job.milliseconds / 1000)
    with transaction.atomic():
        Effect.objects.create(job=job)
        leases.finish(job)


work.register(work.Kind("job", Job.objects.all, handle, limit_seconds=20))
