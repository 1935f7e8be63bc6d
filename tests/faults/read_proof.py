"""A real CalDAV calendar is read while the site's processes are killed: unknown until read, never freed.

    python -m tests.faults.read_proof [--first workers:0,group:500] [--again group:500] [--database postgres://…]

Each `target:count` kills once so many events of that reading are stored (0: at a random moment while
the server is being asked). `first` is the first reading of 1,500 events, `again` reads 1,250 moved,
150 deleted and 50 added ones. All the while a watcher looks at what is offered and what is busy.
"""

from __future__ import annotations

import argparse
import os
import random
import signal
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from tests.caldav_servers import CalDavServer, radicale
from tests.faults.kill_proof import TARGETS, WITHIN
from tests.faults.push_proof import connect
from tests.faults.site import Site, environment, wait_for
from tests.faults.watched import COUNT, Event, Rows, Shelf, Watcher

FIRST_KILLS = "workers:0,group:500,supervisor:1000"
LATER_KILLS = "group:0,workers:500,group:1000"
MOVED, DELETED, ADDED = 1250, 150, 50
NEVER = datetime(2100, 1, 1, tzinfo=UTC)
READ_WITHIN = 240.0  # of a busy machine; how fast a calendar is read is not what is proved here
Kill = tuple[str, int]


def armed(site: Site, target: str) -> Callable[[], None]:
    """The kill, ready to be made at once: looking for the processes takes longer than a transaction."""
    if target == "group":
        group = site.parent().pid
        return lambda: os.killpg(group, signal.SIGKILL)
    if target == "workers":
        workers = site.crew()[:-2]
        return lambda: [worker.kill() for worker in workers] and None
    return lambda: TARGETS[target](site)


class Reading:
    """One reading with its kills."""

    def __init__(self, site: Site, calendar: Any, version: int) -> None:
        from calendars.models import Calendar, Item

        self.site = site
        self.row = Calendar.objects.filter(pk=calendar.pk)
        self.last_ok_at = self.row.get().last_ok_at
        self.abandoned: Any = None
        self.stored = Item.objects.filter(calendar=calendar.pk, summary=f"version {version}")

    def is_over(self) -> bool:
        return bool(self.row.get().last_ok_at != self.last_ok_at)

    def run(self, kills: list[Kill]) -> list[str]:
        """Have it read, kill, and wait for the end; returns what went wrong."""
        from bookingsite import leases, work
        from bookingsite.lib import clock

        leases.wake(self.row, clock.now())
        work.nudge()
        wrong: list[str] = []
        for target, count in kills:
            wrong += self._kill(target, count)
        wrong += self._taken_up("the last reading")
        wait_for(self.is_over, READ_WITHIN)
        return wrong

    def _kill(self, target: str, count: int) -> list[str]:
        """Kill in the middle of the reading of whoever has taken it up (again)."""
        late = self._taken_up(target)
        kill = armed(self.site, target)
        if count:
            wait_for(lambda: self.stored.count() >= count, READ_WITHIN, step=0.002)
        else:
            time.sleep(random.uniform(0.05, 0.8))
        self.abandoned = self.row.get().lease
        kill()
        time.sleep(0.2)
        print(f"{target:<10} killed with {self.stored.count():4} events stored", flush=True)
        return [*late, f"{target}: the reading was over already"] if self.is_over() else late

    def _taken_up(self, what: str) -> list[str]:
        """Wait until a worker has the calendar; a complaint when that takes too long."""
        took = wait_for(lambda: self._is_taken_up() or self.is_over(), WITHIN + 30, step=0.01)
        print(f"taken up after {took:4.1f} s", flush=True)
        return [f"{what}: taken up only after {took:.0f} s"] if took > WITHIN else []

    def _is_taken_up(self) -> bool:
        """Whether a worker has the calendar, and not the one that was killed."""
        return self.row.get().lease not in (None, self.abandoned)


def copy_of(calendar: Any) -> dict[str, list[tuple[Any, ...]]]:
    """Everything that is known of a calendar, however it was come by."""
    from calendars.models import Busy, Item

    items = Item.objects.filter(calendar=calendar.pk).order_by("key")
    rows = Busy.objects.filter(calendar=calendar.pk).order_by("item__key", "start", "end")
    fields = items.values_list("key", "etag", "digest", "uid", "summary", "data", "is_ours", "warning")
    times = rows.values_list("item__key", "start", "end", "status", "all_day", "unanswered", "blocks")
    return {"items": [(*one[:5], bytes(one[5]), *one[6:]) for one in fields], "times": list(times)}


def differences(server: CalDavServer, shelf: Shelf, calendar: Any, reference: Any) -> list[str]:
    """How our copy differs from the server, from what the events mean and from an undisturbed reading."""
    copy, wanted = copy_of(calendar), copy_of(reference)
    wrong = [f"{name} unlike an undisturbed reading" for name in copy if copy[name] != wanted[name]]
    names = sorted(key.rsplit("/", 1)[-1] for key, *_ in copy["items"])
    if not names == sorted(shelf.events) == sorted(url.rsplit("/", 1)[-1] for url in server.list(shelf.url)):
        wrong.append(f"{len(names)} events known, {len(shelf.events)} on the server")
    held = sorted((key.rsplit("/", 1)[-1], start, end) for key, start, end, *_ in copy["times"])
    if held != sorted((name, *row) for name, rows in shelf.rows().items() for row in rows):
        wrong.append("busy times are not what the events mean")
    return wrong


def offered_while_busy(event_type: Any, shelf: Shelf) -> list[str]:
    """Times that are offered though an event lies there; also when there is nothing to judge by."""
    from bookings.domain import slots
    from bookingsite.lib import clock

    now = clock.now()
    starts = [
        int(start.timestamp()) for start in slots.starts(event_type, now, now + timedelta(days=60), now=now)
    ]
    busy = [row for rows in shelf.rows().values() for row in rows if row[0] < now.timestamp() + 61 * 86400]
    wrong = [start for start in starts if any(first < start + 1800 and start < last for first, last in busy)]
    return [f"{len(wrong)} of {len(starts)} times offered while busy"] if wrong or not starts else []


def read_here(calendar: Any) -> int:
    """Read in this process, as a worker does; returns how many requests that took."""
    from bookingsite.lib import clock
    from calendars.providers.caldav.transport import Dav
    from tests.factories.calendars import read_now

    usual, requests = Dav._ask_once, []

    def counted(dav: Dav, method: str, *arguments: Any) -> Any:
        requests.append(method)
        return usual(dav, method, *arguments)

    Dav._ask_once = counted  # type: ignore[method-assign,assignment]
    try:
        read_now(calendar, clock.now())
    finally:
        Dav._ask_once = usual  # type: ignore[method-assign]
    return len(requests)


def nothing_new(calendar: Any) -> list[str]:
    """A reading of what did not change is one request and changes nothing."""
    from calendars.models import Busy, Calendar

    def state() -> tuple[Any, ...]:
        ids = sorted(Busy.objects.filter(calendar=calendar.pk).values_list("pk", flat=True))
        return copy_of(calendar), ids, Calendar.objects.get(pk=calendar.pk).cursor

    before = state()
    requests = read_here(calendar)
    wrong = [] if requests == 1 else [f"{requests} requests though nothing is new"]
    return wrong if state() == before else [*wrong, "changed though nothing is new"]


def read_with_kills(
    site: Site, calendar: Any, event_type: Any, kills: list[Kill], *, before: dict[str, Rows], after: dict[str, Rows],
    version: int,
) -> list[str]:  # fmt: skip
    """One reading, watched; returns what went wrong."""
    began = time.monotonic()
    with Watcher(calendar, event_type, before, after) as watcher:
        wrong = Reading(site, calendar, version).run(kills)
        time.sleep(0.5)  # one more look at the end state
    seconds = time.monotonic() - began
    print(f"read after {seconds:.0f} s and {len(kills)} kills, {watcher.looks} looks", flush=True)
    return wrong + watcher.wrong[:10]


def prove(site: Site, server: CalDavServer, folder: Path, first: list[Kill], again: list[Kill]) -> bool:
    """Both readings with their kills; True when all is as it should be and nothing is left behind."""
    from calendars.models import Calendar
    from tests.factories.bookings import event_type_of

    shelf = Shelf(server, folder)
    for number in range(COUNT):
        shelf.put(Event(number))
    calendar = connect(server, shelf.url)
    Calendar.objects.update(run_at=NEVER)  # nobody reads before the watcher looks
    event_type = event_type_of(calendar.owner)
    site.start()
    before = shelf.rows()
    wrong = read_with_kills(site, calendar, event_type, first, before={}, after=before, version=0)
    if again:
        change(shelf)
        after = shelf.rows()
        wrong += read_with_kills(site, calendar, event_type, again, before=before, after=after, version=1)
    stopped = site.interrupt()
    with suppress(TimeoutError):  # what was killed may need a moment to be gone
        wait_for(lambda: not site.living(), 10)
    left = site.living()
    wrong += nothing_new(calendar) + differences(server, shelf, calendar, undisturbed(calendar))
    wrong += offered_while_busy(event_type, shelf)
    print(
        f"{len(shelf.events)} events known; wrong: {wrong or 'none'}; "
        f"stopped in {stopped:.1f} s; {len(left)} processes left"
    )
    return not wrong and not left


def change(shelf: Shelf) -> None:
    """Most events move, some go, some come."""
    for number in range(MOVED):
        shelf.put(Event(number, version=1))
    for number in range(MOVED, MOVED + DELETED):
        shelf.remove(number)
    for number in range(COUNT, COUNT + ADDED):
        shelf.put(Event(number, version=1))


def undisturbed(calendar: Any) -> Any:
    """The same calendar, read in one go by another host."""
    from bookingsite.models import User
    from tests.factories.calendars import make_account, make_calendar

    host = User.objects.create_user("undisturbed@example.org", "correct horse battery", name="Undisturbed")
    old = calendar.account
    account = make_account(host, address=old.base_url, provider="caldav", username=old.username)
    account.seal_secret(old.open_secret())
    account.save()
    other = make_calendar(account, remote_id=calendar.remote_id, zone=calendar.zone)
    read_here(other)
    return other


def kills_of(text: str) -> list[Kill]:
    """`workers:0,group:500` as pairs."""
    return [(target, int(count)) for target, count in (part.split(":") for part in text.split(",") if part)]


def main() -> int:
    """Exit code 0 when the proof holds."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--database", default="")
    parser.add_argument("--first", default=FIRST_KILLS, type=kills_of, help="kills in the first reading")
    parser.add_argument(
        "--again", default=LATER_KILLS, type=kills_of, help="kills in the second; may be empty"
    )
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="read-proof-") as name, radicale(Path(name)) as server:
        port = server.url.rstrip("/").rsplit(":", 1)[1]
        more = {"DATABASE_URL": options.database} if options.database else {}
        env = environment(Path(name), OUTBOUND_PORTS=port, **more)
        site = Site(env, "--web-workers", "1")
        site.manage("migrate", "--run-syncdb", "-v", "0")
        os.environ.update(env)
        import django

        django.setup()
        try:
            return 0 if prove(site, server, Path(name), options.first, options.again) else 1
        except TimeoutError as late:
            print(late, site.log.read_text()[-3000:], sep="\n")
            return 1
        finally:
            for process in site.living():
                process.kill()


if __name__ == "__main__":
    sys.exit(main())
