"""How long reading a big calendar takes, and how much memory: `python -m benchmarks.sync [--events N] [--radicale]`.

With --radicale a real server answers, otherwise one in memory. Uses a throw-away database.
"""

from __future__ import annotations

import argparse
import base64
import os
import resource
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

import django

NOW = datetime(2027, 3, 1, 8, tzinfo=UTC)


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
    """A filled Radicale: the calendar's address, and how to add one more event.

    The files are put where Radicale keeps them, and it is asked for all of them once, so that what is
    measured is our reading and not its first look at ten thousand files.
    """
    from tests.caldav_servers import USERNAME, radicale

    with tempfile.TemporaryDirectory(prefix="bench-radicale-") as name:
        calendar = Path(name) / "collections" / "collection-root" / USERNAME / "big"
        calendar.mkdir(parents=True)
        (calendar / ".Radicale.props").write_text('{"tag": "VCALENDAR", "D:displayname": "Big"}')
        for number, data in enumerate(events(count)):
            (calendar / f"{number}.ics").write_bytes(data)
        with radicale(Path(name)) as server:
            url = f"{server.home}big/"
            _let_index(url)
            yield url, lambda data: server.write(url, "one-more.ics", data.decode())


def _let_index(url: str) -> None:
    _download(url, "PROPFIND", b'<propfind xmlns="DAV:"><prop><getetag/><sync-token/></prop></propfind>')


def _plain(url: str) -> None:
    """The whole calendar as one answer, not even parsed: what the server and the wire cost."""
    everything = (
        b'<C:calendar-query xmlns="DAV:" xmlns:C="urn:ietf:params:xml:ns:caldav">'
        b"<prop><getetag/><C:calendar-data/></prop>"
        b'<C:filter><C:comp-filter name="VCALENDAR"/></C:filter></C:calendar-query>'
    )
    _download(url, "REPORT", everything)


def _download(url: str, method: str, body: bytes) -> None:
    from tests.caldav_servers import PASSWORD, USERNAME

    sign_in = base64.b64encode(f"{USERNAME}:{PASSWORD}".encode()).decode()
    headers = {"Authorization": f"Basic {sign_in}", "Depth": "1", "Content-Type": "application/xml"}
    request = Request(url, data=body, method=method, headers=headers)  # noqa: S310 - our own server
    with urlopen(request, timeout=600) as answer:  # noqa: S310
        answer.read()


def _count_requests() -> list[str]:
    """The methods of all requests that are sent to a CalDAV server from now on."""
    from calendars.providers.caldav.transport import Dav

    sent: list[str] = []
    ask_once = Dav._ask_once

    def counted(self: Dav, method: str, *rest: Any) -> Any:
        sent.append(method)
        return ask_once(self, method, *rest)

    Dav._ask_once = counted  # type: ignore[method-assign]
    return sent


def measure(label: str, act: Callable[[], object], sent: list[str]) -> float:
    """Print seconds, seconds of our processor, requests, and the most memory used so far; the seconds."""
    requests, started, cpu = len(sent), time.perf_counter(), time.process_time()
    act()
    seconds, cpu = time.perf_counter() - started, time.process_time() - cpu
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"{label:>22} {seconds:>9.2f} {cpu:>9.2f} {len(sent) - requests:>9} {memory:>6.0f}", flush=True)
    return seconds


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
    sent = _count_requests()
    print(f"{'':>22} {'seconds':>9} {'our CPU s':>9} {'requests':>9} {'MB':>6}")
    measure("before", lambda: None, sent)
    plain = measure("plain download", lambda: _plain(address), sent) if is_real else None
    first = measure("first reading", lambda: make.read_now(calendar, NOW), sent)
    measure("nothing changed", lambda: make.read_now(calendar, NOW + timedelta(minutes=10)), sent)
    add(make.event(NOW + timedelta(days=2)))
    measure("one event more", lambda: make.read_now(calendar, NOW + timedelta(minutes=20)), sent)
    measure("daily comparison", lambda: make.read_now(calendar, NOW + timedelta(days=1, minutes=20)), sent)
    print(f"{calendar.items.count()} events, {Busy.objects.count()} busy times")
    if plain:
        print(f"first reading : plain download = {first / plain:.1f}")


if __name__ == "__main__":
    main()
