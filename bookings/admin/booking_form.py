"""The form that makes or moves a booking in the admin, and the domain's refusals in words."""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar
from uuid import uuid4

from django import forms
from django.contrib.admin.widgets import AdminSplitDateTime
from django.http import HttpRequest
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from bookings.domain import lifecycle, reasons
from bookings.domain.errors import BookingError, NotBookable, NotVerified, SlotTaken, TimesUnknown, TooBusy
from bookings.forms.guest import valid_name, valid_phone
from bookings.forms.own import in_range
from bookings.models import Booking, EventType
from bookingsite.lib import clock
from bookingsite.models import User
from bookingsite.scoped_admin import is_operator

REFUSALS = {
    NotBookable: _("This event type is off."),
    TooBusy: _("Many people are booking right now. Please save again."),
}


def actor_of(request: HttpRequest) -> Booking.Actor:
    """In whose name the person acts in the admin."""
    return Booking.Actor.OPERATOR if is_operator(request) else Booking.Actor.HOST


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
    guest_email = forms.EmailField(label=_("Guest's e-mail address"), max_length=254, required=False)
    guest_phone = forms.CharField(
        label=_("Phone"), max_length=40, required=False, help_text=_("Needed for events by phone.")
    )
    any_time = forms.BooleanField(
        label=_("Any time"),
        required=False,
        help_text=_("Whatever hours, rules and calendars say; never onto another booking."),
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
        zone = self._person.zone
        self.fields["start"].help_text = gettext("In your time zone, %(zone)s.") % {"zone": zone}

    @property
    def _person(self) -> User:
        assert isinstance(self.request.user, User)
        return self.request.user

    def clean_start(self) -> datetime:
        """Within the years that are served."""
        start: datetime = self.cleaned_data["start"]
        in_range(start.date())
        return start

    def clean(self) -> dict[str, Any]:
        """Ask the domain, once everything else is right."""
        data = super().clean() or self.cleaned_data
        if not self.instance.pk:
            self._require_guest(data)
        if "start" in data and data["start"] <= clock.now() and data["start"] != self.instance.start:
            self.add_error("start", _("This time lies in the past."))
        if not self.errors:
            try:
                self.instance = self._booked(data) if self.instance.pk is None else self._moved(data)
            except BookingError as error:
                self.add_error("start", self._why(error, data))
        return data

    def clean_guest_name(self) -> str:
        """As guests type it; whether one is needed is seen with the rest."""
        name = str(self.cleaned_data["guest_name"])
        return valid_name(name) if name else ""

    def clean_guest_phone(self) -> str:
        """As guests type it."""
        return valid_phone(self.cleaned_data["guest_phone"])

    def _require_guest(self, data: dict[str, Any]) -> None:
        kind: EventType | None = data.get("event_type")
        wanted = ["guest_name", "guest_email"]
        if kind and kind.place_kind == EventType.PlaceKind.PHONE:
            wanted.append("guest_phone")
        for name in wanted:
            if not data.get(name) and name not in self.errors:
                self.add_error(name, _("This field is required."))

    def _why(self, error: BookingError, data: dict[str, Any]) -> list[str]:
        """Each thing that stands against the time; titles and notes are for the host alone (invariant 8)."""
        if isinstance(error, NotVerified):
            return [reasons.not_verified()]
        if not isinstance(error, (SlotTaken, TimesUnknown)):
            return [str(REFUSALS.get(type(error), _("This cannot be done.")))]
        if self.instance.pk:
            to_owner = self.instance.host_id == self._person.pk
            against = reasons.told_of_move(self.instance, data["start"], now=clock.now(), to_owner=to_owner)
        else:
            kind: EventType = data["event_type"]
            to_owner = kind.host_id == self._person.pk
            against = reasons.told(kind, data["start"], now=clock.now(), to_owner=to_owner)
        # Nothing stands against it any more: another booking was there a moment ago.
        return list(against.sentences) or [gettext("Another booking is at that time.")]

    def _moved(self, data: dict[str, Any]) -> Booking:
        booking = Booking.objects.select_related("event_type__host", "host").get(pk=self.instance.pk)
        return lifecycle.reschedule(
            booking, data["start"], actor=actor_of(self.request), now=clock.now(), any_time=data["any_time"]
        )

    def _booked(self, data: dict[str, Any]) -> Booking:
        kind: EventType = data["event_type"]
        return lifecycle.book(
            lifecycle.Wish(
                event_type=kind,
                start=data["start"],
                key=f"admin-{uuid4().hex}",
                name=data["guest_name"],
                email=data["guest_email"],
                phone=data["guest_phone"],
                zone=kind.host.zone,
                language=kind.host.language,
                source="admin",
                actor=actor_of(self.request),
            ),
            now=clock.now(),
            any_time=data["any_time"],
        )

    def _post_clean(self) -> None:
        """The domain has written and checked the row; validating it again would only see itself."""

    def save(self, commit: bool = True) -> Booking:
        """The row as the domain left it."""
        self.save_m2m = lambda: None  # type: ignore[method-assign]
        return self.instance
