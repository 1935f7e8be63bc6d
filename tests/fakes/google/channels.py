"""Channels: real POSTs to whoever asked to be told, first `sync`, then `exists`, never with a body."""

import itertools
import queue
import threading
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime

import requests


@dataclass
class Channel:
    """One standing order."""

    id: str
    resource_id: str
    calendar_id: str
    address: str
    token: str
    expires_at: datetime
    numbers: "itertools.count[int]" = field(default_factory=lambda: itertools.count(1))

    def headers(self, state: str) -> dict[str, str]:
        """The headers of the next notice."""
        return {
            "X-Goog-Channel-ID": self.id,
            "X-Goog-Channel-Token": self.token,
            "X-Goog-Channel-Expiration": self.expires_at.strftime("%a, %d %b %Y %H:%M:%S GMT"),
            "X-Goog-Resource-ID": self.resource_id,
            "X-Goog-Resource-URI": f"https://www.googleapis.com/calendar/v3/calendars/{self.calendar_id}/events",
            "X-Goog-Resource-State": state,
            "X-Goog-Message-Number": str(next(self.numbers)),
        }


@dataclass(frozen=True)
class Notice:
    """One notice and, once it was sent, the status it was answered with (0: nobody answered)."""

    address: str
    headers: dict[str, str]
    status: int = 0


class Channels:
    """All standing orders. Notices are sent by one thread, in order, unless they are held back."""

    def __init__(self) -> None:
        self.open: dict[str, Channel] = {}
        self.sent: list[Notice] = []
        self.held: list[Notice] | None = None
        """When a list: notices gather here until `release`."""
        self.copies = 1
        self._waiting: queue.Queue[Notice | None] = queue.Queue()
        self._thread = threading.Thread(target=self._work, daemon=True)

    def start(self) -> None:
        """Begin to send."""
        self._thread.start()

    def stop(self) -> None:
        """Send what waits, then no more."""
        self._waiting.put(None)
        self._thread.join(timeout=10)

    def tell(self, calendar_id: str, state: str = "exists", *, only: Channel | None = None) -> None:
        """A notice to every channel of the calendar that still runs."""
        channels = [only] if only else [one for one in self.open.values() if one.calendar_id == calendar_id]
        for channel in channels:
            if channel.expires_at > datetime.now(UTC):
                notice = Notice(channel.address, channel.headers(state))
                self._put([notice] * (1 if state == "sync" else self.copies))

    def release(self, notices: Iterable[Notice] | None = None) -> None:
        """Send what was held back (in this order, as often as given), and hold back no more."""
        held, self.held = self.held or [], None
        self._put(held if notices is None else notices)

    def wait(self) -> None:
        """Until every notice so far has been answered."""
        self._waiting.join()

    def _put(self, notices: Iterable[Notice]) -> None:
        for notice in notices:
            if self.held is None:
                self._waiting.put(notice)
            else:
                self.held.append(notice)

    def _work(self) -> None:
        while (notice := self._waiting.get()) is not None:
            status = 0
            with suppress(requests.RequestException):
                status = requests.post(notice.address, headers=notice.headers, timeout=10).status_code
            self.sent.append(Notice(notice.address, notice.headers, status))
            self._waiting.task_done()
        self._waiting.task_done()
