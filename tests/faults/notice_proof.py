"""A change at the provider shows on the public page within seconds: real notices, a real site, a real worker.

    python -m tests.faults.notice_proof google|microsoft [--database postgres://…]

The provider is a fake that speaks HTTP in both directions. The calendar is polled every ten minutes, so what
shows sooner came by push. Events are made, moved and deleted; notices come twice, held back, and out of order.
"""

from __future__ import annotations

import argparse
import os
import re
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from tests.fakes.google import GoogleFake
from tests.fakes.microsoft import MicrosoftFake
from tests.faults.site import Site, environment, wait_for

ANNA = "anna@work.example"
GOAL = 5.0
PATIENCE = 45.0  # less than the minute after which a worker looks without being called


@dataclass
class Side:
    """One provider: its fake, the calendar there, and what people do in it."""

    fake: Any
    calendar: str
    refresh_token: str
    orders: Callable[[], int]
    put: Callable[[datetime, str], str]
    """An event of an hour at this time; the second is the id of one to be moved, or empty."""
    remove: Callable[[str], object]
    twice: Callable[[], None]
    hold: Callable[[], None]
    release: Callable[[], None]


@contextmanager
def google() -> Iterator[Side]:
    """Google."""
    with GoogleFake() as fake:
        calendar = fake.add_account(ANNA)

        def put(start: datetime, event: str) -> str:
            body = {"start": _google(start), "end": _google(start + timedelta(hours=1)), "summary": "Busy"}
            if event:
                return str(fake.patch_event(calendar, event, **body)["id"])
            return str(fake.put_event(calendar, body)["id"])

        def hold() -> None:
            fake.channels.held = []

        yield Side(
            fake,
            calendar,
            fake.refresh_token(ANNA),
            orders=lambda: len(fake.channels.open),
            put=put,
            remove=lambda event: fake.delete_event(calendar, event),
            twice=lambda: setattr(fake.channels, "copies", 2),
            hold=hold,
            release=lambda: fake.channels.release(list(reversed(fake.channels.held or []))),
        )


@contextmanager
def microsoft() -> Iterator[Side]:
    """Microsoft 365."""
    with MicrosoftFake() as fake:
        calendar = fake.add_account(ANNA).id

        def put(start: datetime, event: str) -> str:
            body = {"start": _graph(start), "end": _graph(start + timedelta(hours=1)), "subject": "Busy"}
            return fake.put_event(calendar, {**body, "showAs": "busy"}, event_id=event)

        yield Side(
            fake,
            calendar,
            fake.entra.sign_in(ANNA)[1],
            orders=lambda: len(fake.notices.subscriptions),
            put=put,
            remove=lambda event: fake.remove_event(calendar, event),
            twice=lambda: setattr(fake.notices, "copies", 2),
            hold=lambda: setattr(fake.notices, "hold", True),
            release=lambda: fake.notices.release(backwards=True),
        )


SIDES = {"google": google, "microsoft": microsoft}


def _google(moment: datetime) -> dict[str, str]:
    return {"dateTime": moment.isoformat(), "timeZone": "UTC"}


def _graph(moment: datetime) -> dict[str, str]:
    return {"dateTime": moment.strftime("%Y-%m-%dT%H:%M:%S.0000000"), "timeZone": "UTC"}


def connect(provider: str, side: Side) -> Any:
    """A host with this calendar, as consent would have left it."""
    from bookingsite.lib import clock
    from bookingsite.models import User
    from calendars.providers.oauth import Grant
    from tests.factories.calendars import make_account, make_calendar

    host = User.objects.create_user("proof@example.org", "correct horse battery", name="Proof", zone="UTC")
    account = make_account(
        host, address="", provider=provider, username=ANNA, client_id=side.fake.client["client_id"]
    )
    account.seal_secret(Grant(refresh_token=side.refresh_token, granted_at=clock.now()).as_text())
    account.save()
    return make_calendar(account, remote_id=side.calendar, zone="UTC")


class Page:
    """The public page of one day, as a guest gets it."""

    def __init__(self, site: Site, event_type: Any, day: datetime) -> None:
        place = f"{event_type.host.slug}/{event_type.slug}/?day={day:%Y-%m-%d}&zone=UTC"
        self.url = f"http://127.0.0.1:{site.port}/{place}"

    def hours(self) -> set[int]:
        """The hours at which a talk can begin."""
        with urllib.request.urlopen(self.url, timeout=20) as answer:
            shown = answer.read().decode()
        return {int(hour) for hour in re.findall(r'class="slot" href="[^"]*T(\d\d)%3A00Z"', shown)}


def watch(page: Page, what: str, hours: dict[int, bool]) -> float:
    """Wait until the page offers, or does not, these hours; how long it took. Raises `TimeoutError`."""

    def shows() -> bool:
        offered = page.hours()
        return all((hour in offered) is wanted for hour, wanted in hours.items())

    seconds = wait_for(shows, PATIENCE, step=0.05)
    print(f"{what:<32} {seconds:5.2f} s", flush=True)
    return seconds


def prove(provider: str, site: Site, side: Side) -> bool:
    """Every kind of change; True when each showed in time and the worker did not read without end."""
    from bookingsite.lib import clock
    from calendars.models import Calendar
    from calendars.sync import channels
    from tests.factories.bookings import event_type_of

    calendar = connect(provider, side)
    event_type = event_type_of(calendar.owner)
    site.start()
    channels.ensure(clock.now())  # as choosing the calendar does
    row = Calendar.objects.filter(pk=calendar.pk)
    wait_for(lambda: side.orders() and row.exclude(last_ok_at=None).exists())
    wait_for(lambda: row.filter(lease=None, run_at__gt=clock.now() + timedelta(minutes=5)).exists())
    day = (clock.now() + timedelta(days=7)).replace(hour=10, minute=0, second=0, microsecond=0)
    day -= timedelta(days=max(day.weekday() - 4, 0))
    page = Page(site, event_type, day)
    took = [watch(page, "free before", {10: True, 12: True, 14: True})]
    event = side.put(day, "")
    took.append(watch(page, "a new event", {10: False, 12: True}))
    side.put(day + timedelta(hours=2), event)
    took.append(watch(page, "moved", {10: True, 12: False}))
    side.twice()
    side.remove(event)
    took.append(watch(page, "deleted, told twice", {10: True, 12: True}))
    side.hold()
    first, second = side.put(day, ""), side.put(day + timedelta(hours=2), "")
    side.remove(first)
    side.put(day + timedelta(hours=4), second)
    side.release()
    took.append(watch(page, "four changes, told backwards", {10: True, 12: True, 14: False}))
    time.sleep(3)
    row.get()
    is_quiet = row.filter(lease=None, run_at__gt=clock.now() + timedelta(minutes=5)).exists()
    print(f"slowest {max(took):.2f} s; quiet afterwards: {is_quiet}")
    return max(took) <= GOAL and is_quiet


def settings_of(side: Side, provider: str, port: int) -> dict[str, str]:
    """What leads the site to the fake and the fake to the site."""
    client = {f"{provider.upper()}_CLIENT_ID": "client_id", f"{provider.upper()}_CLIENT_SECRET": "secret"}
    return {
        **side.fake.settings(),
        **{name: side.fake.client[key] for name, key in client.items()},
        "OUTBOUND_ALLOW": "127.0.0.0/8",
        "PUSH_URL": f"http://127.0.0.1:{port}",
    }


def main() -> int:
    """Exit code 0 when the proof holds."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("provider", choices=sorted(SIDES))
    parser.add_argument("--database", default="")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="notice-proof-") as name, SIDES[options.provider]() as side:
        more = {"DATABASE_URL": options.database} if options.database else {}
        site = Site(environment(Path(name), **more), "--web-workers", "1")
        site.env.update(settings_of(side, options.provider, site.port))
        site.manage("migrate", "--run-syncdb", "-v", "0")
        os.environ.update(site.env)
        import django

        django.setup()
        try:
            return 0 if prove(options.provider, site, side) else 1
        except TimeoutError as late:
            print(late, site.log.read_text()[-3000:], sep="\n")
            return 1
        finally:
            site.interrupt()
            for process in site.living():
                process.kill()


if __name__ == "__main__":
    sys.exit(main())
