"""How long one big iCal feed takes, parsed and expanded over a year: `python -m benchmarks.feed [--events N]`.

Ours is the process that reads feeds; beside it the libraries everybody uses (icalendar and
recurring-ical-events) do the same with the same file. Each runs in a process of its own.
"""

from __future__ import annotations

import argparse
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

START = datetime(2026, 11, 1, tzinfo=UTC)
WINDOW = (START, START + timedelta(days=365))
MOST_SECONDS = 10


def write_feed(path: Path, count: int) -> None:
    """Events as Google writes them: three guests, an alarm, a description; every tenth twice a week for ever."""
    with path.open("w", newline="\r\n") as file:
        file.write("BEGIN:VCALENDAR\nVERSION:2.0\nPRODID:-//bench//EN\nX-WR-CALNAME:Big\n")
        for number in range(count):
            file.write(_event(number, count))
        file.write("END:VCALENDAR\n")


def _event(number: int, count: int) -> str:
    start = START + number * (timedelta(days=360) / count)
    guests = "".join(
        f"ATTENDEE;CUTYPE=INDIVIDUAL;ROLE=REQ-PARTICIPANT;PARTSTAT=ACCEPTED;CN=P{n}:mailto:p{n}@example.org\n"
        for n in range(3)
    )
    return (
        f"BEGIN:VEVENT\nUID:{number}@example.org\nDTSTAMP:20261101T000000Z\nCREATED:20260101T000000Z\n"
        f"DTSTART;TZID=Europe/Berlin:{start:%Y%m%dT%H%M00}\n"
        f"DTEND;TZID=Europe/Berlin:{start + timedelta(hours=1):%Y%m%dT%H%M00}\n"
        f"{'RRULE:FREQ=WEEKLY;BYDAY=MO,WE' + chr(10) if number % 10 == 0 else ''}{guests}"
        f"SUMMARY:Meeting {number}\nLOCATION:Room {number}\nDESCRIPTION:{'x' * 600}\nSEQUENCE:1\nSTATUS:CONFIRMED\n"
        "TRANSP:OPAQUE\nBEGIN:VALARM\nACTION:DISPLAY\nDESCRIPTION:x\nTRIGGER:-PT10M\nEND:VALARM\nEND:VEVENT\n"
    )


def ours(body: bytes) -> int:
    """Occurrences that the reading process finds."""
    from calendars.providers.base import ReadingRules
    from calendars.providers.ics.apart import ReaderApart

    reader = ReaderApart()
    try:
        items = reader.cut(body, {}).items
        return sum(len(one.occurrences) for one in reader.read(items, WINDOW, ReadingRules("Europe/Berlin")))
    finally:
        reader.close()


def libraries(body: bytes) -> int:
    """Occurrences that icalendar and recurring-ical-events find."""
    import icalendar
    import recurring_ical_events

    return len(recurring_ical_events.of(icalendar.Calendar.from_ical(body)).between(*WINDOW))


READERS: dict[str, Callable[[bytes], int]] = {
    "ours, in its own process": ours,
    "icalendar + r-i-e": libraries,
}


def measure(name: str, path: Path) -> None:
    """One line: seconds, seconds of processor, megabytes of the bigger of parent and child, occurrences."""
    started = time.perf_counter()
    found = READERS[name](path.read_bytes())
    seconds = time.perf_counter() - started
    both = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    cpu = sum(one.ru_utime + one.ru_stime for one in both)
    memory = max(one.ru_maxrss for one in both) / 1024
    print(f"{name:>26} {seconds:>8.2f} {cpu:>8.2f} {memory:>6.0f} {found:>12}", flush=True)
    if name.startswith("ours") and cpu > MOST_SECONDS:
        sys.exit(f"more than {MOST_SECONDS} s")


def main() -> int:
    """Write the feed, have both read it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=10_000)
    parser.add_argument("--one", nargs=2, metavar=("READER", "FILE"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.one:
        measure(options.one[0], Path(options.one[1]))
        return 0
    with tempfile.TemporaryDirectory(prefix="bench-feed-") as folder:
        path = Path(folder) / "feed.ics"
        write_feed(path, options.events)
        print(f"{options.events} events, {path.stat().st_size / 1e6:.1f} MB\n")
        print(f"{'':>26} {'seconds':>8} {'CPU s':>8} {'MB':>6} {'occurrences':>12}", flush=True)
        command = [sys.executable, "-m", "benchmarks.feed", "--one"]
        return max(subprocess.run([*command, name, str(path)], check=False).returncode for name in READERS)


if __name__ == "__main__":
    sys.exit(main())
