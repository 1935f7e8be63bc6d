"""How long reading a big calendar takes, and how much memory: `python -m benchmarks.sync [--events N] [--radicale]`.

With --radicale a real server answers, otherwise one in memory. Uses a throw-away database.
"""

from __future__ import annotations

import argparse
import os
import resource
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import django

NOW = datetime(2027, 3, 1, 8, tzinfo=UTC)
HEAD = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//Bench//EN\r\n"


def events(count: int) -> Iterator[bytes]:
    """Events over a year with half a kilobyte of text each; every tenth repeats weekly."""
    from tests.factories.calendars import event

    apart = timedelta(days=380) / count
    for number in range(count):
        weekly = "RRULE:FREQ=WEEKLY\r\n" if number % 10 == 0 else ""
        yield event(NOW + number * apart, lines=f"DESCRIPTION:{'x' * 500}\r\n{weekly}")


@contextmanager
def in_memory(count: int) -> Iterator[tuple[str, Callable[[bytes], object]]]:
    """A filled server in memory: its address, and how to add one more event."""
    from tests.factories.calendars import make_server

    address, server = make_server()
    for number, data in enumerate(events(count)):
        server.store("work", f"{number}.ics", data)
    yield address, lambda data: server.store("work", "one-more.ics", data)


@contextmanager
def in_radicale(count: int) -> Iterator[tuple[str, Callable[[bytes], object]]]:
    """A filled Radicale: the calendar's address, and how to add one more event."""
    from tests.caldav_servers import radicale

    with radicale(Path(tempfile.mkdtemp(prefix="benchmark-"))) as server:
        url = f"{server.home}big/"
        parts = [data.decode() for data in events(count)]
        body = "".join(part[part.index("BEGIN:VEVENT") : part.index("END:VCALENDAR")] for part in parts)
        text = f"{HEAD}{body}END:VCALENDAR\r\n"
        server.request("PUT", url, text.encode(), {"Content-Type": "text/calendar"})
        yield url, lambda data: server.write(url, "one-more.ics", data.decode())


def measure(label: str, act: Callable[[], object]) -> None:
    """Print how long it took and the most memory used so far."""
    started = time.perf_counter()
    act()
    seconds = time.perf_counter() - started
    print(f"{label:24}{seconds:8.2f} s{resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:8.0f} MB")


def main() -> None:
    """Fill, read, read again, read a change, compare."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=10_000)
    parser.add_argument("--radicale", action="store_true")
    options = parser.parse_args()
    os.environ["DJANGO_SETTINGS_MODULE"] = "tests.settings"
    django.setup()
    from django.core.management import call_command

    call_command("migrate", verbosity=0)
    with (in_radicale if options.radicale else in_memory)(options.events) as (address, add):
        read_all(address, add, is_real=options.radicale)


def read_all(address: str, add: Callable[[bytes], object], *, is_real: bool) -> None:
    """The readings in the order in which a calendar sees them."""
    from bookingsite.models import User
    from calendars import connecting
    from calendars.models import Busy
    from tests import caldav_servers
    from tests.factories import calendars as make

    owner = User.objects.create_user("bench@example.org", "bench", slug="bench")
    if is_real:
        sign_in = connecting.SignIn(
            provider="caldav", url=address, username=caldav_servers.USERNAME, password=caldav_servers.PASSWORD
        )
        calendar = connecting.connect(owner, sign_in, NOW).calendars.get()
    else:
        calendar = make.make_calendar(make.make_account(owner, address=address))
    measure("before", lambda: None)
    measure("first reading", lambda: make.read_now(calendar, NOW))
    print(f"{calendar.items.count()} events, {Busy.objects.count()} busy times")
    measure("nothing changed", lambda: make.read_now(calendar, NOW + timedelta(minutes=10)))
    add(make.event(NOW + timedelta(days=2)))
    measure("one event more", lambda: make.read_now(calendar, NOW + timedelta(minutes=20)))
    measure("daily comparison", lambda: make.read_now(calendar, NOW + timedelta(days=1, minutes=20)))


if __name__ == "__main__":
    main()
