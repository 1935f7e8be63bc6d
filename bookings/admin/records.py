"""What the domain writes, to look at: mails, notices, guests, history, claims."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from bookings.models import Claim, Guest, HistoryEntry, Message, Notice, Resource
from bookingsite.lib import clock
from bookingsite.scoped_admin import ScopedAdmin
from bookingsite.work import nudge


class ReadOnlyAdmin(ScopedAdmin):
    """Rows that only the domain writes."""

    host_may_add = host_may_change = host_may_delete = False

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(Message)
class MessageAdmin(ReadOnlyAdmin):
    """Mails: waiting, sent, given up; the last can be tried again."""

    owner_path = "booking__host"
    list_display = ("booking", "kind", "audience", "recipient", "state", "attempts", "sent_at", "error")
    list_filter = ("state", "kind", "audience")
    list_select_related = ("booking",)
    search_fields = ("recipient", "booking__title", "booking__public_id")
    actions = ("try_again",)

    @admin.action(description=_("Try the chosen mails again"), permissions=["view"])
    def try_again(self, request: HttpRequest, queryset: QuerySet[Message]) -> None:
        """Those that were given up become due now."""
        count = queryset.filter(state=Message.State.DEAD).update(
            state=Message.State.READY, run_at=clock.now(), attempts=0, error=""
        )
        nudge()
        said = ngettext("%(count)s mail will be tried again.", "%(count)s mails will be tried again.", count)
        self.message_user(request, said % {"count": count}, messages.SUCCESS)


@admin.register(Notice)
class NoticeAdmin(ScopedAdmin):
    """Mails to hosts about their calendars; nobody edits them."""

    host_may_add = host_may_change = host_may_delete = False
    list_display = ("noted_at", "owner", "kind", "account", "calendar", "code", "state", "sent_at", "error")
    list_filter = ("state", "kind", "code", "noted_at")
    list_select_related = ("owner", "account", "calendar")
    search_fields = ("owner__email", "owner__name", "account__label", "calendar__name", "incident")

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(Guest)
class GuestAdmin(ReadOnlyAdmin):
    """Everybody who ever booked."""

    owner_path = "booking__host"
    list_display = ("name", "email", "booking", "zone", "language")
    list_filter = ("language",)
    list_select_related = ("booking",)
    search_fields = ("name", "email", "phone")


@admin.register(HistoryEntry)
class HistoryEntryAdmin(ReadOnlyAdmin):
    """What happened to bookings."""

    owner_path = "booking__host"
    list_display = ("at", "booking", "action", "actor", "old_start", "new_start")
    list_filter = ("action", "actor", "at")
    list_select_related = ("booking",)
    search_fields = ("booking__title", "booking__public_id", "reason")


@admin.register(Claim)
class ClaimAdmin(ReadOnlyAdmin):
    """Which time is held by which booking."""

    owner_path = "resource__host"
    list_display = ("resource", "booking", "start", "end", "padded_start", "padded_end")
    list_filter = ("start",)
    list_select_related = ("resource__host", "booking")
    search_fields = ("booking__title", "booking__public_id", "resource__host__email")


@admin.register(Resource)
class ResourceAdmin(ReadOnlyAdmin):
    """What can be booked at most once at a time."""

    owner_path = "host"
    list_display = ("pk", "host")
    list_filter = (("host", admin.RelatedOnlyFieldListFilter),)
    list_select_related = ("host",)
    search_fields = ("host__email", "host__name")
