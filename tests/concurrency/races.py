"""Other things that several people do at the same moment, over HTTP: what each race comes to, as facts.

    python -m tests.concurrency.races [--database …]      prints JSON

The facts are compared with what must come out in `test_races`. A race is repeated a few rounds, each on
appointments of its own.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.concurrency import site
from tests.concurrency.clients import Answer, Request, at_once
from tests.concurrency.databases import database
from tests.concurrency.readings import deeds_while_reading

if TYPE_CHECKING:
    from bookings.models import Booking

MANY, FEW, ROUNDS = 20, 5, 4
Facts = dict[str, Any]


def daily_limit(port: int) -> Facts:
    """Twenty guests, twenty different times of one day that takes three."""
    from bookings.models import Booking
    from tests.concurrency.people import field

    raced = field("limit", MANY, duration=20, increment=20, daily_limit=3)
    answers = at_once(port, [raced.form(start, guest=number) for number, start in enumerate(raced.starts)])
    days = {start.date() for start in raced.starts}
    return {
        "days": len(days),
        "bookings": Booking.objects.filter(event_type=raced.event_type).count(),
        **_said(answers),
    }


def same_form(port: int) -> Facts:
    """One form sent twenty times: an impatient guest, or a network that repeats."""
    from bookings.forms.guest import new_ticket
    from bookings.models import Booking, Message
    from tests.concurrency.people import field

    raced = field("same", 1)
    ticket = new_ticket(raced.event_type, raced.starts[0])
    form = raced.form(raced.starts[0], guest=1, ticket=ticket)
    answers = at_once(port, [form] * MANY)
    later = at_once(port, [form])
    return {
        "bookings": Booking.objects.filter(event_type=raced.event_type).count(),
        "mails": Message.objects.filter(booking__event_type=raced.event_type).count(),
        "pages": len({answer.location for answer in answers + later}),
        **_said(answers + later),
    }


def cancelled_twice(port: int) -> Facts:
    """Five times "Cancel" for the same booking."""
    facts = Counter[str]()
    for booking, _other in _booked("cancelled", ROUNDS):
        answers = at_once(port, [Request(f"{_page(booking)}cancel/", {"reason": "ill"})] * FEW)
        facts.update(_outcome(booking, answers))
    return dict(facts)


def cancelled_and_moved(port: int) -> Facts:
    """ "Cancel" and "Move it there" at the same moment: cancelled in the end, and no time is held."""
    facts = Counter[str]()
    for booking, other in _booked("moved", ROUNDS):
        cancel = Request(f"{_page(booking)}cancel/", {"reason": "ill"})
        move = Request(f"{_page(booking)}reschedule/", {"start": _text(other)})
        answers = at_once(port, [cancel, move] * FEW)
        moves = booking.history.filter(action="rescheduled").count()
        facts.update(_outcome(booking, answers, mails_of_moves=2 * moves, versions=moves))
    return dict(facts)


def admin_and_page(port: int) -> Facts:
    """Five operators in the admin and five guests on the page want the same time."""
    from bookings.models import Booking
    from tests.concurrency.people import field

    raced, cookies = field("desk", ROUNDS), _operator()
    answers = []
    for start in raced.starts:
        saving = Request("/admin/bookings/booking/add/", _admin_form(raced.event_type.pk, start), cookies)
        answers += at_once(
            port, [each for number in range(FEW) for each in (saving, raced.form(start, guest=number))]
        )
    made = Counter(Booking.objects.filter(event_type=raced.event_type).values_list("start", flat=True))
    refused_or_made = {200, 302, 303, 409}
    return {
        "times": len(made),
        "most": max(made.values(), default=0),
        "told": sum(answer.status in {302, 303} for answer in answers),
        "other answers": sorted({answer.status for answer in answers} - refused_or_made),
    }


def moved_and_booked(port: int) -> Facts:
    """A booking is moved to a time, and a guest books that time."""
    from bookings.models import Claim
    from tests.concurrency.people import field

    facts = Counter[str]()
    for number in range(ROUNDS):
        raced = field(f"both-{number}", 2)
        booking = _book(raced.event_type, raced.starts[0])
        move = Request(f"{_page(booking)}reschedule/", {"start": _text(raced.starts[1])})
        answers = at_once(port, [move, raced.form(raced.starts[1], guest=2)] * FEW)
        claims = Claim.objects.filter(resource__host=raced.event_type.host, start=raced.starts[1])
        facts["held once"] += claims.count() == 1
        facts["other answers"] += sum(answer.status not in {302, 303, 409} for answer in answers)
    return dict(facts)


def offered_times(port: int) -> Facts:
    """Two times are proposed to a guest, who presses both buttons, and "Keep", again and again at once."""
    from bookings.domain import links
    from bookings.outside import offering
    from bookingsite.lib import clock
    from tests.concurrency.people import field

    raced, facts = field("offered", 3 * ROUNDS), Counter[str]()
    for number in range(ROUNDS):
        mine, *proposed = raced.starts[3 * number : 3 * number + 3]
        booking = _book(raced.event_type, mine)
        offer = offering.offer(booking, proposed, now=clock.now())
        path = f"/b/offer/{links.offer_token(offer)}/"
        wanted = [Request(path, {"start": _text(start)}) for start in proposed]
        answers = at_once(port, [*wanted, Request(path, {"answer": "keep"})] * FEW)
        booking.refresh_from_db()
        offer.refresh_from_db()
        is_moved = (booking.start in proposed, booking.sequence) == (True, 1)
        is_kept = (booking.start, booking.sequence) == (mine, 0)
        facts["answered once"] += offer.state == ("taken" if is_moved else "declined") and is_moved != is_kept
        facts["claims"] += booking.claims.filter(start=booking.start).count()
        facts["other answers"] += sum(answer.status not in {200, 302, 409} for answer in answers)
    return dict(facts)


RACES = {race.__name__: race for race in (
    daily_limit, same_form, cancelled_twice, cancelled_and_moved, admin_and_page, moved_and_booked, offered_times,
    deeds_while_reading,
)}  # fmt: skip


def _booked(slug: str, count: int) -> list[tuple[Booking, datetime]]:
    """Bookings, each with a free time to go to."""
    from tests.concurrency.people import field

    raced = field(slug, 2 * count)
    mine, free = raced.starts[:count], raced.starts[count:]
    return [(_book(raced.event_type, start), other) for start, other in zip(mine, free, strict=True)]


def _book(event_type: Any, start: datetime) -> Booking:
    from bookingsite.lib import clock
    from tests.factories.bookings import booked

    return booked(event_type, start, now=clock.now())


def _page(booking: Booking) -> str:
    from bookings.domain import links

    return f"/b/{links.manage_token(booking)}/"


def _text(start: datetime) -> str:
    from bookings.viewing import start_text

    return start_text(start)


def _outcome(
    booking: Booking, answers: Sequence[Answer], *, mails_of_moves: int = 0, versions: int = 0
) -> Facts:
    """How often each thing that must be was; everything is a number, to be added up over the rounds."""
    booking.refresh_from_db()
    return {
        "cancelled": int(not booking.is_live),
        "claims": booking.claims.count(),
        "cancellations": booking.history.filter(action="cancelled").count(),
        "mails too many": booking.messages.count()
        - 4
        - mails_of_moves,  # booked and cancelled, to guest and host
        "versions too many": booking.sequence - 1 - versions,
        "other answers": sum(answer.status not in {200, 302, 409} for answer in answers),
    }


def _said(answers: Sequence[Answer]) -> Facts:
    return {str(status): number for status, number in Counter(answer.status for answer in answers).items()}


def _operator() -> str:
    """The cookies of a person who is signed in to the admin."""
    from django.test import Client

    from bookingsite.models import User

    person = User.objects.create_superuser("olga@example.org", None, name="Olga", slug="olga", zone="UTC")
    browser = Client()
    browser.force_login(person)
    return f"sessionid={browser.cookies['sessionid'].value}; csrftoken={'c' * 32}"


def _admin_form(event_type: int, start: datetime) -> dict[str, str]:
    inlines = {f"{name}-{kind}_FORMS": "0" for name in ("guests", "history") for kind in ("TOTAL", "INITIAL")}
    return {
        "csrfmiddlewaretoken": "c" * 32, "event_type": str(event_type),
        "start_0": f"{start:%Y-%m-%d}", "start_1": f"{start:%H:%M:%S}",
        "guest_name": "Gina Guest", "guest_email": "gina@example.com", **inlines,
    }  # fmt: skip


def main(arguments: list[str] | None = None) -> int:
    """Run every race on one site and print the facts of each."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--database", default="sqlite", help="sqlite, postgres, or the URL of a server")
    asked = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="proof-races-") as name:
        folder = Path(name)
        with database(asked.database, folder) as url:
            site.prepare(url, folder)
            with site.served(folder, entry=site.GUARDED, workers=3) as port:
                found = {name: race(port) for name, race in RACES.items()}
            from django.db import connections

            connections.close_all()
        print(json.dumps(found, indent=2))
        sys.stderr.write((folder / "gunicorn.log").read_text()[-4000:])
    return 0


if __name__ == "__main__":
    sys.exit(main())
