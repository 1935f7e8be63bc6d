"""Availability in the admin: a host's own rows, kept to the rules of the pages (`availability.editing`)."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import Model, QuerySet
from django.forms.models import BaseInlineFormSet
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from availability import editing
from availability.engine.spans import Span
from availability.forms.closing import ClosingRuleForm, TimeOffForm
from availability.models import ClosingRule, DateHours, Schedule, TimeOff, WeeklyHours
from availability.models.schedule import Weekday
from bookingsite.scoped_admin import ScopedAdmin, ScopedTabularInline
from bookingsite.zones import ZoneField


class WeekFormSet(BaseInlineFormSet[WeeklyHours, Schedule, forms.ModelForm[WeeklyHours]]):
    """All weekly ranges of a schedule together."""

    def clean(self) -> None:
        """Ranges of a day must not overlap."""
        super().clean()
        week: dict[int, list[Span]] = defaultdict(list)
        for form in self.forms:
            row = getattr(form, "cleaned_data", {})
            if not row.get("DELETE") and None not in {row.get("weekday"), row.get("start"), row.get("end")}:
                week[row["weekday"]].append((row["start"], row["end"]))
        for day, ranges in week.items():
            editing.checked_ranges(ranges, day=str(Weekday(day).label))


class WeeklyHoursInline(ScopedTabularInline):
    """The week inside its schedule."""

    model = WeeklyHours
    formset = WeekFormSet
    extra = 0


class ScheduleAdminForm(forms.ModelForm[Schedule]):
    """A schedule with its zone from a list."""

    zone = ZoneField()

    class Meta:
        model = Schedule
        fields = ["owner", "name", "zone"]

    def clean(self) -> dict[str, Any]:
        """An owner's schedules differ in name."""
        row = super().clean() or self.cleaned_data
        owner = row["owner"].pk if row.get("owner") else self.instance.owner_id
        if owner and editing.is_name_taken(owner, row.get("name", ""), but=self.instance):
            self.add_error("name", editing.name_taken())
        return row


@admin.register(Schedule)
class ScheduleAdmin(ScopedAdmin):
    """Schedules. Which one is the default changes by an action; the default one cannot be deleted."""

    form = ScheduleAdminForm
    inlines = [WeeklyHoursInline]
    list_display = ["name", "owner", "zone", "is_default"]
    list_filter = ["is_default", "zone"]
    list_select_related = ["owner"]
    search_fields = ["name", "owner__email", "owner__name"]
    actions = ["make_default"]

    def get_readonly_fields(self, request: HttpRequest, obj: Schedule | None = None) -> list[str]:
        """A schedule stays its owner's: events and dates hang on it."""
        return ["owner"] if obj else []

    @admin.action(description=gettext_lazy("Make the selected schedule its host's default"))
    def make_default(self, request: HttpRequest, queryset: QuerySet[Schedule]) -> None:
        """The pages' own switch, for one schedule a host."""
        chosen = list(queryset.select_related("owner"))
        if len({one.owner_id for one in chosen}) < len(chosen):
            self.message_user(request, _("Choose one schedule a host."), messages.ERROR)
            return
        for schedule in chosen:
            editing.make_default(schedule)
        self.message_user(request, _("The default was changed."), messages.SUCCESS)

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        """The first schedule of a host is the default one."""
        super().save_related(request, form, formsets, change)
        schedule = form.instance
        if not change and not Schedule.objects.filter(owner=schedule.owner_id, is_default=True).exists():
            editing.make_default(schedule)

    def get_deleted_objects(
        self, objs: Any, request: HttpRequest
    ) -> tuple[list[str], dict[str, int], set[str], list[str]]:
        """Name default schedules as protected."""
        names, counts, missing, protected = super().get_deleted_objects(objs, request)
        kept = [_("%(name)s (default)") % {"name": one.name} for one in objs if one.is_default]
        return names, counts, missing, [*protected, *kept]


class _WeeklyHoursForm(forms.ModelForm[WeeklyHours]):
    class Meta:
        model = WeeklyHours
        fields = ["schedule", "weekday", "start", "end"]

    def clean(self) -> dict[str, Any]:
        """Ranges of a day must not overlap."""
        row = super().clean() or self.cleaned_data
        if {"schedule", "weekday", "start", "end"} <= row.keys():
            day = WeeklyHours.objects.filter(schedule=row["schedule"], weekday=row["weekday"])
            others = day.exclude(pk=self.instance.pk).values_list("start", "end")
            editing.checked_ranges(
                [*others, (row["start"], row["end"])], day=str(Weekday(row["weekday"]).label)
            )
        return row


@admin.register(WeeklyHours)
class WeeklyHoursAdmin(ScopedAdmin):
    """Single ranges of the week; easier to edit inside their schedule."""

    owner_path = "schedule__owner"
    form = _WeeklyHoursForm
    list_display = ["schedule", "owner", "weekday", "__str__"]
    list_filter = ["weekday"]
    list_select_related = ["schedule__owner"]
    search_fields = ["schedule__name", "schedule__owner__email", "schedule__owner__name"]

    @admin.display(description=gettext_lazy("host"), ordering="schedule__owner__name")
    def owner(self, row: WeeklyHours) -> Model:
        """Whose hours they are."""
        return row.schedule.owner


class _DateHoursForm(forms.ModelForm[DateHours]):
    class Meta:
        model = DateHours
        fields = ["schedule", "date", "start", "end"]

    def clean(self) -> dict[str, Any]:
        """A date is closed or has ranges that do not overlap."""
        row = super().clean() or self.cleaned_data
        if {"schedule", "date", "start", "end"} <= row.keys():
            same = DateHours.objects.filter(schedule=row["schedule"], date=row["date"])
            others = list(same.exclude(pk=self.instance.pk).values_list("start", "end"))
            editing.check_date_row(start=row["start"], end=row["end"], others=others)
        return row


@admin.register(DateHours)
class DateHoursAdmin(ScopedAdmin):
    """Hours of single dates."""

    owner_path = "schedule__owner"
    form = _DateHoursForm
    list_display = ["date", "schedule", "owner", "__str__"]
    list_filter = ["date"]
    date_hierarchy = "date"
    list_select_related = ["schedule__owner"]
    search_fields = ["schedule__name", "schedule__owner__email", "schedule__owner__name"]

    @admin.display(description=gettext_lazy("host"), ordering="schedule__owner__name")
    def owner(self, row: DateHours) -> Model:
        """Whose hours they are."""
        return row.schedule.owner


class _TimeOffAdminForm(TimeOffForm):
    class Meta(TimeOffForm.Meta):
        fields = ["owner", *TimeOffForm.Meta.fields]


@admin.register(TimeOff)
class TimeOffAdmin(ScopedAdmin):
    """Time off. Notes are searched too: they are shown to their owner and to operators only."""

    form = _TimeOffAdminForm
    list_display = ["owner", "first_day", "last_day", "note"]
    list_filter = ["first_day"]
    date_hierarchy = "first_day"
    list_select_related = ["owner"]
    search_fields = ["note", "owner__email", "owner__name"]


class _ClosingRuleAdminForm(ClosingRuleForm):
    class Meta(ClosingRuleForm.Meta):
        fields = ["owner", *ClosingRuleForm.Meta.fields]


@admin.register(ClosingRule)
class ClosingRuleAdmin(ScopedAdmin):
    """Closing rules."""

    form = _ClosingRuleAdminForm
    list_display = ["__str__", "owner", "note"]
    list_filter = ["weekday"]
    list_select_related = ["owner"]
    search_fields = ["note", "owner__email", "owner__name"]
