"""Event types in the admin."""

from __future__ import annotations

from typing import Any, ClassVar

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from bookings.forms.event_type import settle_meeting
from bookings.models import EventType
from bookingsite.scoped_admin import ScopedAdmin
from bookingsite.validation import validate_single_line


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
            "meeting",
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
        if host and not self.errors and (problem := settle_meeting(data, host)):
            self.add_error("meeting", problem)
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
