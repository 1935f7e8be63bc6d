"""Bookings into a real CalDAV server while the site's processes are killed: one event each.

    python -m tests.faults.push_proof [--waves group,worker] [--database postgres://…]

Waves of twenty; in each, one kind of process dies in the middle of the writing while another
program adds events. Then some bookings are moved and some cancelled, with one more kill. At the end
the server holds exactly what was wanted, and our copy knows exactly the other program's events.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from tests.caldav_servers import PASSWORD, USERNAME, CalDavServer, radicale
from tests.faults.kill_proof import TARGETS, WITHIN
from tests.faults.site import Site, environment, wait_for

WAVES = ["group", "worker", "sentinel", "parent", "monitor"]
SIZE = 20
FIRST = datetime.now(UTC).replace(hour=8, minute=0, second=0, microsecond=0) + timedelta(days=14)
BERLIN = ZoneInfo("Europe/Berlin")


@dataclass
class Bookings:
    """What should be in the calendar, by UID: the start of each event."""

    calendar: Any
    wanted: dict[str, datetime] = field(default_factory=dict)

    def want(self, number: int, *, days: int = 0) -> None:
        """Book, or move by some days."""
        from bookingsite.lib import clock
        from calendars import writing
        from tests.factories.calendars import wish

        start = FIRST + timedelta(hours=number, days=days)
        made = wish(start, public_id=f"proof{number}", sequence=1 if days else 0)
        writing.want_event(self.calendar, uid=made.uid, wish=made, now=clock.now())
        self.wanted[made.uid] = start

    def cancel(self, number: int) -> None:
        """Want no event any more."""
        from bookingsite.lib import clock
        from calendars import writing

        uid = f"proof{number}@testserver"
        writing.want_absent(self.calendar, uid=uid, now=clock.now())
        del self.wanted[uid]


def connect(server: CalDavServer, remote: str) -> Any:
    """A host with this calendar, as the connect page would make it."""
    from bookingsite.models import User
    from tests.factories.calendars import make_account, make_calendar

    User.objects.filter(email="proof@example.org").delete()
    host = User.objects.create_user("proof@example.org", "correct horse battery", name="Proof")
    account = make_account(host, address=server.url, provider="caldav", username=USERNAME)
    account.seal_secret(PASSWORD)
    account.save()
    return make_calendar(account, remote_id=remote, zone="Europe/Berlin")


def unsettled() -> int:
    """How many wishes are not in the calendar yet."""
    from django.db.models import F

    from calendars.models import Write

    return Write.objects.exclude(done_version=F("version")).count()


def open_writes() -> list[Any]:
    """What is known about the wishes that are not in the calendar."""
    from django.db.models import F

    from calendars.models import Write

    rows = Write.objects.exclude(done_version=F("version"))
    return list(rows.values("uid", "state", "error", "attempts", "run_at", "lease", "version"))


def storm(site: Site, target: str, change: Callable[[], None]) -> float:
    """Make a change, kill in the middle of its writing, and say how long it took to settle."""
    from bookingsite import work

    change()
    due = unsettled()
    work.nudge()
    wait_for(lambda: unsettled() <= due - 3, 60, step=0.005)
    began = time.monotonic()
    TARGETS[target](site)
    work.nudge()
    took = wait_for(lambda: not unsettled(), WITHIN + 10, step=0.25)
    print(f"{target:<10} killed with {due} writes under way: settled after {took:5.1f} s", flush=True)
    wait_for(site.is_ready)
    return time.monotonic() - began


def other_program(server: CalDavServer, remote: str, number: int) -> None:
    """An event that is not ours."""
    start = FIRST + timedelta(hours=number, minutes=30)
    server.write(
        remote,
        f"other{number}.ics",
        (
            "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//other//EN\r\nBEGIN:VEVENT\r\n"
            f"UID:other{number}\r\nDTSTAMP:20260101T000000Z\r\nDTSTART:{start:%Y%m%dT%H%M%SZ}\r\n"
            f"DURATION:PT15M\r\nSUMMARY:Other {number}\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
        ),
    )


def read_again(calendar: Any) -> None:
    """Have the worker compare the calendar once more and wait for that."""
    from bookingsite import leases, work
    from bookingsite.lib import clock
    from calendars.models import Calendar

    began = clock.now()

    def was_read() -> bool:
        if not Calendar.objects.filter(pk=calendar.pk, last_ok_at__gt=began).exists():
            leases.wake(Calendar.objects.filter(pk=calendar.pk, lease=None), clock.now())
            work.nudge()
            return False
        return True

    wait_for(was_read, WITHIN, step=0.5)


def differences(server: CalDavServer, remote: str, bookings: Bookings, others: int) -> list[str]:
    """What is not as wanted, in words; empty when all is well."""
    from calendars.models import Busy

    texts = [server.read(url) or "" for url in server.list(remote)]
    uids = Counter(_value(text, "UID") for text in texts)
    starts = {_value(text, "UID"): _value(text, "DTSTART") for text in texts}
    wrong = [f"{uid}: {count} events" for uid, count in uids.items() if count != 1]
    ours = {uid for uid in uids if not uid.startswith("other")}
    wrong += [f"{uid}: missing" for uid in bookings.wanted.keys() - ours]
    wrong += [f"{uid}: not wanted" for uid in ours - bookings.wanted.keys()]
    for uid in ours & bookings.wanted.keys():
        start = bookings.wanted[uid]
        if starts[uid] not in (f"{start.astimezone(BERLIN):%Y%m%dT%H%M%S}", f"{start:%Y%m%dT%H%M%SZ}"):
            wrong.append(f"{uid}: starts at {starts[uid]}")
    known = Busy.objects.filter(calendar=bookings.calendar).count()
    return wrong if known == others else [*wrong, f"{known} busy times known instead of {others}"]


def _value(text: str, name: str) -> str:
    """The value of a property of the event in a document."""
    event = text[text.index("BEGIN:VEVENT") :]
    return next(
        line.split(":", 1)[1] for line in event.splitlines() if line.startswith((f"{name}:", f"{name};"))
    )


def prove(site: Site, server: CalDavServer, waves: Sequence[str]) -> bool:
    """Run all waves; True when everything is as wanted and nothing is left behind."""
    remote = server.make_calendar("work")
    bookings = Bookings(connect(server, remote))
    site.start()
    times = []
    for wave, target in enumerate(waves):
        numbers = range(wave * SIZE, (wave + 1) * SIZE)
        other_program(server, remote, wave)
        times.append(storm(site, target, lambda: [bookings.want(number) for number in numbers] and None))  # noqa: B023

    def move_and_cancel() -> None:
        for number in range(SIZE // 2):
            bookings.want(number, days=7)
        for number in range(SIZE // 2, SIZE):
            bookings.cancel(number)

    times.append(storm(site, "group", move_and_cancel))
    read_again(bookings.calendar)
    wrong = differences(server, remote, bookings, len(waves))
    stopped = site.interrupt()
    with suppress(TimeoutError):  # what was killed may need a moment to be gone
        wait_for(lambda: not site.living(), 10)
    left = site.living()
    print(
        f"{len(bookings.wanted)} events wanted; wrong: {wrong or 'none'}; "
        f"slowest {max(times):.0f} s; stopped in {stopped:.1f} s; {len(left)} processes left"
    )
    return not wrong and not left and max(times) <= WITHIN


def main() -> int:
    """Exit code 0 when the proof holds."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--database", default="")
    parser.add_argument("--waves", default=",".join(WAVES), help="what is killed in each wave")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="push-proof-") as name, radicale(Path(name)) as server:
        port = server.url.rstrip("/").rsplit(":", 1)[1]
        more = {"DATABASE_URL": options.database} if options.database else {}
        env = environment(Path(name), OUTBOUND_PORTS=port, **more)
        site = Site(env, "--web-workers", "1")
        site.manage("migrate", "--run-syncdb", "-v", "0")
        os.environ.update(env)
        import django

        django.setup()
        from bookingsite.lib import clock

        try:
            return 0 if prove(site, server, options.waves.split(",")) else 1
        except TimeoutError as late:
            print(f"{late}; {clock.now():%H:%M:%S}", *open_writes(), site.log.read_text()[-3000:], sep="\n")
            return 1
        finally:
            for process in site.living():
                process.kill()


if __name__ == "__main__":
    sys.exit(main())
