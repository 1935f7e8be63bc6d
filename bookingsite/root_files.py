"""Files that programs look for at the root of every site: /robots.txt (RFC 9309) and /favicon.ico."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.templatetags.static import static
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

_DAY = 24 * 60 * 60
PRIVATE = (
    "/b/",
    "/accounts/",
    "/admin/",
    "/availability/",
    "/bookings/",
    "/dev/",
    "/event-types/",
    "/home/",
    "/settings/",
    "/*/*/book/",
    "/*?",
)
"""Guests' links, what needs a sign-in, forms, and the endless pages of other months; the rest may be found."""


@require_safe
@cache_control(public=True, max_age=_DAY)
def robots(request: HttpRequest) -> HttpResponse:
    """The front page, hosts and their events may be found; nothing that belongs to one person."""
    lines = ["User-agent: *", "Allow: /", *(f"Disallow: {path}" for path in PRIVATE), ""]
    return HttpResponse("\n".join(lines), content_type="text/plain; charset=utf-8")


@require_safe
@cache_control(public=True, max_age=_DAY)
def favicon(request: HttpRequest) -> HttpResponse:
    """The icon, for programs that ask for it by its old name and do not read the page's links."""
    return HttpResponseRedirect(static("img/icon-192.png"))
