"""Outgoing feeds, to look at and to take away; their addresses are shown to nobody here."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from bookings.models import FeedLink
from bookingsite.scoped_admin import ScopedAdmin


@admin.register(FeedLink)
class FeedLinkAdmin(ScopedAdmin):
    """Hosts make them on their own page. Deleting one ends its address."""

    host_may_add = host_may_change = False
    list_display = ("owner", "detail", "created_at", "changed_at", "fetched_at")
    list_filter = ("detail",)
    list_select_related = ("owner",)
    search_fields = ("owner__name", "owner__email")
    fields = readonly_fields = ("owner", "detail", "created_at", "changed_at", "fetched_at")

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """The address must be shown to its host, once made."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """What it shows is the host's choice."""
        return False
