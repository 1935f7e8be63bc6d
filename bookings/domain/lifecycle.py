"""Every change of a booking's state: book, reschedule, cancel (B2–B5). Pages, admin and commands come here.

Each use case is one durable transaction that locks the host's resource first, asks the one engine
again (invariant 9), and writes booking, claim, history, calendar wishes and messages together. What
must then happen outside is in rows; `nudge` rings the doorbell after the commit.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from django.db import IntegrityError

from bookings.domain import events, meetings, messages, occupancy, settling, slots
from bookings.domain.errors import KeyReused, NotBookable, NotLive, NotVerified, SlotTaken, TooLate
from bookings.models import Booking, EventType, Guest, HistoryEntry, Message, MoveOffer
from bookingsite.work import nudge
from calendars import busy, writing

Actor = Booking.Actor


@dataclass(frozen=True, kw_only=True)
class Wish:
    """What a guest asks for. `start` is an aware instant; `key` makes repeating the request harmless (B20)."""

    event_type: EventType
    start: datetime
    key: str
    name: str
    email: str
    phone: str = ""
    notes: str = ""
    zone: str = "UTC"
    language: str = "en"
    source: str = ""
    actor: Booking.Actor = Booking.Actor.GUEST


def book(wish: Wish, *, now: datetime, any_time: bool = False) -> Booking:
    """Make the booking, or return the one this key has made before.

    The conflict calendars are asked once more, outside the transaction (C19); then the lock, the
    engine and the writes. With `any_time` a host or operator is bound by other bookings only, a guest
    by everything all the same. Raises `SlotTaken`, `TimesUnknown` (`NotVerified` when a calendar of a strict
    host is silent), `NotBookable`, `KeyReused`, `TooBusy`.
    """
    made = _made_before(wish)
    if made:
        return made
    event_type = wish.event_type
    _require_bookable(event_type)
    by_decision = any_time and wish.actor != Actor.GUEST
    try:
        _require_wish(wish, now=now, by_decision=by_decision)  # without lock: turn away what is plainly taken
        is_verified = by_decision or _ask_calendars(
            event_type, wish.start, slots.shape_of(event_type), now=now
        )
        with occupancy.holding(event_type.host_id) as resources:
            made = _made_before(wish)
            if made:
                return made
            wish = _with_fresh_event_type(wish)
            _require_wish(wish, now=now, by_decision=by_decision)
            booking = _insert(wish, now=now, is_verified=is_verified)
            occupancy.claim(resources[event_type.host_id], booking)
            _record(booking, HistoryEntry.Action.BOOKED, wish.actor, now=now, new_start=booking.start)
            _tell(booking, Message.Kind.BOOKED, now=now, facts={})
    except (SlotTaken, IntegrityError):  # by this very wish perhaps, sent twice at the same moment
        made = _made_before(wish)
        if made is None:
            _with_fresh_event_type(wish)  # deleted at the last moment: that is no time taken
            raise
        return made
    return booking


def reschedule(
    booking: Booking,
    start: datetime,
    *,
    actor: Booking.Actor,
    now: datetime,
    any_time: bool = False,
    reason: str = "",
    length: timedelta | None = None,
    invited_by: MoveOffer | None = None,
) -> Booking:
    """Move a live booking; a move to where it stands already changes nothing.

    A guest gets the times the event offers, within the deadline. The host is not bound by notice,
    window, deadline or daily limit, and with `any_time` only by other bookings (S2-27). A guest whom the
    host invited to move (C20) is bound like the host without `any_time`. A `length` of its own takes a
    calendar's word (C16). Raises `SlotTaken`, `TimesUnknown` (or `NotVerified`), `TooLate`, `NotLive`,
    `OfferClosed`, `TooBusy`.
    """
    if _stands(booking, start, length) and booking.is_live:
        return booking
    is_verified: bool | None = None  # the host's own decision leaves standing what was known
    if actor == Actor.GUEST:
        if invited_by is None:
            require_in_time(booking, now=now)
        shape = slots.shape_of(booking.event_type, booking)
        is_verified = _ask_calendars(booking.event_type, start, shape, now=now)
    with occupancy.holding(booking.host_id):
        booking = _fresh(booking)
        if not booking.is_live or booking.end <= now:
            raise NotLive
        if _stands(booking, start, length):
            return booking
        if invited_by is not None:
            settling.answer(invited_by, MoveOffer.State.TAKEN, now=now)
        elif actor == Actor.GUEST:
            require_in_time(booking, now=now)
        length = length or booking.end - booking.start
        as_host = actor != Actor.GUEST or invited_by is not None
        _require_for(booking, start, length, now=now, as_host=as_host, any_time=any_time)
        old_start = booking.start
        booking.start, booking.end = start, start + length
        if is_verified is not None:
            booking.unverified_since = None if is_verified else now
        _save_change(booking, ["start", "end", "unverified_since"], now=now)
        occupancy.move(booking)
        _record(
            booking,
            HistoryEntry.Action.RESCHEDULED,
            actor,
            now=now,
            old_start=old_start,
            new_start=start,
            reason=reason,
        )
        facts = {"old_start": old_start.isoformat(), "actor": str(actor), "reason": reason}
        _tell(booking, Message.Kind.RESCHEDULED, now=now, facts=facts)
        settling.settle(booking, now=now)
    return booking


def cancel(
    booking: Booking,
    *,
    actor: Booking.Actor,
    now: datetime,
    reason: str = "",
    invited_by: MoveOffer | None = None,
) -> Booking:
    """Cancel and give the time back; cancelling twice is cancelling once (B28).

    The deadline binds guests only, and not those whom the host asked to move (C20). Raises `TooLate`,
    `OfferClosed`, `TooBusy`.
    """
    if not booking.is_live:
        return booking
    if actor == Actor.GUEST and invited_by is None:
        require_in_time(booking, now=now)
    with occupancy.holding(booking.host_id):
        booking = _fresh(booking)
        if not booking.is_live:
            return booking
        if invited_by is not None:
            settling.answer(invited_by, MoveOffer.State.DECLINED, now=now)
        elif actor == Actor.GUEST:
            require_in_time(booking, now=now)
        booking.state = Booking.State.CANCELLED
        booking.cancelled_by, booking.cancel_reason = actor, reason
        _save_change(booking, ["state", "cancelled_by", "cancel_reason"], now=now)
        occupancy.release(booking)
        _record(
            booking, HistoryEntry.Action.CANCELLED, actor, now=now, old_start=booking.start, reason=reason
        )
        _tell(booking, Message.Kind.CANCELLED, now=now, facts={"actor": str(actor), "reason": reason})
        settling.settle(booking, now=now)
    return booking


def deadline(booking: Booking) -> datetime:
    """The last instant at which a guest may still cancel or reschedule (A7)."""
    return booking.start - timedelta(minutes=booking.cancel_notice)


def require_in_time(booking: Booking, *, now: datetime) -> None:
    """Raises `TooLate` once the guest's deadline has passed."""
    if now >= deadline(booking):
        raise TooLate


def _made_before(wish: Wish) -> Booking | None:
    booking = (
        Booking.objects.select_related("event_type", "host", "target__account")
        .prefetch_related("guests")
        .filter(request_key=wish.key)
        .first()
    )
    if booking is None:
        return None
    guest = booking.guests.all()[0]
    if (booking.event_type_id, guest.email.lower()) != (wish.event_type.pk, wish.email.lower()):
        raise KeyReused
    first = (
        booking.history.filter(action=HistoryEntry.Action.BOOKED).values_list("new_start", flat=True).first()
    )
    if first != wish.start:
        raise KeyReused
    return booking


def _require_wish(wish: Wish, *, now: datetime, by_decision: bool) -> None:
    if by_decision:
        length = timedelta(minutes=wish.event_type.duration)
        slots.require_no_clash(wish.event_type.host_id, wish.start, length)
    else:
        slots.require(wish.event_type, wish.start, now=now)


def _require_bookable(event_type: EventType) -> None:
    if not (event_type.is_active and event_type.host.is_active):
        raise NotBookable


def _with_fresh_event_type(wish: Wish) -> Wish:
    """The wish with the event type's rules as they are now. Raises `NotBookable` when it is off or gone."""
    rows = EventType.objects.select_related("host", "target__account")
    found = rows.filter(pk=wish.event_type.pk).first()
    if found is None:
        raise NotBookable
    _require_bookable(found)
    return replace(wish, event_type=found)


def _ask_calendars(event_type: EventType, start: datetime, shape: slots.Shape, *, now: datetime) -> bool:
    """One more look at the calendars themselves, for this one span, with a short deadline (C19).

    Tells whether all of them answered. Raises `SlotTaken` when one is busy, and `NotVerified`.
    """
    begin, end = start - shape.before, start + shape.length + shape.after
    seen = busy.recheck(event_type.host_id, int(begin.timestamp()), int(end.timestamp()), now=now)
    if seen.outcome == busy.Outcome.BUSY:
        raise SlotTaken
    if seen.strict:
        raise NotVerified
    return seen.outcome == busy.Outcome.FREE


def _insert(wish: Wish, *, now: datetime, is_verified: bool) -> Booking:
    kind = wish.event_type
    target = writing.target_for(kind.host_id, kind.target) if kind.adds_to_calendar else None
    meeting = meetings.kind_for(kind, target)
    booking = Booking.objects.create(
        request_key=wish.key,
        event_type=kind,
        host=kind.host,
        start=wish.start,
        end=wish.start + timedelta(minutes=kind.duration),
        title=kind.title,
        place_kind=kind.place_kind,
        place="" if meeting else kind.place,
        meeting=meeting,
        buffer_before=kind.buffer_before,
        buffer_after=kind.buffer_after,
        cancel_notice=kind.cancel_notice,
        source=wish.source,
        target=target,
        unverified_since=None if is_verified else now,
        created_at=now,
        changed_at=now,
    )
    Guest.objects.create(
        booking=booking,
        name=wish.name,
        email=wish.email,
        phone=wish.phone,
        notes=wish.notes,
        zone=wish.zone,
        language=wish.language,
    )
    return booking


def _fresh(booking: Booking) -> Booking:
    """The row as it is under the lock, with what the rest of the use case reads."""
    return Booking.objects.select_related("event_type__host", "host", "target__account").get(pk=booking.pk)


def _stands(booking: Booking, start: datetime, length: timedelta | None) -> bool:
    """Whether the booking is at this time already; without a length any will do."""
    return start == booking.start and length in {None, booking.end - booking.start}


def _require_for(
    booking: Booking, start: datetime, length: timedelta, *, now: datetime, as_host: bool, any_time: bool
) -> None:
    if any_time and as_host:
        slots.require_no_clash(booking.host_id, start, length, moving=booking)
    else:
        slots.require(booking.event_type, start, now=now, moving=booking, for_host=as_host)


def _save_change(booking: Booking, fields: list[str], *, now: datetime) -> None:
    booking.sequence += 1
    booking.changed_at = now
    booking.save(update_fields=[*fields, "sequence", "changed_at"])


def _record(
    booking: Booking,
    action: HistoryEntry.Action,
    actor: Booking.Actor,
    *,
    now: datetime,
    old_start: datetime | None = None,
    new_start: datetime | None = None,
    reason: str = "",
) -> None:
    HistoryEntry.objects.create(
        booking=booking,
        at=now,
        action=action,
        actor=actor,
        old_start=old_start,
        new_start=new_start,
        reason=reason,
    )


def _tell(booking: Booking, kind: Message.Kind, *, now: datetime, facts: dict[str, str]) -> None:
    """Everybody who must know, as rows of this transaction: the calendar, the guest, the host."""
    events.put_into_calendar(booking, now=now)
    messages.announce(booking, kind, now=now, facts=facts)
    nudge()
