"""What the integrations page shows: one card an account, its calendars, everything in words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import cast

from django.db.models import Count, Exists, F, Max, OuterRef, Prefetch, Q
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from bookingsite.models import User
from calendars import signals, trust, wording
from calendars.models import Account, Calendar, Channel, Write
from calendars.providers import registry
from calendars.sync.trouble import REFUSED_FOR_GOOD
from calendars.wording import Problem

Text = str | Promise
A_MINUTE = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Line:
    """One calendar as the page shows it. `announces`: its provider tells of changes, so it is read at once.

    `is_just_read` and `is_due`: it was, or is to be, read within a minute, too short to be told in minutes.
    """

    calendar: Calendar
    why_read_only: Text
    problem: Problem | None
    announces: bool = False
    is_just_read: bool = False
    is_due: bool = False

    @property
    def is_used(self) -> bool:
        """Whether the calendar is read: it blocks or receives."""
        return self.calendar.blocks or self.calendar.receives

    @property
    def is_unread(self) -> bool:
        """Whether it blocks but was never read: no times are offered until it is (invariant 2)."""
        return self.calendar.blocks and self.calendar.last_ok_at is None


@dataclass(frozen=True, slots=True)
class Card:
    """One account as the page shows it. `badge` is one of ok, warn, bad, muted.

    `closes_at` is the last moment at which the copies of its blocking calendars count, None: for ever.
    """

    account: Account
    kind: str
    state: Text
    badge: str
    problem: Problem | None
    last_ok_at: datetime | None
    lines: Sequence[Line]
    waiting: int
    why_waiting: Problem | None
    given_up: int
    is_closed: bool
    closes_at: datetime | None
    dependants: signals.Dependants

    @property
    def is_closing(self) -> bool:
        """Whether the account is being disconnected."""
        return self.account.closing_at is not None

    @property
    def is_reading(self) -> bool:
        """Whether something is being read for the first time."""
        return any(line.is_unread and not line.calendar.failing_since for line in self.lines)

    @property
    def used(self) -> list[Line]:
        """The calendars that are read."""
        return [line for line in self.lines if line.is_used]

    @property
    def blocks(self) -> bool:
        """Whether any of its calendars closes times."""
        return any(line.calendar.blocks for line in self.lines)


def cards_of(owner: User, now: datetime) -> list[Card]:
    """The owner's accounts, by name. Two queries, however many there are; a third when something is wrong."""
    unsettled = ~Q(calendars__writes__done_version=F("calendars__writes__version"))
    unsettled &= Q(calendars__writes__isnull=False)
    dead = unsettled & Q(calendars__writes__state=Write.State.DEAD)
    waiting = unsettled & ~Q(calendars__writes__state=Write.State.DEAD)
    calendars = Calendar.objects.select_related("channel").order_by("name", "pk")
    accounts: list[Account] = list(
        Account.objects.filter(owner=owner)
        .annotate(
            waiting=Count("calendars__writes", filter=waiting),
            given_up=Count("calendars__writes", filter=dead),
            why_waiting=Max("calendars__writes__error", filter=waiting),
        )
        .prefetch_related(Prefetch("calendars", calendars))
    )
    failing = [each for each in accounts if each.status != Account.Status.CONNECTED and not each.closing_at]
    dependants = _dependants(failing)
    return [_card(account, dependants.get(account.pk, signals.Dependants()), now) for account in accounts]


def _why_waiting(account: Account) -> Problem | None:
    """Why events could not be written, where nothing else on the card says so."""
    code = getattr(account, "why_waiting", "") or ""
    is_told = code in {"", account.error, *REFUSED_FOR_GOOD}
    return None if is_told else wording.problem(code, account.provider)


def _dependants(accounts: list[Account]) -> dict[int, signals.Dependants]:
    """What depends on these accounts, as those above us tell."""
    found: dict[int, signals.Dependants] = {}
    answers = signals.dependants_asked.send(Account, accounts=accounts) if accounts else []
    for _receiver, told in answers:
        found.update(cast(dict[int, signals.Dependants], told))
    return found


def _card(account: Account, dependants: signals.Dependants, now: datetime) -> Card:
    calendars = list(account.calendars.all())
    used = [calendar for calendar in calendars if calendar.blocks or calendar.receives]
    blocking = [calendar for calendar in calendars if calendar.blocks]
    read = [calendar.last_ok_at for calendar in used if calendar.last_ok_at]
    is_closed = any(trust.reason(calendar, now) for calendar in blocking)
    ends = [end for end in map(trust.closes_at, blocking) if end]
    state, badge = _state(account, used, is_closed=is_closed)
    return Card(
        account=account,
        kind=registry.title(account.provider),
        state=state,
        badge=badge,
        problem=wording.problem(account.error, account.provider) if account.error else None,
        last_ok_at=min(read) if read and len(read) == len(used) else account.last_ok_at,
        lines=[_line(calendar, account, now) for calendar in calendars],
        waiting=getattr(account, "waiting", 0),
        why_waiting=_why_waiting(account),
        given_up=getattr(account, "given_up", 0),
        is_closed=is_closed,
        closes_at=min(ends, default=None),
        dependants=dependants,
    )


def _state(account: Account, used: Sequence[Calendar], *, is_closed: bool) -> tuple[Text, str]:
    """In which state the account is, in a few words (UX 8), and the colour of its badge."""
    if account.closing_at:
        return _("being disconnected"), "muted"
    if account.status == Account.Status.RECONNECT or account.error in wording.MISSING_PERMISSION:
        is_partial = account.error in wording.MISSING_PERMISSION
        return (_("missing permission") if is_partial else Account.Status.RECONNECT.label), "bad"
    if not used:
        return _("paused: no calendar in use"), "muted"
    if account.status == Account.Status.RETRYING:
        counts = not is_closed and any(calendar.last_ok_at for calendar in used)
        degraded = (_("degraded: the last known copy counts"), "warn")
        return degraded if counts else (Account.Status.RETRYING.label, "bad")
    return _state_of_calendars(used) or (Account.Status.CONNECTED.label, "ok")


def _state_of_calendars(used: Sequence[Calendar]) -> tuple[Text, str] | None:
    if any(calendar.vanished_at for calendar in used):
        return _("a calendar is gone"), "warn"
    if any(calendar.receives and calendar.warning == "not_writable" for calendar in used):
        return _("read-only calendar for bookings"), "warn"
    return None


def _announces(calendar: Calendar, now: datetime) -> bool:
    """Whether an order stands at the provider to tell us of changes."""
    channel: Channel | None = getattr(calendar, "channel", None)
    return bool(channel and channel.channel_id and channel.expires_at and channel.expires_at > now)


def _line(calendar: Calendar, account: Account, now: datetime) -> Line:
    is_its_own = bool(calendar.error) and calendar.error != account.error
    problem = wording.problem(calendar.error, account.provider) if is_its_own else None
    if calendar.vanished_at and not problem and account.provider != "ics":  # its own error says it all
        problem = Problem(
            _("This calendar is no longer in the account."),
            _("If you deleted it, take its ticks away below; until then no times may be offered."),
        )
    return Line(
        calendar=calendar,
        why_read_only="" if calendar.writable else wording.why_read_only(calendar.why_read_only),
        problem=problem or wording.warning(calendar.warning) or _unencrypted(account),
        announces=_announces(calendar, now),
        is_just_read=bool(calendar.last_ok_at and now - calendar.last_ok_at < A_MINUTE),
        is_due=calendar.run_at - now < A_MINUTE,
    )


def _unencrypted(account: Account) -> Problem | None:
    is_plain = account.provider == "ics" and account.base_url.startswith("http:")
    return wording.UNENCRYPTED if is_plain else None


@dataclass(frozen=True, slots=True)
class Failing:
    """An account that needs its owner; `is_closed`: no free times are offered because of it."""

    account: Account
    problem: Problem
    is_closed: bool


def failing(owner: User, now: datetime) -> list[Failing]:
    """The owner's accounts that need them, for banners. One query, a second one where there are any.

    An account whose calendars the owner no longer uses is read no more: nothing could take its banner away.
    """
    used = Calendar.objects.filter(Q(blocks=True) | Q(receives=True), account=OuterRef("pk"))
    accounts = Account.objects.filter(owner=owner, closing_at=None)
    needing = Q(status=Account.Status.RECONNECT) | Q(Exists(used), owner_told_at__isnull=False)
    told = accounts.filter(needing)
    blocking = Prefetch("calendars", Calendar.objects.filter(blocks=True), to_attr="blocking")
    return [
        Failing(
            account,
            wording.problem(account.error, account.provider),
            any(trust.reason(calendar, now) for calendar in account.blocking),
        )
        for account in told.prefetch_related(blocking)
    ]
