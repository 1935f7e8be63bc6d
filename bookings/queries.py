"""What each person may see: the doors that every page goes through. Absent and forbidden look the same (404)."""

from __future__ import annotations

from django.db.models import QuerySet
from django.http import Http404
from django.shortcuts import get_object_or_404

from bookings.domain import links
from bookings.models import Booking, EventType
from bookingsite.models import User


def host_or_404(slug: str) -> User:
    """The active host of a public link."""
    return get_object_or_404(User, slug=slug, is_active=True)


def bookable_events(owner: User) -> QuerySet[EventType]:
    """What guests may book with this host."""
    return EventType.objects.filter(host=owner, is_active=True).order_by("title", "pk")


def bookable_event_or_404(host: str, event: str) -> EventType:
    """An event type that can be booked, with its host and target, by its public link. One query."""
    return get_object_or_404(
        EventType.objects.select_related("host", "target__account"),
        host__slug=host,
        slug=event,
        is_active=True,
        host__is_active=True,
    )


def booking_by_token_or_404(token: str) -> Booking:
    """The booking that a guest's link opens."""
    booking = links.booking_by_token(token)
    if booking is None:
        raise Http404
    return booking


def own_event_types(host: User) -> QuerySet[EventType]:
    """The host's own event types."""
    return EventType.objects.filter(host=host)


def own_bookings(host: User) -> QuerySet[Booking]:
    """The host's own bookings, with what lists show. Two queries for any number."""
    return Booking.objects.filter(host=host).select_related("event_type").prefetch_related("guests")


def own_booking_or_404(host: User, public_id: str) -> Booking:
    """One of the host's own bookings."""
    return get_object_or_404(
        Booking.objects.select_related("event_type__host", "host", "target__account").prefetch_related(
            "guests"
        ),
        host=host,
        public_id=public_id,
    )
