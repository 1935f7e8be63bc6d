"""Sending the form, and the mails of a booking: `python -m benchmarks.booking`.

The host has 500 busy events in a connected calendar that receives the bookings. References of the same
run: one row written through the ORM in a transaction of its own, and a mail of the same three parts and
sizes whose texts are already there. Exits with 1 when a booking takes half as much again as its goal.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence
from datetime import datetime
from urllib.parse import urlencode

from benchmarks import workload
from benchmarks.month import NOW, SLACK, host_with
from benchmarks.site import Browser, median_ms, queries_of, site

BOOKINGS = 40
GOAL_MS = 50


def main() -> int:
    """Print the table; 1 when a booking is too slow."""
    with site():
        from django.conf import settings

        settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
        form_ms, row_ms, queries = _bookings()
        mail_ms, plain_ms, count = _mails()
    print(f"{'what':>22} {'CPU ms':>8} {'plain ms':>9} {'ratio':>6} {'goal':>5}")
    print(f"{'form sent, booked':>22} {form_ms:>8.1f} {row_ms:>9.1f} {form_ms / row_ms:>6.1f} {GOAL_MS:>5}")
    print(f"{'one mail':>22} {mail_ms:>8.1f} {plain_ms:>9.1f} {mail_ms / plain_ms:>6.1f} {'–':>5}")
    print(f"{queries} statements for a booking; {count} mails")
    return 0 if form_ms <= GOAL_MS * SLACK else 1


def _bookings() -> tuple[float, float, int]:
    """CPU milliseconds of a booking and of one row, and the statements of a booking."""
    from bookings.domain import slots
    from bookings.forms.guest import new_ticket, seal
    from bookings.models import Booking
    from bookingsite.lib import clock
    from bookingsite.models import Heartbeat

    clock.now = lambda: NOW
    event_type = host_with("anna", workload.host(500))
    first, last = (slots.instant(edge) for edge in workload.WINDOW)
    offered = slots.starts(event_type, first, last, now=NOW)
    forms = iter([_form(seal(new_ticket(event_type, start))) for start in _apart(offered, BOOKINGS + 3)])
    browser = Browser()

    def send() -> None:
        page = browser.ask("/anna/talk/book/?tz=America/New_York", next(forms))
        if page.status != 303:
            raise RuntimeError(f"a booking was answered with {page.status}")

    send()  # templates, translations and connections are there from now on
    form_ms, row_ms = median_ms(
        send,
        lambda: Heartbeat.objects.update_or_create(name="bench", defaults={"beat_at": NOW}),
        passes=BOOKINGS,
    )
    queries = queries_of(send)
    if Booking.objects.count() != BOOKINGS + 2:
        raise RuntimeError("not every booking was made")
    return form_ms, row_ms, queries


def _apart(starts: Sequence[datetime], count: int) -> list[datetime]:
    """The first starts that leave room for the one before and its buffers."""
    found: list[datetime] = []
    for start in starts:
        if (
            not found
            or (start - found[-1]).total_seconds() >= workload.DURATION + workload.BEFORE + workload.AFTER
        ):
            found.append(start)
    return found[:count]


def _form(ticket: str) -> bytes:
    return urlencode(
        {"ticket": ticket, "name": "Gina Guest", "email": "gina@example.com", "notes": "Hello"}
    ).encode()


def _mails() -> tuple[float, float, int]:
    """CPU milliseconds of one mail, as the worker sends it, and of a plain one; how many there were."""
    from django.core import mail
    from django.core.mail import EmailMessage, EmailMultiAlternatives

    from bookingsite import work

    mail.outbox = []
    began = time.process_time()
    work.drain(lambda: NOW, only={"messages"})
    each_ms = (time.process_time() - began) * 1000 / len(mail.outbox)
    sample = mail.outbox[0]
    html, calendar = str(sample.alternatives[0][0]), str(sample.attachments[0] if sample.attachments else "")

    def plain() -> None:
        letter = EmailMultiAlternatives(sample.subject, sample.body, sample.from_email, sample.to)
        letter.attach_alternative(html, "text/html")
        letter.attach("invite.ics", calendar, "text/calendar")
        EmailMessage.message(letter).as_bytes()

    return each_ms, median_ms(plain)[0], len(mail.outbox)


if __name__ == "__main__":
    sys.exit(main())
