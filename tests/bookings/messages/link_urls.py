"""The names that mails link to, without the pages behind them."""

from django.http import HttpRequest, HttpResponse
from django.urls import path


def page(request: HttpRequest, **_parts: str) -> HttpResponse:
    """Any page."""
    return HttpResponse()


urlpatterns = [
    path("bookings/<slug:public_id>/", page, name="booking"),
    path("b/<str:token>/", page, name="guest_booking"),
    path("b/<str:token>/cancel/", page, name="guest_cancel"),
    path("b/<str:token>/reschedule/", page, name="guest_reschedule"),
    path("b/<str:token>/invite.ics", page, name="guest_invitation"),
    path("<slug:host>/<slug:event>/", page, name="event"),
]
