"""Changes to a host's availability: the pages and the admin both come here, so both keep the same rules.

Errors are `ValidationError`s whose sentences are meant for the host. Every function is whole or not at all.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from itertools import pairwise

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from availability.engine.spans import Span
from availability.fields import END_OF_DAY
from availability.loading import ensure_default
from availability.models import ClosingRule, DateHours, Schedule, WeeklyHours
from availability.models.schedule import Weekday
from bookingsite.dates import day_text, range_text
from bookingsite.models import User

RANGES_A_DAY = 24
"""More ranges than anybody needs; keeps one request from writing thousands of rows."""
WEEKEND = (Weekday.SATURDAY, Weekday.SUNDAY)


class HoursOverlapError(ValidationError):
    """Two ranges of one day share time."""


class NameTakenError(ValidationError):
    """The owner has a schedule of this name."""


class DefaultScheduleKeptError(ValidationError):
    """The default schedule cannot be deleted: events without a schedule of their own need it (A5)."""


def checked_ranges(ranges: Iterable[Span], *, day: str) -> tuple[Span, ...]:
    """The day's ranges in order. Ranges may touch.

    `day` names the day in the sentence. Raises `HoursOverlapError` for ranges that share time, a
    ValidationError for one that is empty or leaves the day, or for too many.
    """
    ordered = sorted(ranges)
    for start, end in ordered:
        if not 0 <= start < end <= END_OF_DAY:
            raise ValidationError(
                _("%(day)s: the end must be later than the start (%(range)s)."),
                code="empty_range",
                params={"day": day, "range": range_text(start, end)},
            )
    for one, other in pairwise(ordered):
        if other[0] < one[1]:
            raise HoursOverlapError(
                _("%(day)s: %(one)s and %(other)s overlap."),
                code="overlap",
                params={"day": day, "one": range_text(*one), "other": range_text(*other)},
            )
    if len(ordered) > RANGES_A_DAY:
        raise ValidationError(
            _("%(day)s: at most %(most)s ranges."), code="too_many", params={"day": day, "most": RANGES_A_DAY}
        )
    return tuple(ordered)


def create_schedule(owner: User, *, name: str, zone: str) -> Schedule:
    """A new schedule with the hours of the default one to start from.

    The first schedule becomes the default. Raises `NameTakenError`.
    """
    with transaction.atomic():
        is_first = not Schedule.objects.filter(owner=owner).exists()
        default = ensure_default(owner)
        made = default if is_first else Schedule(owner=owner)
        change_schedule(made, name=name, zone=zone)
        if not is_first:
            hours = default.weekly.values_list("weekday", "start", "end")
            WeeklyHours.objects.bulk_create(
                WeeklyHours(schedule=made, weekday=day, start=start, end=end) for day, start, end in hours
            )
    return made


def is_name_taken(owner_id: int, name: str, *, but: Schedule) -> bool:
    """Whether another schedule of the owner has this name."""
    return Schedule.objects.filter(owner=owner_id, name=name).exclude(pk=but.pk).exists()


def name_taken() -> NameTakenError:
    """The error with its sentence."""
    return NameTakenError(_("You have a schedule of this name already."), code="name_taken")


def change_schedule(schedule: Schedule, *, name: str, zone: str) -> None:
    """Name and zone; saves a new schedule. Raises `NameTakenError`, `Schedule.DoesNotExist` if it is gone."""
    schedule.name, schedule.zone = name, zone
    if is_name_taken(schedule.owner_id, name, but=schedule):
        raise name_taken()
    try:
        with transaction.atomic():
            if schedule.pk:
                _lock(schedule)
            schedule.save(update_fields=["name", "zone"] if schedule.pk else None)
    except IntegrityError:  # another request was a moment faster
        raise name_taken() from None


def save_weekly(schedule: Schedule, week: Sequence[Iterable[Span]]) -> None:
    """Replace the weekly hours as a whole (A1): seven days, Monday first. Raises as `checked_ranges` does."""
    checked = [checked_ranges(ranges, day=str(Weekday(day).label)) for day, ranges in enumerate(week)]
    with transaction.atomic():
        _lock(schedule)
        schedule.weekly.all().delete()
        WeeklyHours.objects.bulk_create(
            WeeklyHours(schedule=schedule, weekday=day, start=start, end=end)
            for day, ranges in enumerate(checked)
            for start, end in ranges
        )


def set_date_hours(schedule: Schedule, day: date, ranges: Iterable[Span]) -> None:
    """Hours of one date instead of its weekday's (A2), none to close it. Replaces what the date had.

    Raises what `checked_ranges` raises.
    """
    checked = checked_ranges(ranges, day=day_text(day))
    rows: Sequence[tuple[int | None, int | None]] = checked or [(None, None)]
    with transaction.atomic():
        _lock(schedule)
        schedule.dates.filter(date=day).delete()
        DateHours.objects.bulk_create(
            DateHours(schedule=schedule, date=day, start=start, end=end) for start, end in rows
        )


def clear_date(schedule: Schedule, day: date) -> None:
    """Let the weekly hours hold again on this date."""
    schedule.dates.filter(date=day).delete()


def make_default(schedule: Schedule) -> None:
    """Make this the owner's one default schedule (A5). Raises `Schedule.DoesNotExist` if it is gone."""
    with transaction.atomic():
        # The owner's row is the lock: two switches at once would otherwise meet in the unique index.
        User.objects.select_for_update(no_key=True).get(pk=schedule.owner_id)
        Schedule.objects.filter(owner=schedule.owner_id, is_default=True).update(is_default=False)
        if not Schedule.objects.filter(pk=schedule.pk).update(is_default=True):
            raise Schedule.DoesNotExist  # deleted meanwhile: the old default stays
    schedule.is_default = True


def delete_schedule(schedule: Schedule) -> None:
    """Delete a schedule; events that used it use the default from now on.

    Raises `DefaultScheduleKeptError` for the default one.
    """
    with transaction.atomic():
        if _lock(schedule).is_default:
            raise DefaultScheduleKeptError(
                _("This is your default schedule. Make another one the default first."), code="default_kept"
            )
        schedule.delete()


def close_weekends(owner: User) -> list[ClosingRule]:
    """Shut Saturday and Sunday in all schedules (A4). Returns the rules that took, none if they were shut."""
    with transaction.atomic():
        User.objects.select_for_update(no_key=True).get(pk=owner.pk)
        shut = set(
            ClosingRule.objects.filter(owner=owner, start=0, end=END_OF_DAY).values_list("weekday", flat=True)
        )
        made = [ClosingRule(owner=owner, weekday=day) for day in WEEKEND if day not in shut]
        return ClosingRule.objects.bulk_create(made)


def close_weekdays(
    owner: User, weekdays: Iterable[int], *, start: int, end: int, note: str = ""
) -> list[ClosingRule]:
    """A closing rule (A4) for each of the weekdays, returned. Raises ValidationError for an empty range."""
    checked_ranges([(start, end)], day=_("Closing rule"))
    return ClosingRule.objects.bulk_create(
        ClosingRule(owner=owner, weekday=day, start=start, end=end, note=note)
        for day in sorted(set(weekdays))
    )


def check_time_off(*, first_day: date, last_day: date, start: int | None, end: int | None) -> None:
    """Raises ValidationError, by field, for time off that closes nothing (A3)."""
    if last_day < first_day:
        raise ValidationError({"last_day": _("The last day must not be before the first.")})
    if first_day == last_day and (start or 0) >= (END_OF_DAY if end is None else end):
        raise ValidationError({"end": _("The end must be later than the start.")})


def check_date_row(
    *, start: int | None, end: int | None, others: Sequence[tuple[int | None, int | None]]
) -> None:
    """Raises ValidationError for a row of date-specific hours that does not go with the date's other rows."""
    if (start is None) != (end is None):
        raise ValidationError(_("Give both ends, or neither to close the date."), code="half")
    if others and (start is None or any(left is None for left, _right in others)):
        raise ValidationError(_("A closed date cannot have hours as well."), code="closed_and_open")
    rows = [*others, (start, end)]
    spans = [(left, right) for left, right in rows if left is not None and right is not None]
    checked_ranges(spans, day=_("This date"))


def by_day(rows: Iterable[tuple[int, int, int]]) -> Mapping[int, list[Span]]:
    """(weekday, start, end) rows as ranges by weekday."""
    week: dict[int, list[Span]] = {day: [] for day in range(7)}
    for day, start, end in rows:
        week[day].append((start, end))
    return week


def _lock(schedule: Schedule) -> Schedule:
    """The schedule's row, held until the transaction ends, so that two saves do not mix their rows."""
    return Schedule.objects.select_for_update(no_key=True).get(pk=schedule.pk)
