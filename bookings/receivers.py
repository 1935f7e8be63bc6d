"""Answers to what calendars and availability report; to calendars rows for the worker, in their transaction."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.dispatch import receiver

from availability import signals as closing
from availability.engine.spans import Span
from availability.models import Schedule
from bookings import feeds, standing
from bookings.domain import meetings
from bookings.models import EventType
from bookings.notices import affected, noting
from bookings.outside import colliding, drift
from bookingsite import work
from bookingsite.models import User
from calendars import signals
from calendars.models import Account, Calendar, Write


@receiver(closing.time_closed, dispatch_uid="bookings.tell_of_closed_time")
def tell_of_closed_time(
    *, owner: User, spans: list[Span], schedule: Schedule | None, now: datetime, **_: Any
) -> str | None:
    """Bookings in time that was closed stay; the host may want to move them."""
    return standing.told(owner, spans, schedule=schedule, now=now)


@receiver(signals.account_failing, dispatch_uid="bookings.tell_of_account")
def tell_of_account(*, account: Account, code: str, now: datetime, **_: Any) -> None:
    """Have the owner told that an account needs them (invariant 2, C9)."""
    noting.note_account(account, code, now=now)
    work.nudge()


@receiver(signals.account_recovered, dispatch_uid="bookings.tell_of_recovery")
def tell_of_recovery(*, account: Account, since: datetime, now: datetime, **_: Any) -> None:
    """Have the owner told that an account works again, if they were told of its trouble."""
    noting.note_recovery(account, since, now=now)


@receiver(signals.calendar_lost, dispatch_uid="bookings.tell_of_lost_calendar")
def tell_of_lost_calendar(*, calendar: Calendar, code: str, received: bool, now: datetime, **_: Any) -> None:
    """Have the owner told that bookings no longer go into a calendar, if any were to."""
    kinds = EventType.objects.filter(host=calendar.owner_id, is_active=True, adds_to_calendar=True)
    if received or kinds.filter(target=calendar).exists():
        noting.note_lost(calendar, code, now=now)
        work.nudge()


@receiver(signals.dependants_asked, dispatch_uid="bookings.name_dependants")
def name_dependants(*, accounts: list[Account], **_: Any) -> dict[int, signals.Dependants]:
    """Which event types depend on these accounts of one owner."""
    return affected.dependants(accounts)


@receiver(signals.write_failing, dispatch_uid="bookings.tell_of_writing")
def tell_of_writing(*, write: Write, code: str, now: datetime, **_: Any) -> None:
    """Have the owner told that a booking does not reach their calendar (C18)."""
    noting.note_writing(write, code, now=now)
    work.nudge()


@receiver(signals.meeting_link_made, dispatch_uid="bookings.take_meeting_link")
def take_meeting_link(*, write: Write, url: str, now: datetime, **_: Any) -> None:
    """The calendar made the meeting's link: keep it with the booking and have people told."""
    meetings.take_link(write.uid, url, now=now)
    work.nudge()


@receiver(signals.own_event_changed, dispatch_uid="bookings.ask_about_event")
def ask_about_event(
    *,
    calendar: Calendar,
    uid: str,
    change: str,
    start: datetime | None,
    end: datetime | None,
    now: datetime,
    **_: Any,
) -> None:
    """Ask the host, or the account's setting, about an event of a booking that was changed outside (C16)."""
    drift.note(calendar, uid=uid, change=change, start=start, end=end, now=now)


@receiver(signals.own_events_in_place, dispatch_uid="bookings.forget_questions")
def forget_questions(*, calendar: Calendar, uids: list[str], now: datetime, **_: Any) -> None:
    """An event that is where it should be again asks nothing any more (C16)."""
    drift.note_in_place(calendar, uids=uids, now=now)


@receiver(signals.bookings_asked, dispatch_uid="bookings.name_bookings")
def name_bookings(*, owner_id: int, uids: frozenset[str], **_: Any) -> frozenset[str]:
    """Which of these events are bookings of the host."""
    return feeds.own_uids(owner_id, uids)


@receiver(signals.blocks_changed, dispatch_uid="bookings.watch_for_collisions")
def watch_for_collisions(*, calendar: Calendar, spans: list[Span], now: datetime, **_: Any) -> None:
    """Tell the host which bookings new busy times lie over (C20)."""
    colliding.note(calendar, spans, now=now)
