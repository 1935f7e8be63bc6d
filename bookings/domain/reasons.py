"""The engine's reasons in words (A14). Titles and notes are named to the owner of the calendars alone (invariant 8)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils import formats
from django.utils.translation import gettext as _

from availability.engine import Code, Reason, explain
from bookings.domain import slots
from bookings.domain.errors import NotVerified, TooBusy
from bookings.models import Booking, EventType
from bookingsite.lib import zones
from calendars import busy


@dataclass(frozen=True)
class Told:
    """Whether a start is offered, and each thing that stands against it, in words and as a stable code."""

    start: datetime
    is_offered: bool
    lines: tuple[tuple[str, str], ...]

    @property
    def sentences(self) -> tuple[str, ...]:
        """The lines without their codes."""
        return tuple(sentence for _code, sentence in self.lines)

    @property
    def is_another_booking(self) -> bool:
        """Whether a booking stands there: nobody may decide past that (invariant 1)."""
        return any(code == Code.BOOKING for code, _sentence in self.lines)


def told(event_type: EventType, start: datetime, *, now: datetime, to_owner: bool = True) -> Told:
    """Ask the engine about one start of one event type, and say its answer in the active language.

    Told to somebody else than the owner, it names no titles and no notes, but the zone of its times.
    """
    known, found, times = slots.why_not(event_type, start, now=now)
    lines = [] if event_type.is_active else [("off", _("The event type is turned off."))]
    return _told(event_type, start, found, times, known=known, before=lines, to_owner=to_owner)


def told_of_move(booking: Booking, start: datetime, *, now: datetime, to_owner: bool = True) -> Told:
    """What stands against moving a booking to `start`, seen by the host: rules for guests do not count."""
    last = start + timedelta(seconds=1)
    times = slots.times(booking.event_type, start, last, now=now, moving=booking, for_host=True)
    found = explain(times.question, int(start.timestamp()))
    return _told(booking.event_type, start, found, times, known=times.known, to_owner=to_owner)


def _told(
    event_type: EventType,
    start: datetime,
    found: list[Reason],
    times: slots.Times,
    *,
    known: bool,
    before: Sequence[tuple[str, str]] = (),
    to_owner: bool,
) -> Told:
    lines = list(before)
    if not known:
        lines += [(str(each.reason), _unread(event_type, each, to_owner=to_owner)) for each in times.unread]
    if any(
        reason.code == Code.PAST for reason in found
    ):  # of which being outside the window says nothing new
        found = [reason for reason in found if reason.code != Code.RANGE]
    lines += [(str(reason.code), _sentence(event_type, reason, times, to_owner=to_owner)) for reason in found]
    return Told(start=start, is_offered=not lines, lines=tuple(dict.fromkeys(lines)))


def not_verified() -> str:
    """What is said to whoever books with a strict host while a calendar is silent."""
    return _(
        "The host's calendar did not answer just now, so this time could not be verified. Nothing was booked. "
        "Please try again in a minute."
    )


def try_again(error: TooBusy | NotVerified) -> str:
    """What is said where the same request may work a little later."""
    if isinstance(error, NotVerified):
        return not_verified()
    return _("Many people are booking right now. Please press the button again.")


def _unread(event_type: EventType, unread: busy.Unread, *, to_owner: bool) -> str:
    """Why a calendar that cannot be read closes every time (invariant 2)."""
    if not to_owner:
        return {
            busy.Reason.NEVER_READ: _("A calendar was never read; unknown is never free."),
            busy.Reason.TOO_OLD: _("A calendar has not been read for too long; unknown is never free."),
            busy.Reason.WITHHELD: _("A calendar cannot be read, and meanwhile no times are to be offered."),
        }[unread.reason]
    sentence = {
        busy.Reason.NEVER_READ: _(
            "The calendar %(calendar)s (%(account)s) was never read; unknown is never free."
        ),
        busy.Reason.TOO_OLD: _(
            "The calendar %(calendar)s (%(account)s) was last read on %(when)s; that copy no longer counts."
        ),
        busy.Reason.WITHHELD: _(
            "The calendar %(calendar)s (%(account)s) cannot be read, last on %(when)s; "
            "by your choice no times are offered meanwhile."
        ),
    }[unread.reason]
    zone = zones.zone(event_type.host.zone)
    last = unread.last_ok_at
    when = formats.date_format(last.astimezone(zone), "DATETIME_FORMAT") if last else ""
    return sentence % {"calendar": unread.calendar, "account": unread.account, "when": when}


def _sentence(event_type: EventType, reason: Reason, times: slots.Times, *, to_owner: bool) -> str:
    when, what = _when(event_type, reason), _what(event_type, reason, times, to_owner=to_owner)
    named = {"when": when if to_owner or not when else f"{when}, {event_type.host.zone}", "what": what}
    sentences = {
        Code.PAST: _("It lies in the past."),
        Code.TOO_SOON: _("It is within the minimum notice."),
        Code.RANGE: _("It is outside the booking window (%(when)s)."),
        Code.HOURS: _("It is outside the hours of the schedule."),
        Code.TIME_OFF: _("Time off or a closing rule: %(what)s (%(when)s)."),
        Code.DAY_LIMIT: _("The day has as many bookings as its limit allows."),
        Code.CALENDAR: _("Busy in the calendar: %(what)s (%(when)s)."),
        Code.BOOKING: _("Another booking is at that time (%(when)s)."),
        Code.BUFFER: _("The buffer meets %(what)s (%(when)s)."),
        Code.GRID: _("Start times are offered every %(step)s minutes; this is none of them."),
    }
    return sentences[reason.code] % {**named, "step": event_type.increment}


def _when(event_type: EventType, reason: Reason) -> str:
    if reason.span is None:
        return ""
    zone = zones.zone(event_type.host.zone)
    try:
        start, end = (slots.instant(second).astimezone(zone) for second in reason.span)
    except (ValueError, OverflowError, OSError):  # a window without a beginning
        return _("see the event type")
    last = (
        formats.time_format(end)
        if start.date() == end.date()
        else formats.date_format(end, "DATETIME_FORMAT")
    )
    return f"{formats.date_format(start, 'DATETIME_FORMAT')} – {last}"


def _what(event_type: EventType, reason: Reason, times: slots.Times, *, to_owner: bool) -> str:
    if reason.span is None or reason.source is None:
        return ""
    if reason.source == "closed" and reason.index is not None and reason.index < len(times.closed_by):
        return (to_owner and times.closed_by[reason.index].note) or _("without a note")
    if reason.source == "busy":
        for event in busy.details(event_type.host_id, *reason.span) if to_owner else ():
            if (event.start_s, event.end_s) == reason.span:
                return event.title or _("an event without a title")
        return _("an event")
    return _("another booking")
