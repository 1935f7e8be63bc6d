"""The request of somebody who has signed in."""

from django.http import HttpRequest

from bookingsite.models import User


class HostRequest(HttpRequest):
    """A request behind `login_required`: its user is a person, never anonymous."""

    user: User
