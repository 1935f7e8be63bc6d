"""Everything at a glance: schedules, the coming days, time off, closing rules."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from availability import queries
from availability.loading import ensure_default
from availability.preview import coming_days
from bookingsite.http import HostRequest
from bookingsite.lib import clock


@login_required
@require_safe
def index(request: HostRequest) -> HttpResponse:
    """The overview. `?schedule=` chooses whose coming days are shown, the default one's otherwise."""
    owner = request.user
    day = queries.today(owner, clock.now())
    listed = queries.listed_schedules(owner, day)
    wanted = [one.schedule for one in listed if str(one.schedule.pk) == request.GET.get("schedule")]
    usual = [one.schedule for one in listed if one.schedule.is_default]
    shown = next(iter(wanted + usual), None)
    context = {
        "schedules": listed,
        "shown": shown,
        "days": coming_days(owner.pk, shown.pk if shown else None, first=day, zone=owner.zone),
        "time_off": queries.coming_time_off(owner, day),
        "past_time_off": queries.past_time_off(owner, day),
        "rules": queries.closing_rules(owner),
    }
    return render(request, "availability/index.html", context)


@login_required
@require_POST
def start(request: HostRequest) -> HttpResponse:
    """Make the first schedule, with the standard hours to change."""
    schedule = ensure_default(request.user)
    messages.success(request, _("This is your first schedule. Change the hours to yours."))
    return redirect("availability:schedule", pk=schedule.pk)
