"""The process that reads feeds: what it is spared, what it may take, and that it leaves nothing behind."""

import gc
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from calendars.providers import errors
from calendars.providers.base import Occurrence, RawItem, Reading, ReadingRules, Status
from calendars.providers.ical import occurrences
from calendars.providers.ics import apart
from calendars.providers.ics.apart import ReaderApart
from calendars.providers.ics.wire import pack_reading, unpack_reading
from tests.calendars.providers.ical.documents import calendar, event

WINDOW = (datetime(2026, 10, 1, tzinfo=UTC), datetime(2027, 10, 1, tzinfo=UTC))
RULES = ReadingRules("Europe/Berlin", frozenset({"ada@example.org"}))
SPIN = "def serve(requests, answers):\n    requests.read(9)\n    while True: pass\n"
SLEEP = "import time\ndef serve(requests, answers):\n    requests.read(9)\n    time.sleep(60)\n"
HOARD = "def serve(requests, answers):\n    requests.read(9)\n    bytes(10**9)\n"
FLOOD = (
    "def serve(requests, answers):\n    requests.read(9)\n"
    "    while True: answers.write((1).to_bytes(8, 'big') + b'[')\n"
)


@pytest.fixture
def reader() -> Iterator[ReaderApart]:
    made = ReaderApart()
    yield made
    made.close()


def children() -> set[str]:
    """The processes that this one has started and not yet waited for."""
    return set(Path(f"/proc/self/task/{os.getpid()}/children").read_text().split())


@pytest.fixture
def misbehaving(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Put other code in place of the reader, under the very same limits."""

    def replace(code: str) -> None:
        package = tmp_path / "calendars" / "providers" / "ics"
        package.mkdir(parents=True)
        for folder in (package, package.parent, package.parent.parent):
            (folder / "__init__.py").touch()
        (package / "serving.py").write_text(code)
        library = tmp_path / "bookingsite" / "lib"
        library.mkdir(parents=True)
        (library / "__init__.py").touch()
        (library.parent / "__init__.py").touch()
        (library / "processes.py").write_text("def die_with_parent(parent): pass\n")
        monkeypatch.setattr(apart, "ROOT", tmp_path)

    return replace


@pytest.mark.parametrize(
    ("code", "limits", "cause"),
    [
        (SPIN, {"CPU_SECONDS": 1}, "processor"),
        (SLEEP, {"LONGEST": 0.5}, "time"),
        (HOARD, {}, "memory"),
        (FLOOD, {"MAX_FRAME": 1_000_000}, "answer"),
        ("raise SystemExit(3)", {}, "memory"),
    ],
    ids=["processor", "clock", "memory", "flood", "crash"],
)
def test_process_that_takes_too_much_is_ended_with_a_reason(
    misbehaving: Callable[[str], None],
    monkeypatch: pytest.MonkeyPatch,
    code: str,
    limits: dict[str, float],
    cause: str,
) -> None:
    misbehaving(code)
    for name, value in limits.items():
        monkeypatch.setattr(apart, name, value)
    before, reader = children(), ReaderApart()
    with pytest.raises(errors.TooHeavy) as caught:
        reader.cut(calendar(event("DTSTART:20261105T100000Z")), {})
    assert (caught.value.detail, children() - before) == (cause, set())


def test_reader_goes_on_after_a_refusal_and_starts_anew_after_an_end(reader: ReaderApart) -> None:
    with pytest.raises(errors.NotACalendar):
        reader.cut(b"no calendar", {})
    first = reader._started()
    one = reader.cut(calendar(event("DTSTART:20261105T100000Z")), {})
    assert (reader._started() is first, len(one.items)) == (True, 1)
    first.kill()
    with pytest.raises(errors.TooHeavy):
        reader.cut(calendar(), {})
    assert reader.cut(calendar(event("DTSTART:20261105T100000Z")), {}) == one


def test_known_events_are_named_but_not_told_again(reader: ReaderApart) -> None:
    body = calendar(event("DTSTART:20261105T100000Z", uid="a"), event("DTSTART:20261106T100000Z", uid="b"))
    first = reader.cut(body, {})
    again = reader.cut(body, {item.key: item.etag for item in first.items if item.key == "a"})
    assert (first.present, [item.key for item in first.items]) == (frozenset("ab"), ["a", "b"])
    assert (again.present, [item.key for item in again.items]) == (frozenset("ab"), ["b"])


def test_readings_are_those_of_the_reader_itself(reader: ReaderApart) -> None:
    bodies = [
        calendar(event("DTSTART:20261105T100000Z", "DURATION:PT1H", "RRULE:FREQ=WEEKLY", "GEO:52.5;13.4")),
        calendar(event("DTSTART;VALUE=DATE:20261105", "SUMMARY:Straße", "LOCATION:here")),
        calendar(
            event(
                "DTSTART:20261105T100000Z",
                "DURATION:PT1H",
                "ATTENDEE;PARTSTAT=NEEDS-ACTION:mailto:ada@example.org",
            )
        ),
        calendar("METHOD:CANCEL", event("DTSTART:20261105T100000Z", "SEQUENCE:3", "X-BOOKING-ID:b1")),
        b"no calendar",
    ]
    items = [RawItem(str(number), "", body) for number, body in enumerate(bodies)]
    here = [
        occurrences(body, window=WINDOW, default_zone="Europe/Berlin", owner_emails=RULES.owner_emails)
        for body in bodies
    ]
    assert list(reader.read(items, WINDOW, RULES)) == here


def test_reading_survives_the_wire_with_everything_it_may_hold() -> None:
    start = datetime(2026, 11, 5, 10, tzinfo=UTC)
    one = Occurrence(
        start, start.replace(hour=11), Status.TENTATIVE, "uid", "lone \ud83d surrogate", "20261105T100000Z",
        True, start.date(), start.date(), True, "Europe/Berlin", "here", (1.5, -2.5), "b1",
    )  # fmt: skip
    reading = Reading((one, one), ("rule_cut",), "uid", "b1", 3, True, 2)
    assert unpack_reading(pack_reading(reading)) == reading


def test_process_sees_no_secret_and_no_framework(
    reader: ReaderApart, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SECRET_KEY", "s3cr3t")
    reader.cut(calendar(), {})
    number = reader._started().pid
    loaded = Path(f"/proc/{number}/maps").read_text()
    environment = Path(f"/proc/{number}/environ").read_bytes()
    limits = Path(f"/proc/{number}/limits").read_text()
    assert b"s3cr3t" not in environment
    assert f"{apart.MEMORY}" in limits
    assert ("lxml" in loaded, "_sqlite3" in loaded, os.getsid(number)) == (False, False, number)


def test_readings_process_imports_no_django() -> None:
    code = "import sys; import calendars.providers.ics.serving; print(list(sys.modules))"
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert [name for name in ("django", "requests", "caldav", "lxml") if f"'{name}'" in told] == []


def test_closed_or_forgotten_reader_leaves_no_process() -> None:
    before = children()
    closed, forgotten = ReaderApart(), ReaderApart()
    for one in (closed, forgotten):
        one.cut(calendar(), {})
    running = len(children() - before)
    closed.close()
    del one, forgotten
    gc.collect()
    assert (running, children() - before) == (2, set())


def test_reading_process_dies_with_its_worker() -> None:
    code = (
        "import os, signal\n"
        "from calendars.providers.ics.apart import ReaderApart\n"
        "reader = ReaderApart(); reader.cut(b'BEGIN:VCALENDAR\\nEND:VCALENDAR', {})\n"
        "print(reader._started().pid, flush=True); os.kill(os.getpid(), signal.SIGKILL)"
    )
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False).stdout
    number = int(told)
    for _ in range(100):
        if not Path(f"/proc/{number}").exists() or "State:\tZ" in Path(f"/proc/{number}/status").read_text():
            return
        time.sleep(0.01)
    pytest.fail(f"process {number} is still there")
