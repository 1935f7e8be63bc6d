"""Reading feeds in a process of its own, so that a file made to hurt hurts nobody (RELIABILITY 3.5).

The process has limits of processor time and memory from its first step on, and the parent a clock beside it.
Whatever happens there ends here as one of three errors, and nothing of the feed is used.
"""

import json
import os
import signal
import subprocess
import sys
import threading
import weakref
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, cast

from calendars.providers import errors
from calendars.providers.base import RawItem, Reading, ReadingRules, Window
from calendars.providers.ics.wire import Ended, pack_task, packed, read_frame, unpack_reading, write_frame

CHILD = Path(__file__).with_name("child.py")
ROOT = Path(__file__).parents[3]
CPU_SECONDS = 10
MEMORY = 300_000_000
"""Bytes of address space, which no process's memory exceeds: a feed that needs more ends with a reason."""
LONGEST = 30.0
"""Seconds on the clock for one request: a busy machine gives a process less than its whole time."""
MAX_FRAME = 64_000_000

_ERRORS: Mapping[str, type[errors.ProviderError]] = {
    error.code: error for error in (errors.NotACalendar, errors.TooLarge, errors.TooHeavy)
}


@dataclass(frozen=True, slots=True)
class Cut:
    """A feed cut into its events: which are in it, and the content of those that were not known."""

    name: str
    zone: str
    present: frozenset[str]
    items: tuple[RawItem, ...]


class ReaderApart:
    """One reading process, started when it is first needed; for one thread. Close it after use."""

    def __init__(self, *, seconds: float = LONGEST) -> None:
        self._seconds = min(seconds, LONGEST)
        self._process: subprocess.Popen[bytes] | None = None

    def cut(self, body: bytes, known: Mapping[str, str]) -> Cut:
        """Cut a feed into its events; ``known`` maps keys to digests of what need not be told again.

        Raises `NotACalendar` (`CutShort` for one without its end), `TooLarge` and `TooHeavy`.
        """
        head, *portions = self._ask(packed({"job": "cut", "known": dict(known)}), b"\n", body)
        title = json.loads(head)
        groups = [group for portion in portions for group in json.loads(portion)]
        items = tuple(RawItem(key, digest, data[0].encode()) for key, digest, *data in groups if data)
        return Cut(title["name"], title["zone"], frozenset(group[0] for group in groups), items)

    def read(self, items: Iterable[RawItem], window: Window, rules: ReadingRules) -> Iterator[Reading]:
        """What the items mean, in their order. Raises as `cut` before the first is told."""
        sources = [item.data.decode(errors="replace") for item in items]
        portions = self._ask(packed({"job": "read", "items": sources, **pack_task(window, rules)}))
        return (unpack_reading(told) for portion in portions for told in json.loads(portion))

    def close(self) -> None:
        """End the process."""
        if self._process is not None:
            _end(self._process)
            self._process = None

    def _ask(self, *request: bytes) -> list[bytes]:
        """The frames of one answer but the last, which must say that all went well."""
        process = self._started()
        watch = threading.Timer(self._seconds, _kill, [process])
        watch.daemon = True
        watch.start()
        try:
            write_frame(cast(BinaryIO, process.stdin), *request)
            return _whole(cast(BinaryIO, process.stdout))
        except (Ended, OSError):
            raise errors.TooHeavy(self._cause(process)) from None
        finally:
            watch.cancel()

    def _cause(self, process: subprocess.Popen[bytes]) -> str:
        """Why the process ended before its answer did: a word for the log. It is gone afterwards."""
        try:
            process.wait(timeout=1)  # its pipes are closed a moment before it is gone
        except subprocess.TimeoutExpired:
            cause = "answer"  # it is still talking
        else:
            ended_by = {-signal.SIGXCPU: "processor", -signal.SIGKILL: "time"}
            cause = ended_by.get(process.returncode, "memory")
        self.close()
        return cause

    def _started(self) -> subprocess.Popen[bytes]:
        if self._process is None:
            self._process = _start()
            # A reader that is dropped without being closed leaves no process behind.
            weakref.finalize(self, _end, self._process)
        return self._process


def _start() -> subprocess.Popen[bytes]:
    arguments = [str(number) for number in (CPU_SECONDS, MEMORY, os.getpid())]
    return subprocess.Popen(
        [sys.executable, "-I", "-S", str(CHILD), *arguments, str(ROOT), *sys.path],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,  # a traceback may quote the feed
        env=_environment(),
        start_new_session=True,
    )


def _environment() -> dict[str, str]:
    """No secrets of ours: only what finds libraries and time zones."""
    return {name: os.environ[name] for name in ("LD_LIBRARY_PATH", "PYTHONTZPATH") if name in os.environ}


def _whole(stream: BinaryIO) -> list[bytes]:
    frames: list[bytes] = []
    size = 0
    while True:
        frame = read_frame(stream, MAX_FRAME)
        size += len(frame) + 100  # what holding it takes beside
        if size > 2 * MAX_FRAME:
            raise Ended
        if frame.startswith(b"{"):
            told: dict[str, Any] = json.loads(frame)
            if "error" in told:
                raise _told(told["error"], told["detail"])
            if "end" in told:
                return frames
        frames.append(frame)


def _told(code: str, detail: str) -> errors.ProviderError:
    if code == errors.NotACalendar.code and detail in ("truncated", "empty"):
        return errors.CutShort(detail)
    return _ERRORS.get(code, errors.TooHeavy)(detail)


def _kill(process: subprocess.Popen[bytes]) -> None:
    # `kill` looks first whether it has ended: its number may belong to another process by then.
    process.kill()


def _end(process: subprocess.Popen[bytes]) -> None:
    """Have the process gone and waited for, whatever it is doing."""
    for stream in (process.stdin, process.stdout):
        try:
            if stream is not None:
                stream.close()
        except OSError:
            continue  # it has hung up already
    if process.poll() is None:
        _kill(process)
    process.wait()
