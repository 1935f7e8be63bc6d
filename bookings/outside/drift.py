"""Events of bookings that were moved or deleted in the host's calendar (C16): noted, asked about, answered.

The sync reports inside its own transaction, so `note` only writes rows. What the account's setting answers
for good is done by the worker afterwards (`answer_by_setting`), like a host's click.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import QuerySet

from bookings.domain import events, lifecycle
from bookings.domain.errors import NotLive, SlotTaken, TooBusy
from bookings.models import Booking, Notice, OutsideChange
from bookings.notices import noting
from bookingsite import leases, work
from bookingsite.models import Tick, User
from calendars import writing
from calendars.models import Account, Calendar

WORK = "bookings.outside"
"""The name of the periodic work that answers by setting; rung for as soon as something is noted."""
MANY = 5
"""So many deleted, or moved, events of one calendar are followed without asking; more look like a mishap."""
PATIENCE = timedelta(minutes=15)
"""So long an answer waits for what is yet to be read: the rest of a reading, the host's other calendars."""
TIRES_AFTER = 3
"""So often a day an event is put back or followed without asking; then another program is at work there."""
WHOLE_DAYS = timedelta(hours=23)
"""The shortest day on a clock. What lasts as long is a note on days, not the time of an appointment."""
_AT_ONCE = 100

Change = OutsideChange.Change
State = OutsideChange.State
Refusal = OutsideChange.Refusal
Setting = Account.MovedOutside


class CannotFollow(Exception):
    """The booking cannot do what its event did; `refusal` says why. The question stays."""

    def __init__(self, refusal: OutsideChange.Refusal) -> None:
        super().__init__(str(refusal))
        self.refusal = refusal


def note(
    calendar: Calendar, *, uid: str, change: str, start: datetime | None, end: datetime | None, now: datetime
) -> None:
    """Note that the event of a booking was moved or deleted; a newer change replaces an older question.

    What is over, cancelled or written elsewhere is no question. Inside the sync's transaction.
    """
    booking = _booking_of(calendar, uid, now=now)
    if booking is None:
        return
    rows = OutsideChange.objects.filter(booking=booking, state=State.OPEN)
    if change == Change.MOVED and (start, end) == (booking.start, booking.end):
        rows.update(state=State.GONE, answered_at=now)
        return
    facts = {"calendar": calendar, "change": change, "start": start, "end": end}
    if rows.filter(**facts).exists():
        return  # only its text is another: what was refused is not looked at alone, as if it were new
    facts["noted_at"] = now
    is_news = not rows.update(**facts, refusal="")
    if is_news:
        OutsideChange.objects.bulk_create([OutsideChange(booking=booking, **facts)], ignore_conflicts=True)
    _have_answered(calendar, now=now, is_news=is_news)


def note_in_place(calendar: Calendar, *, uids: Collection[str], now: datetime) -> None:
    """Events that are where they should be, or are again: their questions are pointless. One statement."""
    named = [uid.partition("@")[0] for uid in uids]
    rows = OutsideChange.objects.filter(calendar=calendar, booking__public_id__in=named, state=State.OPEN)
    rows.update(state=State.GONE, answered_at=now)


def open_changes(host: User, *, now: datetime) -> QuerySet[OutsideChange]:
    """The host's unanswered questions about bookings to come, by the bookings' start. Two queries."""
    rows = OutsideChange.objects.filter(booking__host=host, booking__end__gt=now, state=State.OPEN)
    rows = rows.exclude(booking__state=Booking.State.CANCELLED).select_related("booking", "calendar")
    return rows.prefetch_related("booking__guests").order_by("booking__start", "pk")


def follow(change: OutsideChange, *, now: datetime) -> None:
    """Let the booking do what its event did: everybody is told. Raises `CannotFollow`, `TooBusy`."""
    booking = lifecycle_row(change)
    actor = Booking.Actor.HOST
    if change.change == Change.DELETED:
        lifecycle.cancel(booking, actor=actor, now=now)
    else:
        start, length = _followable(change, now=now)
        try:
            lifecycle.reschedule(booking, start, length=length, actor=actor, now=now, any_time=True)
        except SlotTaken:
            raise CannotFollow(Refusal.TAKEN) from None
        except NotLive:
            pass
    # A booking that was changed meanwhile has settled the question; one that stands there already has not.
    OutsideChange.objects.filter(pk=change.pk, state=State.OPEN).update(state=State.GONE, answered_at=now)
    work.nudge()


def put_back(change: OutsideChange, *, now: datetime) -> None:
    """Have the event written again as the booking stands. Nobody is told: nothing changed for them."""
    booking = lifecycle_row(change)
    rows = OutsideChange.objects.filter(pk=change.pk, state=State.OPEN)
    with transaction.atomic():
        # The event first: that locks the account, under which the sync notes such changes.
        if not writing.put_back(change.calendar, uid=booking.uid, now=now):
            events.put_into_calendar(booking, now=now)
        if rows.update(state=State.PUT_BACK, answered_at=now):
            work.nudge()
        else:
            transaction.set_rollback(True)  # it was answered meanwhile


def can_follow(change: OutsideChange, *, now: datetime) -> bool:
    """Whether there is a time that the booking could take over, another booking aside."""
    try:
        if change.change == Change.MOVED:
            _followable(change, now=now)
    except CannotFollow:
        return False
    return True


def answer_by_setting(now: datetime) -> None:
    """Answer what the accounts' settings answer for good; what cannot be followed is asked after all."""
    waiting = _calm_and_known(_unanswered(now), now=now)
    standing = elsewhere([row for row in waiting if row.change == Change.DELETED and _is_followed(row)])
    for row in waiting[:_AT_ONCE]:
        try:
            _answer(row, now=now, stands_elsewhere=row.booking.uid in standing)
        except CannotFollow as problem:
            _ask_after_all([row], problem.refusal, now=now)
        except TooBusy:
            continue  # the next round tries again


def elsewhere(deleted: Collection[OutsideChange]) -> dict[str, str]:
    """The host's other calendars in which the events stand that were deleted in theirs, by UID. One query for
    every few hundred.
    """
    return writing.stands_elsewhere(_gone(deleted)) if deleted else {}


def close_past(now: datetime) -> None:
    """Questions about appointments that are over are over. One statement."""
    rows = OutsideChange.objects.filter(state=State.OPEN, booking__end__lte=now)
    rows.update(state=State.GONE, answered_at=now)


def lifecycle_row(change: OutsideChange) -> Booking:
    """The booking with what the lifecycle reads of it."""
    return Booking.objects.select_related("event_type__host", "host", "target__account").get(
        pk=change.booking_id
    )


def _booking_of(calendar: Calendar, uid: str, *, now: datetime) -> Booking | None:
    """The coming, live booking of the calendar's owner that was written into it under this UID."""
    rows = Booking.objects.filter(
        public_id=uid.partition("@")[0], host=calendar.owner_id, target=calendar, end__gt=now
    )
    booking = rows.exclude(state=Booking.State.CANCELLED).first()
    return booking if booking is not None and booking.uid == uid else None


def _have_answered(calendar: Calendar, *, now: datetime, is_news: bool) -> None:
    """Ring for the worker where a setting answers, otherwise have the host asked, once."""
    setting = Account.objects.values_list("moved_outside", flat=True).get(pk=calendar.account_id)
    if setting != Setting.ASK:
        leases.wake(Tick.objects.filter(name=WORK), now)
    elif is_news:
        noting.note_question(calendar, Notice.Kind.OUTSIDE, now=now)
    work.nudge()


def _followable(change: OutsideChange, *, now: datetime) -> tuple[datetime, timedelta]:
    """Start and length to move to. Raises `CannotFollow`."""
    if change.start is None or change.end is None:
        raise CannotFollow(Refusal.SHAPE)
    length = change.end - change.start
    agreed = change.booking.end - change.booking.start
    if length <= timedelta() or (length >= WHOLE_DAYS and length != agreed):
        raise CannotFollow(Refusal.SHAPE)
    if change.start <= now:
        raise CannotFollow(Refusal.PAST)
    return change.start, length


def _unanswered(now: datetime) -> Sequence[OutsideChange]:
    rows = OutsideChange.objects.filter(state=State.OPEN, refusal="", booking__end__gt=now)
    rows = rows.exclude(calendar__account__moved_outside=Setting.ASK)
    return list(rows.select_related("booking", "calendar__account").order_by("pk"))


def _calm_and_known(rows: Sequence[OutsideChange], *, now: datetime) -> list[OutsideChange]:
    """What may be answered now. Of crowds the host is asked; what is yet to be read is left for later."""
    few = _without_crowds(_read_through(rows, now=now), now=now)
    young = [row for row in few if row.change == Change.DELETED and _may_wait(row, now)]
    awaited = writing.awaited_elsewhere(_gone(young), now=now) if young else frozenset()
    later = {row.pk for row in young if row.booking.uid in awaited}
    return [row for row in few if row.pk not in later]


def _read_through(rows: Sequence[OutsideChange], *, now: datetime) -> list[OutsideChange]:
    """Without those of calendars that are just being read: what moved is noted portion by portion, and how many
    there are shows at the end.
    """
    busy = {row.calendar_id for row in rows if _may_wait(row, now) and not _was_read_since(row)}
    return [row for row in rows if row.calendar_id not in busy]


def _without_crowds(rows: Sequence[OutsideChange], *, now: datetime) -> list[OutsideChange]:
    """Without those of which too many of one kind would be followed in a calendar; the host is asked about them.

    In one statement: half of a crowd asked and half of it followed, because a worker was ended in between, would
    be no answer.
    """
    alike: dict[tuple[int, str], list[OutsideChange]] = {}
    for row in rows:
        if _is_followed(row):
            alike.setdefault((row.calendar_id, row.change), []).append(row)
    crowds = [crowd for crowd in alike.values() if len(crowd) > MANY]
    for crowd in crowds:
        is_deleted = crowd[0].change == Change.DELETED
        _ask_after_all(crowd, Refusal.MANY if is_deleted else Refusal.SHIFTED, now=now)
    asked = {row.pk for crowd in crowds for row in crowd}
    return [row for row in rows if row.pk not in asked]


def _may_wait(row: OutsideChange, now: datetime) -> bool:
    """Whether it would be followed, and there is time to read more first."""
    return _is_followed(row) and row.noted_at + PATIENCE > now


def _was_read_since(row: OutsideChange) -> bool:
    """Whether the reading that noted it, or a later one, has ended well."""
    read_at = row.calendar.last_ok_at
    return read_at is not None and read_at >= row.noted_at


def _is_followed(row: OutsideChange) -> bool:
    return row.calendar.account.moved_outside == Setting.FOLLOW


def _gone(rows: Collection[OutsideChange]) -> list[writing.Gone]:
    return [writing.Gone(row.calendar, row.booking.uid, row.noted_at) for row in rows]


def _answer(row: OutsideChange, *, now: datetime, stands_elsewhere: bool) -> None:
    if _is_followed(row):
        if stands_elsewhere:
            raise CannotFollow(Refusal.ELSEWHERE)
        _require_calm(row, State.FOLLOWED, now=now)
        follow(row, now=now)
    else:
        _require_calm(row, State.PUT_BACK, now=now)
        put_back(row, now=now)


def _require_calm(row: OutsideChange, answer: OutsideChange.State, *, now: datetime) -> None:
    """Two programs that correct each other would go on for ever, with a mail to the guest each time."""
    before = OutsideChange.objects.filter(booking=row.booking_id, state=answer)
    if before.filter(answered_at__gt=now - timedelta(days=1)).count() >= TIRES_AFTER:
        raise CannotFollow(Refusal.AGAIN)


def _ask_after_all(rows: Sequence[OutsideChange], refusal: OutsideChange.Refusal, *, now: datetime) -> None:
    """Of one calendar."""
    with transaction.atomic():
        still = OutsideChange.objects.filter(pk__in=[row.pk for row in rows], state=State.OPEN)
        still.update(refusal=refusal)
        noting.note_question(rows[0].calendar, Notice.Kind.OUTSIDE, now=now)
        work.nudge()
