"""The month page of a host with many events, read from the database and rendered: `python -m benchmarks.month`.

The reference of the same run is a bare Django view without middleware that reads the same busy rows with
one query, does the plain sweep of `benchmarks.engine`, and renders a static template of the same size.
Exits with 1 when a count of slots is wrong, a page needs more than eight queries, or a goal is missed by half.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from benchmarks import workload
from benchmarks.engine import EXPECTED, sweep
from benchmarks.site import Browser, median_ms, queries_of, site

if TYPE_CHECKING:
    from bookings.models import EventType

NOW = datetime(2026, 11, 30, 12, 0, tzinfo=UTC)
PAGES = {"month": "?month=2026-12&day=2026-12-01&tz=America/New_York", "first": "?tz=America/New_York"}
"""A month and day that were asked for, and the first visit, in a month without free times, which looks for one."""
GOALS = {"50": 15, "500": 15, "5000": 50, "5000_gaps": 50}
MOST_QUERIES = 8
SLACK = 1.5
"""On a shared machine, smaller differences mean nothing."""


@dataclass(frozen=True)
class Row:
    """One line of the table."""

    events: str
    page: str
    slots: int
    queries: int
    kilobytes: float
    page_ms: float
    plain_ms: float

    @property
    def is_good(self) -> bool:
        """Whether answer, queries and time are as they should be."""
        in_time = self.page_ms <= GOALS[self.events] * SLACK
        return self.slots == EXPECTED[self.events] and self.queries <= MOST_QUERIES and in_time


def main() -> int:
    """Print the table; 1 when something is not as it should be."""
    with site():
        rows = measure()
    heads = f"{'events':>10} {'page':>6} {'slots':>6} {'queries':>8} {'kB':>5} {'page ms':>8}"
    print(f"{heads} {'plain ms':>9} {'ratio':>6} {'goal':>5}")
    for row in rows:
        print(
            f"{row.events:>10} {row.page:>6} {row.slots:>6} {row.queries:>8} {row.kilobytes:>5.0f} {row.page_ms:>8.1f}"
            f" {row.plain_ms:>9.1f} {row.page_ms / row.plain_ms:>6.1f} {GOALS[row.events]:>5}"
        )
    return 0 if all(row.is_good for row in rows) else 1


def measure() -> list[Row]:
    """A row for each workload. Django must be set up; the clock stands still afterwards."""
    from bookingsite.lib import clock

    clock.now = lambda: NOW
    drawn = {str(number): workload.host(number) for number in (50, 500, 5000)}
    drawn["5000_gaps"] = workload.host_with_gaps(5000)
    browser = Browser()
    hosts = {name: host_with(f"host-{name.replace('_', '-')}", busy) for name, busy in drawn.items()}
    return [_row(name, page, hosts[name], browser) for name in hosts for page in PAGES]


def _row(name: str, page_name: str, event_type: EventType, browser: Browser) -> Row:
    from bookings.domain import slots

    url = f"/{event_type.host.slug}/{event_type.slug}/{PAGES[page_name]}"
    page = browser.ask(url)
    if page.status != 200:
        raise RuntimeError(f"{url}: {page.status}")
    first, last = (slots.instant(edge) for edge in workload.WINDOW)
    page_ms, plain_ms = median_ms(lambda: browser.ask(url), _plain(event_type, page.body.decode()))
    return Row(
        events=name,
        page=page_name,
        slots=len(slots.starts(event_type, first, last, now=NOW)),
        queries=queries_of(lambda: browser.ask(url)),
        kilobytes=len(page.body) / 1024,
        page_ms=page_ms,
        plain_ms=plain_ms,
    )


def _plain(event_type: EventType, text: str) -> Callable[[], object]:
    from django.http import HttpRequest, HttpResponse
    from django.template import engines

    from calendars.models import Busy

    start, end = workload.WINDOW
    template = engines["django"].from_string("{% verbatim %}" + text + "{% endverbatim %}<p>{{ count }}</p>")

    def view(request: HttpRequest) -> HttpResponse:
        rows = Busy.objects.filter(
            calendar__owner=event_type.host_id, blocks=True, end__gt=start, start__lt=end
        )
        found = sweep(list(rows.values_list("start", "end")))
        return HttpResponse(template.render({"count": len(found)}))

    return lambda: view(HttpRequest())


def host_with(slug: str, busy: workload.Spans) -> EventType:
    """A host with the workload's hours and rules, and its events as if read from a calendar a minute ago."""
    from datetime import timedelta

    from availability.models import Schedule, WeeklyHours
    from bookings.models import EventType
    from bookingsite.models import User
    from calendars.models import Busy, Item
    from tests.factories.calendars import make_account, make_calendar

    host = User.objects.create_user(
        f"{slug}@example.org", None, name="Anna Berg", slug=slug, zone=workload.ZONE
    )
    schedule = Schedule.objects.create(owner=host, name="Working hours", zone=workload.ZONE, is_default=True)
    WeeklyHours.objects.bulk_create(
        WeeklyHours(schedule=schedule, weekday=day, start=start, end=end)
        for day, ranges in enumerate(workload.WEEKLY)
        for start, end in ranges
    )
    calendar = make_calendar(
        make_account(host), last_ok_at=NOW - timedelta(seconds=30), expanded_to=NOW + timedelta(days=400)
    )
    items = Item.objects.bulk_create(
        Item(calendar=calendar, key=f"event-{number}") for number in range(len(busy))
    )
    Busy.objects.bulk_create(
        Busy(calendar=calendar, item=item, start=start, end=end)
        for item, (start, end) in zip(items, busy, strict=True)
    )
    return EventType.objects.create(
        host=host, title="First talk", slug="talk", duration=workload.DURATION // 60, increment=workload.STEP // 60,
        buffer_before=workload.BEFORE // 60, buffer_after=workload.AFTER // 60, notice=0, place_kind="online",
        place="https://meet.example.org/anna", window=EventType.Window.UNLIMITED,
    )  # fmt: skip


if __name__ == "__main__":
    sys.exit(main())
