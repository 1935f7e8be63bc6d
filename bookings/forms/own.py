"""What a host fills in about a booking: a reason, another time."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from availability.engine.local_time import segments
from availability.fields import MinuteOfDayFormField
from bookings.domain.slots import instant
from bookings.models import EventType
from bookings.queries import own_event_types
from bookings.viewing import FIRST_YEAR, LAST_YEAR
from bookingsite.lib import zones
from bookingsite.models import User


class BookingFilter(forms.Form):
    """Which of the host's bookings are listed. What is wrong is said, and filters nothing."""

    q = forms.CharField(
        label=_("Search"),
        max_length=100,
        required=False,
        widget=forms.TextInput(attrs={"type": "search", "placeholder": _("Name, address or event")}),
    )
    event = forms.ModelChoiceField(
        label=_("Event type"), queryset=EventType.objects.none(), required=False, empty_label=_("All")
    )
    first = forms.DateField(label=_("From"), required=False, widget=forms.DateInput(attrs={"type": "date"}))
    last = forms.DateField(label=_("To"), required=False, widget=forms.DateInput(attrs={"type": "date"}))

    def __init__(self, *args: Any, host: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["event"]
        assert isinstance(field, forms.ModelChoiceField)
        field.queryset = own_event_types(host)

    def clean_first(self) -> date | None:
        """Within the years that are served."""
        return in_range(self.cleaned_data["first"])

    def clean_last(self) -> date | None:
        """Within the years that are served."""
        return in_range(self.cleaned_data["last"])


def in_range(day: date | None) -> date | None:
    """The day itself. Raises ValidationError for years in which nobody makes appointments."""
    if day and not FIRST_YEAR <= day.year < LAST_YEAR:
        raise forms.ValidationError(
            _("Choose a date from %(first)s to %(last)s."),
            params={"first": FIRST_YEAR, "last": LAST_YEAR - 1},
            code="year",
        )
    return day


class ReasonForm(forms.Form):
    """Why a booking is cancelled or moved; the guest reads it."""

    reason = forms.CharField(
        label=_("Message to the guest"),
        max_length=1000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
    )


class OtherTimeForm(ReasonForm):
    """Any time of the host's own choosing, on the host's wall clock."""

    date = forms.DateField(label=_("Date"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"))
    time = MinuteOfDayFormField(label=_("Time"))

    field_order = ("date", "time", "reason")

    def __init__(self, *args: Any, zone: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.zone = zone

    def clean_date(self) -> Any:
        """Within the years that are served."""
        return in_range(self.cleaned_data["date"])

    def clean(self) -> dict[str, Any]:
        """Adds `start`: the first instant at which the clock shows this time; a skipped time is refused."""
        data = super().clean() or self.cleaned_data
        if "date" in data and "time" in data:
            wanted = datetime.combine(data["date"], datetime.min.time(), tzinfo=UTC)
            wall = int(wanted.timestamp()) + data["time"] * 60
            day = 24 * 3600
            for begin, end, offset in segments(self.zone, wall - 2 * day, wall + 2 * day):
                if begin <= wall - offset < end:
                    data["start"] = instant(wall - offset)
                    return data
            self.add_error("time", _("The clock change skips this time on that day."))
        return data


def local_parts(start: datetime, zone: str) -> dict[str, Any]:
    """The initial values of `OtherTimeForm` for an instant."""
    local = start.astimezone(zones.zone(zone))
    return {"date": local.date(), "time": local.hour * 60 + local.minute}
