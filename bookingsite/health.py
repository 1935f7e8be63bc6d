"""Two addresses for machines: /healthz (the web server answers) and /readyz (everything behind it, too)."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import DatabaseError, connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from bookingsite import heartbeat, work
from bookingsite.lib import clock
from bookingsite.models import LeasedRow

SILENT_AFTER = timedelta(seconds=60)
LATE_AFTER = timedelta(minutes=5)


@require_safe
@never_cache
def healthz(request: HttpRequest) -> HttpResponse:
    """The web server answers. Looks at nothing else: restarting it would not mend a database."""
    return HttpResponse("ok\n", content_type="text/plain")


@require_safe
@never_cache
def readyz(request: HttpRequest) -> JsonResponse:
    """200 when the database answers, a worker lives and no work is late; else 503 and which of them fails."""
    try:
        facts = report(clock.now())
    except DatabaseError:
        facts = {"database": "unreachable"}
    ready = set(facts.values()) == {"ok"}
    headers = {} if ready else {"Retry-After": "30"}
    answer = JsonResponse({"ready": ready, **facts}, status=200 if ready else 503, headers=headers)
    answer._has_been_logged = True  # type: ignore[attr-defined]  # asked each few seconds: no log line each time
    return answer


def report(now: datetime) -> dict[str, str]:
    """What is well ("ok") and what is not, in codes. Raises `DatabaseError` when the database is away."""
    connection.ensure_connection()
    return {
        "database": "ok",
        "worker": "ok" if heartbeat.is_alive(now, SILENT_AFTER) else "silent",
        "work": "late" if any(late_rows(now).values()) else "ok",
    }


def late_rows(now: datetime) -> dict[str, int]:
    """For each kind of work, how many rows should have been taken more than five minutes ago."""
    due = {"state": LeasedRow.State.READY, "run_at__lt": now - LATE_AFTER}
    return {kind.name: kind.queryset().filter(**due).count() for kind in work.kinds()}


def dead_rows() -> dict[str, int]:
    """For each kind of work, how many rows were given up and wait for a person."""
    return {kind.name: kind.queryset().filter(state=LeasedRow.State.DEAD).count() for kind in work.kinds()}
