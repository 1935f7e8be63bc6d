"""An event type as its host edits it (E3, E5, A5–A10, A12)."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, ClassVar

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import MinValueValidator
from django.urls import reverse
from django.utils.html import format_html
from django.utils.text import slugify
from django.utils.translation import gettext_lazy as _

from availability.models import Schedule
from bookings.models import EventType
from bookingsite.models import User
from bookingsite.validation import validate_single_line
from calendars import writing
from calendars.models import Calendar

_HOUR, _DAY = 60, 24 * 60


class LengthField(forms.MultiValueField):
    """A length as number and unit, kept as minutes: hosts think "2 days", not 2880."""

    UNITS = ((1, _("minutes")), (_HOUR, _("hours")), (_DAY, _("days")))
    LONGEST = 365 * _DAY

    def __init__(self, **kwargs: Any) -> None:
        fields = (
            forms.IntegerField(min_value=0, max_value=self.LONGEST),
            forms.TypedChoiceField(choices=self.UNITS, coerce=int),
        )
        super().__init__(fields=fields, widget=LengthWidget(self.UNITS), require_all_fields=True, **kwargs)

    def compress(self, data_list: list[int]) -> int:
        """Minutes."""
        minutes = data_list[0] * data_list[1] if data_list else 0
        if minutes > self.LONGEST:
            raise ValidationError(_("Choose at most 365 days."), code="too_long")
        return minutes


class LengthWidget(forms.MultiWidget):
    """A number and a unit side by side."""

    template_name = "bookings/widgets/length.html"

    def __init__(self, units: tuple[tuple[int, Any], ...]) -> None:
        super().__init__(
            [
                forms.NumberInput(attrs={"min": 0, "inputmode": "numeric", "aria-label": _("Number")}),
                forms.Select(choices=units, attrs={"aria-label": _("Unit")}),
            ]
        )

    def decompress(self, value: int | None) -> list[int]:
        """The largest unit that divides the minutes."""
        if not value:
            return [0, _HOUR]
        unit = next(unit for unit in (_DAY, _HOUR, 1) if value % unit == 0)
        return [value // unit, unit]


class MeetingSelect(forms.RadioSelect):
    """Kinds of meeting links; what no calendar of the host can make is shown, but cannot be chosen."""

    possible: Collection[str] = ()

    def create_option(self, name: str, value: Any, *args: Any, **kwargs: Any) -> dict[str, Any]:
        """One radio button."""
        option = super().create_option(name, value, *args, **kwargs)
        if value and value not in self.possible and not option["selected"]:
            option["attrs"]["disabled"] = True
        return option


def settle_meeting(data: dict[str, Any], host: User) -> str | None:
    """What stands against the meeting link in an event type's cleaned `data`; None when nothing does.

    A link can only be made by the calendar that the bookings go into. Where people meet elsewhere the wish is
    taken out of `data`.
    """
    wanted = data.get("meeting")
    if not wanted:
        return None
    if data.get("place_kind") != EventType.PlaceKind.ONLINE:
        data["meeting"] = ""
        return None
    target = writing.target_for(host.pk, data.get("target")) if data.get("adds_to_calendar") else None
    if target is not None and writing.meeting_of(target) == wanted:
        return None
    return _(
        "%(kind)s links come with the event in the calendar that receives the bookings, and that one "
        "makes none. Choose another calendar below, or another link."
    ) % {"kind": EventType.Meeting(wanted).label}


class EventTypeForm(forms.ModelForm[EventType]):
    """All of an event type's settings; only the host's own schedules and calendars can be chosen (C14)."""

    notice = LengthField(
        label=_("Minimum notice"), help_text=_("How long before the start a booking must be made.")
    )
    cancel_notice = LengthField(
        label=_("Cancellation deadline"),
        help_text=_("How long before the start guests may still cancel or reschedule. 0: until it starts."),
    )

    class Meta:
        model = EventType
        fields: ClassVar[list[str]] = [
            "title",
            "slug",
            "description",
            "colour",
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
            "is_active",
        ]
        widgets: ClassVar[dict[str, forms.Widget]] = {
            "colour": forms.TextInput(attrs={"type": "color"}),
            "description": forms.Textarea(attrs={"rows": 4}),
            "meeting": MeetingSelect(),
            "window_first": forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
            "window_last": forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        }
        labels: ClassVar[dict[str, Any]] = {
            "duration": _("Duration in minutes"),
            "increment": _("A start time every … minutes"),
            "buffer_before": _("Buffer before, in minutes"),
            "buffer_after": _("Buffer after, in minutes"),
        }
        help_texts: ClassVar[dict[str, Any]] = {
            "schedule": "",
            "target": "",
            "slug": _("The last part of this event's address. Empty: made from the name."),
            "increment": _("30 offers 9:00, 9:30, 10:00 …, however long the event takes."),
            "buffer_before": _("Kept free before each booking."),
            "buffer_after": _("Kept free after each booking."),
            "window_days": _("Counts when bookable “a number of days ahead”."),
            "window_first": _("Counts when bookable “between two dates”."),
            "window_last": _("This date included."),
            "daily_limit": _("Of this event type, on one day. Empty: no limit."),
        }

    def __init__(self, *args: Any, host: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.host = host
        self.instance.host = host
        self.fields["slug"].required = False
        self.fields["slug"].widget.prefix_text = f"{settings.SITE_URL.split('://')[-1]}/{host.slug}/"
        self.fields["window_days"].required = False
        self.fields["place"].help_text = format_html(  # the name is the host's own words
            "{} {}",
            self.fields["place"].help_text,
            _("Online and left empty, guests will read: “%(name)s will send the link.”")
            % {"name": host.get_full_name()},
        )
        self._offer_meetings()
        for name in ("title", "place"):
            self.fields[name].validators.append(validate_single_line)
        for name, least in (("duration", 5), ("increment", 5), ("window_days", 1), ("daily_limit", 1)):
            self._count_from(name, least)
        self._choose("schedule", Schedule.objects.filter(owner=host), _("Your default schedule"))
        self._choose(
            "target",
            Calendar.objects.filter(owner=host, writable=True, vanished_at=None).select_related("account"),
            _("The calendar chosen under Integrations"),
        )

    def _offer_meetings(self) -> None:
        """Links made by a calendar; one that cannot be made says what it needs."""
        field = self.fields["meeting"]
        assert isinstance(field, forms.ChoiceField)
        field.label = _("Meeting link, when it is online")
        field.choices = [("", _("The link that stands below")), *EventType.Meeting.choices]
        possible = writing.meetings_of(self.host.pk)
        assert isinstance(field.widget, MeetingSelect)
        field.widget.possible = possible
        if len(possible) < len(EventType.Meeting):
            page = reverse("calendars:integrations")
            field.help_text = format_html(
                '{} <a href="{}">{}</a>',
                _(
                    "Made anew for every booking. Google Meet needs a Google calendar that receives the bookings, "
                    "Microsoft Teams one of Microsoft 365."
                ),
                page,
                _("Connect one"),
            )

    def _check_meeting(self, data: dict[str, Any]) -> None:
        if problem := settle_meeting(data, self.host):
            self.add_error("meeting", problem)

    def _count_from(self, name: str, least: int) -> None:
        """One sentence with the true limit, instead of Django's "at least 0" and then the model's."""
        field = self.fields[name]
        field.validators = [rule for rule in field.validators if not isinstance(rule, MinValueValidator)]
        field.validators.append(MinValueValidator(least))
        field.widget.attrs["min"] = least

    def _choose(self, name: str, queryset: Any, empty: Any) -> None:
        field = self.fields[name]
        assert isinstance(field, forms.ModelChoiceField)
        field.queryset, field.empty_label = queryset, empty

    def clean_slug(self) -> str:
        """A link made from the name where none was given, counted up where it is taken."""
        slug = str(self.cleaned_data.get("slug") or "")
        if slug:
            return slug
        stem = slugify(self.cleaned_data.get("title", ""))[:50].strip("-") or "event"
        taken = set(
            EventType.objects.filter(host=self.host)
            .exclude(pk=self.instance.pk)
            .values_list("slug", flat=True)
        )
        return next(
            slug for slug in (stem, *(f"{stem}-{number}" for number in range(2, 1000))) if slug not in taken
        )

    def clean_colour(self) -> str:
        """Browsers send small letters; people may type capitals."""
        return str(self.cleaned_data["colour"]).lower()

    def clean(self) -> dict[str, Any]:
        """Dates belong to a date range, days to a number of days."""
        data = super().clean() or self.cleaned_data
        self._check_meeting(data)
        window = data.get("window")
        if window == EventType.Window.RANGE:
            self._check_range(data)
        if not data.get("window_days"):
            if (
                window in {EventType.Window.DAYS, EventType.Window.BUSINESS_DAYS}
                and "window_days" not in self.errors
            ):
                self.add_error("window_days", _("Say how many days ahead guests may book."))
            data["window_days"] = self.instance.window_days or 60
        return data

    def _check_range(self, data: dict[str, Any]) -> None:
        first, last = data.get("window_first"), data.get("window_last")
        for name, value in (("window_first", first), ("window_last", last)):
            if value is None and name not in self.errors:
                self.add_error(name, _("Give the first and the last date."))
        if first and last and last < first:
            self.add_error("window_last", _("The last date must not be before the first."))

    def validate_constraints(self) -> None:
        """The host is set by us and not a field; its link must still be the only one of its name."""
        exclude = self._get_validation_exclusions() - {"host"}  # type: ignore[attr-defined]
        try:
            self.instance.validate_constraints(exclude=exclude)
        except ValidationError as error:
            self._update_errors(error)  # type: ignore[attr-defined]
