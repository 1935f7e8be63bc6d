"""What a host fills in about a booking: a reason, another time."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from availability.engine.local_time import segments
from availability.fields import MinuteOfDayFormField
from bookings.domain.slots import instant
from bookingsite.lib import zones


class ReasonForm(forms.Form):
    """Why a booking is cancelled or moved; the guest reads it."""

    reason = forms.CharField(
        label=_("Message to the guest (optional)"), max_length=1000, required=False,
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

    def clean(self) -> dict[str, Any]:
        """Adds `start`: the first instant at which the host's clock shows this time; a time that a clock change skips is refused."""
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
