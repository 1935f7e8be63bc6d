"""Whose page it is: the signed-in person's own rows, anything else is not found (invariant 8)."""

from __future__ import annotations

from django.core.cache import cache
from django.http import HttpRequest, QueryDict
from django.shortcuts import get_object_or_404

from bookingsite.lib import clock
from bookingsite.lib.rate_limit import exceeded
from bookingsite.models import User
from calendars.models import Account, Calendar

TRIES_PER_HOUR = 30


def person_of(request: HttpRequest) -> User:
    """The person who is signed in; for views behind `login_required`."""
    assert isinstance(request.user, User)
    return request.user


def account_or_404(request: HttpRequest, account_id: int) -> Account:
    """The person's own account that is not being disconnected. Raises Http404."""
    return get_object_or_404(Account, pk=account_id, owner=person_of(request), closing_at=None)


def calendar_or_404(request: HttpRequest, calendar_id: int) -> Calendar:
    """The person's own calendar with its account. Raises Http404."""
    calendars = Calendar.objects.select_related("account", "owner")
    return get_object_or_404(calendars, pk=calendar_id, owner=person_of(request), account__closing_at=None)


def tries_too_often(person: User, what: str) -> bool:
    """Count one more try of what makes a server wait on another; tells whether it is over the limit."""
    now = clock.now().timestamp()
    return exceeded(cache, name=what, who=str(person.pk), limit=TRIES_PER_HOUR, seconds=3600, now=now)


def posted(request: HttpRequest) -> QueryDict | None:
    """What was sent, also when it is nothing; None when the page is only looked at."""
    return request.POST if request.method == "POST" else None
