"""What hosts' calendars did to bookings, and the ways out, to look at (C16, C20)."""

from __future__ import annotations

from django.contrib import admin

from bookings.admin.records import ReadOnlyAdmin
from bookings.models import Collision, MoveOffer, OutsideChange


@admin.register(OutsideChange)
class OutsideChangeAdmin(ReadOnlyAdmin):
    """Moved and deleted events, and what became of the question."""

    owner_path = "booking__host"
    list_display = ("noted_at", "booking", "calendar", "change", "start", "state", "refusal", "answered_at")
    list_filter = ("state", "change", "refusal", "noted_at")
    list_select_related = ("booking", "calendar")
    search_fields = ("booking__title", "booking__public_id", "calendar__name", "booking__host__email")


@admin.register(Collision)
class CollisionAdmin(ReadOnlyAdmin):
    """Outside events over bookings; their titles are shown to their owner alone, on the booking's page."""

    owner_path = "booking__host"
    list_display = ("noted_at", "booking", "calendar", "start", "end", "state")
    list_filter = ("state", "noted_at")
    list_select_related = ("booking", "calendar")
    search_fields = ("booking__title", "booking__public_id", "calendar__name", "booking__host__email")


@admin.register(MoveOffer)
class MoveOfferAdmin(ReadOnlyAdmin):
    """Proposed times and what the guest made of them. The token is not shown: it is part of the guest's link."""

    owner_path = "booking__host"
    list_display = ("made_at", "booking", "state", "expires_at", "answered_at")
    list_filter = ("state", "made_at")
    list_select_related = ("booking",)
    search_fields = ("booking__title", "booking__public_id", "booking__host__email")
    fields = readonly_fields = ("booking", "starts", "state", "made_at", "expires_at", "answered_at")
