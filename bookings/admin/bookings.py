"""Bookings in the admin (H4): searchable, filterable, scoped. Every change goes through `lifecycle`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from bookings.admin.booking_form import REFUSALS, BookingForm, EventTypeChoice, actor_of
from bookings.domain import lifecycle
from bookings.domain.errors import TooBusy
from bookings.forms.own import ReasonForm
from bookings.models import Booking, Guest, HistoryEntry
from bookingsite.lib import clock
from bookingsite.scoped_admin import ScopedAdmin, ScopedTabularInline, with_defaults


class GuestInline(ScopedTabularInline):
    """Who comes; set when booking."""

    model = Guest
    extra = 0
    can_delete = False
    fields = readonly_fields = ("name", "email", "phone", "notes", "zone", "language")

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class HistoryInline(ScopedTabularInline):
    """What happened; nobody edits it."""

    model = HistoryEntry
    extra = 0
    can_delete = False
    fields = readonly_fields = ("at", "action", "actor", "old_start", "new_start", "reason")

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class StateFilter(admin.ChoicesFieldListFilter):
    """The states that bookings have; no event type waits for a host's word yet."""

    def choices(self, changelist: Any) -> Iterator[Any]:
        """All but pending."""
        unused = Booking.State.PENDING.label
        return (choice for choice in super().choices(changelist) if choice["display"] != unused)


@admin.register(Booking)
class BookingAdmin(ScopedAdmin):
    """Bookings: find, make, move, cancel. Not deleted: a cancelled booking stays in sight."""

    owner_path = "host"
    host_may_delete = False
    form = BookingForm
    inlines = (GuestInline, HistoryInline)
    list_display = ("start", "title", "guest", "host", "state", "created_at")
    list_filter = (
        ("state", StateFilter), "place_kind", ("host", admin.RelatedOnlyFieldListFilter), "start",
        ("unverified_since", admin.EmptyFieldListFilter),
    )  # fmt: skip
    list_select_related = ("host",)
    search_fields = ("title", "guests__name", "guests__email", "public_id", "host__email", "host__name")
    date_hierarchy = "start"
    ordering = ("-start",)
    actions = ("cancel_bookings",)
    readonly_fields = (
        "public_id", "host", "state", "end", "title", "place_kind", "meeting", "place", "buffer_before", "buffer_after",
        "cancel_notice", "source", "sequence", "unverified_since", "cancelled_by", "cancel_reason", "created_at",
        "changed_at",
    )  # fmt: skip

    def get_queryset(self, request: HttpRequest) -> QuerySet[Booking]:
        return super().get_queryset(request).prefetch_related("guests")

    @admin.display(description=_("guest"))
    def guest(self, booking: Booking) -> str:
        """Names of who comes; prefetched."""
        return ", ".join(guest.name for guest in booking.guests.all())

    def get_fields(self, request: HttpRequest, obj: Booking | None = None) -> tuple[str, ...]:
        if obj is None:
            return ("event_type", "start", "any_time", "guest_name", "guest_email", "guest_phone")
        return (
            ("start", "any_time", *self.readonly_fields) if obj.is_live else ("start", *self.readonly_fields)
        )

    def get_readonly_fields(self, request: HttpRequest, obj: Booking | None = None) -> tuple[str, ...]:
        return () if obj is None else self.readonly_fields

    def get_form(
        self, request: HttpRequest, obj: Booking | None = None, change: bool = False, **kwargs: Any
    ) -> Any:
        """The form knows who acts, and offers a host only their own event types."""
        kwargs["fields"] = ["event_type"] if obj is None else []
        form = super().get_form(request, obj, change, **kwargs)
        form.request = request  # type: ignore[attr-defined]
        return form

    def changeform_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Without the admin's own transaction: `lifecycle` opens a durable one that starts with the lock."""
        return self._changeform_view(request, *with_defaults(args, kwargs))  # type: ignore[attr-defined, no-any-return]

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """Event types are named with their host."""
        field = super().formfield_for_foreignkey(db_field, request, form_class=EventTypeChoice, **kwargs)
        if isinstance(field, EventTypeChoice) and field.queryset is not None:
            field.queryset = field.queryset.select_related("host")
        return field

    def get_inlines(self, request: HttpRequest, obj: Booking | None) -> Any:
        """A new booking has neither guest nor history to show yet."""
        return () if obj is None else self.inlines

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """A cancelled booking stays as it is."""
        return super().has_change_permission(request, obj) and (obj is None or obj.is_live)

    def save_model(self, request: HttpRequest, obj: Booking, form: Any, change: bool) -> None:
        """The domain has saved it."""

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    @admin.action(description=_("Cancel the chosen bookings"), permissions=["change"])
    def cancel_bookings(self, request: HttpRequest, queryset: QuerySet[Booking]) -> HttpResponse | None:
        """Ask first, with room for a reason; then each in its own transaction. Guests and calendars are told."""
        rows = queryset.select_related("event_type__host", "host", "target__account")
        live = list(rows.exclude(state=Booking.State.CANCELLED).filter(end__gt=clock.now()))
        if not live:
            said = _("None of these bookings can be cancelled: they are cancelled already, or over.")
            self.message_user(request, said, messages.WARNING)
            return None
        form = ReasonForm(request.POST if "confirmed" in request.POST else None)
        if form.is_valid():
            self._cancel(request, live, form.cleaned_data["reason"].strip())
            return None
        context = {
            **self.admin_site.each_context(request),
            "title": _("Cancel these bookings?"),
            "opts": self.opts,
            "bookings": live,
            "form": form,
            "checkbox": ACTION_CHECKBOX_NAME,
        }
        return TemplateResponse(request, "admin/bookings/booking/cancel.html", context)

    def _cancel(self, request: HttpRequest, live: list[Booking], reason: str) -> None:
        done = 0
        for booking in live:
            try:
                lifecycle.cancel(booking, actor=actor_of(request), now=clock.now(), reason=reason)
            except TooBusy:
                self.message_user(request, REFUSALS[TooBusy], messages.ERROR)
                break
            done += 1
        said = ngettext("%(count)s booking is cancelled.", "%(count)s bookings are cancelled.", done)
        self.message_user(request, said % {"count": done}, messages.SUCCESS if done else messages.WARNING)
