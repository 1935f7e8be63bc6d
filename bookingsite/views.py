"""The site's own pages: front page, home, settings and profile, language, pictures."""

from __future__ import annotations

import re
from dataclasses import dataclass

from django.apps import apps
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.files.storage import default_storage
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import NoReverseMatch, reverse
from django.utils import translation
from django.utils.functional import Promise
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext_lazy as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST, require_safe

from bookings import agenda
from bookings.outside import questions
from bookingsite.forms import ProfileForm
from bookingsite.lib import clock
from bookingsite.models import User

PICTURE_NAME = re.compile(r"[0-9a-f]{32}\.webp")
YEAR = 365 * 24 * 60 * 60


@dataclass(frozen=True)
class Step:
    """A line of the first-steps list: what to do, where, and whether it is done."""

    title: str | Promise
    text: str | Promise
    action: str | Promise
    url: str
    is_done: bool


@require_safe
def front(request: HttpRequest) -> HttpResponse:
    """The front page, the same for everybody: no session is opened."""
    return render(request, "bookingsite/front.html")


@csrf_exempt  # changes nothing but how this browser is answered; guests have no cookie to prove anything with
@require_POST
def choose_language(request: HttpRequest) -> HttpResponse:
    """Remember the chosen language in this browser; people who are signed in have theirs in the profile."""
    target = request.POST.get("next", "")
    if not url_has_allowed_host_and_scheme(target, allowed_hosts={request.get_host()}):
        target = reverse("front")
    response = redirect(target)
    language = request.POST.get("language", "")
    if language in dict(settings.LANGUAGES):
        response.set_cookie(
            settings.LANGUAGE_COOKIE_NAME,
            language,
            max_age=YEAR,
            secure=settings.SESSION_COOKIE_SECURE,
            httponly=True,
            samesite="Lax",
        )
    return response


@require_safe
def picture(request: HttpRequest, name: str) -> HttpResponseBase:
    """A profile picture. Only names of our making are looked for; the content is WebP of our making."""
    path = f"people/{name}"
    if not PICTURE_NAME.fullmatch(name) or not default_storage.exists(path):
        raise Http404
    headers = {
        "Cache-Control": f"public, max-age={YEAR}, immutable",
        "Content-Security-Policy": "default-src 'none'",
    }
    return FileResponse(default_storage.open(path), content_type="image/webp", headers=headers)


def person_of(request: HttpRequest) -> User:
    """The person who is signed in; for views behind `login_required`."""
    assert isinstance(request.user, User)
    return request.user


@login_required
@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """The dashboard: what needs the host, today and the days ahead, first steps until all are done, the public link."""
    person, now = person_of(request), clock.now()
    steps = first_steps(person)
    context = {
        "questions": questions.of_host(person, now=now),
        "troubles": agenda.troubles(person, now=now),
        "days": agenda.days(person, now=now),
        "now": now,
        "steps": steps,
        "done": sum(step.is_done for step in steps),
        "next_step": next((step for step in steps if not step.is_done), None),
        "public_url": f"{settings.SITE_URL}/{person.slug}/",
    }
    return render(request, "bookingsite/home.html", context)


def _url(name: str) -> str:
    try:
        return reverse(name)
    except NoReverseMatch:
        return ""


def first_steps(person: User) -> list[Step]:
    """What a new host does first, with what is done already: one small query each."""
    account = apps.get_model("calendars", "Account")
    weekly = apps.get_model("availability", "WeeklyHours")
    event_type = apps.get_model("bookings", "EventType")
    has_event = event_type.objects.filter(host=person).exists()
    return [
        Step(
            _("Connect your calendar"),
            _("Events in it close those times, bookings are written to it."),
            _("Connect"),
            _url("calendars:integrations"),
            account.objects.filter(owner=person).exists(),
        ),
        Step(
            _("Set your weekly hours"),
            _("When can people book you? In your own time zone."),
            _("Set hours"),
            _url("availability:index"),
            weekly.objects.filter(schedule__owner=person).exists(),
        ),
        Step(
            _("Create an event type"),
            _("What can be booked: its length, its place, its rules."),
            _("Create"),
            _url("event_type_new"),
            has_event,
        ),
        Step(
            _("Complete your profile"),
            _("Your name, a picture and a few words for your public page."),
            _("Open profile"),
            reverse("profile"),
            bool(person.name and (person.about or person.picture)),
        ),
    ]


@login_required
@require_safe
def settings_index(request: HttpRequest) -> HttpResponse:
    """Where every setting of the account is found."""
    context = {
        "integrations_url": _url("calendars:integrations"),
        "feed_url": _url("own_feed"),
        "has_sign_in_providers": bool(settings.SOCIALACCOUNT_PROVIDERS),
    }
    return render(request, "bookingsite/settings.html", context)


@login_required
def profile(request: HttpRequest) -> HttpResponse:
    """Show and change the profile."""
    # A copy of its own: a refused form must not change the name in the navigation.
    person = User.objects.get(pk=person_of(request).pk)
    form = ProfileForm(request.POST or None, request.FILES or None, instance=person)
    if request.method == "POST" and form.is_valid():
        form.save()
        with translation.override(person.language):
            messages.success(request, form.notice())
        return redirect("profile")
    context = {"form": form, "public_url": f"{settings.SITE_URL}/{form.old_slug}/"}
    return render(request, "bookingsite/profile.html", context, status=422 if form.errors else 200)
