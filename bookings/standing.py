"""Bookings that stand in time the host has just closed: they stay, and the host is told."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from urllib.parse import urlencode

from django.db.models import Q
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from availability.engine.spans import Span, merge, overlaps
from availability.models import Schedule
from bookings.models import Booking
from bookingsite.lib import zones
from bookingsite.models import User


def told(
    owner: User, spans: Sequence[Span], *, schedule: Schedule | None, now: datetime
) -> SafeString | None:
    """How many of the host's coming bookings lie in these spans, with a link to them; None where none does.

    With a `schedule`, only bookings of event types that use it count.
    """
    starts = _in(owner, spans, schedule=schedule, now=now)
    if not starts:
        return None
    text = ngettext(
        "%(count)d booking lies in this time; it stays.",
        "%(count)d bookings lie in this time; they stay.",
        len(starts),
    )
    days = [start.astimezone(zones.zone(owner.zone)).date().isoformat() for start in (starts[0], starts[-1])]
    link = f"{reverse('bookings')}?{urlencode({'first': days[0], 'last': days[1]})}"
    return format_html('{} <a href="{}">{}</a>', text % {"count": len(starts)}, link, _("Show the bookings"))


def _in(owner: User, spans: Sequence[Span], *, schedule: Schedule | None, now: datetime) -> list[datetime]:
    rows = Booking.objects.filter(host=owner, end__gt=now).exclude(state=Booking.State.CANCELLED)
    if schedule is not None:
        uses = Q(event_type__schedule=schedule)
        rows = rows.filter(uses | Q(event_type__schedule=None) if schedule.is_default else uses)
    closed = merge(spans)
    return [
        start
        for start, end in rows.order_by("start").values_list("start", "end")
        if any(overlaps((int(start.timestamp()), int(end.timestamp())), span) for span in closed)
    ]
