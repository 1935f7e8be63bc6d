"""Our copy of a calendar of the fake, kept by the rules of pages; and events to put into the calendar."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from calendars.providers.base import EventWish, Page, ReadingRules
from calendars.providers.microsoft import MicrosoftProvider
from tests.calendars.providers.microsoft.ics import utc
from tests.calendars.providers.worlds import wish
from tests.fakes.microsoft import MicrosoftFake
from tests.fakes.microsoft.mailbox import FakeCalendar

WINDOW = (datetime(2026, 10, 1, tzinfo=UTC), datetime(2027, 6, 1, tzinfo=UTC))
START = datetime(2026, 10, 26, 9, tzinfo=UTC)
HOUR = timedelta(hours=1)
MARKER = str(uuid5(NAMESPACE_URL, "bk-1"))
RULES = ReadingRules(default_zone="Europe/Berlin")


class Never(dict[str, str]):
    """Known etags that may be asked for, but not gone through."""

    def __iter__(self) -> Any:
        raise AssertionError("gone through")

    keys = values = items = __iter__


class Reader:
    """Our copy of the calendar, kept by the rules of pages."""

    def __init__(self, provider: MicrosoftProvider, calendar: FakeCalendar) -> None:
        self.provider, self.id = provider, calendar.id
        self.cursor: str | None = None
        self.items: dict[str, Any] = {}

    @property
    def etags(self) -> dict[str, str]:
        return {key: item.etag for key, item in self.items.items()}

    def pull(self, window: tuple[datetime, datetime] = WINDOW) -> list[Page]:
        """Take what changed; without a cursor everything."""
        known: Mapping[str, str] = Never(self.etags) if self.cursor else self.etags
        pages = list(self.provider.changes(self.id, cursor=self.cursor, known=known, window=window))
        for page in pages:
            for key in page.deleted:
                self.items.pop(key, None)
            self.items |= {item.key: item for item in page.items}
        last = pages[-1]
        if last.complete and last.present is not None:
            self.items = {key: item for key, item in self.items.items() if key in last.present}
        self.cursor = last.cursor
        return pages

    def times(self) -> list[tuple[datetime, str, str]]:
        """Start, title and status of every occurrence, in order."""
        found = [
            (one.start, one.summary, one.status.value)
            for item in self.items.values()
            for one in self.provider.occurrences(item, window=WINDOW, rules=RULES).occurrences
        ]
        return sorted(found)


def event(subject: str = "Dentist", start: datetime = START, **fields: Any) -> dict[str, Any]:
    return {"subject": subject, "start": utc(start), "end": utc(start + HOUR), **fields}


def ours(**changes: Any) -> EventWish:
    return wish(marker=MARKER, **changes)


def sent(fake: MicrosoftFake, method: str) -> list[dict[str, Any]]:
    return [json.loads(seen.body) for seen in fake.log if seen.method == method]
