"""Each signed-in person's zone and language, for the time of one request."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.utils import timezone, translation

from bookingsite.lib import zones


class PersonMiddleware:
    """Activates zone and language of the person who is signed in; guests keep what their browser asks for."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Guests without a session cookie cost nothing: the session is not even opened."""
        if "sessionid" in request.COOKIES and request.user.is_authenticated:
            translation.activate(request.user.language)
            request.LANGUAGE_CODE = translation.get_language()
            timezone.activate(zones.zone(request.user.zone))
        try:
            return self.get_response(request)
        finally:
            timezone.deactivate()
