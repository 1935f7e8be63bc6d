"""What surrounds every request: a sound session cookie, and the signed-in person's zone, language and privacy."""

import re
from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils import timezone, translation
from django.utils.cache import add_never_cache_headers

from bookingsite.lib import zones

SESSION_KEY = re.compile(r"[a-z0-9]+")


class SessionCookieMiddleware:
    """Drops a session cookie that is none of ours. PostgreSQL fails on a NUL in it, and so would every page."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Before the session is opened."""
        key = request.COOKIES.get(settings.SESSION_COOKIE_NAME)
        if key is not None and not SESSION_KEY.fullmatch(key):
            del request.COOKIES[settings.SESSION_COOKIE_NAME]
        return self.get_response(request)


class PersonMiddleware:
    """Activates zone and language of the person who is signed in; guests keep what their browser asks for.

    A signed-in person's pages stay in no cache, unless a page says otherwise itself (pictures do).
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Guests without a session cookie cost nothing: the session is not even opened."""
        user = request.user if settings.SESSION_COOKIE_NAME in request.COOKIES else None
        person = user if user is not None and user.is_authenticated else None
        if person:
            translation.activate(person.language)
            request.LANGUAGE_CODE = translation.get_language()
            timezone.activate(zones.zone(person.zone))
        try:
            response = self.get_response(request)
        finally:
            timezone.deactivate()
        if person:
            _keep_private(request, response)
        return response


def _keep_private(request: HttpRequest, response: HttpResponse) -> None:
    """For nobody who uses this browser next; whoever signs out leaves no page behind either."""
    if not response.has_header("Cache-Control"):
        add_never_cache_headers(response)
    if not request.user.is_authenticated:
        response["Clear-Site-Data"] = '"cache"'
