"""What the integrations page shows: one card an account, its calendars, everything in words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, F, Prefetch, Q
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from bookingsite.models import User
from calendars import wording
from calendars.models import Account, Calendar, Write
from calendars.providers import registry
from calendars.wording import Problem

Text = str | Promise


@dataclass(frozen=True, slots=True)
class Line:
    """One calendar as the page shows it."""

    calendar: Calendar
    why_read_only: Text
    problem: Problem | None

    @property
    def is_unread(self) -> bool:
        """Whether it blocks but was never read: no times are offered until it is (invariant 2)."""
        return self.calendar.blocks and self.calendar.last_ok_at is None


@dataclass(frozen=True, slots=True)
class Card:
    """One account as the page shows it. `badge` is one of ok, warn, bad, muted."""

    account: Account
    kind: str
    state: Text
    badge: str
    problem: Problem | None
    last_ok_at: datetime | None
    next_at: datetime | None
    lines: Sequence[Line]
    waiting: int
    given_up: int

    @property
    def is_closing(self) -> bool:
        """Whether the account is being disconnected."""
        return self.account.closing_at is not None

    @property
    def is_reading(self) -> bool:
        """Whether something is being read for the first time."""
        return any(line.is_unread and not line.problem for line in self.lines)


def cards_of(owner: User) -> list[Card]:
    """The owner's accounts, by name. Two queries, however many there are."""
    unsettled = ~Q(calendars__writes__done_version=F("calendars__writes__version"))
    unsettled &= Q(calendars__writes__isnull=False)
    dead = unsettled & Q(calendars__writes__state=Write.State.DEAD)
    accounts = (
        Account.objects.filter(owner=owner)
        .annotate(
            waiting=Count(
                "calendars__writes", filter=unsettled & ~Q(calendars__writes__state=Write.State.DEAD)
            ),
            given_up=Count("calendars__writes", filter=dead),
        )
        .prefetch_related(Prefetch("calendars", Calendar.objects.order_by("name", "pk")))
    )
    return [_card(account) for account in accounts]


def _card(account: Account) -> Card:
    calendars = list(account.calendars.all())
    state, badge = _state(account)
    watched = [calendar for calendar in calendars if calendar.blocks or calendar.receives]
    read = [calendar.last_ok_at for calendar in watched if calendar.last_ok_at]
    return Card(
        account=account,
        kind=registry.KINDS[account.provider].title
        if account.provider in registry.KINDS
        else account.provider,
        state=state,
        badge=badge,
        problem=wording.problem(account.error, account.provider) if account.error else None,
        last_ok_at=min(read) if read and len(read) == len(watched) else account.last_ok_at,
        next_at=min((calendar.run_at for calendar in watched), default=None),
        lines=[_line(calendar, account) for calendar in calendars],
        waiting=getattr(account, "waiting", 0),
        given_up=getattr(account, "given_up", 0),
    )


def _state(account: Account) -> tuple[Text, str]:
    if account.closing_at:
        return _("being disconnected"), "muted"
    badges = {
        Account.Status.CONNECTED: "ok",
        Account.Status.RETRYING: "warn",
        Account.Status.RECONNECT: "bad",
    }
    return account.get_status_display(), badges[Account.Status(account.status)]


def _line(calendar: Calendar, account: Account) -> Line:
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
    )


def _unencrypted(account: Account) -> Problem | None:
    is_plain = account.provider == "ics" and account.base_url.startswith("http:")
    return wording.UNENCRYPTED if is_plain else None


def failing(owner: User) -> list[Account]:
    """The owner's accounts that need them, for banners. One query."""
    accounts = Account.objects.filter(owner=owner, closing_at=None)
    return list(accounts.filter(Q(status=Account.Status.RECONNECT) | Q(owner_told_at__isnull=False)))
