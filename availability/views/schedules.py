"""Schedules: new, name and weekly hours, the default, delete."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from availability import editing, queries
from availability.forms import ScheduleForm, WeekForm
from availability.models import Schedule
from availability.models.schedule import Weekday
from availability.views.gone import gone_is_404
from availability.views.sending import sent
from bookingsite.http import HostRequest
from bookingsite.lib import clock


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def new(request: HostRequest) -> HttpResponse:
    """Name and zone of a new schedule; it starts with the hours of the default one."""
    form = ScheduleForm(sent(request), initial={"zone": request.user.zone})
    if request.method == "POST" and form.is_valid():
        try:
            made = editing.create_schedule(request.user, **form.cleaned_data)
        except editing.NameTakenError as error:
            form.add_error("name", error)
        else:
            messages.success(request, _("The schedule was made. Now set its hours."))
            return redirect("availability:schedule", pk=made.pk)
    return render(request, "availability/schedule_new.html", {"form": form})


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
@gone_is_404
def edit(request: HostRequest, pk: int) -> HttpResponse:
    """The editor. Two buttons only change what is typed (a row more, a day copied) and save nothing."""
    schedule = queries.own_schedule(request.user, pk)
    if request.method != "POST":
        return _page(request, schedule, ScheduleForm(instance=schedule), WeekForm.of(schedule))
    week = WeekForm.typed(request.POST.dict())
    if "add" in request.POST or "copy" in request.POST:
        typed = {name: request.POST.get(name, "") for name in ("name", "zone")}
        hint = _retype(request, week)
        return _page(request, schedule, ScheduleForm(instance=schedule, initial=typed), week, hint=hint)
    return _save(request, schedule, week)


@login_required
@require_POST
@gone_is_404
def make_default(request: HostRequest, pk: int) -> HttpResponse:
    """Events without a schedule of their own use this one from now on."""
    schedule = queries.own_schedule(request.user, pk)
    editing.make_default(schedule)
    messages.success(request, _("“%(name)s” is your default schedule now.") % {"name": schedule.name})
    return redirect("availability:index")


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
@gone_is_404
def delete(request: HostRequest, pk: int) -> HttpResponse:
    """Ask (GET), delete (POST)."""
    schedule = queries.own_schedule(request.user, pk)
    if request.method != "POST":
        return render(request, "availability/schedule_delete.html", {"schedule": schedule})
    try:
        editing.delete_schedule(schedule)
    except editing.DefaultScheduleKeptError as error:
        messages.error(request, error.message)
    else:
        messages.success(request, _("“%(name)s” was deleted.") % {"name": schedule.name})
    return redirect("availability:index")


def _save(request: HostRequest, schedule: Schedule, week: WeekForm) -> HttpResponse:
    title = schedule.name
    form = ScheduleForm(request.POST, instance=schedule)
    if form.is_valid() & week.is_valid():
        try:
            with transaction.atomic():
                editing.change_schedule(schedule, **form.cleaned_data)
                editing.save_weekly(schedule, week.cleaned)
        except editing.NameTakenError as error:
            form.add_error("name", error)
        else:
            messages.success(request, _("Your hours were saved."))
            return redirect("availability:schedule", pk=schedule.pk)
    return _page(request, schedule, form, week, title=title)


def _retype(request: HostRequest, week: WeekForm) -> str:
    """Do what the button says to the typed rows. Returns a sentence about what to do next."""
    if "copy" in request.POST:
        source = _weekday(request.POST.get("copy_from", ""))
        targets = [_weekday(text) for text in request.POST.getlist("copy_to")]
        if source is not None and any(day is not None for day in targets):
            week.copy(source, [day for day in targets if day is not None])
            return _("The hours were copied below. Save to keep them.")
        return _("Choose at least one day to copy to.")
    day = _weekday(request.POST.get("add", ""))
    if day is not None:
        week.add_row(day)
    return ""


def _weekday(text: str) -> int | None:
    return int(text) if text in {str(day.value) for day in Weekday} else None


def _page(
    request: HostRequest,
    schedule: Schedule,
    form: ScheduleForm,
    week: WeekForm,
    *,
    title: str = "",
    hint: str = "",
) -> HttpResponse:
    context = {
        "schedule": schedule,
        "title": title or schedule.name,
        "form": form,
        "week": week,
        "problems": week.problems(),
        "hint": hint,
        "copied": request.POST.getlist("copy_to"),
        "copied_from": request.POST.get("copy_from", "0"),
        "weekdays": [(str(day.value), day.label) for day in Weekday],
        "dates": queries.listed_dates(schedule, queries.today(request.user, clock.now())),
    }
    return render(request, "availability/schedule.html", context)
