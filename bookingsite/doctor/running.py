"""Checks of the work behind the pages: worker, schedule, late and given-up work, accounts."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from bookingsite import health, heartbeat, schedules
from bookingsite.doctor.findings import Finding, Level, check
from calendars.models import Account

WORKER_SILENT = timedelta(seconds=60)


@check("worker")
def worker(now: datetime) -> Finding:
    """A worker gave a sign of life lately."""
    if heartbeat.is_alive(now, WORKER_SILENT):
        return Finding(Level.OK, _("The worker is alive."))
    last = heartbeat.last_beat()
    remedy = _("Start the site with “manage.py start”.")
    if last is None:
        return Finding(Level.FAIL, _("No worker has ever run here."), remedy)
    text = _("The last sign of life from a worker was at %(time)s UTC.")
    return Finding(Level.FAIL, text % {"time": last.strftime("%Y-%m-%d %H:%M:%S")}, remedy)


@check("schedules")
def schedule(now: datetime) -> Finding:
    """The schedule is what the code says."""
    if schedules.is_in_order():
        return Finding(Level.OK, _("The schedule is in order."))
    return Finding(
        Level.FAIL,
        _("The schedule is incomplete or has strange entries."),
        _("Run “manage.py setup_schedules”."),
    )


@check("late")
def late(now: datetime) -> Finding:
    """No work waits for longer than it should."""
    waiting = {name: count for name, count in health.late_rows(now).items() if count}
    if not waiting:
        return Finding(Level.OK, _("No work is late."))
    return Finding(
        Level.FAIL,
        _("Work is late: %(kinds)s.") % {"kinds": _listed(waiting)},
        _("If the worker is alive, it has too much to do: raise WORKERS."),
    )


@check("dead")
def dead(now: datetime) -> Finding:
    """No work was given up."""
    given_up = {name: count for name, count in health.dead_rows().items() if count}
    if not given_up:
        return Finding(Level.OK, _("No work was given up."))
    return Finding(
        Level.WARN,
        _("Work was given up: %(kinds)s.") % {"kinds": _listed(given_up)},
        _("Look at it in the admin (state “given up”), mend the cause, try again there."),
    )


@check("accounts")
def accounts(now: datetime) -> Finding:
    """No connected account waits for its owner."""
    count = Account.objects.filter(status=Account.Status.RECONNECT).count()
    if not count:
        return Finding(Level.OK, _("No account needs reconnecting."))
    text = ngettext("One account needs reconnecting.", "%(count)d accounts need reconnecting.", count)
    return Finding(Level.WARN, text % {"count": count}, _("Their owners see how on their integrations page."))


def _listed(counts: dict[str, int]) -> str:
    return ", ".join(f"{name} {count}" for name, count in sorted(counts.items()))
