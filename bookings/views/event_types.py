"""The host's event types: list, new, edit, on/off, delete, and "why is this time not offered?"."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db import IntegrityError, transaction
from django.db.models import ProtectedError
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from bookings.domain import links, reasons
from bookings.forms.event_type import EventTypeForm
from bookings.forms.own import OtherTimeForm
from bookings.models import EventType
from bookings.queries import own_event_types
from bookingsite.http import HostRequest
from bookingsite.lib import clock


@login_required
@require_safe
def event_types(request: HostRequest) -> HttpResponse:
    """What the host offers, with the link of each."""
    rows = own_event_types(request.user).select_related("host")
    return render(
        request,
        "bookings/event_types/list.html",
        {"event_types": rows, "host_link": links.absolute(f"/{request.user.slug}/")},
    )


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def new(request: HostRequest) -> HttpResponse:
    """Make an event type."""
    return _form_page(request, EventType(host=request.user))


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: HostRequest, pk: int) -> HttpResponse:
    """Change an event type; bookings that stand keep what was agreed."""
    return _form_page(request, get_object_or_404(own_event_types(request.user).select_related("host"), pk=pk))


def _form_page(request: HostRequest, row: EventType) -> HttpResponse:
    old_title, is_shown = row.title, row.is_active and row.pk is not None
    form = EventTypeForm(request.POST if request.method == "POST" else None, instance=row, host=request.user)
    if form.is_bound and form.is_valid() and _saved(form):
        messages.success(request, _("%(name)s is saved.") % {"name": form.instance.title})
        return redirect("event_types")
    preview = reverse("event", args=[request.user.slug, form.initial["slug"]]) if is_shown else ""
    context = {"form": form, "pk": row.pk, "title": old_title, "preview_url": preview}
    return render(request, "bookings/event_types/form.html", context, status=400 if form.is_bound else 200)


def _saved(form: EventTypeForm) -> bool:
    """Save; False with the error in the form when the same link was taken a moment ago."""
    try:
        with transaction.atomic():
            form.save()
    except IntegrityError:
        form.add_error("slug", _("You have an event type with this link already."))
        return False
    return True


@login_required
@require_POST
def switch(request: HostRequest, pk: int) -> HttpResponse:
    """Turn taking bookings on or off, as the button said; pressing it twice is pressing it once."""
    row = get_object_or_404(own_event_types(request.user), pk=pk)
    row.is_active = request.POST.get("to") == "on"
    row.save(update_fields=["is_active"])
    said = _("%(name)s can be booked again.") if row.is_active else _("%(name)s takes no more bookings.")
    messages.success(request, said % {"name": row.title})
    return redirect("event_types")


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def delete(request: HostRequest, pk: int) -> HttpResponse:
    """Ask first; an event type with bookings can be switched off but not deleted, and is not asked about."""
    row = get_object_or_404(own_event_types(request.user), pk=pk)
    if request.method == "POST":
        try:
            row.delete()
        except ProtectedError:
            messages.error(request, _("%(name)s has bookings. Switch it off instead.") % {"name": row.title})
        else:
            messages.success(request, _("%(name)s is deleted.") % {"name": row.title})
        return redirect("event_types")
    context = {"event_type": row, "has_bookings": row.bookings.exists()}
    return render(request, "bookings/event_types/delete.html", context)


@login_required
@require_safe
def why_not(request: HostRequest, pk: int) -> HttpResponse:
    """For any time: every rule, event or buffer that closes it, found by the engine that makes the offers (A14)."""
    row = get_object_or_404(own_event_types(request.user).select_related("host"), pk=pk)
    form = OtherTimeForm(request.GET if "date" in request.GET else None, zone=request.user.zone)
    answer = None
    if form.is_bound and form.is_valid():
        answer = reasons.told(row, form.cleaned_data["start"], now=clock.now())
    return render(
        request, "bookings/event_types/why_not.html", {"event_type": row, "form": form, "answer": answer}
    )
