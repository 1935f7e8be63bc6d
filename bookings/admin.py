"""Bookings in the admin (H4): searchable, filterable, scoped. Every change goes through `lifecycle`."""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar
from uuid import uuid4

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.widgets import AdminSplitDateTime
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from bookings.domain import lifecycle
from bookings.domain.errors import BookingError, NotBookable, SlotTaken, TimesUnknown, TooBusy
from bookings.forms.own import in_range
from bookings.models import Booking, Claim, EventType, Guest, HistoryEntry, Message, Notice, Resource
from bookingsite.lib import clock
from bookingsite.scoped_admin import ScopedAdmin, ScopedTabularInline, is_operator
from bookingsite.validation import validate_single_line
from bookingsite.work import nudge

_REFUSALS = {
    SlotTaken: _("That time is not free: another booking, a calendar or a rule is in the way."),
    TimesUnknown: _("A calendar of the host cannot be read, so nobody can tell whether that time is free."),
    NotBookable: _("This event type is off."),
    TooBusy: _("Many people are booking right now. Please save again."),
}


def actor_of(request: HttpRequest) -> Booking.Actor:
    """In whose name the person acts in the admin."""
    return Booking.Actor.OPERATOR if is_operator(request) else Booking.Actor.HOST


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


class EventTypeChoice(forms.ModelChoiceField[EventType]):
    """Two hosts may offer events of the same name."""

    def label_from_instance(self, obj: EventType) -> str:
        """Host and event."""
        return f"{obj.host} · {obj.title}"


class BookingForm(forms.ModelForm[Booking]):
    """Make or move a booking. The domain is asked while the form is validated, so that its refusal is a form error.

    Nothing but `lifecycle` writes the row: the admin's own save has nothing left to do.
    """

    start = forms.SplitDateTimeField(label=_("Start"), widget=AdminSplitDateTime)
    guest_name = forms.CharField(label=_("Guest"), max_length=120, required=False)
    guest_email = forms.EmailField(label=_("Guest's e-mail address"), required=False)
    any_time = forms.BooleanField(
        label=_("Any time"),
        required=False,
        help_text=_("Move outside the hours; never onto another booking."),
    )
    request: ClassVar[HttpRequest]

    class Meta:
        model = Booking
        fields: ClassVar[list[str]] = ["event_type"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            self.initial.setdefault("start", self.instance.start)
            self.fields.pop("event_type", None)

    def clean_start(self) -> datetime:
        """Within the years that are served."""
        start: datetime = self.cleaned_data["start"]
        in_range(start.date())
        return start

    def clean(self) -> dict[str, Any]:
        """Ask the domain, once everything else is right."""
        data = super().clean() or self.cleaned_data
        if not self.instance.pk:
            for name in ("guest_name", "guest_email"):
                if not data.get(name) and name not in self.errors:
                    self.add_error(name, _("This field is required."))
        if not self.errors:
            try:
                self.instance = self._carry_out(data)
            except BookingError as error:
                self.add_error("start", _REFUSALS.get(type(error), _("This cannot be done.")))
        return data

    def _carry_out(self, data: dict[str, Any]) -> Booking:
        now = clock.now()
        if self.instance.pk:
            booking = Booking.objects.select_related("event_type__host", "host").get(pk=self.instance.pk)
            return lifecycle.reschedule(
                booking, data["start"], actor=actor_of(self.request), now=now, any_time=data["any_time"]
            )
        kind: EventType = data["event_type"]
        return lifecycle.book(
            lifecycle.Wish(
                event_type=kind,
                start=data["start"],
                key=f"admin-{uuid4().hex}",
                name=data["guest_name"],
                email=data["guest_email"],
                zone=kind.host.zone,
                language=kind.host.language,
                source="admin",
                actor=actor_of(self.request),
            ),
            now=now,
        )

    def _post_clean(self) -> None:
        """The domain has written and checked the row; validating it again would only see itself."""

    def save(self, commit: bool = True) -> Booking:
        """The row as the domain left it."""
        self.save_m2m = lambda: None  # type: ignore[method-assign]
        return self.instance


@admin.register(Booking)
class BookingAdmin(ScopedAdmin):
    """Bookings: find, make, move, cancel. Not deleted: a cancelled booking stays in sight."""

    owner_path = "host"
    host_may_delete = False
    form = BookingForm
    inlines = (GuestInline, HistoryInline)
    list_display = ("start", "title", "guest", "host", "state", "created_at")
    list_filter = ("state", "place_kind", ("host", admin.RelatedOnlyFieldListFilter), "start")
    list_select_related = ("host",)
    search_fields = ("title", "guests__name", "guests__email", "public_id", "host__email", "host__name")
    date_hierarchy = "start"
    ordering = ("-start",)
    actions = ("cancel_bookings",)
    readonly_fields = (
        "public_id", "host", "state", "end", "title", "place_kind", "place", "buffer_before", "buffer_after",
        "cancel_notice", "source", "sequence", "cancelled_by", "cancel_reason", "created_at", "changed_at",
    )  # fmt: skip

    def get_queryset(self, request: HttpRequest) -> QuerySet[Booking]:
        return super().get_queryset(request).prefetch_related("guests")

    @admin.display(description=_("guest"))
    def guest(self, booking: Booking) -> str:
        """Names of who comes; prefetched."""
        return ", ".join(guest.name for guest in booking.guests.all())

    def get_fields(self, request: HttpRequest, obj: Booking | None = None) -> tuple[str, ...]:
        if obj is None:
            return ("event_type", "start", "guest_name", "guest_email")
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
        return self._changeform_view(request, *_with_defaults(args, kwargs))  # type: ignore[attr-defined, no-any-return]

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
    def cancel_bookings(self, request: HttpRequest, queryset: QuerySet[Booking]) -> None:
        """Each in its own transaction; guests and calendars are told."""
        now = clock.now()
        live = [
            booking
            for booking in queryset.select_related("event_type__host", "host", "target__account")
            if booking.is_live
        ]
        done = 0
        for booking in live:
            try:
                lifecycle.cancel(booking, actor=actor_of(request), now=now)
            except TooBusy:
                self.message_user(request, _REFUSALS[TooBusy], messages.ERROR)
                break
            done += 1
        said = ngettext("%(count)s booking is cancelled.", "%(count)s bookings are cancelled.", done)
        self.message_user(request, said % {"count": done}, messages.SUCCESS if done else messages.WARNING)


def _with_defaults(args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[Any, Any, Any]:
    """`object_id`, `form_url`, `extra_context`, however the admin passed them."""
    given = dict(zip(("object_id", "form_url", "extra_context"), args, strict=False)) | kwargs
    return given.get("object_id"), given.get("form_url", ""), given.get("extra_context")


class EventTypeAdminForm(forms.ModelForm[EventType]):
    """An event type whose schedule and calendar are its host's own."""

    class Meta:
        model = EventType
        fields: ClassVar[list[str]] = [
            "host",
            "title",
            "slug",
            "description",
            "colour",
            "is_active",
            "duration",
            "place_kind",
            "place",
            "schedule",
            "increment",
            "buffer_before",
            "buffer_after",
            "notice",
            "cancel_notice",
            "window",
            "window_days",
            "window_first",
            "window_last",
            "daily_limit",
            "show_zone",
            "adds_to_calendar",
            "target",
        ]

    def clean_title(self) -> str:
        """Names reach the headers of mails."""
        validate_single_line(self.cleaned_data["title"])
        return str(self.cleaned_data["title"])

    def clean(self) -> dict[str, Any]:
        """What belongs to another host cannot be used, not even by an operator."""
        data = super().clean() or self.cleaned_data
        host = data.get("host") or (self.instance.host if self.instance.pk else None)
        for name in ("schedule", "target"):
            chosen = data.get(name)
            if chosen and host and chosen.owner_id != host.pk:
                self.add_error(name, _("This belongs to another host."))
        return data


@admin.register(EventType)
class EventTypeAdmin(ScopedAdmin):
    """What hosts offer."""

    form = EventTypeAdminForm

    owner_path = "host"
    list_display = ("title", "host", "slug", "duration", "place_kind", "is_active")
    list_filter = ("is_active", "place_kind", "window", ("host", admin.RelatedOnlyFieldListFilter))
    list_select_related = ("host",)
    search_fields = ("title", "slug", "description", "host__email", "host__name")

    def get_readonly_fields(self, request: HttpRequest, obj: EventType | None = None) -> tuple[str, ...]:
        """An event type stays its host's: bookings hang on it."""
        return ("host",) if obj else ()


class _ReadOnly(ScopedAdmin):
    """Rows that only the domain writes."""

    host_may_add = host_may_change = host_may_delete = False

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(Message)
class MessageAdmin(_ReadOnly):
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
class GuestAdmin(_ReadOnly):
    """Everybody who ever booked."""

    owner_path = "booking__host"
    list_display = ("name", "email", "booking", "zone", "language")
    list_filter = ("language",)
    list_select_related = ("booking",)
    search_fields = ("name", "email", "phone")


@admin.register(HistoryEntry)
class HistoryEntryAdmin(_ReadOnly):
    """What happened to bookings."""

    owner_path = "booking__host"
    list_display = ("at", "booking", "action", "actor", "old_start", "new_start")
    list_filter = ("action", "actor", "at")
    list_select_related = ("booking",)
    search_fields = ("booking__title", "booking__public_id", "reason")


@admin.register(Claim)
class ClaimAdmin(_ReadOnly):
    """Which time is held by which booking."""

    owner_path = "resource__host"
    list_display = ("resource", "booking", "start", "end", "padded_start", "padded_end")
    list_filter = ("start",)
    list_select_related = ("resource__host", "booking")
    search_fields = ("booking__title", "booking__public_id", "resource__host__email")


@admin.register(Resource)
class ResourceAdmin(_ReadOnly):
    """What can be booked at most once at a time."""

    owner_path = "host"
    list_display = ("pk", "host")
    list_filter = (("host", admin.RelatedOnlyFieldListFilter),)
    list_select_related = ("host",)
    search_fields = ("host__email", "host__name")
