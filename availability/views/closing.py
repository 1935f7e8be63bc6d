"""Time off and closing rules."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db.models import Model
from django.forms import ModelForm
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from availability import describe, editing
from availability.forms import ClosingRuleForm, NewClosingRuleForm, TimeOffForm
from availability.models import ClosingRule, TimeOff
from availability.views import closed
from availability.views.sending import sent
from bookingsite.http import HostRequest


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def new_time_off(request: HostRequest) -> HttpResponse:
    """Days or a part of a day off."""
    form = TimeOffForm(sent(request), instance=TimeOff(owner=request.user))
    return _saved(request, form) or _page(request, form, title=_("Add time off"))


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def edit_time_off(request: HostRequest, pk: int) -> HttpResponse:
    """Change time off."""
    row = get_object_or_404(TimeOff, pk=pk, owner=request.user)
    form = TimeOffForm(sent(request), instance=row)
    delete = reverse("availability:delete_time_off", args=[pk])
    return _saved(request, form) or _page(request, form, title=_("Change time off"), delete=delete)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def delete_time_off(request: HostRequest, pk: int) -> HttpResponse:
    """Ask (GET), delete (POST)."""
    row = get_object_or_404(TimeOff, pk=pk, owner=request.user)
    return _delete(request, row, title=_("Delete this time off?"), text=describe.time_off_text(row))


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def new_rule(request: HostRequest) -> HttpResponse:
    """The same closed time on one weekday or several."""
    form = NewClosingRuleForm(sent(request), instance=ClosingRule(owner=request.user))
    if request.method == "POST" and form.is_valid():
        made = editing.close_weekdays(request.user, form.cleaned_data.pop("weekdays"), **form.cleaned_data)
        return _done(request, *made)
    return _page(request, form, title=_("Add a closing rule"))


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def edit_rule(request: HostRequest, pk: int) -> HttpResponse:
    """Change a closing rule."""
    row = get_object_or_404(ClosingRule, pk=pk, owner=request.user)
    form = ClosingRuleForm(sent(request), instance=row)
    delete = reverse("availability:delete_rule", args=[pk])
    return _saved(request, form) or _page(request, form, title=_("Change a closing rule"), delete=delete)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def delete_rule(request: HostRequest, pk: int) -> HttpResponse:
    """Ask (GET), delete (POST)."""
    row = get_object_or_404(ClosingRule, pk=pk, owner=request.user)
    return _delete(request, row, title=_("Delete this closing rule?"), text=str(row))


@login_required
@require_POST
def close_weekends(request: HostRequest) -> HttpResponse:
    """Shut Saturdays and Sundays with one press."""
    if made := editing.close_weekends(request.user):
        messages.success(request, _("Weekends are closed now."))
        closed.tell(request, closed.of_rules(made, request.user.zone))
    else:
        messages.info(request, _("Weekends were closed already."))
    return redirect("availability:index")


def _saved(request: HostRequest, form: ModelForm[Any]) -> HttpResponse | None:
    """Save what is right; None where there is a form to show."""
    if request.method != "POST" or not form.is_valid():
        return None
    return _done(request, form.save())


def _done(request: HostRequest, *rows: TimeOff | ClosingRule) -> HttpResponse:
    messages.success(request, _("Saved."))
    zone = request.user.zone
    spans = [span for row in rows if isinstance(row, TimeOff) for span in closed.of_time_off(row, zone)]
    spans += closed.of_rules((row for row in rows if isinstance(row, ClosingRule)), zone)
    closed.tell(request, spans)
    return redirect("availability:index")


def _page(request: HostRequest, form: ModelForm[Any], *, title: str, delete: str = "") -> HttpResponse:
    return render(request, "availability/closing.html", {"form": form, "title": title, "delete": delete})


def _delete(request: HostRequest, row: Model, *, title: str, text: str) -> HttpResponse:
    if request.method == "POST":
        row.delete()
        messages.success(request, _("Deleted."))
        return redirect("availability:index")
    context = {"title": title, "text": text, "back": reverse("availability:index")}
    return render(request, "availability/confirm.html", context)
